"""Values of fields out of a text."""

from typing import Any

import pytest

from batuta.capabilities.local.extract import extract

MAIL = """Hello,
my name is Jane O'Neill and I ordered two lamps (order A-1042) on 12 March for $1,250.50. The deposit was 200 EUR, and
the refund should be 30 bucks! Call me on +49 30 123 456-78 or jane@x.org by next Friday. It is URGENT. "Never again".
Best regards,
Peter van Dyke"""


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("name", "Jane O'Neill", "Jane O'Neill"),
        ({"pattern": r"[A-Z]-\d+"}, "A-1042", "A-1042"),
        ({"type": "money", "cues": ["deposit"]}, {"amount": "200", "currency": "EUR"}, "200 EUR"),
        ({"type": "money", "cues": ["refund"]}, {"amount": "30", "currency": "USD"}, "30 bucks"),
        ({"type": "money", "cues": ["tip"]}, None, None),
        ({"type": "date", "cues": ["by"]}, "2026-11-27", "next Friday"),
        ("phone", "+493012345678", "+49 30 123 456-78"),
        ("email", "jane@x.org", "jane@x.org"),
        ("url", None, None),
        ("number", 2, "two"),
        ("quote", "Never again", "Never again"),
        ({"values": {"high": ["urgent", "asap"], "low": ["whenever"]}}, "high", "URGENT"),
        ({"type": "name", "cues": ["regards"]}, "Peter van Dyke", "Peter van Dyke"),
    ],
)
def test_a_field_gets_the_value_nearest_to_its_cue(field: Any, value: Any, text: Any) -> None:
    found = extract(text=MAIL, fields={"it": field}, today="2026-11-22")
    assert found["values"] == {"it": value}
    span: Any = found["spans"]["it"]
    assert (span and MAIL[span["start"] : span["end"]]) == text


def test_two_fields_do_not_get_the_same_value() -> None:
    found = extract(
        text="The deposit is $20, the total $100.", fields={"total": "money", "deposit": "money"}
    )
    assert found["values"] == {
        "total": {"amount": "100", "currency": "USD"},
        "deposit": {"amount": "20", "currency": "USD"},
    }
    alone = extract(text="from 2026-01-02", fields={"start": "date", "end": "date"})
    assert alone["values"] == {"start": "2026-01-02", "end": None}


def test_many_gives_all_of_them_and_an_empty_list_for_none() -> None:
    found = extract(
        text="A-1, A-2",
        fields={"ids": {"pattern": r"A-\d", "many": True}, "u": {"type": "url", "many": True}},
    )
    assert found["values"] == {"ids": ["A-1", "A-2"], "u": []}


def test_without_today_only_dates_with_their_year_are_read() -> None:
    fields: Any = {"days": {"type": "date", "many": True}}
    text = "tomorrow, 3 May, 3 May 2025, 2026-02-01"
    assert extract(text=text, fields=fields)["values"] == {"days": ["2025-05-03", "2026-02-01"]}

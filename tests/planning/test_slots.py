"""Inputs are read out of words: each value with its place, and nothing that is not said."""

from datetime import date
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.planning.slots import read_inputs
from batuta.planning.sought import sought
from batuta.reading.schema import problems

TODAY = date(2026, 11, 22)  # a Sunday
TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
DATE: dict[str, Any] = {"type": "string", "format": "date"}
FILE: dict[str, Any] = {"type": "object", "format": "file", "required": ["path"]}
FORMAT: dict[str, Any] = {"enum": ["pdf", "html"], "default": "pdf"}


def optional(schema: dict[str, Any], default: Any = None) -> dict[str, Any]:
    return {**schema, "default": default}


@pytest.mark.parametrize(
    ("words", "schemas", "expected"),
    [
        ("refund order A-1042 with 20 euros", {"order": TEXT, "amount": NUMBER}, {"order": "A-1042", "amount": 20}),
        ("please refund 35.50 for order 4711", {"order": TEXT, "amount": NUMBER}, {"order": "4711", "amount": 35.5}),
        ("refund order 88", {"order": TEXT, "amount": NUMBER}, {"order": "88"}),
        ("pay $12.50", {"amount_cents": {"type": "integer"}}, {"amount_cents": 1250}),
        ("pay 12", {"amount_cents": {"type": "integer"}}, {}),
        ("refund 12 EUR", {"amount": {"type": "object", "properties": {"amount": TEXT, "currency": TEXT}}},
         {"amount": {"amount": "12", "currency": "EUR"}}),
        ("answer ticket 812", {"ticket": TEXT}, {"ticket": "812"}),
        ("answer this ticket: my order 4711 never came", {"ticket": TEXT}, {"ticket": "my order 4711 never came"}),
        ("how many vacation days do I get?", {"question": TEXT}, {"question": "how many vacation days do I get?"}),
        ("sales report for March 2026", {"month": TEXT}, {"month": "March 2026"}),
        ("make the report as html", {"format": FORMAT}, {"format": "html"}),
        ("close the books", {"state": {"enum": ["open", "closed"], "default": "open"}}, {}),
        ("see Dr. Chen for Anna Miller next Friday", {"patient": TEXT, "date": DATE},
         {"patient": "Anna Miller", "date": "2026-11-27"}),
        ("fly from Rome to Lisbon", {"origin": TEXT, "destination": TEXT}, {"origin": "Rome", "destination": "Lisbon"}),
        ("off from 1 December to 14 December", {"start": DATE, "end": DATE},
         {"start": "2026-12-01", "end": "2026-12-14"}),
        ("send it to ada@x.org", {"recipient": TEXT}, {"recipient": "ada@x.org"}),
        ("a post about our new office in Ghent", {"topic": TEXT}, {"topic": "our new office in Ghent"}),
        ("a post on Monday", {"topic": TEXT}, {}),
        ('translate "good morning" to German', {"text": TEXT, "language": TEXT},
         {"text": "good morning", "language": "German"}),
        ("refund order 17 but do not notify", {"notify": optional({"type": "boolean"}, True)}, {"notify": False}),
        ("a dry run of the refunds", {"dry_run": optional({"type": "boolean"}, False)}, {"dry_run": True}),
        ("send me the report", {"send": optional({"type": "boolean"}, False)}, {}),
        ("process the 3 invoices", {"limit": optional({"type": "integer"}, 10)}, {}),
        ("the top 5 customers", {"limit": optional({"type": "integer"}, 10)}, {"limit": 5}),
        ("check batches B-1, B-2 and B-9",
         {"batches": {"type": "array", "items": {"type": "string", "pattern": "^B-\\d$"}}},
         {"batches": ["B-1", "B-2", "B-9"]}),
        ("summarise report.pdf", {"file": FILE}, {"file": "report.pdf"}),
        ("summarise other.pdf", {"file": FILE}, {}),
        ("300 of them", {"count": {"type": "integer", "maximum": 100}}, {}),
        ("", {"a": TEXT, "n": NUMBER, "q": TEXT}, {}),
    ],
)  # fmt: skip
def test_an_input_is_what_the_words_say(
    words: str, schemas: dict[str, Any], expected: dict[str, Any]
) -> None:
    read = read_inputs(words, schemas, today=TODAY, exists=lambda path: path == "report.pdf")
    assert read.values == expected
    assert set(read.missing) == {
        n for n in schemas if n not in expected and "default" not in schemas[n]
    }


def test_what_several_words_could_be_is_asked_and_not_guessed() -> None:
    read = read_inputs("refund 12 dollars and 20 euros", {"amount": NUMBER}, today=TODAY)
    assert (read.values, read.missing) == ({}, ("amount",))
    assert read.unclear == {"amount": ("12 dollars", "20 euros")}
    read = read_inputs(
        "an amount of 5 EUR or 6 euros", {"amount": NUMBER, "day": DATE}, today=TODAY
    )
    assert (read.values, read.unclear["amount"]) == ({}, ("5 EUR", "6 euros"))


def test_a_file_that_is_not_there_is_asked_about_by_its_name() -> None:
    read = read_inputs("sum up offr.pdf", {"file": FILE}, today=TODAY, exists=lambda _: False)
    assert (read.values, read.unclear) == ({}, {"file": ("offr.pdf",)})


def test_of_two_files_the_one_that_must_be_given_is_meant() -> None:
    schemas = {"tickets": FILE, "topics": optional(FILE, "topics.json")}
    read = read_inputs("answer all in a.csv", schemas, today=TODAY, exists=lambda _: True)
    assert read.values == {"tickets": "a.csv"}


def test_examples_with_placeholders_say_where_an_input_stands() -> None:
    read = read_inputs(
        "what's the weather in lisbon tomorrow",
        {"city": TEXT, "day": DATE},
        today=TODAY,
        examples=["weather in {city} {day}", "weather in {city} tomorrow"],
    )
    assert read.values == {"city": "lisbon", "day": "2026-11-23"}


def test_where_an_example_has_an_input_a_quotation_is_all_of_it_and_a_point_may_stand_in_it() -> (
    None
):
    asks = ("publish {text}",)
    words = 'publish "good news" and then wait 0.5 seconds'
    assert read_inputs(words, {"text": TEXT}, today=TODAY, examples=asks).values == {
        "text": "good news"
    }
    words = "Publish version 2.5, please. Thanks!"
    assert read_inputs(words, {"text": TEXT}, today=TODAY, examples=asks).values == {
        "text": "version 2.5"
    }


def test_a_quotation_is_the_one_text_that_may_be_given() -> None:
    words = 'write "good news" for ada@x.org'
    both = {"recipient": TEXT, "text": optional(TEXT)}
    read = read_inputs(words, both, today=TODAY)
    assert read.values == {"recipient": "ada@x.org", "text": "good news"}
    assert read_inputs("write to ada@x.org", both, today=TODAY).values == {"recipient": "ada@x.org"}
    rivals = {"text": optional(TEXT), "message": optional(TEXT)}
    assert read_inputs(words, rivals, today=TODAY).values == {}


def test_a_relative_date_needs_a_today() -> None:
    assert read_inputs("see me tomorrow", {"day": DATE}, today=None).values == {}


KINDS: list[dict[str, Any]] = [
    TEXT, NUMBER, DATE, FILE, FORMAT, {"type": "integer"}, {"type": "boolean"}, {},
    {"type": "string", "pattern": "^[A-Z]-\\d+$"}, {"type": "string", "format": "email"},
    {"type": "array", "items": {"type": "number"}}, {"type": ["string", "null"]}, {"type": "object"},
    {"type": "string", "pattern": "(a+)+$"}, {"enum": [1, 2]}, {"const": "x"}, {"enum": [None, "", "all"]},
]  # fmt: skip
NAMES = st.sampled_from(
    "order amount ticket question text topic date start end email customer city file notify limit format language"
    " tags".split()
)
PIECES = st.sampled_from(
    "refund order A-1042 20 EUR $5.50 from Rome to Lisbon 3 May tomorrow : , . ? \n \"quoted text\" about not notify"
    " a@b.org report.pdf pdf html Anna Miller Q3 2026 German limit 5 urgent and ŀ 日本 ßẞ 🙂 \x00 İ".split(" ")
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map(" ".join)),
    st.dictionaries(NAMES, st.sampled_from(KINDS), max_size=6),
    st.lists(
        st.sampled_from(
            ["{order} for {customer}", "in {city}", "{text}", "about {topic} {date}", "{"]
        ),
        max_size=3,
    ),
)
def test_whatever_is_read_stands_in_the_words_and_fits(
    words: str, schemas: dict[str, Any], examples: list[str]
) -> None:
    read = read_inputs(words, schemas, today=TODAY, examples=examples, exists=lambda _: True)
    for slot in read.slots:
        assert 0 <= slot.start < slot.end <= len(words)
        assert words[slot.start : slot.end] == slot.words
        if schemas[slot.name] is not FILE:
            assert problems(schemas[slot.name], slot.value) == []
        # A date is written anew; a text may be one by its name alone.
        kind = sought(slot.name, schemas[slot.name]).kind
        if isinstance(slot.value, str) and kind != "date" and "format" not in schemas[slot.name]:
            assert slot.value.casefold() in slot.words.casefold() or "enum" in schemas[slot.name]
    assert set(read.missing) == {
        n for n in schemas if n not in read.values and "default" not in schemas[n]
    }
    assert set(read.unclear) <= set(read.missing)


def test_long_and_hostile_words_are_read_in_time_that_grows_with_their_length() -> None:
    schemas = {
        "order": TEXT,
        "amount": NUMBER,
        "topic": TEXT,
        "start": DATE,
        "file": FILE,
        "customer": TEXT,
    }
    examples = ["{topic} in {order} for {customer}", "about {topic} for {customer}"]
    for piece in (
        "refund order A-1 20 EUR ",
        "a",
        "a-",
        '"x',
        "1,",
        "about ",
        "in in ",
        "Ab ",
        ": ",
        "\n",
        "a/b.c ",
    ):
        words = (piece * (100_000 // len(piece)))[:100_000]
        began = process_time()
        read_inputs(words, schemas, today=TODAY, examples=examples, exists=lambda _: False)
        assert process_time() - began < 5, piece

"""What people write, and what it stands for."""

import re
from datetime import date
from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.language.dates import dates
from batuta.language.found import Found
from batuta.language.marks import emails, identifiers, phones, quotations, urls
from batuta.language.numbers import amounts, numbers, quantities

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I paid $1,250.50.", [("1250.50", "USD")]),
        ("12,50 € bitte", [("12.50", "EUR")]),
        ("EUR 1.250,50", [("1250.50", "EUR")]),
        ("1 200,00 EUR", [("1200.00", "EUR")]),
        ("$5k or 30 bucks", [("5000", "USD"), ("30", "USD")]),
        ("twenty five dollars and 99 cents", [("25", "USD"), ("0.99", "USD")]),
        ("-$5", [("-5", "USD")]),
        ("in 2026, on the 3rd", []),
    ],
)
def test_amounts_of_money(text: str, expected: list[tuple[str, str]]) -> None:
    found = amounts(text)
    assert [(one.value["amount"], one.value["currency"]) for one in found] == expected
    assert [text[one.start : one.end] for one in found] == [one.text for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-03", ["2026-11-03"]),
        ("22 Nov, Nov 3rd", ["2026-11-22", "2026-11-03"]),
        ("11/22/2026 and 03/04/26", ["2026-11-22", "2026-04-03"]),
        ("1st of May 2025", ["2025-05-01"]),
        ("tomorrow, yesterday", ["2026-11-23", "2026-11-21"]),
        ("the day after tomorrow", ["2026-11-24"]),
        ("next Friday, last Friday, on Monday", ["2026-11-27", "2026-11-20", "2026-11-23"]),
        ("in 3 weeks, two days ago, next month", ["2026-12-13", "2026-11-20", "2026-12-22"]),
        ("31 February, 2026-13-01", []),
        ("I paid on Tuesday; please call me on Tuesday", ["2026-11-17", "2026-11-24"]),
        ("On Friday I called, but nobody came", ["2026-11-20"]),
        ("it was sent and should be here on Monday", ["2026-11-23"]),
        ("nothing works since Wednesday. I need it by Wednesday", ["2026-11-18", "2026-11-25"]),
        (
            "heute, morgen, übermorgen, vorgestern",
            ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-20"],
        ),
        ("guten Morgen, am Morgen, jeden Morgen", []),
        ("vom 1.12. bis zum 3. Januar", ["2026-12-01", "2027-01-03"]),
        ("siehe 3.12., Kapitel 2.4.", []),
        (
            "nächsten Freitag, letzten Freitag, diesen Freitag",
            ["2026-11-27", "2026-11-20", "2026-11-27"],
        ),
        (
            "in drei Wochen, vor zwei Tagen, in einem Monat",
            ["2026-12-13", "2026-11-20", "2026-12-22"],
        ),
        ("Am Dienstag kam nichts an; bitte am Dienstag liefern", ["2026-11-17", "2026-11-24"]),
    ],
)
def test_dates_absolute_and_relative(text: str, expected: list[str]) -> None:
    found = dates(text, TODAY)
    assert [one.value for one in found] == expected
    assert [text[one.start : one.end] for one in found] == [one.text for one in found]


def test_a_date_that_can_be_read_both_ways_is_read_as_the_caller_says() -> None:
    assert [one.value for one in dates("03/04/2026", TODAY, day_first=False)] == ["2026-03-04"]
    assert [one.value for one in dates("25/04/2026", TODAY, day_first=False)] == ["2026-04-25"]


def test_the_last_day_of_a_shorter_month_stands_for_a_day_it_does_not_have() -> None:
    assert [one.value for one in dates("next month", date(2027, 1, 31))] == ["2027-02-28"]


def test_numbers_in_digits_and_in_words() -> None:
    text = "three hundred and five, -7.5, 1,000,000, but not A-1042, v1.2.3 or 12th"
    assert [one.value for one in numbers(text)] == [
        Decimal(305),
        Decimal("-7.5"),
        Decimal(1_000_000),
    ]


def test_numbers_in_german_words() -> None:
    text = "zwölf, fünfundzwanzig, zweihundertdreizehn, eintausendzwei, tausend, sechzig"
    assert [int(one.value) for one in numbers(text)] == [12, 25, 213, 1_002, 1_000, 60]
    assert numbers("ein Elf mit einer Achtung vor dem Dreieck, vierteljährlich, elf") == []
    assert amounts("zwanzig Euro")[0].value == {"amount": "20", "currency": "EUR"}
    assert quantities("drei Tage, zwölf Stück")[1].value == {"number": "12", "unit": "pc"}


def test_quantities_have_a_unit() -> None:
    found = [one.value for one in quantities("3 kg in two hours, 5%")]
    assert found == [
        {"number": "3", "unit": "kg"},
        {"number": "2", "unit": "h"},
        {"number": "5", "unit": "%"},
    ]


def test_what_has_a_form_of_its_own() -> None:
    assert [one.value for one in emails("Mail A.b+c@x-y.co.uk. Not foo@bar.")] == [
        "a.b+c@x-y.co.uk"
    ]
    assert [one.value for one in urls("see (https://a.b/c_(d)). http://x.y!")] == [
        "https://a.b/c_(d)",
        "http://x.y",
    ]
    assert [one.value for one in phones("+49 30 123 456-78 or 555-123-4567, order 12345678")] == [
        "+493012345678",
        "5551234567",
    ]
    assert [one.value for one in identifiers("A-1042x, A-1042 (A-7)", re.compile(r"A-\d+"))] == [
        "A-1042",
        "A-7",
    ]
    assert [one.value for one in quotations("he said \"hello\" and 'foo bar', don't")] == [
        "hello",
        "foo bar",
    ]


def everything(text: str) -> list[Found]:
    """What all readers find."""
    return [
        *amounts(text),
        *numbers(text),
        *quantities(text),
        *dates(text, TODAY),
        *emails(text),
        *urls(text),
        *phones(text),
        *quotations(text),
    ]


@given(st.text(alphabet="aeinotwİß1290., -$€%@:/\"'\n", max_size=60))
def test_whatever_is_found_stands_where_it_says(text: str) -> None:
    assert [text[one.start : one.end] for one in everything(text)] == [
        one.text for one in everything(text)
    ]


@pytest.mark.parametrize(
    "piece",
    [
        "9 ",
        "one ",
        "$",
        "9,999",
        '"',
        "a@",
        "1.2.3 ",
        "in a ",
        "vor ein",
        "einund",
        "am 1.1.",
        "\ud800",
    ],
)
def test_ten_pages_of_nonsense_are_read_in_linear_time(piece: str) -> None:
    def taken_s(pages: int) -> float:
        text = (piece * 3_000)[:3_000] * pages
        began = process_time()
        everything(text)
        return process_time() - began

    # 5 ms per page and reader, times what a slow machine is slower; a quadratic reader takes minutes.
    assert taken_s(10) < 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("refund of US$ 20 and £3.5k", [("20", "USD"), ("3500", "GBP")]),
        ("20$-30$", [("20", "USD"), ("30", "USD")]),
        ("−5 € and - 5", [("-5", "EUR")]),
        ("two hundred and fifty euros", [("250", "EUR")]),
        ("version 1.2.3 USD", []),
    ],
)
def test_amounts_with_marks_on_either_side(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.value["amount"], one.value["currency"]) for one in amounts(text)] == expected

"""Words and sentences, and where they stand."""

import pytest

from batuta.language.sentences import sentences, statements
from batuta.language.words import lowered, stem, words


def test_words_are_folded_and_keep_their_places() -> None:
    text = "Don't call CAFÉ about A-1042"
    found = words(text)
    assert [one.text for one in found] == ["don't", "call", "cafe", "about", "a-1042"]
    assert [text[one.start : one.end] for one in found] == [
        "Don't",
        "call",
        "CAFÉ",
        "about",
        "A-1042",
    ]


@pytest.mark.parametrize(
    ("inflected", "expected"),
    [
        ("orders ordered ordering", ["order"] * 3),
        ("shipped cancelled priced changed", ["ship", "cancel", "price", "change"]),
        ("boxes deliveries processes", ["box", "delivery", "process"]),
        ("business bus this news", ["business", "bus", "this", "new"]),
    ],
)
def test_stems_join_the_forms_of_a_word(inflected: str, expected: list[str]) -> None:
    assert [stem(word) for word in inflected.split()] == expected


def test_sentences_end_at_their_marks_and_not_at_short_forms() -> None:
    text = "Hi there. I ordered No. 5 on Nov. 3! Dr. Smith said so.\n\nHeading\n- one\n- two"
    found = sentences(text)
    assert [one.text for one in found] == [
        "Hi there.",
        "I ordered No. 5 on Nov. 3!",
        "Dr. Smith said so.",
        "Heading",
        "- one",
        "- two",
    ]
    assert [text[one.start : one.end] for one in found] == [one.text for one in found]


def test_lower_case_keeps_every_character_in_its_place() -> None:
    assert lowered("İSTANBUL ẞ A") == "İstanbul ß a"


def test_headings_and_rows_of_tables_are_no_part_of_a_sentence() -> None:
    text = "Companies and VAT\nCompanies pay none.\n## Wrong article\nWe change\nit.\n| a | b |\n| 1 | 2 |"
    assert [one.text for one in sentences(text)] == [
        "Companies and VAT",
        "Companies pay none.",
        "## Wrong article",
        "We change\nit.",
        "| a | b |",
        "| 1 | 2 |",
    ]
    assert [one.text for one in statements(text)][:2] == ["Companies pay none.", "We change\nit."]


def test_a_line_that_nothing_follows_is_no_heading() -> None:
    assert [one.text for one in statements("Boss: Ada Lovelace")] == ["Boss: Ada Lovelace"]
    assert [one.text for one in statements("Ada Lovelace")] == ["Ada Lovelace"]

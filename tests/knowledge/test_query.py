"""What a question is like, by its form."""

import pytest

from batuta.knowledge.query import read_query


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("where is order A-1042?", ["A-1042"]),
        ("invoice INV_2024_17 and 8831234", ["INV_2024_17", "8831234"]),
        ("it says E_TIMEOUT in config.yaml.", ["E_TIMEOUT", "config.yaml"]),
        ("mail ada@example.com", ["ada@example.com"]),
        ("what does SARIF mean", ["SARIF"]),
        ("is it 5 km, on the 2nd, e.g. at 3pm?", []),
        ("How long can I return it? I'd like to know.", []),
        ("a well-known two-year warranty in 1998", []),
        ("WHERE IS MY ORDER A-7", ["A-7"]),
    ],
)
def test_ids_are_told_from_words(text: str, ids: list[str]) -> None:
    assert list(read_query(text).ids) == ids


def test_what_is_quoted_is_a_phrase() -> None:
    query = read_query('who wrote "as is" and “no refunds”?')
    assert query.phrases == ("as is", "no refunds")


def test_a_page_of_text_is_cut() -> None:
    assert len(read_query("word " * 10_000).text) <= 2_000

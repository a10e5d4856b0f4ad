"""Results that are answers, with what they rest upon."""

from typing import Any

import pytest

from batuta.doors.console.answers import Place, answer_of


def test_an_answer_has_its_places_in_order() -> None:
    found = answer_of(
        {
            "answer": "Thirty days.\n\nIn its box.",
            "citations": [
                {"source": "returns.md", "start": 1_048, "text": "30 days"},
                {"source": "manual.pdf", "page": 3, "start": 9},
                "a note",
                7,
            ],
        }
    )
    assert found is not None
    assert found.paragraphs == ["Thirty days.", "In its box."]
    assert list(found.places) == [
        Place("returns.md", "from character 1,048", "30 days"),
        Place("manual.pdf", "page 3", ""),
        Place("a note", "", ""),
    ]


@pytest.mark.parametrize(
    "result",
    ["text", None, {"answer": "x"}, {"answer": 1, "sources": ["a"]}, {"sources": ["a"]}, []],
)
def test_what_rests_upon_nothing_is_a_result_like_any_other(result: Any) -> None:
    assert answer_of(result) is None

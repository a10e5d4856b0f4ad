"""Scorers, and what any score comes to."""

from typing import Any

import pytest

from batuta.errors import CallFailed
from batuta.evaluation.scoring import Score, contains, exact, score_in, similar_by


@pytest.mark.parametrize(
    ("output", "expected", "score"),
    [
        ("Yes", "Yes", 1),
        (" Yes\n", "Yes", 1),
        ("Yes", "yes", 0),
        ("4", 4, 1),
        (4, "4", 1),
        (4.0, 4, 1),
        ("true", True, 1),
        (1, True, 0),
        ({"a": [1, 2.0]}, {"a": [1.0, 2]}, 1),
        ({"a": 1}, {"a": "1"}, 0),
        (None, None, 1),
        (None, "", 0),
        ('{"a":1}', {"a": 1}, 1),
    ],
)
async def test_exact_is_equal_as_json_and_a_number_is_what_it_is_written_as(
    output: Any, expected: Any, score: float
) -> None:
    told = await exact(output, expected)
    assert (told["score"], bool(told["why"])) == (score, not score)


@pytest.mark.parametrize("expected", ["", "  ", ["4", ""]])
async def test_where_nothing_is_looked_for_there_is_no_score(expected: Any) -> None:
    with pytest.raises(CallFailed, match="the expected text is empty"):
        await contains("It is 4.", expected)


@pytest.mark.parametrize(
    ("output", "expected", "score", "why"),
    [
        ("It is 4.", 4, 1, ""),
        ("It is FOUR.", "four", 1, ""),
        ("It is 4.", ["4", "four", "IV", "is"], 0.5, "no four, IV"),
        ("It is 4.", [], 1, ""),
        ({"text": "Straße"}, "STRASSE", 1, ""),
        ("", "4", 0, "no 4"),
    ],
)
async def test_contains_is_the_share_that_is_there(
    output: Any, expected: Any, score: float, why: str
) -> None:
    assert await contains(output, expected) == {"score": score, "why": why}


async def test_without_an_embedder_spelling_decides_and_it_is_said() -> None:
    similar = similar_by(lambda: None)
    told = await similar("The parcel is late", "the parcel is late")
    assert told == {"score": 1.0, "why": "by spelling"}
    assert (await similar("The parcel is late", "Nothing of this"))["score"] < 0.5


async def test_with_an_embedder_meaning_decides() -> None:
    pytest.importorskip("wordllama")
    from batuta.opening import embedder_of_this_machine

    similar = similar_by(embedder_of_this_machine)
    near = await similar("The invoice was paid twice.", "I was charged two times.")
    far = await similar("The invoice was paid twice.", "Penguins live in the south.")
    assert 0 <= far["score"] < near["score"] <= 1
    assert near["why"].startswith("by meaning (wordllama")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("use", 0.25, Score(0.25, "")),
        ("use", True, Score(1.0, "")),
        ("use", {"score": 1, "why": "fine"}, Score(1.0, "fine")),
        ("use", {"passed": False, "reason": "long"}, Score(0.0, "long")),
        ("use", {"score": 7}, Score(None, "gave no score from 0 to 1, but 7")),
        ("use", {"points": 1}, Score(None, "gave no score from 0 to 1, but null")),
        ("use", "good", Score(None, "gave no score from 0 to 1, but good")),
        ("use", None, Score(None, "gave no score from 0 to 1, but null")),
        ("exact", {"score": 0.0, "why": "expected 4"}, Score(0.0, "expected 4")),
        (
            "check",
            {
                "passed": False,
                "flaws": [{"check": "that", "says": "a"}, {"check": "that", "says": "b"}],
            },
            Score(0.0, "a; b"),
        ),
        ("judge", {"scores": [0.8], "reasons": ["kind"]}, Score(0.8, "kind")),
        (
            "judge",
            {"scores": [None], "reasons": [""]},
            Score(None, "gave no score from 0 to 1, but null"),
        ),
    ],
)
def test_a_score_is_read_out_of_what_a_scorer_gave(kind: str, value: Any, expected: Score) -> None:
    assert score_in(kind, value) == expected

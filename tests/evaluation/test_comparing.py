"""Two evaluations, case by case."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from batuta.evaluation.comparing import against, left_out, said_of
from batuta.evaluation.result import Evaluated, Figures, Item, ScoreOf, Scoring, Trial


def evaluated(scores: dict[int, float | None], scorer: str = "right") -> Evaluated:
    """An evaluation with these scores, by case."""
    items = [
        Item(
            number,
            f"case {number}",
            {"n": number},
            {scorer: score},
            [Trial("x", None, {scorer: ScoreOf(score)}, 0.0, 0.1)],
        )
        for number, score in scores.items()
    ]
    scoring = Scoring(scorer, "exact", 0.5, 0.0, 1.0, "wilson", len(items), 0, None, None)
    figures = Figures(0.0, 0.0, 0.25, 0.1, 0.2)
    return Evaluated(
        "s", "r1", "t", "measured", 0.0, 1.0, len(items), 1, 0, [scoring], figures, items
    )


def test_cases_are_paired_by_what_they_are_not_by_where_they_stand() -> None:
    before = evaluated({1: 0.0, 2: 1.0, 3: 1.0})
    now = evaluated({3: 1.0, 2: 0.0, 1: 1.0, 9: 0.0})
    found = against(before, now)
    assert (found.shared, found.apart) == (3, 1)
    assert [(one.number, one.before, one.now) for one in found.changed] == [
        (2, 1.0, 0.0),
        (1, 0.0, 1.0),
    ]
    (scorer,) = found.scorers
    assert (scorer.better, scorer.worse, scorer.same, scorer.word) == (
        1,
        1,
        1,
        "no difference shown",
    )


def test_cases_that_are_alike_are_paired_one_by_one() -> None:
    def twice(first: float, second: float) -> Evaluated:
        result = evaluated({1: first, 2: second})
        same = [msgspec.structs.replace(one, case={"n": 0}) for one in result.items]
        return msgspec.structs.replace(result, items=same)

    assert against(twice(0, 1), twice(1, 1)).scorers[0].better == 1


def test_a_loss_that_is_shown_is_worse() -> None:
    before, now = (evaluated({n: float(n > low) for n in range(20)}) for low in (0, 9))
    found = against(before, now)
    assert found.worse
    assert said_of(found.scorers[0]).startswith("worse, by 0.450 (")


def test_what_cannot_be_shown_is_said_with_what_would_not_be_seen() -> None:
    before, now = (evaluated({n: (n * step % 40) / 40 for n in range(40)}) for step in (3, 7))
    said = said_of(against(before, now).scorers[0])
    assert said.startswith("no difference that 40 cases can show: ")
    assert said.endswith(" would not be seen")


def test_of_few_cases_it_is_said_that_they_are_few() -> None:
    said = said_of(against(evaluated({1: 0.1}), evaluated({1: 0.9})).scorers[0])
    assert said == "no difference that 1 case can show: +0.800, p = 1; these are few"


def test_nothing_shared_and_nothing_changed_are_said() -> None:
    assert said_of(against(evaluated({1: 1.0}), evaluated({2: 1.0})).scorers[0]) == (
        "there is no case that both have scored"
    )
    same = evaluated({1: 1.0, 2: 0.5})
    assert said_of(against(same, same).scorers[0]) == "the same on all 2 cases"


def test_scorers_that_only_one_has_and_cases_without_a_score_are_left_out() -> None:
    assert against(evaluated({1: 1.0}), evaluated({1: 1.0}, "other")).scorers == []
    assert against(evaluated({1: None}), evaluated({1: 1.0})).scorers[0].cases == 0


@pytest.mark.parametrize("value", [{"against": {"x": 1}}, {"report": "r.html"}])
def test_a_result_that_was_kept_is_read_again(tmp_path: Path, value: Any) -> None:
    result = evaluated({1: 1.0, 2: None})
    kept = msgspec.json.encode(msgspec.to_builtins(result) | value)
    assert msgspec.json.decode(kept, type=Evaluated) == result


def test_a_scorer_that_scores_in_another_way_is_not_compared() -> None:
    def defined(definition: str) -> Evaluated:
        result = evaluated({1: 1.0})
        (scorer,) = result.scorers
        return msgspec.structs.replace(
            result, scorers=[msgspec.structs.replace(scorer, definition=definition)]
        )

    found = against(defined("a"), defined("b"))
    assert (found.scorers, found.otherwise, found.worse) == ([], ["right"], False)
    assert left_out(found) == "left out: right, which scores in another way now"

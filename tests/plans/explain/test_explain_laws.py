"""What EXPLAIN foretells and what a run then does, over 1,000 random plans under random policies."""

from collections import Counter
from functools import cache

import pytest

from batuta.spec.facts import Dropped
from tests.plans.futures import Future, future, step_of

RUNS = 1_000
PART = 100
# Virtual seconds that turns of the loop and answers of people take beside the calls themselves.
SLACK_S = 1.0

parts = pytest.mark.parametrize("part", range(RUNS // PART))


@cache
def futures(part: int) -> list[Future]:
    return [future(seed) for seed in range(part * PART, (part + 1) * PART)]


@parts
def test_a_run_asks_nothing_that_was_not_foretold_and_nothing_oftener(part: int) -> None:
    for one in futures(part):
        told: Counter[tuple[str, str]] = Counter()
        for question in one.told.questions:
            told[question.step, question.kind] += question.at_most
        assert Counter(one.asked()) - told == Counter(), one.seed


@parts
def test_what_is_certain_is_asked_whenever_the_step_runs(part: int) -> None:
    for one in futures(part):
        asked = set(one.asked())
        cut_short = {step_of(fact.path) for fact in one.facts if isinstance(fact, Dropped)}
        ran = {step_of(fact.path) for fact in one.started()} - cut_short
        for question in one.told.questions:
            if question.certain and question.step in ran:
                assert (question.step, question.kind) in asked, one.seed


@parts
def test_no_step_is_called_oftener_than_its_bound_and_no_run_comes_to_more(part: int) -> None:
    for one in futures(part):
        calls = Counter(step_of(fact.path).removesuffix("/undo") for fact in one.calls())
        for step in one.told.steps:
            assert calls[step.name] <= at_most(step.forecast.calls_worst), (one.seed, step.name)
        total = one.told.totals.forecast
        assert calls.total() == one.run.calls, one.seed
        assert one.run.calls <= at_most(total.calls_worst), one.seed
        assert one.run.spent_nusd <= at_most(total.cost_worst_nusd), one.seed


@parts
def test_no_run_takes_longer_than_its_bound(part: int) -> None:
    for one in futures(part):
        assert one.run.ended is not None
        assert one.run.accepted is not None
        took_s = one.run.ended.at - one.run.accepted.at
        assert took_s <= at_most(one.told.totals.forecast.time_worst_s) + SLACK_S, one.seed


@parts
def test_what_is_refused_or_skipped_for_certain_is_never_called(part: int) -> None:
    for one in futures(part):
        ran = {step_of(fact.path) for fact in one.started()}
        never = {
            step.name
            for step in one.told.steps
            if step.skipped or (step.denied and "(item" not in step.denied)
        }
        assert ran & never == set(), one.seed


@parts
def test_a_run_without_failures_makes_the_calls_that_are_expected(part: int) -> None:
    for one in futures(part):
        assert one.run.ended is not None
        plain = one.run.ended.status == "succeeded" and not any(
            type(fact).__name__ in ("Failure", "Dropped", "Doubted", "Skipped", "Lost")
            for fact in one.facts
        )
        expected = one.told.totals.forecast.calls_expected
        if plain and expected is not None:
            assert len(one.calls()) == expected, one.seed


def test_the_random_runs_are_of_every_kind() -> None:
    """Else the laws above would say little."""
    seen: Counter[str] = Counter()
    for part in range(3):
        for one in futures(part):
            assert one.run.ended is not None
            seen[one.run.ended.status] += 1
            seen["asked"] += bool(one.asked())
            seen["certain"] += any(question.certain for question in one.told.questions)
            seen["uncertain"] += any(not question.certain for question in one.told.questions)
            seen["denied"] += any(step.denied for step in one.told.steps)
            seen["skipped"] += any(step.skipped for step in one.told.steps)
            seen["doubted"] += any(type(fact).__name__ == "Doubted" for fact in one.facts)
            seen["undone"] += any(fact.path.endswith("/undo") for fact in one.started())
    rare = {kind: count for kind, count in seen.items() if count < 5}
    assert (rare, len(seen)) == ({}, 9)


def at_most(bound: float | None) -> float:
    """The bound, and without one everything."""
    return float("inf") if bound is None else bound

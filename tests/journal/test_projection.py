from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from batuta.journal.projection import RunState, project
from batuta.spec.facts import (
    Accepted,
    CancelRequested,
    Claimed,
    Ended,
    Fact,
    Parked,
    Purged,
    Skipped,
)  # fmt: skip
from batuta.spec.request import Request
from tests.journal.strategies import facts

ACCEPTED = Accepted(at=1.0, run="r", request=Request(plan="p"), salt="00")
CLAIMED = Claimed(at=2.0, owner="me", term=1)


def project_all(facts: Iterable[Fact]) -> RunState | None:
    state: RunState | None = None
    for fact in facts:
        state = project(state, fact)
    return state


def test_an_accepted_run_is_due_at_once() -> None:
    assert project_all([ACCEPTED]) == RunState("running", "p", 1.0, wake_at=1.0)


def test_a_driven_run_wakes_by_itself() -> None:
    assert project_all([ACCEPTED, CLAIMED]) == RunState("running", "p", 1.0, None, "me")


def test_a_run_that_sleeps_on_a_timer_is_running() -> None:
    state = project_all([ACCEPTED, CLAIMED, Parked(at=3.0, term=1, wake_at=9.0)])
    assert state == RunState("running", "p", 1.0, 9.0)


def test_a_run_that_waits_is_due_when_somebody_wants_something() -> None:
    parked = [ACCEPTED, CLAIMED, Parked(at=3.0, term=1, wake_at=9.0, waiting=("a",))]
    assert project_all(parked) == RunState("waiting", "p", 1.0, 9.0)
    woken = project_all([*parked, CancelRequested(at=4.0)])
    assert woken == RunState("waiting", "p", 1.0, 4.0)
    assert project_all([*parked, CancelRequested(at=40.0)]) == RunState("waiting", "p", 1.0, 9.0)


def test_the_last_word_stays_the_last_word() -> None:
    ended = RunState("failed", "p", 1.0, None, erasable_at=5.0)
    word = [ACCEPTED, CLAIMED, Ended(at=5.0, term=1, status="failed")]
    late = [CLAIMED, CancelRequested(at=6.0), Parked(at=7.0, term=1, wake_at=8.0),
            Ended(at=9.0, term=1, status="succeeded"), ACCEPTED]  # fmt: skip
    assert project_all(word) == ended
    assert project_all(word + late) == ended


def test_a_purged_run_keeps_its_status_and_is_not_erased_again() -> None:
    state = project_all([ACCEPTED, CLAIMED, Ended(at=5.0, term=1, status="failed"), Purged(at=6.0)])
    assert state == RunState("failed", "p", 1.0, None)


def test_a_fact_that_does_not_concern_the_list_changes_nothing() -> None:
    state = project_all([ACCEPTED])
    assert project(state, Skipped(at=9.0, path="a", term=1, why="")) is state


@given(st.lists(facts, max_size=12))
def test_any_facts_in_any_order_give_a_sane_projection(log: list[Fact]) -> None:
    state = project_all(log)
    if state is None:
        assert not any(isinstance(fact, Accepted) for fact in log)
        return
    assert state.status in {"running", "waiting", "succeeded", "failed", "cancelled"}
    if state.ended:
        assert (state.wake_at, state.owner) == (None, "")
    else:
        assert state.erasable_at is None

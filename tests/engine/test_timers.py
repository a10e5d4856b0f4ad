"""Timers are set by facts or by what a run is, and ring in the order of their times."""

from batuta.engine.timers import Timers
from batuta.spec.facts import Failure, Lost, RunFact, Spread, Started, Waited
from batuta.spec.fold import apply
from batuta.spec.run import Run
from batuta.spec.value import inline
from tests.engine.builders import House

LOOPED = "{use: echo, repeat: {until: 'true', at_most: 3}}"


def accepted() -> Run:
    return House().accept(f"steps: {{a: {{use: echo}}, b: {{use: echo}}, c: {LOOPED}}}")


def asked(path: str, expires_at: float | None) -> Waited:
    return Waited(
        at=1, path=path, attempt=1, term=0, kind="answer", question=inline(None), expires_at=expires_at
    )  # fmt: skip


def failed(path: str, retry_at: float | None) -> Failure:
    return Failure(at=1, path=path, attempt=1, code="x", message="", retry_at=retry_at)


def started(path: str, attempt: int = 1) -> Started:
    return Started(
        at=1, path=path, attempt=attempt, term=0, capability="echo", effect="pure", key="k", args_digest="d"
    )  # fmt: skip


def fold(run: Run, *facts: RunFact) -> None:
    for fact in facts:
        assert apply(run, fact), fact


def test_they_are_set_by_the_facts_that_carry_a_time_and_ring_in_order() -> None:
    run, timers = accepted(), Timers()
    assert timers.next is None
    for fact in (failed("a", 20.0), asked("b", 30.0)):
        timers.heed(fact)
    assert timers.next == 20.0
    run.touched.clear()
    timers.ring(run, 19.9)
    assert run.touched == []
    timers.ring(run, 30.0)
    assert run.touched == [run.nodes["a"], run.nodes["b"]]
    assert timers.next is None


def test_the_next_round_of_a_repeat_rings_for_that_round() -> None:
    run, timers = accepted(), Timers()
    opened = Spread(at=1, path="c", term=0, count=1, open_at=7.0)
    fold(run, opened)
    timers.heed(opened)
    run.touched.clear()
    timers.ring(run, 7.0)
    assert run.touched == [run.nodes["c~0"]]


def test_facts_without_a_time_set_none() -> None:
    timers = Timers()
    timers.heed(failed("a", None))
    timers.heed(asked("b", None))
    timers.heed(Spread(at=1, path="c", term=0, count=1))
    assert timers.next is None


def test_they_are_wound_anew_from_what_the_run_is() -> None:
    run, timers = accepted(), Timers()
    fold(run, started("a"), failed("a", 20.0), started("a", 2), Lost(at=1, path="a", attempt=2))
    fold(run, started("b"), failed("b", 40.0))
    timers.heed(failed("a", 20.0))
    timers.wind(run)
    assert timers.next == 40.0

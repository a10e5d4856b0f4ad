"""Facts as stretches of time, and the chain of steps that a run waited for."""

from typing import Any

import pytest

from batuta.spec.critical import critical_path, step_of
from batuta.spec.facts import Doubted, Dropped, Resolved
from batuta.spec.plan import Plan, Repeat, Retry, Step, Undo
from batuta.spec.timeline import Stretch, timeline
from batuta.spec.value import inline
from tests.spec.logbook import Logbook, answered, failed, plan, started, waited


class Clocked(Logbook):
    """A logbook whose facts are recorded as time goes on: `at(seconds)` since the beginning."""

    def at(self, seconds: float) -> "Clocked":
        self.now = 1_000.0 + seconds
        return self

    def add(self, *facts: Any) -> bool:
        import msgspec

        return super().add(*(msgspec.structs.replace(fact, at=self.now) for fact in facts))


def told(book: Logbook, path: str) -> list[tuple[str, float, float | None, str]]:
    """The stretches of `path`: kind, begin and end since the run was accepted, outcome."""
    lines = timeline(book.facts)
    return [
        (
            one.kind,
            round(one.begin - lines.begin, 6),
            None if one.end is None else round(one.end - lines.begin, 6),
            one.outcome,
        )
        for one in lines.lines.get(path, ())
    ]


def legs(book: Logbook, now: float = 0.0) -> list[tuple[str, float]]:
    lines = timeline(book.facts)
    found = critical_path(book.run, lines, 1_000.0 + now)
    return [(leg.step, round(leg.end - lines.begin, 6)) for leg in found]


def simple(**steps: Step) -> Clocked:
    book = Clocked(plan(**steps))
    book.claim()
    return book


def test_a_call_goes_from_its_start_to_its_outcome() -> None:
    book = simple(a=Step("tool"))
    book.at(1).start("a")
    book.at(3).finish("a", value=1)
    assert told(book, "a") == [("call", 1, 3, "done")]


def test_a_failure_is_followed_by_a_pause_until_the_next_attempt() -> None:
    book = simple(a=Step("tool", retry=Retry(2)))
    book.at(1).start("a")
    book.at(2).add(failed("a", retry_at=1_005.0, code="timeout", message="slow"))
    book.at(5.5).start("a", 2)
    book.at(6).finish("a", 2)
    assert told(book, "a") == [
        ("call", 1, 2, "failed"), ("pause", 2, 5.5, ""), ("call", 5.5, 6, "done"),
    ]  # fmt: skip
    first = timeline(book.facts).lines["a"][0]
    assert (first.code, first.message, first.attempt, first.key) == ("timeout", "slow", 1, "k")


def test_a_question_lasts_until_it_is_answered() -> None:
    book = simple(a=Step("tool"))
    book.at(1).add(started("a"))
    book.at(2).add(waited("a"))
    assert told(book, "a") == [("call", 1, 2, "asked"), ("question", 2, None, "")]
    book.at(60).add(answered("a", value=1))
    book.at(61).start("a", 2)
    book.at(62).finish("a", 2)
    assert told(book, "a")[1:] == [("question", 2, 60, "answered"), ("call", 61, 62, "done")]
    assert timeline(book.facts).lines["a"][1].who == "ann"


def test_a_question_that_nobody_answers_expires() -> None:
    book = simple(a=Step("tool"))
    book.at(1).add(waited("a", 0, "approval"))
    book.at(9).fail("a", 0, code="expired")
    assert told(book, "a") == [("question", 1, 9, "expired")]


def test_a_doubt_lasts_until_it_is_resolved() -> None:
    book = simple(a=Step("tool"))
    book.at(1).start("a", effect="write")
    book.at(2).add(Doubted(at=0, path="a", attempt=1, why="gone", resolve="reconcile"))
    book.at(4).add(Resolved(at=0, path="a", attempt=1, how="done", who="ledger", value=inline(1)))
    assert told(book, "a") == [("call", 1, 2, "doubt"), ("doubt", 2, 4, "done")]


def test_what_is_refused_before_it_starts_takes_no_time() -> None:
    book = simple(a=Step("tool"))
    book.at(1).fail("a", 1, code="denied")
    assert told(book, "a") == [("call", 1, 1, "failed")]


def test_a_call_whose_driver_died_is_lost_and_a_dropped_one_cancelled() -> None:
    book = simple(a=Step("tool"), b=Step("tool"))
    book.at(1).start("a")
    book.start("b")
    book.at(5).lose("a")
    book.at(6).add(Dropped(at=0, path="b", attempt=1, why="cancelled"))
    assert told(book, "a") == [("call", 1, 5, "lost")]
    assert told(book, "b") == [("call", 1, 6, "cancelled")]


def test_rounds_of_a_repeat_have_pauses_between_them() -> None:
    book = simple(a=Step("tool", repeat=Repeat("false", 3, 2.0)))
    book.at(1).spread("a", 1)
    book.start("a~0")
    book.at(2).finish("a~0")
    book.spread("a", 2, open_at=1_004.0)
    book.at(4.5).start("a~1")
    assert told(book, "a~1") == [("pause", 2, 4.5, ""), ("call", 4.5, None, "")]


def test_nothing_goes_on_behind_the_end_of_a_run() -> None:
    book = simple(a=Step("tool"))
    book.at(1).start("a")
    book.at(2).fail("a")
    book.at(3).end("failed")
    lines = timeline([*book.facts[:-2], book.facts[-1]])
    assert [one.end for one in lines.lines["a"]] == [1_003.0]
    assert lines.end == 1_003.0


def test_of_no_facts_there_is_an_empty_timeline() -> None:
    assert timeline([]).lines == {}


@pytest.mark.parametrize(
    ("path", "step"),
    [("pay", "pay"), ("pay.3", "pay"), ("poll~2", "poll"), ("pay.3~1", "pay"), ("think/1/find", "think"),
     ("pay.3/undo", "pay/undo"), ("pay/undo", "pay/undo")],
)  # fmt: skip
def test_an_instance_belongs_to_a_step_of_the_plan_of_the_run(path: str, step: str) -> None:
    assert step_of(path) == step


def diamond() -> Plan:
    return plan(
        a=Step("tool"),
        slow=Step("tool", {"x": "${steps.a}"}),
        fast=Step("tool", {"x": "${steps.a}"}),
        end=Step("tool", {"x": "${steps.slow}", "y": "${steps.fast}"}),
    )


def test_the_critical_path_goes_through_the_step_that_ended_last() -> None:
    book = Clocked(diamond())
    book.claim()
    for path, begin, end in (("a", 0, 1), ("fast", 1, 2), ("slow", 1, 5), ("end", 5.5, 6)):
        book.at(begin).start(path)
        book.at(end).finish(path, value=1)
    book.end()
    assert legs(book) == [("a", 1), ("slow", 5), ("end", 6)]
    last = critical_path(book.run, timeline(book.facts), 0)[-1]
    assert (last.calls_s, last.other_s, last.seconds) == (0.5, 0.5, 1.0)


def test_the_parts_of_a_leg_add_up_and_overlaps_count_once() -> None:
    book = simple(a=Step("tool", each="[1, 2]"))
    book.at(1).spread("a", 2)
    book.start("a.0")
    book.at(2).start("a.1")
    book.at(3).finish("a.0")
    book.at(4).add(waited("a.1"))
    book.at(9).add(answered("a.1", value=1))
    book.at(10).start("a.1", 2)
    book.at(11).finish("a.1", 2)
    (leg,) = critical_path(book.run, timeline(book.facts), 0)
    assert (leg.calls_s, leg.people_s, leg.pauses_s, leg.other_s) == (4.0, 5.0, 0.0, 2.0)


def test_what_was_cancelled_is_not_what_the_run_waited_for_and_compensations_follow() -> None:
    book = simple(
        pay=Step("tool", undo=Undo("back")),
        boom=Step("tool", after=("pay",)),
        slow=Step("tool"),
    )
    book.at(0).start("pay")
    book.start("slow")
    book.at(2).finish("pay")
    book.start("boom")
    book.at(3).fail("boom")
    book.at(4).add(Dropped(at=0, path="slow", attempt=1, why="not needed"))
    book.at(4).start("pay/undo")
    book.at(6).finish("pay/undo")
    book.end("failed")
    assert legs(book) == [("pay", 2), ("boom", 3), ("pay/undo", 6)]


def test_a_run_that_goes_on_is_measured_until_now() -> None:
    book = simple(a=Step("tool"))
    book.at(1).start("a")
    assert legs(book, now=7) == [("a", 7)]
    assert timeline(book.facts).lines["a"][0].until(1_007.0) == 1_007.0


def test_a_skipped_step_is_no_leg() -> None:
    book = simple(a=Step("tool"), b=Step("tool", {"x": "${steps.a}"}, when="false"))
    book.at(1).start("a")
    book.at(2).finish("a")
    book.at(3).skip("b")
    assert legs(book) == [("a", 2)]


def test_a_stretch_never_ends_before_it_begins() -> None:
    assert Stretch("call", 10.0).until(5.0) == 10.0

"""`admits` is the only rule on which facts count: a table of every fact about a step in every state of that step."""

from collections.abc import Callable
from typing import Any

import pytest

from batuta.spec import run as r
from batuta.spec.admits import admits, undo_of
from batuta.spec.facts import (
    Accepted,
    Adopted,
    CancelRequested,
    Claimed,
    Doubted,
    Dropped,
    Ended,
    Expanded,
    Fact,
    Finished,
    Inherited,
    Lost,
    Parked,
    Purged,
    Replanned,
    Resolved,
    Routed,
    Skipped,
    Spread,
    Started,
)
from batuta.spec.fold import apply
from batuta.spec.plan import Step, Undo
from batuta.spec.request import Fork, Request
from tests.spec.logbook import SLOT, Logbook, answered, failed, plan, started, waited

PLAN = plan(a=Step("tool", undo=Undo("back")), b=Step("tool"))
NOW = 1_000.0


def pending(_log: Logbook) -> None:
    pass


def running(log: Logbook) -> None:
    log.start("a")


def lost(log: Logbook) -> None:
    running(log)
    log.lose("a")


def retrying(log: Logbook) -> None:
    running(log)
    log.fail("a", retry_at=NOW)


def waiting(log: Logbook) -> None:
    running(log)
    log.wait("a")


def answered_(log: Logbook) -> None:
    waiting(log)
    log.answer("a", {"approved": True})


def asked(log: Logbook) -> None:
    log.wait("a", 0, "approval")


def doubted(log: Logbook) -> None:
    running(log)
    log.doubt("a")


def doubted_asked(log: Logbook) -> None:
    doubted(log)
    log.wait("a", 1, "resolve")


def opened(log: Logbook) -> None:
    running(log)
    log.expand("a", plan(x=Step("tool")))


def done(log: Logbook) -> None:
    running(log)
    log.finish("a")


def failed_(log: Logbook) -> None:
    running(log)
    log.fail("a")


def skipped(log: Logbook) -> None:
    log.skip("a")


def dropped(log: Logbook) -> None:
    log.add(Dropped(at=NOW, path="a", attempt=0, why="no"))


STATES: dict[str, Callable[[Logbook], None]] = {
    "pending": pending,
    "running": running,
    "lost": lost,
    "retrying": retrying,
    "waiting": waiting,
    "answered": answered_,
    "asked": asked,
    "doubted": doubted,
    "doubted, asked": doubted_asked,
    "open": opened,
    "done": done,
    "failed": failed_,
    "skipped": skipped,
    "dropped": dropped,
}
OPEN_STATES = ("running", "lost", "waiting", "answered", "doubted", "doubted, asked")
ATTEMPTED = ("retrying", "open", *OPEN_STATES)

# Every fact about step `a`, and the states in which it counts.
TABLE: list[tuple[str, Fact, tuple[str, ...]]] = [
    ("the first attempt starts", started("a", 1), ("pending",)),
    ("the second attempt starts", started("a", 2), ("lost", "retrying", "answered")),
    ("the third attempt starts", started("a", 3), ()),
    ("it starts in another term", started("a", 1, term=2), ()),
    ("it finishes", Finished(at=NOW, path="a", attempt=1, value=SLOT), ("open", *OPEN_STATES)),
    ("it fails", failed("a", 1), ("pending", "open", *OPEN_STATES)),
    ("a later attempt is refused", failed("a", 2), ("lost", "retrying", "answered")),
    ("nothing was called, and it finishes", Finished(at=NOW, path="a", attempt=0, value=SLOT), ("pending", "asked")),
    ("it ended in another run", Inherited(at=NOW, path="a", state="done", value=SLOT), ()),
    ("it is lost", Lost(at=NOW, path="a", attempt=1), ("running",)),
    ("it is in doubt", Doubted(at=NOW, path="a", attempt=1, why="", resolve="ask"), ("running",)),
    ("the doubt ends", Resolved(at=NOW, path="a", attempt=1, how="fail", who=""), ("doubted", "doubted, asked")),
    ("it is dropped", Dropped(at=NOW, path="a", attempt=1, why=""), ATTEMPTED),
    ("it is dropped before it began", Dropped(at=NOW, path="a", attempt=0, why=""), ("pending", "asked")),
    ("it is skipped", Skipped(at=NOW, path="a", term=1, why=""), ("pending",)),
    ("it is skipped in another term", Skipped(at=NOW, path="a", term=2, why=""), ()),
    ("it is spread, and is no container", Spread(at=NOW, path="a", term=1, count=2), ()),
    ("it asks", waited("a", 1), ("retrying", *OPEN_STATES)),
    ("it asks in another term", waited("a", 1, term=2), ()),
    ("the policy asks", waited("a", 0, "approval"), ("pending", "asked")),
    ("an answer", answered("a", 1, "answer", {}), ("waiting",)),
    ("an approval", answered("a", 0, "approval", {}), ("asked",)),
    ("a resolution", answered("a", 1, "resolve", {}), ("doubted, asked",)),
    ("an answer to a later question", answered("a", 2, "answer", {}), ()),
]  # fmt: skip


def book(state: str) -> Logbook:
    log = Logbook(PLAN)
    log.claim()
    STATES[state](log)
    assert all(log.counted), state
    return log


@pytest.mark.parametrize(("fact", "states"), [row[1:] for row in TABLE], ids=[t[0] for t in TABLE])
def test_a_fact_counts_in_these_states_of_its_step_and_no_other(
    fact: Fact, states: tuple[str, ...]
) -> None:
    assert [state for state in STATES if admits(book(state).run, fact)] == [
        state for state in STATES if state in states
    ]


@pytest.mark.parametrize(("fact", "_states"), [t[1:] for t in TABLE], ids=[t[0] for t in TABLE])
def test_nothing_counts_of_a_step_that_is_not_there(fact: Any, _states: object) -> None:
    log = book("pending")
    moved = type(fact)(
        **{name: getattr(fact, name) for name in fact.__struct_fields__} | {"path": "z"}
    )
    assert admits(log.run, moved) is False


@pytest.mark.parametrize(("fact", "_states"), [t[1:] for t in TABLE], ids=[t[0] for t in TABLE])
def test_nothing_counts_after_the_end(fact: Fact, _states: object) -> None:
    log = book("running")
    log.end("failed")
    assert admits(log.run, fact) is False


class TestOwnership:
    @pytest.mark.parametrize(("term", "counts"), [(0, False), (1, False), (2, True), (3, False)])
    def test_a_claim_counts_with_the_next_term_only(self, term: int, counts: bool) -> None:
        fact = Claimed(at=NOW, owner="you", term=term)
        assert admits(book("running").run, fact) is counts

    @pytest.mark.parametrize(("term", "counts"), [(0, False), (1, True), (2, False)])
    def test_only_the_owner_parks_and_ends(self, term: int, counts: bool) -> None:
        run = book("waiting").run
        assert admits(run, Parked(at=NOW, term=term)) is counts
        assert admits(run, Ended(at=NOW, term=term, status="failed")) is counts

    def test_a_late_outcome_of_a_former_owner_counts_while_nobody_has_started_again(self) -> None:
        log = book("running")
        log.claim(2, "you")
        late = Finished(at=NOW, path="a", attempt=1, value=SLOT)
        assert admits(log.run, late) is True
        log.lose("a")
        assert admits(log.run, late) is True
        log.start("a", 2, term=2)
        assert admits(log.run, late) is False

    def test_a_former_owner_starts_nothing(self) -> None:
        log = book("pending")
        log.claim(2, "you")
        assert admits(log.run, started("a", 1, term=1)) is False
        assert admits(log.run, started("a", 1, term=2)) is True


class TestRun:
    def test_a_log_begins_with_accepted_and_has_it_once(self) -> None:
        accepted = Accepted(at=NOW, run="r1", request=Request(), salt="")
        log = Logbook(PLAN)
        assert log.counted == [True, True]
        assert admits(log.run, accepted) is False
        assert admits(r.Run(log.run.shapes), accepted) is True
        assert admits(r.Run(log.run.shapes), Claimed(at=NOW, owner="me", term=1)) is False

    def test_a_run_is_planned_once(self) -> None:
        log = Logbook(PLAN)
        fact = log.facts[1]
        assert isinstance(fact, Expanded)
        assert admits(log.run, fact) is False

    def test_how_words_led_to_the_plan_counts_once_and_before_the_plan(self) -> None:
        found = Routed(at=NOW, plan="p", confidence=0.9)
        run = r.Run(Logbook(PLAN).run.shapes)
        assert apply(run, found) is False
        assert apply(run, Accepted(at=NOW, run="r1", request=Request(), salt="")) is True
        assert [apply(run, found), apply(run, found)] == [True, False]
        assert run.routed == found
        assert admits(book("pending").run, found) is False

    def test_cancelling_twice_counts_once(self) -> None:
        log = book("running")
        assert [log.add(CancelRequested(at=NOW, who=who)) for who in "ab"] == [True, False]

    def test_a_question_about_changed_cards_is_answered_or_adopted(self) -> None:
        log = book("running")
        answer = answered("", 0, "drift", "accept")
        assert admits(log.run, answer) is False
        assert log.wait("", 0, "drift") is True
        assert log.wait("", 0, "drift") is False
        assert log.add(answer) is True
        assert admits(log.run, Adopted(at=NOW, cards=SLOT)) is True

    def test_after_the_end_only_retention_speaks(self) -> None:
        log = book("done")
        log.end()
        assert admits(log.run, Purged(at=NOW)) is True
        assert admits(log.run, Claimed(at=NOW, owner="me", term=2)) is False
        assert admits(log.run, CancelRequested(at=NOW)) is False
        assert admits(log.run, Replanned(at=NOW, by="r2")) is False

    def test_which_run_goes_on_in_place_of_one_that_failed_is_said_once(self) -> None:
        log = book("done")
        assert admits(log.run, Replanned(at=NOW, by="r2")) is False
        log.end(status="failed")
        assert [log.add(Replanned(at=NOW, by=run)) for run in ("r2", "r3")] == [True, False]
        assert log.run.replanned is not None and log.run.replanned.by == "r2"
        assert admits(log.run, Purged(at=NOW)) is True


class TestFork:
    def fork(self) -> Logbook:
        return Logbook(PLAN, fork=Fork("r0", "b", 9))

    def test_what_ended_in_the_other_run_counts_once_and_before_anybody_drives(self) -> None:
        log = self.fork()
        assert log.inherit("a", value=1) is True
        assert log.inherit("a", value=2) is False
        log.claim()
        assert log.inherit("b") is False

    @pytest.mark.parametrize("state", ["done", "skipped", "failed", "cancelled"])
    def test_it_counts_however_it_ended(self, state: str) -> None:
        assert self.fork().inherit("a", state) is True

    def test_a_run_that_is_no_fork_inherits_nothing(self) -> None:
        assert Logbook(PLAN).inherit("a") is False

    def test_what_another_run_did_is_not_taken_back_here(self) -> None:
        log = self.fork()
        log.inherit("a", value=1)
        log.claim()
        log.start("b")
        log.fail("b")
        assert log.run.undos == []


class TestUndo:
    def test_only_what_is_done_can_be_taken_back(self) -> None:
        taken_back = {state: admits(book(state).run, started("a/undo", 1)) for state in STATES}
        assert [state for state, counts in taken_back.items() if counts] == ["done"]

    def test_only_what_says_how_can_be_taken_back(self) -> None:
        log = book("pending")
        log.start("b")
        log.finish("b")
        assert undo_of(log.run, "b/undo") is None

    def test_a_compensation_has_one_instance(self) -> None:
        log = book("done")
        assert undo_of(log.run, "a/undo") is undo_of(log.run, "a/undo")
        assert undo_of(log.run, "a") is None


def test_every_kind_of_fact_about_a_step_is_in_the_table() -> None:
    kinds = {type(fact) for _, fact, _ in TABLE}
    about_steps = {kind for kind in Fact.__subclasses__() if "path" in kind.__struct_fields__}
    assert about_steps - kinds == {Expanded, Ended}
    assert Started in kinds

"""Which facts count: every kind of fact against every state of its step instance."""

from typing import Any

import msgspec
import pytest

from batuta.spec import run as r
from batuta.spec.admits import admits, undo_of
from batuta.spec.facts import (
    Accepted,
    Adopted,
    Answered,
    CancelRequested,
    Claimed,
    Doubted,
    Dropped,
    Ended,
    Expanded,
    Fact,
    Failure,
    Finished,
    Lost,
    Parked,
    Purged,
    Resolved,
    Skipped,
    Spread,
    Started,
    Waited,
)
from batuta.spec.fold import apply
from batuta.spec.plan import Plan, Step, Undo
from batuta.spec.request import Request
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import inline

SHAPE = PlanShape(
    Plan("p", steps={"a": Step("x", undo=Undo("y")), "e": Step("x", each="[1]"), "z": Step("x")})
)
NULL = inline(None)
ACCEPTED = Accepted(at=1, run="r", request=Request(plan="p", inputs=NULL), salt="00")


def expanded(path: str, attempt: int = 1) -> Expanded:
    return Expanded(
        at=1, path=path, attempt=attempt, term=1, plan=NULL, plan_digest=SHAPE.digest,
        cards=inline({}), inputs=NULL,
    )  # fmt: skip


def started(attempt: int = 1, path: str = "a") -> Started:
    return Started(
        at=1, path=path, attempt=attempt, term=1, capability="x", effect="write", key="k", args_digest="d"
    )  # fmt: skip


def waited(kind: Any = "answer", attempt: int = 1) -> Waited:
    return Waited(at=1, path="a", attempt=attempt, term=1, kind=kind, question=NULL)


def answered(kind: Any = "answer", attempt: int = 1) -> Answered:
    return Answered(at=1, path="a", attempt=attempt, kind=kind, value=NULL)


FINISHED = Finished(at=1, path="a", attempt=1, value=NULL)
FAILED = Failure(at=1, path="a", attempt=1, code="x", message="")
AGAIN = msgspec.structs.replace(FAILED, retry_at=2.0)
LOST = Lost(at=1, path="a", attempt=1)
DOUBTED = Doubted(at=1, path="a", attempt=1, why="", resolve="ask")
RESOLVED = Resolved(at=1, path="a", attempt=1, how="retry", who="")
DROPPED = Dropped(at=1, path="a", attempt=1, why="")

# How instance `a` comes into each state.
WAYS: dict[str, list[Fact]] = {
    r.PENDING: [],
    r.RUNNING: [started()],
    r.READY: [started(), LOST],
    r.RETRYING: [started(), AGAIN],
    r.WAITING: [started(), waited()],
    r.DOUBT: [started(), DOUBTED],
    r.OPEN: [started(), expanded("a")],
    r.DONE: [started(), FINISHED],
    r.FAILED: [started(), FAILED],
    r.SKIPPED: [Skipped(at=1, path="a", term=1, why="")],
    r.DROPPED: [started(), DROPPED],
}
UNDECIDED = {state for state in WAYS if state not in r.TERMINAL}

# For each fact the states in which it counts; nothing else does.
TABLE: list[tuple[Fact, set[str]]] = [
    (started(1), {r.PENDING}),
    (started(2), {r.READY, r.RETRYING}),
    (started(3), set()),
    (FINISHED, {r.RUNNING, r.READY, r.WAITING, r.DOUBT, r.OPEN}),
    (msgspec.structs.replace(FINISHED, attempt=0), {r.PENDING}),
    (msgspec.structs.replace(FINISHED, attempt=2), set()),
    (FAILED, {r.PENDING, r.RUNNING, r.READY, r.WAITING, r.DOUBT, r.OPEN}),
    (msgspec.structs.replace(FAILED, attempt=2), {r.READY, r.RETRYING}),
    (LOST, {r.RUNNING}),
    (DOUBTED, {r.RUNNING}),
    (RESOLVED, {r.DOUBT}),
    (DROPPED, UNDECIDED - {r.PENDING}),
    (msgspec.structs.replace(DROPPED, attempt=0), {r.PENDING}),
    (waited(), UNDECIDED - {r.PENDING, r.OPEN}),
    (waited("approval", 0), {r.PENDING}),
    (expanded("a"), UNDECIDED - {r.PENDING, r.OPEN}),
    (answered(), {r.WAITING}),
    (answered("approval"), set()),
    (answered(attempt=0), set()),
    (Skipped(at=1, path="a", term=1, why=""), {r.PENDING}),
    (Spread(at=1, path="a", term=1, count=1), set()),
    (Spread(at=1, path="e", term=1, count=1), set(WAYS) - {r.FAILED}),
    (started(1, "e"), set()),
    (Claimed(at=1, owner="x", term=2), set(WAYS)),
    (Claimed(at=1, owner="x", term=1), set()),
    (Claimed(at=1, owner="x", term=3), set()),
    (Parked(at=1, term=1), set(WAYS)),
    (CancelRequested(at=1), set(WAYS)),
    (Adopted(at=1, cards=inline({})), set(WAYS)),
    (Ended(at=1, term=1, status="failed"), set(WAYS)),
    (Purged(at=1), set()),
    (ACCEPTED, set()),
    (expanded("", 0), set()),
    (started(1, "nope"), set()),
]


def run_in(state: str) -> Run:
    run = Run(lambda _: SHAPE)
    for fact in (ACCEPTED, expanded("", 0), Claimed(at=1, owner="me", term=1), *WAYS[state]):
        if isinstance(fact, Expanded) and not fact.path:
            fact = msgspec.structs.replace(fact, term=0)
        assert apply(run, fact), fact
    assert run.nodes["a"].state == state
    return run


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize(("fact", "states"), TABLE, ids=lambda one: type(one).__name__)
def test_a_fact_counts_in_its_states_only(fact: Fact, states: set[str], state: str) -> None:
    assert admits(run_in(state), fact) is (state in states)


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize(("fact", "states"), TABLE, ids=lambda one: type(one).__name__)
def test_decisions_of_another_term_never_count_and_outcomes_do(
    fact: Fact, states: set[str], state: str
) -> None:
    if "term" not in fact.__struct_fields__ or isinstance(fact, Claimed):
        return
    assert not admits(run_in(state), msgspec.structs.replace(fact, term=7))


@pytest.mark.parametrize("fact", [fact for fact, _ in TABLE], ids=lambda one: type(one).__name__)
def test_after_the_last_word_nothing_counts_but_a_purge(fact: Fact) -> None:
    run = run_in(r.DONE)
    apply(run, Ended(at=1, term=1, status="succeeded"))
    assert admits(run, fact) is isinstance(fact, Purged)


@pytest.mark.parametrize("fact", [fact for fact, _ in TABLE], ids=lambda one: type(one).__name__)
def test_before_a_run_is_accepted_nothing_else_counts(fact: Fact) -> None:
    assert admits(Run(lambda _: SHAPE), fact) is isinstance(fact, Accepted)


def test_a_run_is_cancelled_once() -> None:
    run = run_in(r.RUNNING)
    assert apply(run, CancelRequested(at=1, who="ann"))
    assert not apply(run, CancelRequested(at=2, who="bob"))
    assert run.cancel is not None
    assert run.cancel.who == "ann"


def test_a_question_of_the_run_itself_is_asked_and_answered_once() -> None:
    run = run_in(r.PENDING)
    question = Waited(at=1, path="", attempt=0, term=1, kind="drift", question=NULL)
    answer = Answered(at=1, path="", attempt=0, kind="drift", value=NULL)
    assert not admits(run, answer)
    assert apply(run, question)
    assert not admits(run, question)
    assert apply(run, answer)
    assert not admits(run, answer)


class TestLateOutcomes:
    def test_of_a_former_owner_count_until_somebody_starts_the_instance_again(self) -> None:
        run = run_in(r.READY)
        assert apply(run, Claimed(at=1, owner="other", term=2))
        assert admits(run, FINISHED)
        assert apply(run, msgspec.structs.replace(started(2), term=2))
        assert not admits(run, FINISHED)

    def test_end_a_doubt(self) -> None:
        run = run_in(r.DOUBT)
        assert apply(run, FINISHED)
        assert not admits(run, RESOLVED)
        assert run.nodes["a"].state == r.DONE

    def test_cost_what_was_settled_when_the_attempt_was_given_up(self) -> None:
        run = Run(lambda _: SHAPE)
        for fact in (ACCEPTED, msgspec.structs.replace(expanded("", 0), term=0),
                     Claimed(at=1, owner="me", term=1),
                     msgspec.structs.replace(started(), reserved_nusd=9),
                     msgspec.structs.replace(LOST, cost_nusd=9),
                     msgspec.structs.replace(FINISHED, cost_nusd=5)):  # fmt: skip
            assert apply(run, fact)
        assert run.spent_nusd == 9


class TestUndo:
    def test_there_is_one_for_what_is_done_and_can_be_taken_back(self) -> None:
        assert undo_of(run_in(r.DONE), "a/undo") is not None
        assert undo_of(run_in(r.DONE), "z/undo") is None
        assert undo_of(run_in(r.DONE), "nope/undo") is None
        assert undo_of(run_in(r.DONE), "a") is None
        assert undo_of(run_in(r.RUNNING), "a/undo") is None
        assert undo_of(run_in(r.FAILED), "a/undo") is None

    def test_is_the_same_however_often_it_is_asked_for(self) -> None:
        run = run_in(r.DONE)
        assert undo_of(run, "a/undo") is undo_of(run, "a/undo")
        assert admits(run, started(1, "a/undo"))

    def test_has_no_undo_of_its_own(self) -> None:
        run = run_in(r.DONE)
        for fact in (started(1, "a/undo"), msgspec.structs.replace(FINISHED, path="a/undo")):
            assert apply(run, fact)
        assert undo_of(run, "a/undo/undo") is None

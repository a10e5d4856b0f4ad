"""From a decision to the facts it leads to, for every decision that calls nothing."""

from collections.abc import Callable
from typing import Any, cast

import msgspec

from batuta.engine.rules.conclude import resolve_question
from batuta.engine.rules.prepare import Surroundings, out_of_time
from batuta.engine.rules.view import lookup, scope_lookup
from batuta.errors import BatutaError
from batuta.spec import run as r
from batuta.spec.admits import undo_of
from batuta.spec.call import Question
from batuta.spec.expr import evaluate_condition
from batuta.spec.facts import (
    Answered,
    Doubted,
    Dropped,
    Ended,
    Failure,
    Finished,
    Lost,
    Resolved,
    RunFact,
    Skipped,
    Spread,
)
from batuta.spec.run import Node, Run, Scope
from batuta.spec.value import Value, decode, inline

__all__ = [
    "GIVEN_UP",
    "again",
    "closed",
    "dropped",
    "expired",
    "given_up",
    "join_failed",
    "next_undo",
    "recovered",
    "resolved",
    "skipped",
]


# What is said of a write in doubt when its run was cancelled.
GIVEN_UP = "the run was cancelled while nobody knew whether it had happened"


def skipped(run: Run, node: Node, now: float) -> RunFact:
    """Something that `node` needs was skipped, or has failed and may."""
    nodes = node.scope.nodes
    names = [name for name in node.shape.deps if name in node.shape.needs]
    name = next(name for name in names if nodes[name].is_skipped)
    what = "failed" if nodes[name].state == r.FAILED else "was skipped"
    return Skipped(at=now, path=node.path, term=run.term, why=f"{name} {what}")


def join_failed(node: Node, now: float) -> RunFact:
    """Too few of the joined steps can still succeed."""
    message = (
        f"{node.shape.step.join} of {len(node.shape.joined)} steps, and only {node.wins} succeeded"
    )
    return Failure(at=now, path=node.path, attempt=node.attempt, code="join", message=message)


def dropped(node: Node, now: float) -> RunFact:
    """Nobody needs `node` any more."""
    return Dropped(at=now, path=node.path, attempt=node.attempt, why="not needed any more")


def given_up(node: Node, now: float) -> RunFact:
    """The run is cancelled and nobody has said whether the write of `node` happened."""
    return Failure(at=now, path=node.path, attempt=node.attempt, code="in_doubt", message=GIVEN_UP)


def recovered(run: Run, node: Node, now: float, in_doubt: str) -> tuple[RunFact, ...]:
    """`node` ran under a driver that is gone: a write is in doubt, anything else was lost and may run again."""
    cost = node.reserved_nusd
    path, attempt = node.path, node.attempt
    if node.effect != "write":
        return (Lost(at=now, path=path, attempt=attempt, cost_nusd=cost),)
    why = "its driver died while it ran"
    words = ("reconcile", "retry", "ask", "fail")
    resolve = cast("Any", in_doubt if in_doubt in words else "ask")
    doubt = Doubted(at=now, path=path, attempt=attempt, why=why, resolve=resolve, cost_nusd=cost)
    if resolve == "ask":
        return (doubt, resolve_question(run, node, why, now))
    return (doubt,)


def resolved(run: Run, node: Node, now: float) -> RunFact:
    """The doubt of `node` ends as its card says or as a person has said."""
    path, attempt = node.path, node.attempt
    assert node.doubt is not None
    if node.answer is None or node.answer.kind != "resolve":
        # An answer of another kind is from before the call: an approval, or what the capability had asked for.
        how = node.doubt.resolve
        assert how in ("retry", "fail"), how
        return Resolved(at=now, path=path, attempt=attempt, how=how, who="its card")
    answer: Any = decode(node.answer.value.data)
    details = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {"how": answer}
    how = details.get("how")
    assert how in ("done", "retry", "fail"), how
    value = inline(details.get("value"), run.salt) if how == "done" else None
    who = node.answer.who or "somebody"
    return Resolved(at=now, path=path, attempt=attempt, how=how, who=who, value=value)


def expired(run: Run, node: Node, now: float) -> RunFact:
    """The question of `node` has run out of time: its default, or failure."""
    asked = node.question
    assert asked is not None
    question = decode_question(asked.question)
    path, attempt = node.path, node.attempt
    if question.has_default and asked.kind == "answer":
        value = inline(question.default, run.salt)
        return Answered(
            at=now, path=path, attempt=attempt, kind="answer", value=value, who="(expired)"
        )
    message = f"nobody answered in time: {question.text}"
    spent = out_of_time(node, now)
    if spent:
        message = f"{spent}, and nobody had answered: {question.text}"
    code = "budget" if spent else "expired"
    return Failure(at=now, path=path, attempt=attempt, code=code, message=message)


def decode_question(value: Value) -> Question:
    """The question in the slot of a `Waited`."""
    return msgspec.json.decode(value.data, type=Question)


def again(run: Run, node: Node, now: float, around: Surroundings) -> RunFact:
    """A round of `node` has ended: done, another round, or too many. Raises `NotLoaded`."""
    repeat, until = node.shape.step.repeat, node.shape.until
    assert repeat is not None and until is not None
    last = node.children[-1]
    path, attempt = node.path, node.attempt
    try:
        enough = evaluate_condition(until, lookup(last, around.shelf, ended=True))
    except BatutaError as error:
        message = f"until: {error.in_one_line}"
        return Failure(at=now, path=path, attempt=attempt, code="expression", message=message)
    if enough:
        assert last.value is not None
        return Finished(at=now, path=path, attempt=attempt, value=last.value)
    if len(node.children) >= repeat.at_most:
        message = f"`until` was still false after {repeat.at_most} rounds"
        return Failure(at=now, path=path, attempt=attempt, code="repeat", message=message)
    open_at = now + repeat.wait_s if repeat.wait_s else None
    count = len(node.children) + 1
    return Spread(at=now, path=path, term=run.term, count=count, open_at=open_at)


def closed(
    run: Run,
    scope: Scope,
    now: float,
    around: Surroundings,
    store: Callable[[object, Scope], Value],
) -> RunFact:
    """`scope` has ended: the result for its holder, or the end of the run. Raises `NotLoaded`."""
    cause = scope.cause
    holder = scope.holder
    if holder is None and run.cancel is not None:
        why = run.cancel.why or f"cancelled by {run.cancel.who or 'somebody'}"
        return Ended(at=now, term=run.term, status="cancelled", code="cancelled", message=why)
    if cause is not None:
        # A step that holds a plan has the innermost path in its message already.
        inner = holder is not None and cause.generation > 0
        path = "" if inner else cause.path
        return _closed_failed(run, holder, now, cause.code, cause.message, path)
    if holder is not None and scope.closing:
        return Dropped(at=now, path=holder.path, attempt=holder.attempt, why="not needed any more")
    try:
        value = _result(scope, around, store)
    except BatutaError as error:
        message = f"result: {error.in_one_line}"
        return _closed_failed(run, holder, now, "expression", message, "")
    if holder is None:
        return Ended(at=now, term=run.term, status="succeeded", value=value)
    return Finished(at=now, path=holder.path, attempt=holder.attempt, value=value)


def _closed_failed(
    run: Run, holder: Node | None, now: float, code: str, message: str, path: str
) -> RunFact:
    if holder is None:
        return Ended(at=now, term=run.term, status="failed", code=code, message=message, path=path)
    # What happened inside may have had effects, so the plan is not asked for again; another way may be tried.
    following = holder.alternative + 1
    other = following <= len(holder.shape.step.fallback)
    return Failure(
        at=now,
        path=holder.path,
        attempt=holder.attempt,
        code=code,
        message=f"{path}: {message}" if path else message,
        retry_at=now if other else None,
        alternative=following if other else holder.alternative,
    )


def _result(scope: Scope, around: Surroundings, store: Callable[[object, Scope], Value]) -> Value:
    whole = scope.shape.whole_result
    if whole is not None:
        node = scope.nodes[whole]
        if node.value is not None and node.state == r.DONE and node.kind != "each":
            # A whole value is passed on as it is stored; it is neither loaded nor written again.
            return node.value
    return store(scope.shape.result.render(scope_lookup(scope, around.shelf)), scope)


def next_undo(run: Run) -> Node:
    """The compensation whose turn it is: of the latest effect that was not taken back yet (contract, 7)."""
    for target in reversed(run.undos):
        undo = undo_of(run, f"{target.path}/undo")
        assert undo is not None
        if not undo.terminal:
            return undo
    raise AssertionError("nothing is left to take back")

"""`admits`: the only rule on which facts of a log count. There are no other locks (contract, 8)."""

from collections.abc import Callable
from typing import cast

from batuta.spec import run as r
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
    Waited,
)
from batuta.spec.run import Node, Run

__all__ = ["admits", "undo_of"]

# States in which an outcome of the current attempt still counts: it runs, or its driver was thought dead and
# nobody has started it again (contract, 8).
_OUTCOME_STATES = frozenset({r.RUNNING, r.READY, r.DOUBT, r.WAITING})
# These stand for their items or rounds, and are never called themselves.
_CONTAINERS = frozenset({"each", "repeat"})
_STARTABLE = frozenset({r.PENDING, r.READY, r.RETRYING})


def admits(run: Run, fact: Fact) -> bool:
    """True if `fact` counts, given all that came before it in the log.

    Facts of an owner count only in its term; an outcome counts for the attempt that is current and has none yet,
    whoever brings it; an answer counts for an open question, once.
    """
    if run.ended is not None:
        return isinstance(fact, Purged) or (isinstance(fact, Replanned) and _replanned(run, fact))
    if run.accepted is None:
        return isinstance(fact, Accepted)
    rule = _RULES.get(type(fact))
    return rule is not None and rule(run, fact)


# ── one rule per fact ────────────────────────────────────────────────────────────────────────────────────────


def _started(run: Run, fact: Started) -> bool:
    node = _find(run, fact.path)
    return (
        node is not None
        and node.kind not in _CONTAINERS
        and fact.term == run.term
        and node.state in _STARTABLE
        and fact.attempt == node.attempt + 1
    )


def _finished(run: Run, fact: Finished) -> bool:
    node = _current(run, fact.path, fact.attempt)
    return node is not None and _may_end(node)


def _failure(run: Run, fact: Failure) -> bool:
    node = _find(run, fact.path)
    if node is None or node.terminal:
        return False
    if node.attempt == fact.attempt:
        return _may_end(node)
    # The next attempt was refused before anything was called: by the policy, the purse, an expression.
    return fact.attempt == node.attempt + 1 and node.state in _STARTABLE


def _may_end(node: Node) -> bool:
    # Attempt 0, and whatever is open, ends by what is inside it and not by a call.
    if node.attempt == 0 or node.state == r.OPEN:
        return node.state in (r.PENDING, r.READY, r.OPEN, r.WAITING)
    return node.state in _OUTCOME_STATES and node.attempt != node.told


def _inherited(run: Run, fact: Inherited) -> bool:
    node = run.nodes.get(fact.path)
    forked = run.accepted is not None and run.accepted.fork is not None
    return forked and run.term == 0 and node is not None and node.state == r.PENDING


def _routed(run: Run, _fact: Routed) -> bool:
    return run.root is None and run.routed is None


def _resolved(run: Run, fact: Resolved) -> bool:
    node = _current(run, fact.path, fact.attempt)
    return node is not None and node.doubt is not None


def _lost_or_doubted(run: Run, fact: Lost | Doubted) -> bool:
    node = _current(run, fact.path, fact.attempt)
    return node is not None and node.state == r.RUNNING


def _dropped(run: Run, fact: Dropped) -> bool:
    return _current(run, fact.path, fact.attempt) is not None


def _claimed(run: Run, fact: Claimed) -> bool:
    return fact.term == run.term + 1


def _parked_or_ended(run: Run, fact: Parked | Ended) -> bool:
    return fact.term == run.term


def _skipped(run: Run, fact: Skipped) -> bool:
    node = run.nodes.get(fact.path)
    return node is not None and fact.term == run.term and node.state == r.PENDING


def _spread(run: Run, fact: Spread) -> bool:
    node = run.nodes.get(fact.path)
    return (
        node is not None
        and node.kind in _CONTAINERS
        and fact.term == run.term
        and not node.terminal
    )


def _expanded(run: Run, fact: Expanded) -> bool:
    if not fact.path:
        return run.root is None and fact.term == run.term
    return _goes_on(run, fact)


def _waited(run: Run, fact: Waited) -> bool:
    if not fact.path:
        return fact.term == run.term and run.drift is None
    return _goes_on(run, fact)


def _goes_on(run: Run, fact: Expanded | Waited) -> bool:
    node = _current(run, fact.path, fact.attempt)
    # What stands for others asks nothing and is expanded once.
    return node is not None and fact.term == run.term and node.state != r.OPEN


def _answered(run: Run, fact: Answered) -> bool:
    if not fact.path:
        return run.drift is not None
    node = run.nodes.get(fact.path)
    return (
        node is not None
        and node.state == r.WAITING
        and node.question is not None
        and node.question.kind == fact.kind
        and node.attempt == fact.attempt
    )


def _replanned(run: Run, fact: Replanned) -> bool:
    goes_on = run.status == "failed" or (run.status == "cancelled" and run.is_told)
    # Who has found no way may not have seen the run that somebody else was beginning: that there is one counts more.
    none_yet = run.replanned is None or (not run.replanned.by and fact.by != "")
    return goes_on and none_yet


def _cancel_requested(run: Run, _fact: CancelRequested) -> bool:
    return run.cancel is None


def _adopted(_run: Run, _fact: Adopted) -> bool:
    return True


# Nothing else counts. (A table, because a chain of class patterns takes up to 3 µs; this takes 0.3.)
_RULES: dict[type[Fact], Callable[[Run, Fact], bool]] = cast(
    "dict[type[Fact], Callable[[Run, Fact], bool]]",
    {
        Adopted: _adopted,
        Answered: _answered,
        CancelRequested: _cancel_requested,
        Claimed: _claimed,
        Doubted: _lost_or_doubted,
        Dropped: _dropped,
        Ended: _parked_or_ended,
        Expanded: _expanded,
        Failure: _failure,
        Finished: _finished,
        Inherited: _inherited,
        Lost: _lost_or_doubted,
        Parked: _parked_or_ended,
        Resolved: _resolved,
        Routed: _routed,
        Skipped: _skipped,
        Spread: _spread,
        Started: _started,
        Waited: _waited,
    },
)


def _current(run: Run, path: str, attempt: int) -> Node | None:
    """The instance at `path`, if it is not over and `attempt` is its present one."""
    node = _find(run, path)
    if node is None or node.terminal or node.attempt != attempt:
        return None
    return node


def _find(run: Run, path: str) -> Node | None:
    return run.nodes.get(path) or undo_of(run, path)


def undo_of(run: Run, path: str) -> Node | None:
    """The compensation of the instance that `path` (ending in `/undo`) names, made when first asked for."""
    if not path.endswith("/undo"):
        return None
    target = run.nodes.get(path[: -len("/undo")])
    if target is None or target.kind != "step" or target.state != r.DONE:
        return None
    if target.shape.step.undo is None:
        return None
    if target.undo_node is None:
        undo = Node(path, target.shape, target.scope, "undo", target, target.index)
        undo.purses = target.purses
        target.undo_node = undo
        run.nodes[path] = undo
    return target.undo_node

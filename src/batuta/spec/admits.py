"""`admits`: the only rule on which facts of a log count. There are no other locks (contract, 8)."""

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
    Lost,
    Parked,
    Purged,
    Resolved,
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
        return isinstance(fact, Purged)
    if run.accepted is None:
        return isinstance(fact, Accepted)
    match fact:  # the most frequent kinds first
        case Started():
            node = run.nodes.get(fact.path) or undo_of(run, fact.path)
            return (
                node is not None
                and node.kind not in _CONTAINERS
                and fact.term == run.term
                and node.state in _STARTABLE
                and fact.attempt == node.attempt + 1
            )
        case Finished() | Failure() | Doubted() | Resolved() | Lost() | Dropped():
            return _admits_outcome(run, fact)
        case Claimed():
            return fact.term == run.term + 1
        case Parked() | Ended():
            return fact.term == run.term
        case Expanded(path=""):
            return run.root is None and fact.term == run.term
        case Skipped():
            node = run.nodes.get(fact.path)
            return node is not None and fact.term == run.term and node.state == r.PENDING
        case Spread():
            node = run.nodes.get(fact.path)
            return (
                node is not None
                and node.kind in _CONTAINERS
                and fact.term == run.term
                and not node.terminal
            )
        case Waited(path=""):
            return fact.term == run.term and run.drift is None
        case Waited() | Expanded():
            node = _find(run, fact.path)
            return (
                node is not None
                and fact.term == run.term
                and fact.attempt == node.attempt
                and not node.terminal
                and node.state != r.OPEN  # what stands for others asks nothing and is expanded once
            )
        case Answered(path=""):
            return run.drift is not None
        case Answered():
            node = run.nodes.get(fact.path)
            return (
                node is not None
                and node.state == r.WAITING
                and node.question is not None
                and node.question.kind == fact.kind
                and node.attempt == fact.attempt
            )
        case CancelRequested():
            return run.cancel is None
        case Adopted():
            return True
        case _:
            return False


def _admits_outcome(
    run: Run, fact: Finished | Failure | Doubted | Resolved | Lost | Dropped
) -> bool:
    node = _find(run, fact.path)
    if node is None or node.terminal:
        return False
    if node.attempt != fact.attempt:
        # The next attempt was refused before anything was called: by the policy, the purse, an expression.
        refused = isinstance(fact, Failure) and fact.attempt == node.attempt + 1
        return refused and node.state in _STARTABLE
    match fact:
        case Finished() | Failure():
            # Attempt 0, and whatever is open, ends by what is inside it and not by a call.
            if node.attempt == 0 or node.state == r.OPEN:
                return node.state in (r.PENDING, r.READY, r.OPEN, r.WAITING)
            return node.state in _OUTCOME_STATES
        case Resolved():
            return node.doubt is not None
        case Lost() | Doubted():
            return node.state == r.RUNNING
        case Dropped():
            return True


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

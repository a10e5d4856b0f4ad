"""What is due. One pure function over the fold: no clock of its own, no dice, no I/O.

`decide` looks at one node or scope that a fact has touched, so a completion costs as much as it has dependants.
The test `test_decide_indexed` proves that looking only at what was touched finds what looking at everything finds.
"""

from collections.abc import Container
from typing import Literal

import msgspec

from batuta.spec import run as r
from batuta.spec.admits import undo_of
from batuta.spec.follow import is_closing
from batuta.spec.run import Node, Run, Scope

__all__ = ["Decision", "decide", "losers", "unneeded", "wake_time"]

Verb = Literal[
    "begin",  # look at its values: condition, list, arguments, verdict, budget; then call it
    "again",  # a repeat has finished a round: ask `until`
    "skip",  # something it needs was skipped
    "fail_join",  # too few of what it joins can still succeed
    "drop",  # nobody needs it any more, and its driver died while it ran: it is not called again
    "stop",  # nobody needs it any more, and it runs: cancel the call
    "recover",  # it ran under a driver that is gone
    "reconcile",  # a write in doubt: ask the capability what happened
    "resolve",  # a write in doubt: its card, or the person who was asked, has said what to do
    "give_up",  # a write in doubt in a cancelled run: recorded so
    "expire",  # its question has run out of time
    "begin_undo",  # of the root: take back the latest effect that still stands
    "close",  # a scope has ended: give its result to whoever holds it
]


class Decision(msgspec.Struct, frozen=True, gc=False):
    """One thing that is due, and for which node or scope."""

    verb: Verb
    target: Node | Scope


def decide(run: Run, touched: Node | Scope, now: float) -> Decision | None:
    """What is due for `touched` at time `now` (seconds of the Unix epoch), or None."""
    if run.ended is not None:
        return None
    if run.drift is not None and (run.cancel is None or run.undos):
        # Nothing is called under changed cards; a cancelled run with nothing to take back needs no more calls.
        return None
    if isinstance(touched, Scope):
        return _decide_scope(run, touched)
    return _decide_node(run, touched, now)


def _decide_node(run: Run, node: Node, now: float) -> Decision | None:
    state = node.state
    if state == r.PENDING:
        return _decide_pending(node)
    if state == r.READY:
        if node.doubt is not None:
            return Decision("resolve", node)
        return Decision("drop" if _lost_its_join(node) else "begin", node)
    if state == r.RETRYING:
        if _lost_its_join(node):
            return Decision("drop", node)
        return Decision("begin", node) if node.retry_at <= now else None
    if state == r.RUNNING:
        if node.term != run.term:
            return Decision("recover", node)
        return Decision("stop", node) if _stoppable(run, node) else None
    if state == r.OPEN:
        if node.subscope is not None and not node.subscope.closing and _lost_its_join(node):
            return Decision("drop", node)
        ready = node.kind == "repeat" and node.children[-1].state == r.DONE
        return Decision("again", node) if ready else None
    if state == r.WAITING:
        if node.doubt is not None and run.cancel is not None and not _must_know(run, node):
            return Decision("give_up", node)
        if node.doubt is None and _lost_its_join(node):
            return Decision("drop", node)
        due = node.expires_at is not None and node.expires_at <= now
        return Decision("expire", node) if due else None
    if state == r.DOUBT:
        assert node.doubt is not None
        return Decision("reconcile" if node.doubt.resolve == "reconcile" else "resolve", node)
    return None


def _decide_pending(node: Node) -> Decision | None:
    parent = node.parent
    if node.kind == "undo":
        return Decision("begin", node)
    if parent is not None and parent is not node.scope.holder:
        limit, ended = node.shape.step.limit, len(parent.children) - parent.open_children
        turn = parent.kind != "each" or not limit or node.index < ended + limit
        return Decision("begin", node) if turn else None
    shape = node.shape
    if not shape.quorum:
        nodes = node.scope.nodes
        for name in shape.needs:
            if nodes[name].is_skipped:
                return Decision("skip", node)
        return Decision("begin", node) if node.blockers == 0 else None
    if node.wins >= shape.quorum:
        return Decision("begin", node)
    return Decision("fail_join", node) if node.wins + node.blockers < shape.quorum else None


def _stoppable(run: Run, node: Node) -> bool:
    """A call is cancelled when nobody needs it; a write only when a person wants the run to end."""
    if node.kind == "undo":
        return False
    if node.effect == "write":
        return run.cancel is not None
    return is_closing(node) or _lost_its_join(node)


def _lost_its_join(node: Node) -> bool:
    return node.parent is node.scope.holder and unneeded(node)


def _must_know(run: Run, node: Node) -> bool:
    """The run cannot end without knowing: something is to be taken back, and this may be part of it."""
    return node.shape.step.undo is not None or bool(run.undos)


def _decide_scope(run: Run, scope: Scope) -> Decision | None:
    if scope.open_nodes:
        return None
    if scope is run.root and (scope.cause is not None or run.cancel is not None):
        for target in reversed(run.undos):
            undo = undo_of(run, f"{target.path}/undo")
            assert undo is not None
            if not undo.terminal:
                # One at a time, in reverse order (contract, 7).
                return Decision("begin_undo", scope) if undo.state == r.PENDING else None
    if scope.holder is not None and scope.holder.terminal:
        return None
    return Decision("close", scope)


def losers(node: Node) -> list[Node]:
    """What nobody needs any more once the join of `node` has what it wants: the rest of what it uses, and upwards."""
    found: dict[str, Node] = {}
    pending = [node.scope.nodes[name] for name in node.shape.deps]
    while pending:
        dep = pending.pop()
        if dep.terminal or dep.path in found or not unneeded(dep, found):
            continue
        found[dep.path] = dep
        pending.extend(dep.scope.nodes[name] for name in dep.shape.deps)
    return list(found.values())


def unneeded(node: Node, besides: Container[str] = ()) -> bool:
    """Everything that would use `node` has joined without it or is not needed itself, nor is it in the result.

    A user that was skipped does not count: what `node` does may be wanted for its own sake.
    """
    scope = node.scope
    users = scope.shape.users[node.name]
    if not users or node.name in scope.shape.in_result:
        return False
    return all(
        user.winners is not None or user.state == r.DROPPED or user.path in besides
        for user in (scope.nodes[name] for name in users)
    )


def wake_time(run: Run) -> float | None:
    """The next time at which something becomes due by itself, or None."""
    times = [node.retry_at for node in run.nodes.values() if node.state == r.RETRYING]
    times += [
        node.expires_at
        for node in run.nodes.values()
        if node.state == r.WAITING and node.expires_at is not None
    ]
    return min(times, default=None)

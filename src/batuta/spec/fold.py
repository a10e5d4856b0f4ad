"""The fold: `Run` is what its facts make of it. `admits` is the only rule on which facts count.

Pure in the sense that matters: the same facts in the same order give the same run, whoever folds them and when.
"""

from collections.abc import Callable, Iterable
from typing import cast

from batuta.spec import run as r
from batuta.spec.budget import Budget, Purse
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
from batuta.spec.run import Node, Run, Scope
from batuta.spec.shape import PlanShape
from batuta.spec.value import decode

__all__ = ["admits", "apply", "fold", "undo_of"]

# States in which an outcome of the current attempt still counts: it runs, or its driver was thought dead and
# nobody has started it again (contract, 8).
_OUTCOME_STATES = frozenset({r.RUNNING, r.READY, r.DOUBT, r.WAITING})
_STARTABLE = frozenset({r.PENDING, r.READY, r.RETRYING})


def fold(facts: Iterable[Fact], shapes: Callable[[str], PlanShape]) -> Run:
    """The run that `facts` (in log order) make. `shapes` gives the shape of every plan digest in them."""
    run = Run(shapes)
    for fact in facts:
        apply(run, fact)
    return run


def apply(run: Run, fact: Fact) -> bool:
    """Take in the next fact of the log; False if it was not admitted and changed nothing but `head`."""
    run.head += 1
    if not admits(run, fact):
        run.ignored += 1
        return False
    run.updated_at = fact.at
    _TAKE[type(fact)](run, fact)
    return True


def admits(run: Run, fact: Fact) -> bool:
    """True if `fact` counts, given all that came before it in the log.

    Facts of an owner count only in its term; an outcome counts for the attempt that is current and has none yet,
    whoever brings it; an answer counts for an open question, once.
    """
    if run.ended is not None:
        return isinstance(fact, Purged)
    if run.accepted is None:
        return isinstance(fact, Accepted)
    match fact:
        case Claimed():
            return fact.term == run.term + 1
        case Parked() | Ended():
            return fact.term == run.term
        case Expanded(path=""):
            return run.root is None and fact.term == run.term
        case Skipped() | Spread():
            node = run.nodes.get(fact.path)
            return node is not None and fact.term == run.term and not node.terminal
        case Started():
            node = _find(run, fact.path)
            return (
                node is not None
                and fact.term == run.term
                and node.state in _STARTABLE
                and fact.attempt == node.attempt + 1
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
            )
        case Finished() | Failure() | Doubted() | Resolved() | Lost() | Dropped():
            return _admits_outcome(run, fact)
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
    if node is None or node.attempt != fact.attempt or node.terminal:
        return False
    match fact:
        case Resolved():
            return node.doubt is not None
        case Lost() | Doubted():
            return node.state == r.RUNNING
        case Dropped():
            return True
        case Finished() | Failure():
            # Attempt 0, and whatever is open, ends by what is inside it and not by a call.
            if node.attempt == 0 or node.state == r.OPEN:
                return node.state in (r.PENDING, r.READY, r.OPEN, r.WAITING)
            return node.state in _OUTCOME_STATES


def _find(run: Run, path: str) -> Node | None:
    return run.nodes.get(path) or undo_of(run, path)


def undo_of(run: Run, path: str) -> Node | None:
    """The compensation of the instance that `path` (ending in `/undo`) names, made when first asked for."""
    if not path.endswith("/undo"):
        return None
    target = run.nodes.get(path[: -len("/undo")])
    if target is None or target.shape.step.undo is None or target.state != r.DONE:
        return None
    if target.undo_node is None:
        undo = Node(path, target.shape, target.scope, "undo", target, target.index)
        undo.purses = target.purses
        target.undo_node = undo
        run.nodes[path] = undo
    return target.undo_node


# ── one function per fact ────────────────────────────────────────────────────────────────────────────────────


def _accepted(run: Run, fact: Accepted) -> None:
    run.accepted = fact
    run.salt = bytes.fromhex(fact.salt)
    if fact.budget is not None:
        run.purses = (Purse(fact.budget, fact.at),)


def _claimed(run: Run, fact: Claimed) -> None:
    run.owner = fact.owner
    run.term = fact.term
    run.parked = False
    run.parked_until = None
    # Whatever ran under the owner before may need to be recovered; the decision is not the fold's.
    run.touched.extend(node for node in run.nodes.values() if node.state == r.RUNNING)


def _parked(run: Run, fact: Parked) -> None:
    run.owner = ""
    run.parked = True
    run.parked_until = fact.wake_at


def _expanded(run: Run, fact: Expanded) -> None:
    cards = cast("dict[str, str]", decode(fact.cards.data)) if not fact.cards.erased else {}
    run.cards.update(cards)
    shape = run.shapes(fact.plan_digest)
    if not fact.path:
        run.root = Scope("", shape, fact.inputs, None)
        run.root_plan_digest = fact.plan_digest
        _open_scope(run, run.root, run.purses, fact.at)
        return
    node = run.nodes[fact.path]
    _settle_call(run, node, fact.cost_nusd)
    node.state = r.OPEN
    node.question = node.answer = None
    node.generation += 1
    node.subscope = Scope(f"{node.path}/{node.generation}/", shape, fact.inputs, node)
    _open_scope(run, node.subscope, node.purses, fact.at)


def _skipped(run: Run, fact: Skipped) -> None:
    node = run.nodes[fact.path]
    node.message = fact.why
    _end(run, node, r.SKIPPED, fact.at)


def _spread(run: Run, fact: Spread) -> None:
    node = run.nodes[fact.path]
    _freeze(node)
    if node.state != r.OPEN:
        node.state = r.OPEN
        node.started_at = fact.at
    separator = "." if node.kind == "each" else "~"
    inner = "repeat" if node.kind == "each" and node.shape.step.repeat is not None else "step"
    for index in range(len(node.children), fact.count):
        child = Node(f"{node.path}{separator}{index}", node.shape, node.scope, inner, node, index)
        child.purses = node.purses
        child.winners = node.winners
        if fact.open_at is not None:
            child.state = r.RETRYING
            child.retry_at = fact.open_at
        node.children.append(child)
        node.open_children += 1
        run.nodes[child.path] = child
    if fact.count == 0:
        _end(run, node, r.DONE, fact.at)
    elif node.kind == "each":
        limit = node.shape.step.limit or fact.count
        run.touched.extend(node.children[:limit])
    else:
        run.touched.append(node.children[-1])


def _started(run: Run, fact: Started) -> None:
    node = run.nodes[fact.path]
    _freeze(node)
    node.state = r.RUNNING
    node.attempt = fact.attempt
    node.term = fact.term
    node.capability = fact.capability
    node.effect = fact.effect
    node.metered = fact.metered
    node.key = fact.key
    node.args_digest = fact.args_digest
    node.verdict = fact.verdict
    node.rule = fact.rule
    node.alternative = fact.alternative
    node.reserved_nusd = fact.reserved_nusd
    if not node.started_at:
        node.started_at = fact.at
    run.running += 1
    run.calls += 1
    for purse in node.purses:
        purse.reserve(fact.reserved_nusd)


def _finished(run: Run, fact: Finished) -> None:
    node = run.nodes[fact.path]
    # The outcome of an attempt that was given up is late; its reservation was settled at the maximum then.
    late = fact.attempt > 0 and node.state not in (r.RUNNING, r.OPEN)
    _settle_call(run, node, 0 if late else fact.cost_nusd)
    node.value = fact.value
    _end(run, node, r.DONE, fact.at)


def _failure(run: Run, fact: Failure) -> None:
    node = run.nodes[fact.path]
    _settle_call(run, node, fact.cost_nusd)
    node.code = fact.code
    node.message = fact.message
    if fact.retry_at is None:
        _end(run, node, r.FAILED, fact.at)
        return
    if fact.alternative == node.alternative:
        node.faults += 1
    else:
        # Another capability starts with a clean sheet: neither faults nor answers are its own.
        node.faults = 0
        node.question = node.answer = None
    node.alternative = fact.alternative
    node.doubt = None
    node.state = r.RETRYING
    node.retry_at = fact.retry_at
    node.subscope = None
    run.touched.append(node)


def _waited(run: Run, fact: Waited) -> None:
    if not fact.path:
        run.drift = fact
        return
    node = run.nodes[fact.path]
    _freeze(node)
    if node.state == r.RUNNING:
        _settle_call(run, node, fact.cost_nusd)
    node.state = r.WAITING
    node.question = fact
    node.answer = None
    node.expires_at = fact.expires_at
    run.touched.append(node)


def _answered(run: Run, fact: Answered) -> None:
    if not fact.path:
        run.drift = None
        return
    node = run.nodes[fact.path]
    node.answer = fact
    if fact.kind == "approval" and node.question is not None and _says_yes(fact):
        node.approved = (node.question.digest, fact.who)
    node.state = r.READY
    node.expires_at = None
    run.touched.append(node)


def _says_yes(fact: Answered) -> bool:
    if fact.value.erased:
        return False
    answer = decode(fact.value.data)
    return isinstance(answer, dict) and cast("dict[str, object]", answer).get("approved") is True


def _doubted(run: Run, fact: Doubted) -> None:
    node = run.nodes[fact.path]
    _settle_call(run, node, fact.cost_nusd)
    node.state = r.DOUBT
    node.doubt = fact
    run.touched.append(node)


def _resolved(run: Run, fact: Resolved) -> None:
    node = run.nodes[fact.path]
    node.doubt = None
    node.question = node.answer = None
    match fact.how:
        case "done":
            node.value = fact.value
            _end(run, node, r.DONE, fact.at)
        case "retry":
            node.state = r.READY
            run.touched.append(node)
            _drop_if_closing(run, node, fact.at)
        case "fail":
            node.code = "in_doubt"
            node.message = f"given up by {fact.who}: nobody knows whether it happened"
            _end(run, node, r.FAILED, fact.at)


def _lost(run: Run, fact: Lost) -> None:
    node = run.nodes[fact.path]
    _settle_call(run, node, fact.cost_nusd)
    node.lost += 1
    node.state = r.READY
    run.touched.append(node)
    _drop_if_closing(run, node, fact.at)


def _dropped(run: Run, fact: Dropped) -> None:
    node = run.nodes[fact.path]
    _settle_call(run, node, fact.cost_nusd)
    node.message = fact.why
    inside = node.open_children or (node.subscope is not None and node.subscope.open_nodes)
    if node.state == r.OPEN and inside:
        # What is inside ends first; the last of it ends the node.
        _close_node(run, node, fact.at)
    else:
        _drop(run, node, fact.at)


def _cancel_requested(run: Run, fact: CancelRequested) -> None:
    run.cancel = fact
    if run.root is not None:
        _close(run, run.root, fact.at)


def _adopted(run: Run, fact: Adopted) -> None:
    run.cards.update(cast("dict[str, str]", decode(fact.cards.data)))
    run.drift = None


def _ended(run: Run, fact: Ended) -> None:
    run.ended = fact
    run.owner = ""
    run.touched.clear()


def _purged(run: Run, _fact: Purged) -> None:
    run.purged = True


_TAKE: dict[type[Fact], Callable[[Run, Fact], None]] = cast(
    "dict[type[Fact], Callable[[Run, Fact], None]]",
    {
        Accepted: _accepted,
        Adopted: _adopted,
        Answered: _answered,
        CancelRequested: _cancel_requested,
        Claimed: _claimed,
        Doubted: _doubted,
        Dropped: _dropped,
        Ended: _ended,
        Expanded: _expanded,
        Failure: _failure,
        Finished: _finished,
        Lost: _lost,
        Parked: _parked,
        Purged: _purged,
        Resolved: _resolved,
        Skipped: _skipped,
        Spread: _spread,
        Started: _started,
        Waited: _waited,
    },
)


# ── what follows from a fact ─────────────────────────────────────────────────────────────────────────────────


def _open_scope(run: Run, scope: Scope, purses: tuple[Purse, ...], at: float) -> None:
    for name, shape in scope.shape.steps.items():
        kind = "each" if shape.each is not None else "repeat" if shape.until is not None else "step"
        node = Node(scope.path + name, shape, scope, kind, scope.holder, 0)
        node.blockers = len(shape.deps)
        budget: Budget | None = shape.step.budget
        node.purses = purses if budget is None else (*purses, Purse(budget, at))
        scope.nodes[name] = node
        run.nodes[node.path] = node
        if not shape.deps:
            run.touched.append(node)
    scope.open_nodes = len(scope.nodes)
    if not scope.nodes:
        run.touched.append(scope)
    if run.cancel is not None and scope.holder is None:
        _close(run, scope, at)


def _settle_call(run: Run, node: Node, cost_nusd: int) -> None:
    """The call under way has ended, at a known cost."""
    node.cost_nusd += cost_nusd
    run.spent_nusd += cost_nusd
    if node.state == r.RUNNING:
        run.running -= 1
    for purse in node.purses:
        purse.settle(node.reserved_nusd, cost_nusd)
    node.reserved_nusd = 0


def _freeze(node: Node) -> None:
    if node.winners is None and node.shape.quorum:
        nodes = node.scope.nodes
        node.winners = frozenset(n for n in node.shape.deps if nodes[n].state == r.DONE)


def _end(run: Run, node: Node, state: str, at: float) -> None:
    """`node` is over; whatever waited for it moves on, at a cost proportional to its dependants."""
    node.state = state
    node.ended_at = at
    node.question = node.answer = node.doubt = None
    if state == r.DONE and node.kind == "step" and node.shape.step.undo is not None:
        run.undos.append(node)
    if node.kind == "undo":
        assert run.root is not None
        run.touched.append(run.root)
    elif _is_child(node):
        assert node.parent is not None
        _end_child(run, node.parent, node, at)
    else:
        _end_in_scope(run, node, at)


def _is_child(node: Node) -> bool:
    return node.parent is not None and node.parent is not node.scope.holder


def _end_child(run: Run, container: Node, child: Node, at: float) -> None:
    container.open_children -= 1
    if container.kind == "repeat":
        if child.state == r.DONE and not container.closing:
            run.touched.append(container)
            return
        container.code, container.message = child.code, child.message
        _end(run, container, child.state, at)
        return
    if child.state == r.FAILED and not container.closing:
        container.code, container.message = child.code, child.message
        _close_children(run, container, at)
        if container.terminal:
            return
    if container.open_children:
        following = len(container.children) - container.open_children + _limit(container) - 1
        if not container.closing and following < len(container.children):
            run.touched.append(container.children[following])
        return
    if container.code:
        _end(run, container, r.FAILED, at)
    else:
        _end(run, container, r.DROPPED if container.closing else r.DONE, at)


def _limit(container: Node) -> int:
    return container.shape.step.limit or len(container.children)


def _end_in_scope(run: Run, node: Node, at: float) -> None:
    scope = node.scope
    scope.open_nodes -= 1
    won = node.state == r.DONE
    for name in scope.shape.dependants[node.name]:
        other = scope.nodes[name]
        other.blockers -= 1
        other.wins += won
        if other.state == r.PENDING and (
            other.blockers == 0
            or _joined(other)
            or (node.state == r.SKIPPED and node.name in other.shape.needs)
        ):
            run.touched.append(other)
    if node.state == r.FAILED and not scope.closing and not _tolerated(scope, node):
        scope.cause = node
        _close(run, scope, at)
    if scope.open_nodes == 0:
        run.touched.append(scope)


def _joined(node: Node) -> bool:
    """The join of `node` has what it wants, or can no longer get it."""
    quorum = node.shape.quorum
    return quorum > 0 and (node.wins >= quorum or node.wins + node.blockers < quorum)


def _tolerated(scope: Scope, node: Node) -> bool:
    """A failure is tolerated if everything that uses the step can do without it: joins of `first` or `any(k)`."""
    users = scope.shape.dependants[node.name]
    if not users or node.name in scope.shape.in_result:
        return False
    return all(scope.nodes[name].shape.quorum for name in users)


def _close(run: Run, scope: Scope, at: float) -> None:
    """Nothing new starts in `scope`; what has not begun is cancelled, what runs is looked at by `decide`."""
    scope.closing = True
    for node in list(scope.nodes.values()):
        _close_node(run, node, at)
    if scope.open_nodes == 0:
        run.touched.append(scope)


def _close_node(run: Run, node: Node, at: float) -> None:
    if node.terminal:
        return
    if node.state == r.OPEN and node.subscope is not None:
        _close(run, node.subscope, at)
    elif node.state == r.OPEN:
        if node.open_children:
            _close_children(run, node, at)
        else:
            _drop(run, node, at)
    elif node.state in (r.RUNNING, r.DOUBT) or node.doubt is not None:
        run.touched.append(node)
    else:
        node.message = "not needed any more"
        _drop(run, node, at)


def _close_children(run: Run, container: Node, at: float) -> None:
    container.closing = True
    for child in container.children:
        _close_node(run, child, at)


def _drop(run: Run, node: Node, at: float) -> None:
    _end(run, node, r.DROPPED, at)


def _drop_if_closing(run: Run, node: Node, at: float) -> None:
    if node.scope.closing or (node.parent is not None and node.parent.closing):
        node.message = "not needed any more"
        _drop(run, node, at)

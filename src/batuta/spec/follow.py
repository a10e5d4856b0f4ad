"""What follows from a fact: who moves on, what ends, what is not needed any more. Used by the fold alone.

A completion costs as much as it has dependants; only closing a scope looks at everything inside it, once.
"""

from batuta.spec import run as r
from batuta.spec.budget import Purse
from batuta.spec.run import Node, Run, Scope

__all__ = [
    "close",
    "close_node",
    "drop",
    "drop_if_closing",
    "end",
    "freeze",
    "is_closing",
    "is_tolerated",
    "open_scope",
    "settle_call",
    "tolerated",
]


def open_scope(run: Run, scope: Scope, purses: tuple[Purse, ...], at: float) -> None:
    """Make the instances of a plan's steps; those that depend on nothing are touched."""
    for name, shape in scope.shape.steps.items():
        node = Node(scope.path + name, shape, scope, shape.kind, scope.holder, 0)
        node.blockers = len(shape.joined if shape.quorum else shape.deps)
        budget = shape.step.budget
        node.purses = purses if budget is None else (*purses, Purse(budget, at, "the step's"))
        scope.nodes[name] = node
        run.nodes[node.path] = node
        if not node.blockers:
            run.touched.append(node)
    scope.open_nodes = len(scope.nodes)
    if not scope.nodes:
        run.touched.append(scope)
    if run.cancel is not None and scope.holder is None:
        close(run, scope, at)


def settle_call(run: Run, node: Node, cost_nusd: int) -> None:
    """The call under way has ended, at a known cost."""
    node.cost_nusd += cost_nusd
    run.spent_nusd += cost_nusd
    if node.state == r.RUNNING:
        run.running -= 1
    for purse in node.purses:
        purse.settle(node.reserved_nusd, cost_nusd)
    node.reserved_nusd = 0


def freeze(node: Node) -> None:
    """Remember which of the joined steps had succeeded: later ones never change what `node` sees."""
    if node.winners is None and node.shape.quorum:
        nodes = node.scope.nodes
        node.winners = frozenset(n for n in node.shape.deps if nodes[n].state == r.DONE)
        node.failures = frozenset(n for n in node.shape.deps if nodes[n].state == r.FAILED)


def end(run: Run, node: Node, state: str, at: float) -> None:
    """`node` is over; whatever waited for it moves on, at a cost proportional to its dependants."""
    node.state = state
    node.ended_at = at
    node.question = node.answer = node.doubt = None
    mine = node.kind == "step" and not node.inherited
    if state == r.DONE and mine and node.shape.step.undo is not None:
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
    if container.terminal:
        return  # a log that opens two rounds at once is none of ours, and must not end the container twice
    if container.kind == "repeat":
        if child.state == r.DONE and not container.closing:
            run.touched.append(container)
            return
        container.code, container.message = child.code, child.message
        # A round that ends well after all is not the last one: nobody asks `until` any more.
        end(run, container, r.DROPPED if child.state == r.DONE else child.state, at)
        return
    if child.state == r.FAILED and not container.closing and not child.shape.step.may_fail:
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
        end(run, container, r.FAILED, at)
    else:
        end(run, container, r.DROPPED if container.closing else r.DONE, at)


def _limit(container: Node) -> int:
    return container.shape.step.limit or len(container.children)


def _end_in_scope(run: Run, node: Node, at: float) -> None:
    scope = node.scope
    scope.open_nodes -= 1
    won, skipped = node.state == r.DONE, node.is_skipped
    for name in scope.shape.dependants[node.shape.name]:
        other = scope.nodes[name]
        if other.shape.quorum and node.name in other.shape.asks:
            continue
        other.blockers -= 1
        other.wins += won
        if other.state == r.PENDING and (
            other.blockers == 0 or _joined(other) or (skipped and node.name in other.shape.needs)
        ):
            run.touched.append(other)
    if node.state == r.FAILED and not scope.closing and not tolerated(scope, node):
        scope.cause = node
        close(run, scope, at)
    if scope.open_nodes == 0:
        run.touched.append(scope)


def _joined(node: Node) -> bool:
    """The join of `node` has what it wants, or can no longer get it."""
    quorum = node.shape.quorum
    return quorum > 0 and (node.wins >= quorum or node.wins + node.blockers < quorum)


def tolerated(scope: Scope, node: Node) -> bool:
    """The step may fail, or all that uses it can do without it: joins of `first` or `any(k)`."""
    if node.shape.step.may_fail:
        return True
    users = scope.shape.users[node.name]
    if not users or node.name in scope.shape.in_result:
        return False
    return all(scope.nodes[name].shape.quorum for name in users)


def is_tolerated(node: Node) -> bool:
    """True if the instance has failed, and its run goes on."""
    return node.state == r.FAILED and node.kind != "undo" and tolerated(node.scope, node)


def close(run: Run, scope: Scope, at: float) -> None:
    """Nothing new starts in `scope`; what has not begun is cancelled, what runs is looked at by `decide`."""
    scope.closing = True
    for node in list(scope.nodes.values()):
        close_node(run, node, at)
    if scope.open_nodes == 0:
        run.touched.append(scope)


def close_node(run: Run, node: Node, at: float) -> None:
    """`node` is not needed any more: it ends if it has not begun, else whatever it is doing is to be looked at."""
    if node.terminal:
        return
    if node.state == r.OPEN and node.subscope is not None:
        close(run, node.subscope, at)
    elif node.state == r.OPEN:
        if node.open_children:
            _close_children(run, node, at)
        else:
            drop(run, node, at)
    elif node.state in (r.RUNNING, r.DOUBT) or node.doubt is not None:
        run.touched.append(node)
    else:
        node.message = "not needed any more"
        drop(run, node, at)


def _close_children(run: Run, container: Node, at: float) -> None:
    container.closing = True
    for child in container.children:
        close_node(run, child, at)


def drop(run: Run, node: Node, at: float) -> None:
    """`node` ends without a value."""
    end(run, node, r.DROPPED, at)


def drop_if_closing(run: Run, node: Node, at: float) -> None:
    """What is known not to have happened ends here if nobody needs it any more; a compensation always is needed."""
    if is_closing(node):
        node.message = "not needed any more"
        drop(run, node, at)


def is_closing(node: Node) -> bool:
    """Nobody needs what `node` does any more. A compensation is always needed."""
    if node.kind == "undo":
        return False
    return node.scope.closing or (node.parent is not None and node.parent.closing)

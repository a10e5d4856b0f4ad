"""The fold: `Run` is what its facts make of it. Which facts count is for `admits` to say.

Pure in the sense that matters: the same facts in the same order give the same run, whoever folds them and when.
"""

from collections.abc import Callable, Iterable
from typing import cast

from batuta.spec import run as r
from batuta.spec.admits import admits
from batuta.spec.budget import Purse
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
    Resolved,
    Routed,
    Skipped,
    Spread,
    Started,
    Waited,
)
from batuta.spec.follow import (
    close,
    close_node,
    drop,
    drop_if_closing,
    end,
    freeze,
    is_closing,
    open_scope,
    settle_call,
)
from batuta.spec.run import Node, Run, Scope
from batuta.spec.shape import PlanShape
from batuta.spec.value import Value, decode

__all__ = ["apply", "fold", "take"]


def fold(facts: Iterable[Fact], shapes: Callable[[str], PlanShape]) -> Run:
    """The run that `facts` (in log order) make. `shapes` gives the shape of every plan digest in them."""
    run = Run(shapes)
    for fact in facts:
        apply(run, fact)
    return run


def apply(run: Run, fact: Fact) -> bool:
    """Take in the next fact of the log; False if it was not admitted and changed nothing but `head`."""
    if admits(run, fact):
        take(run, fact)
        return True
    run.head += 1
    run.ignored += 1
    return False


def take(run: Run, fact: Fact) -> None:
    """Take in a fact that `admits` has let through."""
    run.head += 1
    run.updated_at = fact.at
    _TAKE[type(fact)](run, fact)


# ── one function per fact ────────────────────────────────────────────────────────────────────────────────────


def _accepted(run: Run, fact: Accepted) -> None:
    run.accepted = fact
    run.id = fact.run
    run.salt = bytes.fromhex(fact.salt)
    if fact.budget is not None:
        run.purses = (Purse(fact.budget, fact.at, "the run's"),)


def _routed(run: Run, fact: Routed) -> None:
    run.routed = fact


def _inherited(run: Run, fact: Inherited) -> None:
    assert run.accepted is not None and run.accepted.fork is not None
    node = run.nodes[fact.path]
    node.value = fact.value
    node.code = fact.code
    node.inherited = run.accepted.fork.run
    node.message = fact.why or f"taken over from {node.inherited}"
    end(run, node, fact.state, fact.at)


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
    _pin(run, fact)
    shape = run.shapes(fact.plan_digest)
    if not fact.path:
        run.root = Scope("", shape, fact.inputs, None)
        run.root_plan_digest = fact.plan_digest
        open_scope(run, run.root, run.purses, fact.at)
        return
    node = run.nodes[fact.path]
    settle_call(run, node, fact.cost_nusd)
    node.state = r.OPEN
    node.question = node.answer = None
    node.generation += 1
    run.touched.append(node)
    node.subscope = Scope(f"{node.path}/{node.generation}/", shape, fact.inputs, node)
    open_scope(run, node.subscope, node.purses, fact.at)
    if is_closing(node):
        close(run, node.subscope, fact.at)


def _pin(run: Run, fact: Expanded | Adopted) -> None:
    run.cards.update(_cards_in(fact.cards))
    if fact.described is not None:
        run.described[fact.described.ref] = fact.described


def _cards_in(slot: Value) -> dict[str, str]:
    return {} if slot.erased else cast("dict[str, str]", decode(slot.data))


def _skipped(run: Run, fact: Skipped) -> None:
    node = run.nodes[fact.path]
    node.message = fact.why
    end(run, node, r.SKIPPED, fact.at)


def _spread(run: Run, fact: Spread) -> None:
    node = run.nodes[fact.path]
    freeze(node)
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
        end(run, node, r.DONE, fact.at)
    elif node.kind == "each":
        limit = node.shape.step.limit or fact.count
        run.touched.extend(node.children[:limit])
    else:
        run.touched.append(node.children[-1])


def _started(run: Run, fact: Started) -> None:
    node = run.nodes[fact.path]
    freeze(node)
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
    node.went_on, node.answered = node.goes_on, False
    run.running += 1
    run.calls += not node.went_on
    for purse in node.purses:
        purse.reserve(fact.reserved_nusd, new=not node.went_on)


def _finished(run: Run, fact: Finished) -> None:
    node = run.nodes[fact.path]
    # The outcome of an attempt that was given up is late; its reservation was settled at the maximum then.
    late = fact.attempt > 0 and node.state not in (r.RUNNING, r.OPEN)
    settle_call(run, node, 0 if late else fact.cost_nusd)
    node.value = fact.value
    end(run, node, r.DONE, fact.at)


def _failure(run: Run, fact: Failure) -> None:
    node = run.nodes[fact.path]
    settle_call(run, node, fact.cost_nusd)
    node.code = fact.code
    node.message = fact.message
    if fact.retry_at is None:
        end(run, node, r.FAILED, fact.at)
        return
    if fact.alternative == node.alternative:
        node.faults += 1
    else:
        # Another alternative starts with a clean sheet: neither faults nor answers nor arguments are its own.
        node.faults = 0
        node.args_digest = ""
        node.question = node.answer = None
        node.answered = False
    node.alternative = fact.alternative
    node.told = fact.attempt
    node.doubt = None
    node.state = r.RETRYING
    node.retry_at = fact.retry_at
    node.subscope = None
    run.touched.append(node)
    drop_if_closing(run, node, fact.at)


def _waited(run: Run, fact: Waited) -> None:
    if not fact.path:
        run.drift = fact
        return
    node = run.nodes[fact.path]
    freeze(node)
    if node.state == r.RUNNING:
        settle_call(run, node, fact.cost_nusd)
    node.state = r.WAITING
    node.question = fact
    node.answer = None
    node.answered = False
    node.expires_at = fact.expires_at
    run.touched.append(node)
    if fact.kind != "resolve":
        drop_if_closing(run, node, fact.at)


def _answered(run: Run, fact: Answered) -> None:
    if not fact.path:
        run.drift = None
        run.touched.extend(run.open_work())
        return
    node = run.nodes[fact.path]
    node.answer = fact
    node.answered = fact.kind == "answer"
    if fact.kind == "approval" and node.question is not None:
        node.approved = (node.question.digest, fact.who) if _says_yes(fact) else None
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
    settle_call(run, node, fact.cost_nusd)
    node.state = r.DOUBT
    node.doubt = fact
    run.touched.append(node)


def _resolved(run: Run, fact: Resolved) -> None:
    node = run.nodes[fact.path]
    by_a_person = node.answer is not None and node.answer.kind == "resolve"
    node.doubt = None
    node.question = node.answer = None
    match fact.how:
        case "done":
            node.value = fact.value
            end(run, node, r.DONE, fact.at)
        case "retry":
            # What only its card says would go on for ever where nobody ever answers.
            node.lost += not by_a_person
            node.state = r.READY
            run.touched.append(node)
            drop_if_closing(run, node, fact.at)
        case "fail":
            node.code = "in_doubt"
            node.message = f"given up by {fact.who}: nobody knows whether it happened"
            end(run, node, r.FAILED, fact.at)


def _lost(run: Run, fact: Lost) -> None:
    node = run.nodes[fact.path]
    settle_call(run, node, fact.cost_nusd)
    node.lost += 1
    node.state = r.READY
    run.touched.append(node)
    drop_if_closing(run, node, fact.at)


def _dropped(run: Run, fact: Dropped) -> None:
    node = run.nodes[fact.path]
    settle_call(run, node, fact.cost_nusd)
    node.message = fact.why
    if node.state == r.OPEN and _has_open_parts(node):
        # What is inside ends first; the last of it ends the node.
        close_node(run, node, fact.at)
    if not node.terminal and not _has_open_parts(node):
        drop(run, node, fact.at)


def _has_open_parts(node: Node) -> bool:
    inside = node.subscope.open_nodes if node.subscope is not None else 0
    return bool(node.open_children or inside)


def _cancel_requested(run: Run, fact: CancelRequested) -> None:
    run.cancel = fact
    if run.root is not None:
        close(run, run.root, fact.at)


def _adopted(run: Run, fact: Adopted) -> None:
    _pin(run, fact)
    run.drift = None
    # Nothing was looked at while the question stood.
    run.touched.extend(run.open_work())


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
        Inherited: _inherited,
        Lost: _lost,
        Parked: _parked,
        Purged: _purged,
        Resolved: _resolved,
        Routed: _routed,
        Skipped: _skipped,
        Spread: _spread,
        Started: _started,
        Waited: _waited,
    },
)

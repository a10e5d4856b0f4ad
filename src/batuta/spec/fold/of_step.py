"""What the facts about one step instance make of it: one function per fact."""

from collections.abc import Callable
from typing import cast

from batuta.spec import run as r
from batuta.spec.facts import (
    Answered,
    Doubted,
    Dropped,
    Fact,
    Failure,
    Finished,
    Inherited,
    Lost,
    Resolved,
    Skipped,
    Spread,
    Started,
    Waited,
)
from batuta.spec.failures import UNSURE
from batuta.spec.follow import close_node, drop, drop_if_closing, end, freeze, settle_call
from batuta.spec.inside import has_acted, with_inside
from batuta.spec.run import Node, Run
from batuta.spec.value import decode

__all__ = ["OF_STEP"]

# Of the message of a failure, so much is told to who is asked about what is called in its place.
_UNSURE_CHARS_MAX = 300


def _inherited(run: Run, fact: Inherited) -> None:
    assert run.accepted is not None and run.accepted.fork is not None
    node = run.nodes[fact.path]
    node.value = fact.value
    node.code = fact.code
    node.inherited = run.accepted.fork.run
    node.capability, node.args_digest, node.effect = fact.capability, fact.args_digest, fact.effect
    # Why it failed may be read by others, who are to read the same as in the other run.
    failed = fact.state == r.FAILED
    node.message = fact.why if failed else fact.why or f"taken over from {node.inherited}"
    end(run, node, fact.state, fact.at)


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
        child.winners, child.failures = node.winners, node.failures
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
    node.sent_again &= node.state != r.RUNNING
    again = fact.retry_at is not None and fact.alternative == node.alternative
    if node.effect == "write" and fact.code in UNSURE and not again:
        _remember(run, node)
    if fact.retry_at is None:
        end(run, node, r.FAILED, fact.at)
        return
    if again:
        node.faults += 1
    else:
        node.unsure = _left_by(node, fact) or node.unsure
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


def _remember(run: Run, node: Node) -> None:
    """The write of `node` may have happened: who calls the same anywhere in the run is asked about."""
    run.unsure[node.capability, node.args_digest] = _may_have(node)


def _may_have(node: Node) -> str:
    return f"{node.capability} may have done it and has failed: {node.message[:_UNSURE_CHARS_MAX]}"


def _left_by(node: Node, fact: Failure) -> str:
    """Why an effect may stand of what `node` has called, where it calls something else now; "" if none does."""
    if node.subscope is None:
        failed = node.effect == "write" and fact.code in UNSURE
    else:
        inside = (one for inner in node.subscope.nodes.values() for one in with_inside(inner))
        failed = any(one.effect == "write" and has_acted(one) for one in inside)
    return _may_have(node) if failed else ""


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
            node.sent_again |= not by_a_person and fact.who != "reconcile"
            node.state = r.READY
            run.touched.append(node)
            drop_if_closing(run, node, fact.at)
        case "fail":
            node.code = "in_doubt"
            node.message = f"given up by {fact.who}: nobody knows whether it happened"
            _remember(run, node)
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


OF_STEP = cast(
    "dict[type[Fact], Callable[[Run, Fact], None]]",
    {
        Answered: _answered,
        Doubted: _doubted,
        Dropped: _dropped,
        Failure: _failure,
        Finished: _finished,
        Inherited: _inherited,
        Lost: _lost,
        Resolved: _resolved,
        Skipped: _skipped,
        Spread: _spread,
        Started: _started,
        Waited: _waited,
    },
)

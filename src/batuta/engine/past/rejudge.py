"""What the present code would record where a log shows a decision, and whether that is the same. Pure, like `decide`.

Outcomes of calls, answers and claims are taken as the log has them: they are no decisions of the engine.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from batuta.engine.past.likeness import Unlike, compared, described, same_time, when
from batuta.engine.rules import act
from batuta.engine.rules.conclude import is_last
from batuta.engine.rules.decide import decide, unneeded, wake_time
from batuta.engine.rules.given import is_as_before, key_of
from batuta.engine.rules.prepare import Surroundings, arguments, prepare
from batuta.errors import NotFound
from batuta.spec import run as r
from batuta.spec.admits import undo_of
from batuta.spec.card import Card
from batuta.spec.facts import (
    Answered,
    Doubted,
    Dropped,
    Ended,
    Fact,
    Failure,
    Finished,
    Lost,
    Parked,
    Resolved,
    RunFact,
    Skipped,
    Spread,
    Started,
    Waited,
)
from batuta.spec.failures import UNSURE
from batuta.spec.follow import is_closing
from batuta.spec.run import Node, Run, Scope
from batuta.spec.value import Value, commitment, encode

__all__ = ["node_at", "unlike"]


def unlike(run: Run, fact: Fact, around: Surroundings) -> Unlike | None:
    """How the decision that `fact` is differs from the one that would be made now; None if not, or if it is none.

    `run` is folded up to the position before `fact`. Raises `NotLoaded` if a stored value is not at hand.
    """
    match fact:
        case Started() | Skipped() | Spread():
            return _as_due(run, fact, around)
        case Failure():
            return _failure(run, fact, around)
        case Finished():
            node = node_at(run, fact.path)
            return _as_due(run, fact, around) if node is not None and node.state == r.OPEN else None
        case Waited(kind="approval"):
            return _as_due(run, fact, around)
        case Answered(who="(expired)"):
            return _as_due(run, fact, around)
        case Resolved() if fact.who != "reconcile":
            return _as_due(run, fact, around)
        case Lost():
            return _as_due(run, fact, around)
        case Doubted():
            return _doubted(run, fact, around)
        case Dropped():
            return _dropped(run, fact, around)
        case Parked():
            return _parked(run, fact)
        case Ended():
            return _ended(run, fact, around)
        case _:
            return None


def node_at(run: Run, path: str) -> Node | None:
    """The instance at `path`, a compensation too."""
    return run.nodes.get(path) or undo_of(run, path)


# ── what is due now ──────────────────────────────────────────────────────────────────────────────────────────


def _as_due(run: Run, fact: RunFact, around: Surroundings) -> Unlike | None:
    node = node_at(run, cast("Any", fact).path)
    if node is None:
        return Unlike(described(fact), "the plan has no such step")
    due = _due(run, node, fact.at, around)
    if not due:
        return Unlike(described(fact), _not_due(run, node))
    return compared(fact, _as_then(run, node, fact, due[0], around))


def _as_then(run: Run, node: Node, fact: RunFact, now: RunFact, around: Surroundings) -> RunFact:
    """`now`, with the digest that the first journals have where `fact` has it."""
    if not (isinstance(fact, Started) and isinstance(now, Started)):
        return now
    before = fact.args_digest
    if now.args_digest == before or node.kind == "undo" or not node.shape.rounds[now.alternative]:
        return now
    args = arguments(node, around.shelf, now.alternative)
    if not is_as_before(node, args, now.alternative, before):
        return now
    key = now.key and key_of(run.id, node.path, before)
    return msgspec.structs.replace(now, args_digest=before, key=key)


def _due(run: Run, node: Node, at: float, around: Surroundings) -> Sequence[RunFact]:
    """The facts that a driver would record about `node` at the time `at`."""
    if node.kind == "undo" and node.state == r.PENDING:
        assert run.root is not None
        turn = decide(run, run.root, at)
        mine = turn is not None and turn.verb == "begin_undo" and act.next_undo(run) is node
        return prepare(run, node, at, around).facts if mine else ()
    if node.state == r.OPEN and node.subscope is not None:
        closing = decide(run, node.subscope, at)
        if closing is not None:
            return (act.closed(run, node.subscope, at, around, _store(run)),)
    decision = decide(run, node, at)
    if decision is None:
        return ()
    return _facts_of(decision.verb, run, node, at, around)


def _facts_of(
    verb: str, run: Run, node: Node, at: float, around: Surroundings
) -> Sequence[RunFact]:
    match verb:
        case "begin":
            return prepare(run, node, at, around).facts
        case "again":
            return (act.again(run, node, at, around),)
        case "skip":
            return (act.skipped(run, node, at),)
        case "fail_join":
            return (act.join_failed(node, at),)
        case "drop" | "stop":
            return (act.dropped(node, at),)
        case "recover":
            return act.recovered(run, node, at, _card(node, around).in_doubt)
        case "resolve":
            return (act.resolved(run, node, at),)
        case "give_up":
            return (act.given_up(node, at),)
        case "expire":
            return (act.expired(run, node, at),)
        case _:  # reconcile calls somebody, and records nothing before the answer
            return ()


def _card(node: Node, around: Surroundings) -> Card:
    try:
        return around.catalog.get(node.capability).card
    except NotFound:
        return Card(name=node.capability)


def _store(run: Run) -> Callable[[object, Scope], Value]:
    def store(data: object, _: Scope) -> Value:
        encoded = encode(data)
        return Value(data=msgspec.Raw(encoded), mark=commitment(encoded, run.salt))

    return store


def _not_due(run: Run, node: Node) -> str:
    if node.state == r.PENDING:
        waits = [name for name in node.shape.deps if not node.scope.nodes[name].terminal]
        if waits:
            return f"waits for {', '.join(waits[:3])}{', …' if len(waits) > 3 else ''}"
    if node.terminal:
        return f"has ended: {node.state}"
    return f"nothing: it is {node.state}" if run.drift is None else "nothing: cards have changed"


# ── facts that may be decisions or outcomes ──────────────────────────────────────────────────────────────────


def _failure(run: Run, fact: Failure, around: Surroundings) -> Unlike | None:
    node = node_at(run, fact.path)
    if node is None:
        return Unlike(described(fact), "the plan has no such step")
    refused = fact.attempt == node.attempt + 1
    if refused or node.state in (r.PENDING, r.OPEN):
        return _as_due(run, fact, around)
    if node.state == r.WAITING and (
        fact.code in ("budget", "expired") or fact.message == act.GIVEN_UP
    ):
        return _as_due(run, fact, around)
    return _retried(node, fact, _card(node, around))


def _retried(node: Node, fact: Failure, card: Card) -> Unlike | None:
    """What followed from a failed call: retry, fallback or nothing. Only its code is in the log, not `may_retry`."""
    step = node.shape.step
    fallbacks = 0 if node.kind == "undo" else len(step.fallback)
    again = fact.retry_at is not None and fact.alternative == node.alternative
    if again and node.faults >= step.retry.at_most:
        return Unlike(described(fact), f"no further attempt: retry is {step.retry.at_most}")
    if fact.alternative > fallbacks:
        return Unlike(described(fact), "no fallback: the plan has none left")
    asked = card.in_doubt == "reconcile" and node.effect == "write" and fact.code in UNSURE
    if asked and not again:
        return Unlike(described(fact), f"{node.capability} is asked what happened")
    if fact.retry_at is None and node.alternative < fallbacks:
        if not is_last(node.effect, fact.code, card):
            return Unlike(described(fact), f"fallback {node.alternative + 1}: {_next_use(node)}")
    return None


def _next_use(node: Node) -> str:
    return node.shape.uses[node.alternative + 1]


def _doubted(run: Run, fact: Doubted, around: Surroundings) -> Unlike | None:
    node = node_at(run, fact.path)
    if node is None:
        return None
    resolve = _card(node, around).in_doubt
    if resolve != fact.resolve:
        return Unlike(f"in doubt, resolved by {fact.resolve}", f"resolved by {resolve}")
    return None


def _dropped(run: Run, fact: Dropped, around: Surroundings) -> Unlike | None:
    node = node_at(run, fact.path)
    # Of what ran this is an outcome: it was stopped, maybe for a decision that another driver's facts took back.
    if node is None or node.state == r.RUNNING or is_closing(node) or unneeded(node):
        return None
    if isinstance(_first(_due(run, node, fact.at, around)), Dropped):
        return None
    # Items of a list go with it.
    if node.parent is not None and unneeded(node.parent):
        return None
    return Unlike(described(fact), "it is still needed")


def _first(facts: Sequence[RunFact]) -> RunFact | None:
    return facts[0] if facts else None


def _parked(run: Run, fact: Parked) -> Unlike | None:
    if run.drift is not None:
        return None
    waiting = tuple(node.path for node in run.waiting())
    due = wake_time(run)
    if set(waiting) != set(fact.waiting):
        return Unlike(f"parked on {_names(fact.waiting)}", f"parked on {_names(waiting)}")
    if not same_time(due, fact.wake_at):
        was, now = when(fact.wake_at, fact.at), when(due, fact.at)
        return Unlike(f"parked for {was}", f"parked for {now}")
    return None


def _names(paths: Sequence[str]) -> str:
    more = ", …" if len(paths) > 5 else ""
    return ", ".join(paths[:5]) + more or "nothing"


def _ended(run: Run, fact: Ended, around: Surroundings) -> Unlike | None:
    root = run.root
    if root is None:
        return None
    decision = decide(run, root, fact.at)
    if decision is None or decision.verb != "close":
        left = [node.path for node in run.nodes.values() if not node.terminal]
        return Unlike(described(fact), f"goes on: {_names(left)} not ended")
    return compared(fact, act.closed(run, root, fact.at, around, _store(run)))

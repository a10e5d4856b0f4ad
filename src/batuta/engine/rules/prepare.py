"""Whether a due step runs, and how: condition, list, arguments, verdict, approval, budget, capability, deadline.

Pure given what it is handed: the same run, node, time and answers give the same facts.
"""

import math
from typing import Any, Protocol, cast

import msgspec

from batuta.engine.rules.given import call_of, given_before, given_to, is_as_before, key_of
from batuta.engine.rules.view import Shelf, items_of, lookup
from batuta.errors import BatutaError, ExpressionError, NotFound
from batuta.ports import Capability, Catalog, Judge, Priced
from batuta.spec import run as r
from batuta.spec.call import Call, Question
from batuta.spec.card import KEYED, TIMEOUT_S, Card, serving
from batuta.spec.expr import evaluate_condition
from batuta.spec.facts import AS_A_RULE, Failure, RunFact, Skipped, Spread, Started, Waited
from batuta.spec.failures import LOST_MAX
from batuta.spec.inside import unsure_before
from batuta.spec.run import Node, Run
from batuta.spec.value import canonical, digest, inline

__all__ = [
    "APPROVAL_SCHEMA",
    "Prepared",
    "Surroundings",
    "approval_digest",
    "arguments",
    "capability_of",
    "latest",
    "out_of_time",
    "prepare",
    "serving_at",
]

# The answer to an approval, and to any question without a schema of its own.
APPROVAL_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}, "note": {"type": "string"}},
    "required": ["approved"],
    "additionalProperties": False,
}


class Surroundings(Protocol):
    """What the engine was given: capabilities, policy, values at hand, and the epoch of the journal."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def judge(self) -> Judge: ...
    @property
    def shelf(self) -> Shelf: ...
    @property
    def epoch(self) -> int: ...


class Prepared(msgspec.Struct, frozen=True):
    """The facts that follow, and the call to make once they are recorded (if any).

    `timeout_s` is the time the call has, as a duration: wall clocks jump. `intent_first`: the call must not leave
    before the facts are durable.
    """

    facts: tuple[RunFact, ...]
    call: Call | None = None
    capability: Capability | None = None
    intent_first: bool = False
    timeout_s: float = 0.0


def prepare(run: Run, node: Node, now: float, around: Surroundings) -> Prepared:
    """What becomes of `node`, which is due at `now` (seconds). Raises `NotLoaded` if a stored value is not at hand."""
    try:
        if node.state == r.PENDING and node.attempt == 0 and node.kind != "undo":
            opening = _open(run, node, now, around)
            if opening is not None:
                return Prepared((opening,))
        at = serving_at(node, around.catalog)
        args = given_before(node, around.shelf, at)
        if args is None:
            args = arguments(node, around.shelf, at)
    except ExpressionError as error:
        return _failed(node, now, "expression", error.in_one_line)
    if not isinstance(args, dict):
        return _failed(node, now, "invalid", "`with` must be a map of arguments")
    return _prepare_call(run, node, now, (at, cast("dict[str, Any]", args)), around)


def arguments(node: Node, shelf: Shelf, at: int | None = None) -> Any:
    """What the next attempt of `node` is called with, by its alternative or the one `at` that place.

    Raises `NotLoaded`, `ExpressionError`.
    """
    at = node.alternative if at is None else at
    template = node.shape.undo if node.kind == "undo" else node.shape.arguments[at]
    assert template is not None
    return template.render(lookup(node, shelf))


def _open(run: Run, node: Node, now: float, around: Surroundings) -> RunFact | None:
    """The condition and the list, where this instance is the one to ask: a fact, or None to go on to the call."""
    shape = node.shape
    if node.kind == "step" and shape.when is None:
        return None
    inside = node.parent is not None and node.parent is not node.scope.holder
    item = inside and node.parent is not None and node.parent.kind == "each"
    asks = (item and shape.when_per_item) or (not inside and not shape.when_per_item)
    if shape.when is not None and asks:
        if not evaluate_condition(shape.when, lookup(node, around.shelf)):
            return Skipped(at=now, path=node.path, term=run.term, why=f"when {shape.when.text}")
    if node.kind == "repeat":
        return Spread(at=now, path=node.path, term=run.term, count=1)
    if node.kind != "each":
        return None
    count = len(items_of(node, around.shelf))
    if count > shape.step.at_most:
        message = f"each has {count:,} items, and at_most is {shape.step.at_most:,}"
        return Failure(at=now, path=node.path, attempt=1, code="too_many", message=message)
    return Spread(at=now, path=node.path, term=run.term, count=count)


def _prepare_call(
    run: Run, node: Node, now: float, chosen: tuple[int, dict[str, Any]], around: Surroundings
) -> Prepared:
    at, args = chosen
    name = capability_of(node, at)
    try:
        capability = around.catalog.get(name)
        given = given_to(node, args, at)
    except NotFound as error:
        return _failed(node, now, "unknown_capability", error.in_one_line)
    except BatutaError as error:
        return _failed(node, now, "invalid", error.message)
    card = capability.card
    args_digest = given.digest
    same = node.attempt and node.capability == name and node.args_digest
    if same and node.args_digest != args_digest:
        if not is_as_before(node, args, at, node.args_digest):
            said = "the arguments of a later attempt differ from the first"
            return _failed(node, now, "arguments_changed", said)
        args_digest = node.args_digest  # and so the key stays what it is
    if node.lost > LOST_MAX:
        return _failed(node, now, "lost", f"it was sent {node.lost} times and never answered")
    verdict = _verdict(run, node, card, args, args_digest, now, around)
    if isinstance(verdict, Prepared):
        return verdict
    price_nusd = _price(capability, args)
    # What takes an effect back is never refused for money.
    for purse in () if node.kind == "undo" else node.purses:
        why = purse.refuses(price_nusd if card.priced else None, now, new=not node.goes_on)
        if why:
            return _failed(node, now, "budget", why)
    timeout_s = node.shape.step.timeout_s or card.timeout_s
    deadline = min(now + timeout_s, latest(node))
    usual = deadline == now + TIMEOUT_S
    word, rule = verdict
    started = Started(
        at=now,
        path=node.path,
        attempt=node.attempt + 1,
        term=run.term,
        capability=name,
        effect=card.effect,
        key=key_of(run.id, node.path, args_digest) if card.effect in KEYED else "",
        args_digest=args_digest,
        verdict=word,
        rule=rule,
        reserved_nusd=price_nusd,
        alternative=at,
        deadline=AS_A_RULE if usual else deadline,
        metered=card.metered,
    )
    call = call_of(run, node, started, given.copied(capability))
    return Prepared((started,), call, capability, card.intent_first, deadline - now)


def _price(capability: Capability, args: dict[str, Any]) -> int:
    """The most that this call can cost, in nano-dollars."""
    most = capability.card.price_nusd
    if not capability.card.quoted or not most:
        return most
    return min(cast("Priced", capability).price(args), most)


def _verdict(
    run: Run,
    node: Node,
    card: Card,
    args: dict[str, Any],
    args_digest: str,
    now: float,
    around: Surroundings,
) -> tuple[str, str] | Prepared:
    """What the policy says, and what a person said if it asks: (word, rule), or the facts that follow instead."""
    verdict = around.judge(card, args, node.path)
    word, rule, reason, who = verdict.word, verdict.rule, verdict.reason, verdict.who
    if word == "deny":
        return _failed(node, now, "denied", reason or f"the policy denies {card.name} ({rule})")
    assert run.accepted is not None
    if card.effect in ("idempotent", "write") and run.accepted.epoch < around.epoch:
        word, rule = "ask", rule if word == "ask" else "restored"
        reason = "the journal was restored from a backup: this may have happened already"
    if word == "allow" and card.effect in ("idempotent", "write") and node.kind != "undo":
        fork = run.accepted.fork
        if fork is not None and fork.asks:
            word, rule = "ask", "fork"
            reason = f"this run is a fork of {fork.run}, which may have done it already"
        elif run.routed is not None and run.routed.asks:
            word, rule = "ask", "supervised"
            reason = "the plan was made for a request"
    unsure = "" if card.effect not in KEYED else _unsure(run, node, card.name, args_digest)
    if unsure:
        word, rule = "ask", rule if word == "ask" else "raised"
        reason = f"{reason}; {unsure}" if reason else unsure
    if word == "allow":
        return "allow", rule
    approved = approval_digest(run, node, card.name, args_digest, around.epoch)
    if node.approved is not None and node.approved[0] == approved:
        return f"approved by {node.approved[1] or 'somebody'}", rule
    asked, answer = node.question, node.answer
    if answer is not None and answer.kind == "approval" and asked and asked.digest == approved:
        who_said = answer.who or "somebody"
        return _failed(node, now, "rejected", f"{who_said} rejected {card.name}")
    question = Question(
        text=f"May {card.name} be called?" + (f" ({reason})" if reason else ""),
        schema=APPROVAL_SCHEMA,
        show={"capability": card.name, "arguments": args},
        who=who,
        kind="approval",
    )
    waited = Waited(
        at=now,
        path=node.path,
        attempt=node.attempt,
        term=run.term,
        kind="approval",
        question=inline(question, run.salt),
        digest=approved,
        rule=rule,
    )
    return Prepared((waited,))


def latest(node: Node) -> float:
    """When the time budgets around `node` end, in seconds of the Unix epoch; infinity without one."""
    purses = () if node.kind == "undo" else node.purses
    return min([purse.ends_at for purse in purses], default=math.inf)


def out_of_time(node: Node, now: float) -> str:
    """That a time budget around `node` is used up at `now`, in words; "" if none is."""
    purses = () if node.kind == "undo" else node.purses
    return next((said for purse in purses if (said := purse.out_of_time(now))), "")


def approval_digest(run: Run, node: Node, capability: str, args_digest: str, epoch: int = 0) -> str:
    """What an approval is bound to: this run, plan, step instance, capability and arguments.

    And the epoch of the journal, if it was restored since the run began: what was approved before may have happened
    before, too (contract, 19). And what may have done it already.
    """
    bound: list[object] = [run.id, node.scope.shape.digest, node.path, capability, args_digest]
    assert run.accepted is not None
    if run.accepted.epoch < epoch:
        bound.append(epoch)
    if unsure := _unsure(run, node, capability, args_digest):
        bound.append(unsure)
    return digest(canonical(bound))


def _unsure(run: Run, node: Node, capability: str, args_digest: str) -> str:
    """Why this call may do once more what was done: in the place of another, or as another did; "" if it does not."""
    if node.kind == "undo":
        return ""
    return unsure_before(node) or run.unsure.get((capability, args_digest), "")


def serving_at(node: Node, catalog: Catalog) -> int:
    """The alternative that the next attempt of `node` calls: one that misses nothing, if there is one.

    What was called is called again, whatever it misses by now: it may have had its effect, and has the key to it.
    """
    at, uses = node.alternative, node.shape.uses
    called = node.attempt > 0 and node.capability == uses[at]
    if node.kind == "undo" or not node.shape.step.fallback or called:
        return at
    return serving(uses, catalog.cards(), at)


def capability_of(node: Node, at: int) -> str:
    """The capability that is alternative `at` of `node`."""
    if node.kind == "undo":
        undo = node.shape.step.undo
        assert undo is not None
        return undo.use
    return node.shape.uses[at]


def _failed(node: Node, now: float, code: str, message: str) -> Prepared:
    """The next attempt fails before anything was called."""
    failure = Failure(at=now, path=node.path, attempt=node.attempt + 1, code=code, message=message)
    return Prepared((failure,))

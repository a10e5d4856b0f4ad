"""What an outcome becomes in the log. Pure: outcome, node and time in; facts out."""

import math
from collections.abc import Callable

import msgspec

from batuta.engine.rules.prepare import latest, out_of_time
from batuta.errors import BatutaError, InputError
from batuta.reading.schema import schema_flaw
from batuta.spec.call import Done, Expand, Failed, Outcome, Question, Waiting
from batuta.spec.card import Card
from batuta.spec.facts import (
    Doubted,
    Dropped,
    Expanded,
    Failure,
    Finished,
    Resolved,
    RunFact,
    Waited,
)
from batuta.spec.failures import UNSURE
from batuta.spec.plan import Retry
from batuta.spec.run import Node, Run, Scope
from batuta.spec.value import Value, inline

__all__ = [
    "Conclusion",
    "conclude",
    "is_last",
    "is_unsure",
    "reconciled",
    "resolve_question",
    "retry_wait_s",
]

MESSAGE_CHARS_MAX = 2_000
# So much of it is left where something is said behind it.
_WHY_CHARS_MAX = 1_500
# Capabilities stop up to so much before the end of their time, to say themselves what happened, in seconds.
_EARLY_S = 0.2


class Conclusion(msgspec.Struct, frozen=True):
    """What `conclude` may use: cards by name, how a scope stores values, the dice (0 to 1), how plans are admitted."""

    card: Callable[[str], Card]
    store: Callable[[object, Scope], Value]
    dice: Callable[[], float]
    admit: Callable[[Expand, Node, float], Expanded]


def conclude(
    run: Run,
    node: Node,
    outcome: Outcome,
    now: float,
    how: Conclusion,
    *,
    stopping: bool = False,
) -> tuple[RunFact, ...]:
    """The facts that `outcome` of the current attempt of `node` becomes at `now` (seconds).

    `stopping`: the engine itself cancelled the call because nobody needs it any more.
    """
    try:
        match outcome:
            case Done():
                cost = _cost(node, outcome.cost_nusd)
                value = how.store(outcome.value, node.scope)
                done = Finished(
                    at=now,
                    path=node.path,
                    attempt=node.attempt,
                    value=value,
                    cost_nusd=cost,
                    asked=outcome.asked,
                )
                return (done,)
            case Failed():
                return _failed(run, node, outcome, now, how, stopping=stopping)
            case Waiting():
                return (_waited(run, node, outcome, now),)
            case Expand():
                return (how.admit(outcome, node, now),)
    except BatutaError as error:
        # The capability answered with something that cannot be recorded. For a write, what it did stays done:
        # this is an answer, and a wrong one.
        failed = Failed("bad_answer", error.in_one_line, cost_nusd=-1)
        return _failed(run, node, failed, now, how, stopping=stopping)


def _failed(
    run: Run, node: Node, outcome: Failed, now: float, how: Conclusion, *, stopping: bool
) -> tuple[RunFact, ...]:
    path, attempt = node.path, node.attempt
    outcome = _of_the_budget(node, outcome, now, how)
    # Sent and not answered: nobody knows what it cost, so it is settled at the maximum (contract, crash table).
    unknown = outcome.in_doubt or outcome.cost_nusd < 0
    cost = node.reserved_nusd if unknown else outcome.cost_nusd
    if node.effect == "write" and outcome.in_doubt:
        return doubted(run, node, outcome.message, now, how.card(node.capability))
    if is_unsure(node.effect, outcome) and how.card(node.capability).in_doubt == "reconcile":
        # It has answered, and can be asked what that means.
        doubt = Doubted(
            at=now,
            path=path,
            attempt=attempt,
            why=outcome.message[:MESSAGE_CHARS_MAX],
            resolve="reconcile",
            cost_nusd=cost,
            answered=outcome.code,
        )
        return (doubt,)
    if stopping and outcome.code == "cancelled":
        return (
            Dropped(at=now, path=path, attempt=attempt, why="not needed any more", cost_nusd=cost),
        )
    retry_at, alternative = _next(node, outcome, now, how)
    return (
        Failure(
            at=now,
            path=path,
            attempt=attempt,
            code=outcome.code,
            message=outcome.message[:MESSAGE_CHARS_MAX],
            retry_at=retry_at,
            alternative=alternative,
            cost_nusd=cost,
            asked=outcome.asked,
        ),
    )


def _of_the_budget(node: Node, outcome: Failed, now: float, how: Conclusion) -> Failed:
    """A call that had less time than its own because a budget ended has used up that budget."""
    if outcome.code != "timeout":
        return outcome
    ends = latest(node)
    if now < ends - _EARLY_S:
        return outcome
    own_s = node.shape.step.timeout_s or how.card(node.capability).timeout_s
    if node.attempt == 1 and node.started_at + own_s <= ends:
        return outcome
    why = out_of_time(node, max(now, ends))
    return msgspec.structs.replace(outcome, code="budget", message=why, may_retry=False)


def is_unsure(effect: str, outcome: Failed) -> bool:
    """True for the answer of a write that may have had its effect, or part of it, all the same."""
    return effect == "write" and outcome.code in UNSURE and not outcome.may_retry


def is_last(effect: str, code: str, card: Card) -> bool:
    """True if no fallback follows the failure `code` of a write: what it has done stands, or nobody is to be asked.

    After other answers that leave open what was done, somebody is asked before a fallback may do it once more.
    """
    return effect == "write" and (
        code == "bad_answer" or (code in UNSURE and card.in_doubt == "fail")
    )


def _next(node: Node, outcome: Failed, now: float, how: Conclusion) -> tuple[float | None, int]:
    """When and by which alternative a failed attempt is followed: retry → fallback → nothing."""
    step = node.shape.step
    if not outcome.may_retry and is_last(node.effect, outcome.code, how.card(node.capability)):
        return None, node.alternative
    if outcome.may_retry and node.faults < step.retry.at_most:
        wait = retry_wait_s(step.retry, node.faults, how.dice())
        return now + max(wait, outcome.retry_after_s or 0.0), node.alternative
    if node.kind != "undo" and node.alternative < len(step.fallback):
        return now, node.alternative + 1
    return None, node.alternative


def retry_wait_s(retry: Retry, faults: int, dice: float) -> float:
    """Seconds before the next attempt after `faults` earlier retries; `dice` is uniform in 0..1."""
    # The exponent is bounded because 2.0 ** 2000 is an OverflowError, and any wait ends at the ceiling.
    wait = min(retry.ceiling_s, retry.backoff_s * retry.factor ** min(faults, 64))
    return wait * (1 - retry.jitter * dice)


def doubted(run: Run, node: Node, why: str, now: float, card: Card) -> tuple[RunFact, ...]:
    """Nobody knows whether the write happened: the fact, and the question if a person is to say."""
    path, attempt = node.path, node.attempt
    doubt = Doubted(
        at=now,
        path=path,
        attempt=attempt,
        why=why[:MESSAGE_CHARS_MAX],
        resolve=card.in_doubt,
        cost_nusd=node.reserved_nusd,
    )
    if card.in_doubt != "ask":
        return (doubt,)
    return (doubt, resolve_question(run, node, why, now))


def resolve_question(run: Run, node: Node, why: str, now: float) -> Waited:
    """The question that a doubt becomes when only a person can end it."""
    how = "It was sent, and not answered"
    if node.doubt is not None and node.doubt.answered:
        how, why = "It has failed", node.doubt.why
    question = Question(
        text=f"Did {node.capability} happen? {how}: {why[:200]}",
        schema={"enum": ["done", "retry", "fail"]},
        show={"capability": node.capability, "key": node.key, "attempt": node.attempt},
        kind="resolve",
        options=("done", "retry", "fail"),
    )
    return Waited(
        at=now,
        path=node.path,
        attempt=node.attempt,
        term=run.term,
        kind="resolve",
        question=inline(question, run.salt),
    )


def reconciled(
    run: Run, node: Node, outcome: Outcome, now: float, how: Conclusion
) -> tuple[RunFact, ...]:
    """What the answer to "did it happen?" becomes: resolved, or a question for a person."""
    path, attempt, doubt = node.path, node.attempt, node.doubt
    assert doubt is not None
    why = outcome.message if isinstance(outcome, Failed) else "the capability does not say"
    if isinstance(outcome, Done):
        try:
            value = how.store(outcome.value, node.scope)
            who = "reconcile"
            done = Resolved(at=now, path=path, attempt=attempt, how="done", who=who, value=value)
            return (done,)
        except BatutaError as error:
            why = f"it happened, and its value cannot be recorded: {error.in_one_line}"
    elif isinstance(outcome, Failed) and outcome.may_retry and not outcome.in_doubt:
        if doubt.answered:
            # It is known now that its failure was all that came of it, and that is followed like any other.
            message = (
                f"{doubt.why[:_WHY_CHARS_MAX]}; nothing has happened, as {node.capability} says"
            )
            return _failed(
                run, node, Failed("failed", message, may_retry=True), now, how, stopping=False
            )
        return (Resolved(at=now, path=path, attempt=attempt, how="retry", who="reconcile"),)
    return (resolve_question(run, node, why, now),)


def _waited(run: Run, node: Node, outcome: Waiting, now: float) -> Waited:
    question = msgspec.structs.replace(outcome.question, kind="answer")
    flaw = schema_flaw(question.schema) if question.schema else ""
    if flaw:
        # Asked all the same, it could never be answered.
        raise InputError(f"the schema of its question is no JSON Schema: {flaw}")
    return Waited(
        at=now,
        path=node.path,
        attempt=node.attempt,
        term=run.term,
        kind="answer",
        question=inline(question, run.salt),
        state=None if outcome.state is None else inline(outcome.state, run.salt),
        expires_at=_expiry(node, outcome, now),
    )


def _expiry(node: Node, outcome: Waiting, now: float) -> float | None:
    ends = latest(node)
    if outcome.expires_s is not None:
        ends = min(ends, now + outcome.expires_s)
    return None if math.isinf(ends) else ends


def _cost(node: Node, cost_nusd: int | None) -> int:
    if cost_nusd is None:
        return node.reserved_nusd
    if not isinstance(cost_nusd, int):  # pyright: ignore[reportUnnecessaryIsInstance] - not ours
        raise InputError(f"cost_nusd wants an int, not {type(cost_nusd).__name__}")
    return max(cost_nusd, 0)

"""What happens to the steps of a run, as its log holds it. `path` names a step instance, "" the run itself."""

from typing import Literal

import msgspec

from batuta.spec.card import TIMEOUT_S
from batuta.spec.model_call import ModelCall
from batuta.spec.value import Value

__all__ = [
    "AS_A_RULE",
    "Answered",
    "Doubted",
    "Dropped",
    "Expanded",
    "Fact",
    "Failure",
    "Finished",
    "Inherited",
    "Lost",
    "Resolved",
    "Skipped",
    "Spread",
    "Started",
    "Waited",
]

# The deadline of a call that has the time that calls have as a rule. What writes facts leaves out a number only if it
# is the very object that is the default.
AS_A_RULE = 0.0


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", gc=False):
    """Something that happened, `at` a time in seconds of the Unix epoch by the clock of whoever recorded it."""

    at: float


class Inherited(Fact, frozen=True, tag="inherited"):
    """In a fork, before anybody drives it: the instance ended in the run that this one was forked from.

    Nothing was called here, and nothing of it is ever taken back here. `state` is how it ended, `attempt` the one
    that did; `replaced`: its value was given with the fork, and is not what was recorded. `capability` and
    `args_digest` say what gave the value, where the plan of the other run is not that of this one. `effect`: that
    it has had there, or may have had ("write", "idempotent").
    """

    path: str
    state: Literal["done", "skipped", "failed", "cancelled"]
    attempt: int = 0
    value: Value | None = None
    code: str = ""
    why: str = ""
    replaced: bool = False
    capability: str = ""
    args_digest: str = ""
    effect: str = ""


class Expanded(Fact, frozen=True, kw_only=True, tag="expanded"):
    """An attempt answered with a plan (path "": planning the run). `cards` maps capability to card digest.

    `plan` is there where the log of the run has it first; later ones of that `plan_digest` are the same.
    `described` maps capability to the card itself, stored once for all runs of the plan: what has changed since can
    be named. Neither cards nor described are there if the run is pinned to these cards already.
    `asked`: the models that were asked in the attempt, here and in other facts that end one.
    """

    path: str
    attempt: int = 1
    term: int = 1
    plan: Value = Value()
    plan_digest: str
    inputs: Value
    cards: Value = Value()
    cost_nusd: int = 0
    described: Value | None = None
    asked: tuple[ModelCall, ...] = ()


class Skipped(Fact, frozen=True, kw_only=True, tag="skipped"):
    """The condition was false, or something it needs was skipped, or has failed and may; the value is null."""

    path: str
    term: int = 1
    why: str


class Spread(Fact, frozen=True, kw_only=True, tag="spread"):
    """`count` instances exist inside an `each` (its items) or a `repeat` (its rounds; the last opens at `open_at`)."""

    path: str
    term: int = 1
    count: int
    open_at: float | None = None


class Started(Fact, frozen=True, kw_only=True, tag="started"):
    """The intent of one attempt, with the verdict, the reservation and the choice that led to it.

    Attributes:
        alternative: 0 for the step's own capability, n for its nth fallback.
        verdict: "allow", or "approved by WHO" where somebody was asked.
        rule: the policy rule that decided ("" for the default).
        key: what `idempotent` and `write` calls are known by; the others have one that nobody remembers.
        reserved_nusd: what is set aside until the outcome settles it.
        deadline: when the attempt times out; 0 for the time that calls have as a rule (`TIMEOUT_S`).
    """

    path: str
    attempt: int = 1
    term: int = 1
    capability: str
    effect: str = "read"
    key: str = ""
    args_digest: str
    verdict: str = "allow"
    rule: str = ""
    reserved_nusd: int = 0
    alternative: int = 0
    deadline: float = AS_A_RULE
    metered: bool = False

    @property
    def ends_at(self) -> float:
        """When the attempt times out, in seconds of the Unix epoch."""
        return self.deadline or self.at + TIMEOUT_S


class Finished(Fact, frozen=True, kw_only=True, tag="finished"):
    """The attempt succeeded (attempt 0: a plan inside it ended, or a join; nothing was called)."""

    path: str
    attempt: int = 1
    value: Value
    cost_nusd: int = 0
    asked: tuple[ModelCall, ...] = ()


class Failure(Fact, frozen=True, kw_only=True, tag="failed"):
    """The attempt failed. With `retry_at` it is tried again then, by `alternative`; without, this is final.

    An attempt that was refused before its `Started` (policy, purse, expression) has the next number.
    """

    path: str
    attempt: int = 1
    code: str
    message: str
    retry_at: float | None = None
    alternative: int = 0
    cost_nusd: int = 0
    asked: tuple[ModelCall, ...] = ()


class Waited(Fact, frozen=True, kw_only=True, tag="waited"):
    """A question was asked. `attempt` 0 with kind "approval": before the first attempt.

    `kind` is "answer" (the capability asks), "approval" (the policy), "resolve" (a write in doubt) or "drift"
    (code changed under the run). An approval is bound to `digest`: plan, path, capability and arguments.
    """

    path: str
    attempt: int = 1
    term: int = 1
    kind: Literal["answer", "approval", "resolve", "drift"]
    question: Value
    state: Value | None = None
    expires_at: float | None = None
    digest: str = ""
    rule: str = ""
    cost_nusd: int = 0


class Answered(Fact, frozen=True, tag="answered"):
    """Somebody answered the question of `path` that `attempt` and `kind` name. The first one counts."""

    path: str
    attempt: int
    kind: Literal["answer", "approval", "resolve", "drift"]
    value: Value
    who: str = ""


class Doubted(Fact, frozen=True, kw_only=True, tag="doubted"):
    """A write was sent, and nobody knows whether it happened. `resolve` says how to find out.

    It was not answered, or `answered` with a failure of that code, which leaves it open.
    """

    path: str
    attempt: int = 1
    why: str
    resolve: Literal["reconcile", "retry", "ask", "fail"]
    cost_nusd: int = 0
    answered: str = ""


class Resolved(Fact, frozen=True, kw_only=True, tag="resolved"):
    """The doubt has ended: it happened (`done`, with its value), did not (`retry`), or is given up (`fail`)."""

    path: str
    attempt: int = 1
    how: Literal["done", "retry", "fail"]
    who: str
    value: Value | None = None


class Lost(Fact, frozen=True, kw_only=True, tag="lost"):
    """The driver of a repeatable attempt died with it; its reservation is settled at the maximum."""

    path: str
    attempt: int = 1
    cost_nusd: int = 0


class Dropped(Fact, frozen=True, kw_only=True, tag="dropped"):
    """The step instance was cancelled: nobody needs its value any more."""

    path: str
    attempt: int = 1
    why: str
    cost_nusd: int = 0

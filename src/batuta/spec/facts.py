"""Everything that can be in a log. Facts are frozen, in the past tense, and carry their own time.

One tagged union per kind of stream: `RunFact` for runs, `WorkspaceFact` for the workspace. A field that is added
later gets a default; a fact that changes its meaning gets a new tag. Logs of every release stay readable
(`tests/journal/golden`). `at` is seconds of the Unix epoch. `path` names a step instance, "" the run itself.
"""

from typing import Literal

import msgspec

from batuta.spec.budget import Budget
from batuta.spec.card import TIMEOUT_S
from batuta.spec.model_call import ModelCall
from batuta.spec.request import Fork, Request
from batuta.spec.value import Value

__all__ = [
    "FORMAT",
    "Accepted",
    "Adopted",
    "Answered",
    "CancelRequested",
    "Claimed",
    "Confirmed",
    "Doubted",
    "Dropped",
    "Ended",
    "Expanded",
    "Fact",
    "Failure",
    "Finished",
    "Inherited",
    "Lost",
    "Made",
    "Parked",
    "Purged",
    "Replanned",
    "Resolved",
    "Restored",
    "Routed",
    "RunFact",
    "Scored",
    "Skipped",
    "Spread",
    "Started",
    "Waited",
    "WorkspaceFact",
]

# The version of the format that this code writes.
FORMAT = 1

Status = Literal["succeeded", "failed", "cancelled"]


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", gc=False):
    """Something that happened, `at` a time in seconds of the Unix epoch by the clock of whoever recorded it."""

    at: float


class Accepted(Fact, frozen=True, tag="accepted"):
    """A request became a run. `salt` (hex) keys the commitments of the run; `epoch` is the journal's.

    `fork` is there if it began as a copy of another run. `format`: of the facts; a log that does not say has the first.
    """

    run: str
    request: Request
    salt: str
    epoch: int = 0
    budget: Budget | None = None
    format: int = 1  # and never another default, whatever `FORMAT` is
    fork: Fork | None = None


class Routed(Fact, frozen=True, tag="routed"):
    """The plan of the run was found by the words of its request; before the plan, once.

    Attributes:
        confidence: how sure that was, 0 to 1.
        planner: what found it.
        who: who said that it was meant, or chose it; "" if it was sure enough and nobody was asked.
        why: {why, alternatives: [{plan, score}], inputs: {name: {words, start, end}}}.
        autonomy: how much the request was allowed to do by itself.
        approved: the digest that `who` said yes to; "" if nobody had to.
        asks: its plan was made for it, and whatever changes something is asked about first.
    """

    plan: str
    confidence: float
    planner: str = "route"
    who: str = ""
    why: Value = Value()
    autonomy: str = ""
    approved: str = ""
    asks: bool = False


class Inherited(Fact, frozen=True, tag="inherited"):
    """In a fork, before anybody drives it: the instance ended in the run that this one was forked from.

    Nothing was called here, and nothing of it is ever taken back here. `state` is how it ended, `attempt` the one
    that did; `replaced`: its value was given with the fork, and is not what was recorded. `capability` and
    `args_digest` say what gave the value, where the plan of the other run is not that of this one.
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


class Claimed(Fact, frozen=True, tag="claimed"):
    """`owner` drives the run from here on; `term` is one more than that of the owner before."""

    owner: str
    term: int


class Parked(Fact, frozen=True, kw_only=True, tag="parked"):
    """The driver let go of the run: nothing can happen before an answer, or before `wake_at`."""

    term: int = 1
    wake_at: float | None = None
    waiting: tuple[str, ...] = ()


class Expanded(Fact, frozen=True, kw_only=True, tag="expanded"):
    """An attempt answered with a plan (path "": planning the run). `cards` maps capability to card digest.

    `plan` is there where the log of the run has it first; later ones of that `plan_digest` are the same.
    `described` maps capability to the card itself, so that what has changed since can be named. Neither is there if
    the run is pinned to these cards already. `asked`: the models that were, here and in others that end an attempt.
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
    deadline: float = 0.0
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
    """The attempt failed; with `retry_at` it is tried again then, by `alternative`. Refused before its `Started`
    (policy, purse, expression), it has the next number."""

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
    """A write was sent and not answered: nobody knows whether it happened. `resolve` says how to find out."""

    path: str
    attempt: int = 1
    why: str
    resolve: Literal["reconcile", "retry", "ask", "fail"]
    cost_nusd: int = 0


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


class CancelRequested(Fact, frozen=True, tag="cancel_requested"):
    """Somebody wants the run to end.

    `told`: because they know more, {words, inputs}: its rest is to be planned again with that.
    """

    who: str = ""
    why: str = ""
    told: Value | None = None


class Adopted(Fact, frozen=True, tag="adopted"):
    """Changed cards were accepted for the run (`resume --accept`)."""

    cards: Value
    who: str = ""
    described: Value | None = None


class Ended(Fact, frozen=True, kw_only=True, tag="ended"):
    """The last word. `path` and `code` name the failure that ended the run."""

    term: int = 1
    status: Status
    value: Value = Value()
    code: str = ""
    message: str = ""
    path: str = ""


class Replanned(Fact, frozen=True, tag="replanned"):
    """Behind the end of a run that failed, or was told more: its rest was planned again, and the run `by` goes on
    ("": none does).

    `why`: how that came, or why nothing goes on.
    """

    by: str = ""
    why: str = ""


class Purged(Fact, frozen=True, tag="purged"):
    """Retention erased the payloads of the run; commitments remain."""


class Confirmed(Fact, frozen=True, tag="confirmed"):
    """Somebody said that `words` mean `plan`, of the run that began with them: an example from then on."""

    words: Value
    plan: str
    run: str
    who: str


class Made(Fact, frozen=True, tag="made"):
    """A plan was made for `words`, and `run` began with it: if that worked, it is recalled for a request like it.

    `digest` names the plan, which stands in the log of the run; `planner` made it. `who` said yes to it ("": nobody).
    """

    words: Value
    plan: str
    digest: str
    run: str
    planner: str
    who: str = ""


class Scored(Fact, frozen=True, tag="scored"):
    """Somebody said how good what came of `run` is: `score` from 0 to 1. The latest of each `who` counts."""

    run: str
    score: float
    who: str


class Restored(Fact, frozen=True, tag="restored"):
    """The journal was restored from a backup: a new epoch begins."""

    epoch: int


RunFact = (
    Accepted
    | Routed
    | Inherited
    | Claimed
    | Parked
    | Expanded
    | Skipped
    | Spread
    | Started
    | Finished
    | Failure
    | Waited
    | Answered
    | Doubted
    | Resolved
    | Lost
    | Dropped
    | CancelRequested
    | Adopted
    | Ended
    | Replanned
    | Purged
)
WorkspaceFact = Restored | Confirmed | Made | Scored

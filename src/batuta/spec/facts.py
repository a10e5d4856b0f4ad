"""Everything that can be in a log. Facts are frozen, in the past tense, and carry their own time.

One tagged union per kind of stream: `RunFact` for runs, `WorkspaceFact` for the workspace. A field that is added
later gets a default; a fact that changes its meaning gets a new tag. Logs of every release stay readable
(`tests/journal/golden`). What happens to steps stands in `step_facts`, what happens to a run or a workspace here.
"""

from typing import Literal

from batuta.spec.budget import Budget
from batuta.spec.request import Fork, Request
from batuta.spec.step_facts import (
    AS_A_RULE,
    Answered,
    Doubted,
    Dropped,
    Expanded,
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
from batuta.spec.value import Value

__all__ = [
    "AS_A_RULE",
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


class Claimed(Fact, frozen=True, tag="claimed"):
    """`owner` drives the run from here on; `term` is one more than that of the owner before."""

    owner: str
    term: int


class Parked(Fact, frozen=True, kw_only=True, tag="parked"):
    """The driver let go of the run: nothing can happen before an answer, or before `wake_at`."""

    term: int = 1
    wake_at: float | None = None
    waiting: tuple[str, ...] = ()


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

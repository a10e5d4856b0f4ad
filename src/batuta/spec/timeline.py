"""When what went on: the facts of a run as stretches of time, per step instance. Pure, and linear in the log."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from batuta.spec.facts import (
    Accepted,
    Answered,
    Doubted,
    Dropped,
    Ended,
    Expanded,
    Fact,
    Failure,
    Finished,
    Lost,
    Resolved,
    Spread,
    Started,
    Waited,
)

__all__ = ["Kind", "Stretch", "Timeline", "timeline"]

Kind = Literal["call", "question", "pause", "doubt"]


class Stretch(msgspec.Struct, frozen=True, gc=False):
    """Something that took time; `begin` and `end` in seconds of the Unix epoch, `end` None if it still goes on.

    Attributes:
        kind: "call" (an attempt), "question" (somebody was asked), "pause" (until the next attempt or round) or
            "doubt" (nobody knew whether a write had happened).
        attempt: which one, from 1; 0 before the first.
        outcome: of a call: done, failed, asked, planned, doubt, lost or cancelled; of a question: answered, expired or
            cancelled; of a doubt: done, retry or fail; "" while it goes on, and for pauses.
        code, message: why it failed.
        who: who answered or resolved.
        verdict, rule, key: of a call, as its `Started` has them.
    """

    kind: Kind
    begin: float
    end: float | None = None
    attempt: int = 0
    outcome: str = ""
    code: str = ""
    message: str = ""
    capability: str = ""
    alternative: int = 0
    verdict: str = ""
    rule: str = ""
    key: str = ""
    cost_nusd: int = 0
    who: str = ""

    def until(self, now: float) -> float:
        """Its end, or `now` while it goes on."""
        return self.end if self.end is not None else max(now, self.begin)


class Timeline(msgspec.Struct, frozen=True):
    """A run in time: accepted at `begin`, ended at `end` (None: not yet), the stretches of each path in order."""

    begin: float
    end: float | None
    lines: dict[str, tuple[Stretch, ...]]

    def until(self, now: float) -> float:
        """The end of the run, or `now`."""
        return self.end if self.end is not None else max(now, self.begin)


def timeline(facts: Iterable[Fact]) -> Timeline:
    """The stretches that `facts` (the log of one run, in order) tell of.

    Facts that came too late to count change nothing: what has ended stays as it ended.
    """
    made = _Making()
    for fact in facts:
        made.take(fact)
    return made.timeline()


class _Making:
    def __init__(self) -> None:
        self._begin: float | None = None
        self._end: float | None = None
        self._closed: dict[str, list[Stretch]] = {}
        self._open: dict[str, Stretch] = {}

    def take(self, fact: Fact) -> None:
        if self._begin is None:
            self._begin = fact.at
        match fact:
            case Accepted():
                self._begin = fact.at
            case Ended():
                self._end = fact.at
            case Started():
                self._close(fact.path, fact.at)
                self._open[fact.path] = _call(fact)
            case Spread(open_at=float(open_at)) if open_at > fact.at:
                child = f"{fact.path}~{fact.count - 1}"
                self._open[child] = Stretch("pause", fact.at, open_at)
            case Failure():
                self._failure(fact)
            case Waited() if fact.path:
                self._close(fact.path, fact.at, "asked", cost_nusd=fact.cost_nusd)
                self._open[fact.path] = Stretch("question", fact.at, attempt=fact.attempt)
            case Answered() if fact.path:
                open_ = self._open.get(fact.path)
                if open_ is not None and open_.kind == "question":
                    self._close(fact.path, fact.at, "answered", who=fact.who)
            case Doubted():
                self._close(fact.path, fact.at, "doubt", message=fact.why, cost_nusd=fact.cost_nusd)
                self._open[fact.path] = Stretch("doubt", fact.at, attempt=fact.attempt)
            case Resolved():
                self._close(fact.path, fact.at, fact.how, who=fact.who)
            case Finished() | Expanded():
                outcome = "done" if isinstance(fact, Finished) else "planned"
                self._close(fact.path, fact.at, outcome, cost_nusd=fact.cost_nusd)
            case Lost() | Dropped():
                outcome = "lost" if isinstance(fact, Lost) else "cancelled"
                self._close(fact.path, fact.at, outcome, cost_nusd=fact.cost_nusd)
            case _:
                pass

    def _failure(self, fact: Failure) -> None:
        open_ = self._open.get(fact.path)
        if open_ is None or open_.kind == "pause":
            # Refused before it started; it took no time, but it is an attempt.
            self._close(fact.path, fact.at)
            self._open[fact.path] = Stretch("call", fact.at, attempt=fact.attempt)
        outcome = "failed"
        if open_ is not None and open_.kind == "question" and fact.code == "expired":
            outcome = "expired"
        self._close(
            fact.path, fact.at, outcome, code=fact.code, message=fact.message, cost_nusd=fact.cost_nusd
        )  # fmt: skip
        if fact.retry_at is not None:
            self._open[fact.path] = Stretch("pause", fact.at, fact.retry_at, attempt=fact.attempt)

    def _close(
        self,
        path: str,
        at: float,
        outcome: str = "",
        *,
        code: str = "",
        message: str = "",
        cost_nusd: int = 0,
        who: str = "",
    ) -> None:
        open_ = self._open.pop(path, None)
        if open_ is None:
            return
        if open_.kind == "pause":
            outcome = code = message = who = ""
            cost_nusd = 0
        closed = msgspec.structs.replace(
            open_,
            end=max(at, open_.begin),
            outcome=outcome,
            code=code,
            message=message,
            cost_nusd=cost_nusd,
            who=who,
        )
        self._closed.setdefault(path, []).append(closed)

    def timeline(self) -> Timeline:
        end = self._end
        for path, open_ in self._open.items():
            if end is not None:
                # Nothing goes on behind the end of the run.
                last = open_.end if open_.end is not None else end
                open_ = msgspec.structs.replace(open_, end=max(min(last, end), open_.begin))
            elif open_.kind == "pause":
                open_ = msgspec.structs.replace(open_, end=None)
            self._closed.setdefault(path, []).append(open_)
        begin = self._begin if self._begin is not None else 0.0
        return Timeline(begin, end, {path: tuple(done) for path, done in self._closed.items()})


def _call(fact: Started) -> Stretch:
    return Stretch(
        "call",
        fact.at,
        attempt=fact.attempt,
        capability=fact.capability,
        alternative=fact.alternative,
        verdict=fact.verdict,
        rule=fact.rule,
        key=fact.key,
    )

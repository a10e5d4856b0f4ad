"""What came of the words of a request: a plan, its inputs, and why; and the fact that a log keeps of it."""

from typing import Any

import msgspec

from batuta.planning.candidate import Guess, Route
from batuta.planning.proposal import Proposal
from batuta.planning.slots import Inputs
from batuta.plans.build import Sourced
from batuta.spec.budget import usd
from batuta.spec.facts import Routed
from batuta.spec.value import inline, plain

__all__ = ["Understood"]


_ORIGINS = {
    "recall": "recalled",
    "compose": "composed",
    "draft": "drafted by a model",
    "edited": "edited by hand",
}


class Understood(msgspec.Struct, frozen=True):
    """A request as it was understood.

    Attributes:
        chosen: the proposal that counts; its planner is "named" if the request named the plan.
        others: what the other planners that were asked came to.
        trusted: whoever asks may teach: a request of theirs that is confirmed is an example from then on.
        autonomy: what may run without a yes, of `batuta.reading.planning.AUTONOMIES`.
    """

    words: str
    chosen: Proposal
    others: tuple[Proposal, ...] = ()
    trusted: bool = True
    autonomy: str = "confirm"

    @property
    def route(self) -> Route:
        """Which plan, how sure, and why."""
        return self.chosen.route

    @property
    def inputs(self) -> Inputs:
        """What the words say of its inputs."""
        return self.chosen.inputs

    @property
    def planner(self) -> str:
        """Who found or made the plan."""
        return self.chosen.planner

    @property
    def sourced(self) -> Sourced | None:
        """The plan itself; None if nothing fits."""
        return self.chosen.sourced

    @property
    def plan(self) -> str:
        """The name of the plan; "" if nothing fits."""
        return self.route.plan

    @property
    def why(self) -> str:
        """Why it is this plan; where nothing fits, what the planner said that was asked last: it could do most."""
        if self.sourced is not None or self.plan or not self.others:
            return self.route.why
        return self.others[-1].route.why

    @property
    def origin(self) -> str:
        """Who has made the plan, in words; "" if somebody has registered it."""
        return _ORIGINS.get(self.planner, "made for the request") if self.made else ""

    @property
    def made(self) -> bool:
        """The plan was made for a request, this one or one like it, rather than registered."""
        return self.chosen.makes and self.sourced is not None

    @property
    def free(self) -> bool:
        """It may run without anybody's yes: what it means is sure, and what was made for it may run."""
        if self.autonomy == "suggest" or self.sourced is None or (self.made and not self.trusted):
            return False
        if not self.made:
            return self.route.sure
        if self.autonomy == "confirm":
            return self.route.sure and bool(self.chosen.approved)
        return not self.route.also and not self.route.doubt

    @property
    def asks(self) -> bool:
        """Whatever its run would change is asked about first."""
        return self.made and self.autonomy == "supervised"

    def edited(self, sourced: Sourced, inputs: Inputs) -> "Understood":
        """The same with a plan that somebody has written in place of it; `inputs`: what the words say of its inputs."""
        schemas = sourced.plan.inputs
        before = {} if self.sourced is None else self.sourced.plan.inputs
        kept = [
            slot
            for slot in self.inputs.slots
            if slot.name in schemas and schemas[slot.name] == before[slot.name]
        ]
        given = {slot.name for slot in kept}
        read = Inputs(
            (*kept, *(slot for slot in inputs.slots if slot.name not in given)),
            tuple(name for name in inputs.missing if name not in given),
            {name: said for name, said in inputs.unclear.items() if name not in given},
        )
        why = f"edited by hand, from {self.plan} of {self.planner}"
        route = Route(sourced.plan.name, 1.0, why, sure=True)
        chosen = Proposal("edited", route, sourced, read)
        return msgspec.structs.replace(self, chosen=chosen, others=(self.chosen, *self.others))

    def meaning(self, plan: str) -> "Understood":
        """The same where somebody has said that `plan` is meant: one that was made for it."""
        every = (self.chosen, *self.others)
        chosen = next(one for one in every if one.makes and one.route.plan == plan)
        others = tuple(one for one in every if one is not chosen)
        return msgspec.structs.replace(self, chosen=chosen, others=others)

    @property
    def complete(self) -> bool:
        """Nothing that the plan needs is missing."""
        return bool(self.plan) and not self.inputs.missing

    def fact(self, at: float, who: str = "", approved: str = "") -> Routed:
        """How the words led to the plan, for the log. `who` said that it was meant, and yes to `approved`, a digest."""
        why = {
            "why": self.route.why,
            "alternatives": [_guess(one) for one in self.route.alternatives],
            "also": [_guess(one) for one in self.route.also],
            "inputs": {
                one.name: {"words": one.words, "start": one.start, "end": one.end}
                for one in self.inputs.slots
            },
            "ladder": self._ladder(),
        }
        return Routed(
            at=at,
            plan=self.plan,
            confidence=self.route.confidence,
            planner=self.planner,
            who=who,
            why=inline(why),
            autonomy=self.autonomy,
            approved=approved,
            asks=self.asks,
        )

    def data(self) -> dict[str, Any]:
        """The same as one JSON document."""
        return {
            "words": self.words,
            "plan": self.plan or None,
            "confidence": self.route.confidence,
            "sure": self.route.sure,
            "why": self.why,
            "planner": self.planner,
            "origin": self.origin,
            "autonomy": self.autonomy,
            "free": self.free,
            "made": plain(self.sourced.plan) if self.made and self.sourced else None,
            "also": [_guess(one) for one in self.route.also],
            "alternatives": [_guess(one) for one in self.route.alternatives],
            "inputs": {
                one.name: {
                    "value": one.value,
                    "words": one.words,
                    "start": one.start,
                    "end": one.end,
                }
                for one in self.inputs.slots
            },
            "missing": list(self.inputs.missing),
            "unclear": {name: list(words) for name, words in self.inputs.unclear.items()},
            "ladder": self._ladder(),
        }

    def _ladder(self) -> list[dict[str, Any]]:
        """Everybody who was asked, the chosen one first."""
        return [
            {
                "planner": one.planner,
                "plan": one.route.plan or None,
                "confidence": one.route.confidence,
                "why": one.route.why,
                "cost_usd": usd(one.cost_nusd),
            }
            for one in (self.chosen, *self.others)
        ]


def _guess(one: Guess) -> dict[str, Any]:
    return {
        "plan": one.plan or None,
        "score": one.score,
        **({"words": one.words} if one.words else {}),
    }

"""What came of the words of a request: a plan, its inputs, and why; and the fact that a log keeps of it."""

from typing import Any

import msgspec

from batuta.planning.candidate import Guess, Route
from batuta.planning.slots import Inputs
from batuta.spec.facts import Routed
from batuta.spec.value import inline

__all__ = ["Understood"]


class Understood(msgspec.Struct, frozen=True):
    """A request as it was understood.

    Attributes:
        trusted: whoever asks may teach: a request of theirs that is confirmed is an example from then on.
        planner: what found the plan: "route", or "named" if the request named it.
    """

    words: str
    route: Route
    inputs: Inputs = Inputs(())
    trusted: bool = True
    planner: str = "route"

    @property
    def plan(self) -> str:
        """The name of the plan; "" if nothing fits."""
        return self.route.plan

    @property
    def complete(self) -> bool:
        """Nothing that the plan needs is missing."""
        return bool(self.plan) and not self.inputs.missing

    def fact(self, at: float, who: str = "") -> Routed:
        """How the words led to the plan, for the log. `who` said that it was meant."""
        why = {
            "why": self.route.why,
            "alternatives": [_guess(one) for one in self.route.alternatives],
            "also": [_guess(one) for one in self.route.also],
            "inputs": {
                one.name: {"words": one.words, "start": one.start, "end": one.end}
                for one in self.inputs.slots
            },
        }
        return Routed(
            at=at,
            plan=self.plan,
            confidence=self.route.confidence,
            planner=self.planner,
            who=who,
            why=inline(why),
        )

    def data(self) -> dict[str, Any]:
        """The same as one JSON document."""
        return {
            "words": self.words,
            "plan": self.plan or None,
            "confidence": self.route.confidence,
            "sure": self.route.sure,
            "why": self.route.why,
            "planner": self.planner,
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
        }


def _guess(one: Guess) -> dict[str, Any]:
    return {
        "plan": one.plan,
        "score": one.score,
        **({"words": one.words} if one.words else {}),
    }

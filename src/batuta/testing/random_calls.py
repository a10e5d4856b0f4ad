"""Capabilities that do what their cards say, with values that dice would give: what random plans call."""

import asyncio
import random
from typing import Any

import msgspec

from batuta.reading.schema import problems
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.card import Card
from batuta.testing.random_values import Schema, random_value
from batuta.testing.world import number_of

__all__ = ["Deed", "RandomCapability"]

# Out of a thousand calls of a plan with failures, how many are answered with no, and with "not now".
_FAILING, _REFUSING = 30, 60


class Deed(msgspec.Struct, frozen=True):
    """One call that arrived: of which capability, with which effect, for which instance, with which arguments."""

    capability: str
    effect: str
    path: str
    args: dict[str, Any]


class RandomCapability:
    """Answers with a value of `output`, its output schema in plain words, that depends on nothing but the arguments.

    Arguments that do not fit the input schema are refused with code `invalid`. With `failing`, some arguments are
    refused for good, and some at the first attempt. With `moving` dice, what is read depends on what was written so
    far, and the dice say how long a call takes, in turns of the event loop.
    """

    def __init__(
        self,
        card: Card,
        output: Schema,
        deeds: list[Deed],
        *,
        failing: bool = False,
        moving: random.Random | None = None,
    ) -> None:
        self.card = card
        self._output = output
        self._deeds = deeds
        self._failing = failing
        self._moving = moving

    async def __call__(self, call: Call) -> Outcome:
        """Write the call down and answer it."""
        flaws = problems(self.card.input, call.args)
        if flaws:
            return Failed("invalid", f"{self.card.name}: {flaws[0]}")
        await self._pause()
        self._deeds.append(Deed(self.card.name, self.card.effect, call.path, call.args))
        outcome = self._outcome(call)
        await self._pause()
        return outcome

    async def _pause(self) -> None:
        if self._moving is not None:
            for _ in range(self._moving.choice((0, 0, 1, 3, 30))):
                await asyncio.sleep(0)

    def _outcome(self, call: Call) -> Outcome:
        world: list[Any] = []
        if self._moving is not None and self.card.effect == "read":
            written = [one for one in self._deeds if one.effect in ("write", "idempotent")]
            world = sorted(number_of(one.capability, one.args) for one in written)
        number = number_of(self.card.name, call.args, *world)
        if self._failing and number % 1_000 < _FAILING:
            return Failed("no", "not with these arguments")
        if self._failing and number % 1_000 < _REFUSING and call.attempt == 1:
            return Failed("busy", "not now", may_retry=True)
        return Done(random_value(random.Random(number), self._output))

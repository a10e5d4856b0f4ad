"""The first planner: one of the plans that somebody has registered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from batuta.planning.against import against, doubt
from batuta.planning.candidate import Candidate
from batuta.planning.conditions import condition_in, is_conditional
from batuta.planning.proposal import Proposal, Wish
from batuta.planning.route import Router
from batuta.planning.slots import Inputs, read_inputs
from batuta.plans.build import Sourced
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.shape import PlanShape

__all__ = ["RegisteredPlanner", "inputs_in"]


class RegisteredPlanner:
    """Routes a request to one of `plans`. `candidates` says what is known of them, and of earlier requests."""

    name = "route"
    makes = False

    def __init__(
        self,
        router: Router,
        plans: Callable[[], Mapping[str, Sourced]],
        candidates: Callable[[], Awaitable[Sequence[Candidate]]],
        cards: Callable[[], Mapping[str, Card]],
    ) -> None:
        self._router = router
        self._plans = plans
        self._candidates = candidates
        self._cards = cards

    async def propose(self, wish: Wish) -> Proposal:
        """The plan that the words mean, and what they say of its inputs."""
        candidates = await self._candidates()
        route = await self._router.route(wish.words, candidates)
        sourced = self._plans().get(route.plan)
        if sourced is None:
            return Proposal(self.name, route)
        meant = next(one for one in candidates if one.name == route.plan)
        inputs = inputs_in(wish, sourced.plan)
        but = self._but(wish.words, sourced.plan, meant, inputs)
        if but:
            why = f"{route.why}; but {but}"
            route = msgspec.structs.replace(route, sure=False, why=why)
        return Proposal(self.name, route, sourced, inputs)

    def _but(self, text: str, plan: Plan, meant: Candidate, inputs: Inputs) -> str:
        """What speaks against it that nobody needs to be asked whether `plan` is meant; "" if nothing."""
        condition = condition_in(text)
        if condition and not is_conditional(plan):  # it would be done in any case
            return f"it does not ask “{condition}”"
        asked = (*meant.examples, *meant.confirmed)
        cards = self._cards()
        called = [cards[name] for name in PlanShape(plan).capabilities if name in cards]
        but = against(text, plan, called, asked)
        return but or doubt(text, plan, called, asked, inputs.slots)


def inputs_in(wish: Wish, plan: Plan) -> Inputs:
    """What the words say of the inputs of a plan."""
    return read_inputs(
        wish.words, plan.inputs, today=wish.today, examples=plan.examples, exists=wish.exists
    )

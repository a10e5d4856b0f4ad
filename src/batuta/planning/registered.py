"""The first planner: one of the plans that somebody has registered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from batuta.planning.candidate import Candidate
from batuta.planning.conditions import condition_in, is_conditional
from batuta.planning.proposal import Proposal, Wish
from batuta.planning.route import Router
from batuta.planning.slots import Inputs, read_inputs
from batuta.plans.build import Sourced

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
    ) -> None:
        self._router = router
        self._plans = plans
        self._candidates = candidates

    async def propose(self, wish: Wish) -> Proposal:
        """The plan that the words mean, and what they say of its inputs."""
        route = await self._router.route(wish.words, await self._candidates())
        sourced = self._plans().get(route.plan)
        if sourced is None:
            return Proposal(self.name, route)
        condition = condition_in(wish.words)
        if condition and not is_conditional(sourced.plan):
            # It would be done in any case.
            why = f"{route.why}; but it does not ask “{condition}”"
            route = msgspec.structs.replace(route, sure=False, why=why)
        return Proposal(self.name, route, sourced, inputs_in(wish, sourced))


def inputs_in(wish: Wish, sourced: Sourced) -> Inputs:
    """What the words say of the inputs of a plan."""
    plan = sourced.plan
    return read_inputs(
        wish.words, plan.inputs, today=wish.today, examples=plan.examples, exists=wish.exists
    )

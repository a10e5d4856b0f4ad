"""The cheapest planner that is sure enough: planners are asked in turn until one is."""

import time
from collections.abc import Callable, Sequence

import msgspec

from batuta.planning.proposal import Planner, Proposal, Wish

__all__ = ["Ladder"]


class Ladder:
    """`planners`, the cheapest first. `asking` is told the name of each before it is asked."""

    def __init__(
        self, planners: Sequence[Planner], asking: Callable[[str], None] | None = None
    ) -> None:
        assert planners, "there is always somebody to ask"
        self._planners = tuple(planners)
        self._asking = asking

    async def climb(self, wish: Wish) -> tuple[Proposal, ...]:
        """What each planner came to, the chosen one first, the others as they were asked.

        Chosen is the first that is sure, else the surest. Where the words have several things for one input, the next
        is asked, too: it may have a plan for each. Who is not trusted has no plan made.
        """
        said: list[Proposal] = []
        for planner in self._planners:
            if planner.makes and not wish.trusted:
                continue
            if self._asking is not None:
                self._asking(planner.name)
            began = time.perf_counter()
            one = await planner.propose(wish)
            said.append(msgspec.structs.replace(one, took_s=time.perf_counter() - began))
            if one.route.sure and not one.inputs.several:
                break
        # Of equally sure ones, the cheapest: max keeps the first.
        chosen = max(said, key=_worth)
        return (chosen, *(one for one in said if one is not chosen))


def _worth(one: Proposal) -> tuple[bool, bool, float]:
    """Sure before unsure, all that is asked for before one of several things that there is a plan for."""
    several = bool(one.inputs.several)
    whole = one.sourced is not None and not any(other.plan for other in one.route.also)
    return one.route.sure and not several, whole and not several, one.route.confidence

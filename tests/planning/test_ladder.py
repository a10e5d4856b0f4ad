"""Planners are asked in turn, the cheapest first, until one is sure."""

from datetime import date

import pytest

from batuta.planning.candidate import Route
from batuta.planning.ladder import Ladder
from batuta.planning.proposal import Proposal, Wish


class Saying:
    """A planner with one answer."""

    def __init__(
        self, name: str, confidence: float, *, sure: bool = False, makes: bool = False
    ) -> None:
        self.name = name
        self.makes = makes
        self._route = Route(name, confidence, "because", sure=sure)

    async def propose(self, wish: Wish) -> Proposal:
        return Proposal(self.name, self._route)


def wish(*, trusted: bool = True) -> Wish:
    return Wish("do it", date(2026, 11, 22), trusted)


async def names(*planners: Saying, trusted: bool = True) -> list[str]:
    return [one.planner for one in await Ladder(planners).climb(wish(trusted=trusted))]


async def test_who_is_sure_is_the_last_to_be_asked() -> None:
    asked = await names(Saying("a", 0.6), Saying("b", 0.5, sure=True), Saying("c", 1.0, sure=True))
    assert asked == ["b", "a"]


async def test_where_nobody_is_sure_the_surest_counts_and_of_equals_the_cheapest() -> None:
    assert await names(Saying("a", 0.2), Saying("b", 0.7), Saying("c", 0.7)) == ["b", "a", "c"]


@pytest.mark.parametrize(("trusted", "asked"), [(True, ["b", "a"]), (False, ["a"])])
async def test_for_a_stranger_no_plan_is_made(trusted: bool, asked: list[str]) -> None:
    assert await names(Saying("a", 0.1), Saying("b", 0.9, makes=True), trusted=trusted) == asked


async def test_what_planning_took_is_told() -> None:
    (said,) = await Ladder([Saying("a", 0.1)]).climb(wish())
    assert said.took_s > 0

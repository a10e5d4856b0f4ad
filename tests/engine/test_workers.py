"""The calls of one run that are under way: how they leave, how they come back, and what becomes of them meanwhile."""

import asyncio
from typing import Any

import pytest

from batuta.engine.perform import LEFT, NOT_SENT
from batuta.engine.rules.prepare import Prepared
from batuta.engine.workers import Arrival, Workers
from batuta.ports import Progress
from batuta.spec.call import Call, Done, Failed
from batuta.spec.facts import Claimed, Started
from tests.engine.builders import PATIENCE_S, Gate, House, Tool
from tests.spec.logbook import started


class Office:
    """The workers of one run in a house with `tool`, and how to give them calls of it."""

    def __init__(self, tool: Tool, **house: Any) -> None:
        self.tool = tool
        self.house = House(tool, **house)
        self.run = self.house.accept("steps: {a: {use: echo}}")
        self.bell = asyncio.Event()
        self.workers = Workers(self.house.engine, self.bell.set)

    def start(
        self, path: str = "a", *, intent_first: bool = False, after: int | None = None
    ) -> None:
        """Let a call leave, behind the fact that says so; only if the log stands at `after`, if that is given."""
        intent: Started = started(path)
        recorded = self.house.journal.append(self.run.id, [intent], after=after)
        call = Call(
            run=self.run.id, path=path, attempt=1, key="k", args={}, deadline=0.0, capability="tool"
        )
        assert self.workers.enter(self.tool.card, 0)
        prepared = Prepared((intent,), call, self.tool, intent_first, PATIENCE_S)
        self.workers.start(prepared, self.tool.card, recorded)

    async def arrivals(self, count: int = 1) -> list[Arrival]:
        """What came in, when so much has."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.workers.inbox) < count:
                await self.bell.wait()
                self.bell.clear()
        return list(self.workers.inbox)


@pytest.fixture
def gate() -> Gate:
    return Gate("tool")


class TestACall:
    async def test_brings_its_outcome_and_gives_its_lane_back(self) -> None:
        office = Office(Tool("tool", lambda _: 3))
        office.start()
        assert (office.workers.count, office.workers.unsent) == (1, [])
        assert await office.arrivals() == [Arrival("a", 1, Done(3))]
        assert (office.workers.count, office.workers.unsent) == (0, [])

    async def test_finds_no_lane_where_all_are_taken_and_is_woken_when_one_is_free(
        self, gate: Gate
    ) -> None:
        office = Office(gate, calls_max=1)
        office.start()
        assert not office.workers.enter(gate.card, 0)
        gate.opened.set()
        await office.arrivals()
        assert office.workers.enter(gate.card, 0)

    async def test_is_one_of_so_many_of_its_run_at_once(self, gate: Gate) -> None:
        office = Office(gate)
        office.start()
        assert not office.workers.enter(gate.card, 1)
        assert office.workers.enter(gate.card, 2)

    async def test_leaves_only_when_its_intent_is_durable(self) -> None:
        office = Office(Tool("tool", effect="write"))
        office.start(intent_first=True)
        assert office.workers.unsent == ["a"]
        await office.arrivals()
        assert (office.workers.unsent, len(office.tool.calls)) == ([], 1)

    async def test_whose_intent_was_refused_never_leaves_and_nothing_is_told_of_it(self) -> None:
        office = Office(Tool("tool", effect="write"))
        await office.house.tell(Claimed(at=1.0, owner="other", term=9), run_id=office.run.id)
        office.start(intent_first=True, after=1)
        async with asyncio.timeout(PATIENCE_S):
            await office.bell.wait()
        assert (office.workers.refused, office.tool.calls) == (True, [])
        assert not office.workers.inbox

    async def test_reports_of_it_go_to_who_listens(self) -> None:
        office = Office(Tool("tool", lambda call: call.report("half")))
        office.start()
        await office.arrivals()
        assert office.house.progress == [Progress(office.run.id, "a", 1, "half")]


class TestStopping:
    async def test_a_call_that_has_left_leaves_open_what_happened(self, gate: Gate) -> None:
        office = Office(gate)
        office.start()
        await gate.full(1)
        office.workers.stop("a")
        assert await office.arrivals() == [Arrival("a", 1, LEFT, stopped=True)]
        assert gate.cancelled == 1

    async def test_a_call_that_has_not_begun_never_leaves(self, gate: Gate) -> None:
        office = Office(gate)
        office.start()
        office.workers.stop("a")
        assert await office.arrivals() == [Arrival("a", 1, NOT_SENT, stopped=True)]
        assert (gate.calls, office.workers.count) == ([], 0)

    async def test_what_nobody_knows_is_no_error(self, gate: Gate) -> None:
        office = Office(gate)
        office.workers.stop("nothing")
        assert office.workers.idle


class TestForgetting:
    async def test_nothing_more_is_heard_of_the_call_and_its_lane_is_free(self, gate: Gate) -> None:
        office = Office(gate)
        office.start("a")
        office.start("b")
        await gate.full(2)
        office.workers.forget(["a"])
        gate.opened.set()
        assert [one.path for one in await office.arrivals()] == ["b"]
        assert (office.workers.count, office.workers.idle) == (0, False)

    async def test_what_came_in_of_it_is_thrown_away_too(self) -> None:
        office = Office(Tool("tool"))
        office.start()
        await office.arrivals()
        office.workers.forget(["a"])
        assert office.workers.idle


class TestErrands:
    async def test_the_answer_to_what_became_of_a_call_says_that_it_is_one(self) -> None:
        office = Office(Tool("tool"))
        office.workers.reconcile(office.run, office.run.nodes["a"])
        (arrival,) = await office.arrivals()
        assert (arrival.path, arrival.reconciled) == ("a", True)
        assert isinstance(arrival.outcome, Failed)

    async def test_values_that_are_at_hand_are_told_by_the_path_that_wanted_them(self) -> None:
        office = Office(Tool("tool"))
        assert office.run.root is not None
        office.workers.load(office.run.nodes["a"], [])
        office.workers.load(office.run.root, [])
        assert not office.workers.idle
        async with asyncio.timeout(PATIENCE_S):
            while len(office.workers.arrived) < 2:
                await office.bell.wait()
                office.bell.clear()
        assert office.workers.arrived == [("a", False), ("", True)]


class TestLeaving:
    async def test_cancels_what_is_under_way_and_waits_until_it_has_ended(self, gate: Gate) -> None:
        office = Office(gate)
        office.start("a")
        await gate.full(1)
        office.start("b")
        await office.workers.abandon()
        assert (gate.cancelled, gate.inside, len(gate.calls)) == (1, 0, 1)
        assert {one.path: one.outcome for one in office.workers.inbox} == {"a": LEFT, "b": NOT_SENT}

    async def test_of_nothing_is_over_at_once(self, gate: Gate) -> None:
        await Office(gate).workers.abandon()

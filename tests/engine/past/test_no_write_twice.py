"""Whatever goes on in place of a run (by another plan, as a fork, after more was said) does no write twice unasked.

Plans are random, and so is what becomes of their calls. Nobody ever says yes to anything: what still happens then, has
happened without being asked about.
"""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batuta.engine.past.fork import Wish, fork
from batuta.engine.past.successor import begin, prepared
from batuta.errors import NotDone
from batuta.spec.call import Call, Expand, Failed
from batuta.spec.facts import Inherited, Routed, Started
from batuta.spec.plan import Alternative, Plan, Step
from batuta.spec.run import Run
from batuta.spec.value import inline
from tests.engine.builders import House, Tool

_PAID = Plan("paid", steps={"x": Step("pay", {"n": 1}), "y": Step("look", after=("x",))})
_BROKEN = Plan("broken", steps={"x": Step("pay", {"n": 2}), "y": Step("no", after=("x",))})
_WRITES = ("pay", "breaks", "lost", "kept")


class World:
    """A house whose writes are written down: (run, path, capability), however they end."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, str]] = []
        lost = ConnectionError("gone")
        self.house = House(
            Tool("look", lambda call: call.args, effect="read"),
            Tool("no", lambda _: Failed("no", "the answer is no"), effect="read"),
            Tool("refuses", self._refuses, effect="write"),
            Tool("pay", lambda call: self._write(call, None), effect="write"),
            Tool("breaks", lambda call: self._write(call, ValueError("odd")), effect="write"),
            Tool("lost", lambda call: self._write(call, lost), effect="write"),
            Tool("kept", lambda call: self._write(call, lost), effect="write", in_doubt="retry"),
            Tool("paid", lambda _: Expand(_PAID), effect="read"),
            Tool("broken", lambda _: Expand(_BROKEN), effect="read"),
        )

    @staticmethod
    def _refuses(_: Call) -> Any:
        raise NotDone("nothing happened")

    def _write(self, call: Call, error: Exception | None) -> Any:
        self.done.append((call.run, call.path, call.capability))
        if error is not None and (call.capability != "kept" or call.attempt == 1):
            raise error
        return call.args

    async def drive(self, run_id: str) -> Run:
        """As far as it goes without anybody's yes; what still waits then is cancelled."""
        house = self.house
        shown = await house.go_on(run_id)
        for _ in range(20):
            if shown["status"] != "waiting":
                break
            for one in shown["waiting"]:
                said: Any = "fail" if one["kind"] == "resolve" else {"approved": False}
                await house.answer(one["step"], said, run_id=run_id)
            shown = await house.go_on(run_id)
        return await house.engine.read(run_id)


USES = ("look", "no", "refuses", *_WRITES, "paid", "broken")
calls = st.tuples(st.sampled_from(USES), st.integers(0, 1))


@st.composite
def plans(draw: st.DrawFn, *, fails: bool) -> Plan:
    """Up to four steps, one after the other or at once, of which some are the same, with fallbacks."""
    steps: dict[str, Step] = {}
    for number, (use, n) in enumerate(draw(st.lists(calls, min_size=1, max_size=4))):
        fallback = draw(st.sampled_from(("", "", "pay", "look", "paid")))
        steps[f"s{number}"] = Step(
            use,
            {"n": n},
            after=(f"s{number - 1}",) if number and draw(st.booleans()) else (),
            fallback=(Alternative(fallback),) if fallback not in ("", use) else (),
            may_fail=draw(st.booleans()),
        )
    if fails:
        steps["end"] = Step("no", after=tuple(steps))
    return Plan("random", steps=steps)


def covered(run: Run, path: str) -> bool:
    """True if what was done at `path` of the run that `run` goes on for was taken over."""
    whys = [node.message for node in run.nodes.values() if node.inherited]
    froms = [why.removeprefix("taken over from ").partition(" of ")[0] for why in whys]
    return any(path == one or path.startswith((f"{one}/", f"{one}.")) for one in froms)


async def unasked(world: World, run_id: str) -> list[str]:
    """The writes of the run that nobody was asked about."""
    started = [one for one in await world.house.facts(run_id) if isinstance(one, Started)]
    return [one.path for one in started if one.effect == "write" and one.verdict == "allow"]


async def check_one_way(world: World, run_id: str) -> None:
    """Of each step one alternative has written at most: what it calls, or what the plan inside of it does."""
    ways: dict[str, set[str]] = {}
    for run, path, capability in world.done:
        step, _, inside = path.partition("/")
        if run == run_id:
            ways.setdefault(step, set()).add(inside.partition("/")[0] or capability)
    assert all(len(one) == 1 for one in ways.values()), ways


@given(plans(fails=True), plans(fails=True), plans(fails=False))
def test_by_another_plan_and_yet_another(one: Plan, two: Plan, three: Plan) -> None:
    asyncio.run(_replanned(one, two, three))


async def _replanned(one: Plan, two: Plan, three: Plan) -> None:
    world = World()
    house = world.house
    house.accept(one)
    origin = await world.drive("r1")
    await check_one_way(world, "r1")
    for run_id, plan in (("r2", two), ("r3", three)):
        assert origin.ended is not None and origin.ended.status == "failed"
        successor = await prepared(house.engine, origin, plan, {}, run_id, "")
        routed = Routed(at=0, plan="p", confidence=1.0, why=inline({}))
        await begin(house.engine, successor, routed, None, asks=bool(successor.loose))
        run = await world.drive(run_id)
        await check_one_way(world, run_id)
        if await unasked(world, run_id):
            facts = await house.facts(origin.id)
            before = [path for other, path, _ in world.done if other == origin.id]
            before += [one.path for one in facts if isinstance(one, Inherited) and one.effect]
            assert [path for path in before if not covered(run, path)] == []
        origin = run


@given(plans(fails=True), st.integers(0, 3), plans(fails=False))
def test_by_a_fork_and_what_goes_on_for_that(one: Plan, at: int, other: Plan) -> None:
    asyncio.run(_forked(one, f"s{min(at, len(one.steps) - 2)}", other))


async def _forked(one: Plan, at: str, other: Plan) -> None:
    world = World()
    house = world.house
    house.accept(one)
    origin = await world.drive("r1")
    await fork(house.engine, origin, Wish(at), run_id="r2", author="ann")
    forked = await world.drive("r2")
    assert await unasked(world, "r2") == []
    await fork(house.engine, origin, Wish("end", unasked=True), run_id="r3", author="ann")
    forked = await world.drive("r3")
    successor = await prepared(house.engine, forked, other, {}, "r4", "")
    routed = Routed(at=0, plan="p", confidence=1.0, why=inline({}))
    await begin(house.engine, successor, routed, None, asks=bool(successor.loose))
    run = await world.drive("r4")
    if await unasked(world, "r4"):
        inherited = [one for one in await house.facts("r3") if isinstance(one, Inherited)]
        assert [one.path for one in inherited if one.effect and not covered(run, one.path)] == []

"""Runs are kept going in a process: one driver each, called again when a timer rings."""

import asyncio

import pytest

from batuta.engine.host import Host
from batuta.errors import NotFound, Stopped
from batuta.journal.memory import MemoryJournal
from batuta.spec.call import Call, Failed
from batuta.spec.facts import Answered, Claimed, Parked
from batuta.spec.value import inline
from tests.engine.builders import PATIENCE_S, Gate, House, MovableClock, Tool, args_of, in_turn

BUSY = Failed("busy", "later", may_retry=True)


async def test_two_that_drive_one_run_wait_for_the_same_driver() -> None:
    gate = Gate("gate")
    house = House(gate)
    host = Host(house.engine)
    run = house.accept("steps: {a: {use: gate}}")
    one = asyncio.ensure_future(host.drive("r1", run))
    other = asyncio.ensure_future(host.drive("r1"))
    await gate.entered.wait()
    gate.opened.set()
    assert (await one) is (await other)
    assert len(await house.of(Claimed)) == 1


async def test_a_caller_that_is_cancelled_does_not_take_the_driver_with_it() -> None:
    gate = Gate("gate")
    house = House(gate)
    host = Host(house.engine)
    run = house.accept("steps: {a: {use: gate}}")
    impatient = asyncio.ensure_future(host.drive("r1", run))
    await gate.entered.wait()
    impatient.cancel()
    await asyncio.wait([impatient])
    gate.opened.set()
    assert (await host.drive("r1")).status == "succeeded"
    assert gate.cancelled == 0


async def test_a_run_that_waits_for_somebody_is_given_back() -> None:
    house = House()
    run = house.accept("steps: {a: {use: human, with: {question: 'Well?'}}}")
    assert (await Host(house.engine).drive("r1", run)).status == "waiting"


async def test_a_run_that_sleeps_is_driven_again_when_its_time_has_come() -> None:
    house = House(Tool("put", in_turn(BUSY, 1)))
    run = house.accept(
        "steps: {a: {use: put, retry: {at_most: 1, backoff: 3600, ceiling: 3600, jitter: 0}}}"
    )
    going = asyncio.ensure_future(Host(house.engine).drive("r1", run))
    await house.until(Parked, "")
    house.clock.advance(3_601)
    # A sleeper looks at the clock when anything lands in the log, also what does not count.
    await house.tell(Answered(at=1, path="a", attempt=0, kind="answer", value=inline(None)))
    async with asyncio.timeout(60):
        assert (await going).status == "succeeded"


async def test_a_run_that_another_process_drives_is_only_looked_at() -> None:
    clock = MovableClock()
    journal = MemoryJournal(clock)
    gate = Gate("gate", effect="write")
    first = House(gate, journal=journal, clock=clock)
    second = House(gate, journal=journal.view(), clock=clock)
    run = first.accept("steps: {a: {use: gate}}")
    going = asyncio.ensure_future(Host(first.engine).drive("r1", run))
    await gate.entered.wait()
    looked_at = await Host(second.engine).drive("r1")
    assert (looked_at.status, looked_at.owner) == ("running", journal.owner)
    gate.opened.set()
    assert (await going).status == "succeeded"
    assert len(gate.calls) == 1


async def test_hosts_of_two_processes_call_every_step_once() -> None:
    clock = MovableClock()
    journal = MemoryJournal(clock)
    pay = Tool("pay", effect="write", reach="egress")
    first = House(pay, journal=journal, clock=clock)
    second = House(pay, journal=journal.view(), clock=clock)
    run = first.accept("steps: {a: {use: pay, each: '[1, 2, 3, 4]', with: {n: '${item}'}}}")
    await journal.flush()
    await asyncio.gather(Host(first.engine).drive("r1", run), Host(second.engine).drive("r1"))
    assert sorted(one["n"] for one in args_of(pay)) == [1, 2, 3, 4]
    assert (await Host(first.engine).drive("r1")).status == "succeeded"


async def test_closing_leaves_the_run_to_any_other_process() -> None:
    clock = MovableClock()
    journal = MemoryJournal(clock)
    gate = Gate("gate", effect="read")
    first = House(gate, journal=journal, clock=clock)
    run = first.accept("steps: {a: {use: gate}}")
    host = Host(first.engine)
    going = asyncio.ensure_future(host.drive("r1", run))
    await gate.entered.wait()
    await host.close()
    await asyncio.wait([going])
    second = House(gate, journal=journal.view(), clock=clock)
    await journal.close()
    gate.opened.set()
    assert (await Host(second.engine).drive("r1")).status == "succeeded"
    assert (gate.cancelled, len(gate.calls)) == (1, 2)


async def test_a_run_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        await Host(House().engine).drive("nope")


async def test_hosts_that_wait_for_one_sleeping_run_do_not_wake_each_other() -> None:
    first = House(Tool("busy", lambda _: BUSY, effect="read"))
    other = House(
        Tool("busy", lambda _: BUSY, effect="read"), journal=first.journal.view(), clock=first.clock
    )
    await first.run("steps: {a: {use: busy, retry: {at_most: 1, backoff: 3600, ceiling: 3600}}}")
    parked = len(await first.facts())
    hosts = [Host(house.engine) for house in (first, other)]
    waiting = [asyncio.create_task(host.drive("r1")) for host in hosts]
    for _ in range(500):  # turns of the loop; each would be enough for one to wake the other
        await asyncio.sleep(0)
    assert len(await first.facts()) == parked
    await first.cancel()
    async with asyncio.timeout(PATIENCE_S):
        assert [(await task).status for task in waiting] == ["cancelled", "cancelled"]


async def test_whoever_stops_everything_ends_what_is_under_way_and_it_goes_on_later() -> None:
    said: list[str] = []
    gate = Gate("gate")
    house = House(gate, stopped=lambda: "".join(said))
    host = Host(house.engine)
    going = [asyncio.ensure_future(host.drive(house.accept(_GATED).id)) for _ in range(3)]
    await house.engine.journal.flush()
    async with asyncio.timeout(PATIENCE_S):
        await gate.full(3)
        said.append("enough")
        ended = await asyncio.gather(*going, return_exceptions=True)
    assert [(type(one), str(one).partition("\n")[0]) for one in ended] == [(Stopped, "enough")] * 3
    assert (gate.cancelled, gate.inside) == (3, 0)
    with pytest.raises(Stopped):
        await host.drive("r1")
    said.clear()
    gate.opened.set()
    assert (await host.drive("r1")).status == "succeeded"


@pytest.mark.parametrize("at_once", [True, False])
async def test_what_was_stopped_is_not_hurried_and_says_so_even_if_it_may_go_on_by_then(
    at_once: bool,
) -> None:
    said: list[str] = []
    left = asyncio.Event()

    async def slow(_: Call) -> None:
        inside.set()
        try:
            await asyncio.sleep(PATIENCE_S)
        except asyncio.CancelledError:
            if at_once:
                said.clear()
            await asyncio.sleep(0.5)  # it is looked more than once meanwhile
            left.set()
            raise

    inside = asyncio.Event()
    house = House(Tool("slow", slow), stopped=lambda: "".join(said))
    going = asyncio.ensure_future(
        Host(house.engine).drive(house.accept("steps: {a: {use: slow}}").id)
    )
    async with asyncio.timeout(PATIENCE_S):
        await inside.wait()
        said.append("enough")
        with pytest.raises(Stopped, match="enough"):
            await going
    assert left.is_set()


_GATED = "steps: {a: {use: gate}}"

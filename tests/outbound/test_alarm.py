"""Time that is bounded: it runs out, it does not, and somebody else cancels."""

import asyncio

import pytest

from batuta.outbound.alarm import Alarm


async def bounded(after_s: float, waits_s: float) -> str:
    alarm = Alarm(after_s)
    try:
        await asyncio.sleep(waits_s)
    except asyncio.CancelledError:
        if not alarm.off():
            raise
        return "rang"
    finally:
        alarm.off()
    return "done"


@pytest.mark.parametrize("after_s", [0.01, 0.0, -1.0])
async def test_what_takes_longer_is_cancelled_and_the_task_goes_on(after_s: float) -> None:
    assert await bounded(after_s, 60.0) == "rang"
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0
    await asyncio.sleep(0)


async def test_what_is_done_before_is_never_cancelled() -> None:
    assert await bounded(0.05, 0.0) == "done"
    await asyncio.sleep(0.1)


async def test_who_is_cancelled_by_somebody_else_hears_of_that() -> None:
    task = asyncio.create_task(bounded(60.0, 60.0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_inner_one_that_rings_leaves_the_outer_one_alone() -> None:
    outer = Alarm(60.0)
    assert await bounded(0.01, 60.0) == "rang"
    assert not outer.off()

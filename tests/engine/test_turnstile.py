"""Many who begin at once take turns with everything else on the event loop."""

import asyncio
import time

from batuta.engine.turnstile import Turnstile

SLICE_S = 0.002


async def test_who_comes_alone_need_not_wait() -> None:
    assert not Turnstile().crowded


async def test_a_crowd_that_takes_no_time_passes_in_one_round() -> None:
    turnstile = Turnstile(60.0)
    assert [turnstile.crowded for _ in range(1_000)] == [False] * 1_000


async def test_a_crowd_begins_in_order_over_many_rounds_of_the_loop() -> None:
    turnstile = Turnstile(SLICE_S)
    begun: list[int] = []
    rounds = 0

    async def begin(number: int) -> None:
        if turnstile.crowded:
            await turnstile.wait()
        begun.append(number)
        end = time.perf_counter() + SLICE_S
        while time.perf_counter() < end:
            pass

    tasks = [asyncio.create_task(begin(number)) for number in range(16)]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0)
        rounds += 1

    assert begun == list(range(16))
    assert rounds > 4


async def test_who_gives_up_waiting_takes_nobodys_turn() -> None:
    turnstile = Turnstile(-1.0)
    assert not turnstile.crowded
    assert turnstile.crowded
    waiting = [asyncio.create_task(turnstile.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*waiting[1:])
    assert waiting[0].cancelled()


async def test_it_is_open_again_when_the_crowd_is_gone() -> None:
    turnstile = Turnstile(-1.0)
    assert not turnstile.crowded
    await turnstile.wait()
    for _ in range(4):
        await asyncio.sleep(0)
    assert not turnstile.crowded

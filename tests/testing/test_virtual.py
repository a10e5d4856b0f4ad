"""Virtual time: nobody sleeps, dice say whose turn it is, and processes can be frozen."""

import asyncio
from contextvars import copy_context

import pytest

from batuta.testing.virtual import PROCESS, Stuck, VirtualLoop, run_virtual


def test_a_day_passes_at_once() -> None:
    async def main() -> float:
        await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 86_400.0


def test_time_outs_ring_in_virtual_time() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(10)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 5.0


def order_of(seed: int | None) -> list[int]:
    async def main() -> list[int]:
        order: list[int] = []

        async def one(number: int) -> None:
            await asyncio.sleep(0)
            order.append(number)

        await asyncio.gather(*(one(number) for number in range(8)))
        return order

    return run_virtual(main(), seed=seed)


def test_without_a_seed_callbacks_come_in_their_order() -> None:
    assert order_of(None) == list(range(8))


def test_a_seed_chooses_the_interleaving_and_repeats_it() -> None:
    assert order_of(1) == order_of(1)
    assert len({tuple(order_of(seed)) for seed in range(20)}) > 10


def test_who_waits_for_nothing_is_stuck() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Stuck, match="nothing can happen"):
        run_virtual(main())


def test_who_goes_round_in_circles_is_stuck() -> None:
    async def main() -> None:
        for _ in iter(int, 1):
            await asyncio.sleep(0)

    loop = VirtualLoop(turns_max=100)
    task = loop.create_task(main())
    with pytest.raises(Stuck, match="too many turns"):
        loop.run_until_complete(task)
    loop.turns_left = 10
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)


def test_a_frozen_process_stands_still_until_it_is_thawed() -> None:
    loop = VirtualLoop()
    seen: list[tuple[str, float]] = []

    async def ticks(name: str) -> None:
        for _ in range(3):
            await asyncio.sleep(1)
            seen.append((name, loop.time()))

    async def main() -> None:
        context = copy_context()
        context.run(PROCESS.set, "p")
        frozen = loop.create_task(ticks("p"), context=context)
        free = loop.create_task(ticks("world"))
        await asyncio.sleep(1.5)
        loop.freeze("p")
        await free
        await asyncio.sleep(7)
        loop.thaw("p")
        await frozen

    loop.run_until_complete(main())
    assert seen == [
        ("p", 1.0), ("world", 1.0), ("world", 2.0), ("world", 3.0), ("p", 10.0), ("p", 11.0),
    ]  # fmt: skip


def test_what_nobody_caught_is_kept() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.1)

    loop.run_until_complete(main())
    assert [type(flaw["exception"]) for flaw in loop.flaws] == [ZeroDivisionError]


def test_there_are_no_threads_and_no_files() -> None:
    async def main() -> None:
        await asyncio.to_thread(print)

    with pytest.raises(NotImplementedError):
        run_virtual(main())

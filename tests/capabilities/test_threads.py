"""Threads for functions that block."""

import asyncio
import subprocess
import sys
import threading

import pytest

from batuta.capabilities.threads import Threads


async def test_it_returns_what_the_work_returns_and_raises_what_it_raises() -> None:
    threads = Threads()
    assert await threads.run(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)


async def test_no_more_threads_than_allowed_work_at_once() -> None:
    threads = Threads(3)
    lock, most, now = threading.Lock(), 0, 0
    gate, full = threading.Event(), threading.Event()

    def work() -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
            if now == 3:
                full.set()
        gate.wait(10)
        with lock:
            now -= 1

    calls = [asyncio.create_task(threads.run(work)) for _ in range(20)]
    assert await asyncio.to_thread(full.wait, 10)
    gate.set()
    await asyncio.gather(*calls)
    assert most == 3


async def test_cancelled_work_that_has_not_begun_never_begins() -> None:
    threads = Threads(1)
    gate, begun = threading.Event(), list[str]()
    first = asyncio.create_task(threads.run(lambda: gate.wait(10)))
    second = asyncio.create_task(threads.run(lambda: begun.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.set()
    assert await first
    await threads.run(lambda: begun.append("third"))
    assert begun == ["third"]


async def test_idle_threads_end() -> None:
    threads = Threads(idle_s=0.01)
    thread = await threads.run(threading.current_thread)
    await asyncio.to_thread(thread.join, 10)
    assert not thread.is_alive()
    assert await threads.run(lambda: 1) == 1


async def test_many_short_jobs_all_end() -> None:
    threads = Threads(4, idle_s=0.001)
    assert await asyncio.gather(*(threads.run(lambda n=n: n) for n in range(2_000))) == list(
        range(2_000)
    )


def test_a_function_that_hangs_does_not_keep_the_process_from_ending() -> None:
    program = """
import asyncio, threading
from batuta.capabilities.threads import Threads
begun = threading.Event()
async def main():
    task = asyncio.create_task(Threads().run(lambda: (begun.set(), threading.Event().wait())))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
asyncio.run(main())
print("ended")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=True
    )
    assert ended.stdout == "ended\n"

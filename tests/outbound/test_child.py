"""Programs that are started without a fork of this process: streams, ends, and threads that compute meanwhile."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from batuta.outbound.child import Child, started

ECHO = "import sys; [print(line, end='', flush=True) for line in sys.stdin]; print('over', file=sys.stderr)"
# A thread computes with all threads of OpenBLAS while programs are started; uvloop's own way stops it for ever.
COMPUTING = """
import asyncio, os, sys, threading
from pathlib import Path
import numpy as np
import uvloop
from batuta.outbound.child import started

rounds, over = 0, threading.Event()

def compute():
    global rounds
    texts = np.random.default_rng(1).random((300, 256), dtype=np.float32)
    while not over.is_set():
        np.linalg.eigh(texts.T @ texts)
        rounds += 1

async def main():
    thread = threading.Thread(target=compute)
    thread.start()
    for _ in range(60):
        child = await started([sys.executable, "-c", ""], cwd=Path.cwd(), env=os.environ, limit=99)
        child.stdin.close()
        await child.stdout.read()
        child.close()
        while child.returncode is None:
            await asyncio.sleep(0.001)
    before = rounds
    while rounds < before + 3:
        await asyncio.sleep(0.01)
    over.set()
    thread.join()

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
print("goes on")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="nothing forks there, or everything does")
def test_what_a_thread_computes_goes_on_while_programs_are_started() -> None:
    pytest.importorskip("uvloop")
    said = subprocess.run(
        [sys.executable, "-c", COMPUTING], capture_output=True, text=True, timeout=240
    )
    assert said.stdout == "goes on\n", said.stderr


async def code_of(child: Child) -> int | None:
    await asyncio.to_thread(os.waitid, os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    return child.returncode


async def test_it_reads_what_is_written_and_says_how_it_ended(tmp_path: Path) -> None:
    child = await started([sys.executable, "-c", ECHO], cwd=tmp_path, env=os.environ, limit=1_000)
    child.stdin.write(b"a\nb\n")
    await child.stdin.drain()
    assert [await child.stdout.readline(), await child.stdout.readline()] == [b"a\n", b"b\n"]
    assert child.returncode is None
    child.stdin.close()
    assert await child.stdout.read() == b""
    assert await child.stderr.read() == b"over\n"
    assert await code_of(child) == 0
    child.close()


async def test_a_line_has_no_more_bytes_than_the_limit(tmp_path: Path) -> None:
    speaking = "print('x' * 5_000, flush=True); input()"
    child = await started(
        [sys.executable, "-c", speaking], cwd=tmp_path, env=os.environ, limit=1_000
    )
    with pytest.raises(asyncio.LimitOverrunError):
        await child.stdout.readuntil(b"\n")
    child.tell(9)
    assert await code_of(child) == -9
    child.close()


async def test_what_is_no_program_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await started(["no-such-program"], cwd=tmp_path, env={}, limit=99)

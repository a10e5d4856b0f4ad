"""A program that is started without a fork of this process.

uvloop starts programs with `fork` (uvloop issue 749), which has OpenBLAS end its threads: whatever NumPy computes in
another thread meanwhile waits for them for ever. `subprocess` uses `vfork` on Linux, of which OpenBLAS knows nothing.
"""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

__all__ = ["Child", "started"]


class Child(NamedTuple):
    """A process that runs, in a session of its own where there are such, and the streams to it and from it.

    `poll`: its exit code, None while it runs. `tell`: send it a signal. `close`: let go of all streams.
    """

    pid: int
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    poll: Callable[[], int | None]
    tell: Callable[[int], None]
    close: Callable[[], None]

    @property
    def returncode(self) -> int | None:
        """Its exit code, -N if signal N has ended it; None while it runs."""
        return self.poll()


async def started(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], limit: int
) -> Child:
    """`command`, started; a line that is read of it has `limit` bytes at most. Raises `OSError`, `ValueError`."""
    if os.name != "posix":  # nothing forks there, and these pipes would be of the wrong kind
        return await _started_by_the_loop(command, cwd, env, limit)
    process = subprocess.Popen(  # noqa: ASYNC220 - it takes 2 ms, as it does in asyncio's own loop
        command,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=dict(env),
        start_new_session=True,
    )
    assert process.stdin and process.stdout and process.stderr
    opened: list[asyncio.BaseTransport] = []

    def close() -> None:
        for one in opened:
            with contextlib.suppress(OSError):
                one.close()

    try:
        stdin = await _writer(process.stdin, opened)
        stdout = await _reader(process.stdout, limit, opened)
        stderr = await _reader(process.stderr, limit, opened)
    except BaseException:
        close()
        process.kill()
        process.wait()
        raise
    return Child(process.pid, stdin, stdout, stderr, process.poll, process.send_signal, close)


async def _writer(pipe: IO[bytes], opened: list[asyncio.BaseTransport]) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    made = asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), loop=loop)
    transport, protocol = await loop.connect_write_pipe(lambda: made, pipe)
    opened.append(transport)
    return asyncio.StreamWriter(transport, protocol, None, loop)


async def _reader(
    pipe: IO[bytes], limit: int, opened: list[asyncio.BaseTransport]
) -> asyncio.StreamReader:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit, loop=loop)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader, loop=loop), pipe
    )
    opened.append(transport)
    return reader


async def _started_by_the_loop(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], limit: int
) -> Child:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=cwd, env=dict(env), limit=limit
    )
    assert process.stdin and process.stdout and process.stderr

    def close() -> None:
        transport = getattr(process, "_transport", None)
        if transport is not None:
            with contextlib.suppress(OSError):
                transport.close()

    return Child(
        process.pid,
        process.stdin,
        process.stdout,
        process.stderr,
        lambda: process.returncode,
        process.send_signal,
        close,
    )

"""A server that is started here: one process without a shell, JSON line by line, ended with all that it started."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from mcp import MCPError
from mcp.shared.message import SessionMessage
from mcp.types import (
    CONNECTION_CLOSED,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)

from batuta.capabilities.mcp.sending import current
from batuta.capabilities.mcp.warden import Warden
from batuta.outbound.child import Child, started
from batuta.outbound.exchange import Trouble
from batuta.outbound.headers import removed

__all__ = ["Program", "Running"]

# One message, and so one answer.
MESSAGE_BYTES_MAX = 8 * 1_024 * 1_024
# What a server may say besides answers (progress, notes, lines that are no messages): so many messages of up to 8 KiB
# at once, and so many more each second. Listening to one takes 0.1 ms, in which nobody else has his turn.
_CHATTER_MAX = 4_000.0
_CHATTER_PER_S = 200.0
_CHATTER_BYTES = 8 * 1_024
# What may wait to be read by a server that does not read.
_WAITING_BYTES_MAX = 16 * 1_024 * 1_024
# Messages in a row before others have their turn.
_IN_A_ROW = 50
# Of what it wrote to its standard error, so much is kept for messages.
_SAID_BYTES = 4 * 1_024
_SAID_CHARS = 400
# How long it may take to end by itself once its input is closed, and then to obey SIGTERM (s).
_END_S = 1.0
_POLL_S = 0.01
# Its last words come before the news of its end (s).
_NEWS_S = 0.2
_ID = re.compile(rb'"id"\s*:\s*([0-9]{1,18})\b')
# Stands for the Python that runs this: no file that is shared can say where that is.
_PYTHON = "batuta:python"
# Windows does not start without some of these, and programs are found by PATH.
_KEPT = ("PATH", "HOME") if os.name == "posix" else ("PATH", "PATHEXT", "SYSTEMROOT", "TEMP")


class Program(msgspec.Struct, frozen=True):
    """What is started. `environment` is all of it but `PATH` and `HOME`; `secrets` are in it.

    `warden` ends it if nobody else does.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    secrets: Sequence[str]
    folder: Path
    warden: Warden

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Running"]:
        """The process, until the end of the context. Raises `Trouble` if it does not start."""
        program, *words = self.command
        if program == _PYTHON:
            program = sys.executable
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        await asyncio.to_thread(self.warden.ready)
        try:
            process = await started(
                [program, *words],
                cwd=self.folder,
                env=kept | dict(self.environment),
                limit=MESSAGE_BYTES_MAX,
            )
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error)
            text = f"{self.command[0][:100]!r} cannot be started: {said}"
            if isinstance(error, FileNotFoundError) and program in ("python", "python3"):
                text += f"; {_PYTHON!r} is the Python that runs Batuta"
            raise Trouble(text, code="unavailable", sent=False) from None
        self.warden.watch(process.pid)
        running = Running(process, self.secrets)
        listening = asyncio.create_task(running.listen())
        try:
            yield running
        finally:
            # Nothing may stop this halfway: what is not ended here outlives us.
            ending = asyncio.ensure_future(_ended(process))
            cancelled = await _through(ending)
            self.warden.forget(process.pid)
            listening.cancel()
            await asyncio.wait([listening])
            if cancelled:
                raise asyncio.CancelledError


class Running:
    """A process, and the messages from and to it.

    `over` is set once it says nothing more; `trouble` then says why.
    """

    def __init__(self, process: Child, secrets: Sequence[str]) -> None:
        self._process = process
        self._input, self._output, self._errors = process.stdin, process.stdout, process.stderr
        self._secrets = secrets
        self._said = b""
        self._flaw = ""
        self._patience = _CHATTER_MAX
        self._heard_at = 0.0
        self._row = 0
        self.over = asyncio.Event()

    @property
    def alive(self) -> bool:
        """False once it has ended, or is not to be spoken to any more."""
        ended = self._process.returncode is not None or self._input.transport.is_closing()
        return not ended and not self.over.is_set()

    async def trouble(self, *, sent: bool) -> Trouble:
        """Why there is no answer."""
        if self._flaw:
            return Trouble(f"{self._flaw}; it was stopped", code="invalid_answer", sent=sent)
        await _gone(self._process, _NEWS_S, alone=True)
        code = self._process.returncode
        how = (
            "its process does not answer any more" if code is None else f"its process {_how(code)}"
        )
        lines = removed(self._said, self._secrets).decode("utf-8", "replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        said = " ".join(last.split())[:_SAID_CHARS]
        return Trouble(f"{how}; it said: {said}" if said else how, code="unavailable", sent=sent)

    @asynccontextmanager
    async def transport(self) -> AsyncGenerator[Any]:
        """Both directions, as the SDK wants them."""
        try:
            yield _Stream(self), _Stream(self)
        finally:
            self.over.set()

    async def listen(self) -> None:
        """Keep the end of what it writes to its standard error."""
        with contextlib.suppress(OSError):
            while piece := await self._errors.read(65_536):
                self._said = (self._said + piece)[-_SAID_BYTES:]

    async def send(self, item: SessionMessage, /) -> None:
        """Write one message. Raises `MCPError` if it is a request that nobody will read."""
        line = item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
        asks = isinstance(item.message, JSONRPCRequest)
        pipe = self._input.transport
        # It may end while this is written: then it may have read it.
        hears = self.alive and pipe.get_write_buffer_size() <= _WAITING_BYTES_MAX
        if hears:
            self._input.write(line)
        if not hears or pipe.is_closing():
            # Not a byte has left: a pipe that closes while it is written to has no reader.
            if asks:
                raise MCPError(CONNECTION_CLOSED, "Connection closed")
            return
        sending = current.get()
        if sending is not None:
            sending.left = True
        if asks:
            with contextlib.suppress(OSError):  # told to who waits for the answer
                await self._input.drain()

    async def receive(self) -> SessionMessage:
        """The next message. Raises `StopAsyncIteration`: there are no more."""
        while True:
            line = await self._line()
            self._row = (self._row + 1) % _IN_A_ROW
            if not self._row:
                await asyncio.sleep(0)
            message = self._read(removed(line, self._secrets))
            if message is not None:
                return message

    async def _line(self) -> bytes:
        try:
            line = await self._output.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            self._flaw = f"it sent a message of more than {MESSAGE_BYTES_MAX:,} bytes"
            line = b""
        except (asyncio.IncompleteReadError, OSError):
            line = b""
        now = asyncio.get_running_loop().time()
        regained = (now - self._heard_at) * _CHATTER_PER_S
        self._heard_at = now
        self._patience = min(self._patience + regained, _CHATTER_MAX)
        self._patience -= 1 + len(line) / _CHATTER_BYTES
        if self._patience < -MESSAGE_BYTES_MAX / _CHATTER_BYTES:
            self._flaw = "it says more than anybody can listen to, and no answer is among it"
            line = b""
        if not line:
            self.over.set()
            raise StopAsyncIteration
        return line

    def _read(self, line: bytes) -> SessionMessage | None:
        """The message in `line`; None if there is none, as in what programs print to greet people."""
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except (ValueError, RecursionError):
            found = _ID.search(line[:500]) or _ID.search(line[-500:])
            if found is None or b'"jsonrpc"' not in line:
                self._said = (self._said + line)[-_SAID_BYTES:]
                return None
            flaw = ErrorData(code=PARSE_ERROR, message="its answer is no message of MCP")
            message = JSONRPCError(jsonrpc="2.0", id=int(found[1]), error=flaw)
        if not hasattr(message, "method"):
            self._patience = _CHATTER_MAX
        return SessionMessage(message)


class _Stream:
    """One direction."""

    def __init__(self, running: Running) -> None:
        self.send = running.send
        self.receive = running.receive

    async def aclose(self) -> None:
        """The process is ended by who started it."""

    def __aiter__(self) -> "_Stream":
        return self

    async def __anext__(self) -> Any:
        return await self.receive()

    async def __aenter__(self) -> "_Stream":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


async def _ended(process: Child) -> None:
    """End `process` and what it started: its input closed, then SIGTERM, then SIGKILL."""
    process.stdin.close()
    await _gone(process, _END_S)
    for sign in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if not _tell(process, sign):
            break
        await _gone(process, _END_S)
    process.close()  # what it started may hold the other ends


async def _gone(process: Child, longest_s: float, *, alone: bool = False) -> None:
    """Wait until it has ended; if not `alone`, with all of its group."""
    end = asyncio.get_running_loop().time() + longest_s
    while process.returncode is None or (not alone and _tell(process, 0)):
        if asyncio.get_running_loop().time() >= end:
            return
        await asyncio.sleep(_POLL_S)


def _tell(process: Child, sign: int) -> bool:
    """Send `sign` to the process and all of its group; False if nobody is left."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, sign)
        elif process.returncode is None and sign:
            process.tell(sign)
        return hasattr(os, "killpg") or process.returncode is None
    except (ProcessLookupError, PermissionError):
        return False


async def _through(ending: "asyncio.Future[None]") -> bool:
    """Wait for `ending` whatever happens; True if somebody cancelled meanwhile."""
    cancelled = False
    while not ending.done():
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            cancelled = True
    return cancelled

"""The ledger as a process: connections on the loopback, accounts from a file, a clean stop."""

import asyncio
import csv
import ipaddress
import json
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from batuta.testing.ledger.book import Book
from batuta.testing.ledger.faults import Script
from batuta.testing.ledger.service import Service, open_account
from batuta.testing.ledger.wire import HEAD_BYTES_MAX, Refusal, Reply, linger, read_request

CONNECTIONS_COUNT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How one ledger process runs; see `python -m batuta.testing.ledger --help`."""

    book: Path
    host: str = "127.0.0.1"
    port: int = 0
    port_file: Path | None = None
    accounts: Path | None = None
    dedupe: bool = False
    stop_with_stdin: bool = False


def loopback(host: str) -> str:
    """Return `host` as a loopback address; `ValueError` for any other."""
    address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    if not address.is_loopback:
        raise ValueError(f"{host} is not a loopback address")
    return str(address)


def read_accounts(path: Path) -> list[dict[str, Any]]:
    """Return the rows {"account", "name", "balance_cents"} of a .csv or .json file.

    Raises `ValueError` with the place of what is wrong, `OSError` if the file is not readable.
    """
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".json":
        rows: Any = json.loads(text)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):  # pyright: ignore[reportUnknownVariableType]
            raise ValueError(f"{path}: not a list of objects")
        return rows  # pyright: ignore[reportUnknownVariableType]
    found: list[dict[str, Any]] = []
    reader = csv.DictReader(text.splitlines())
    for row in reader:
        try:
            found.append(row | {"balance_cents": int(row.get("balance_cents") or 0)})
        except ValueError:
            raise ValueError(
                f"{path}, line {reader.line_num}: balance_cents is not a whole number"
            ) from None
    return found


def seed(book: Book, path: Path) -> None:
    """Open the accounts of the file at `path` in `book`; `ValueError` or `OSError` if not valid."""
    for number, row in enumerate(read_accounts(path), start=1):
        try:
            open_account(book, str(row.get("account") or ""), row)
        except Refusal as refusal:
            raise ValueError(
                f"{path}, account {number}: {refusal.what}; {refusal.remedy}"
            ) from None


class Server:
    """Accepts connections and hands their requests to the service, one at a time each."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> asyncio.Server:
        """Listen on `host`; port 0 takes a free one."""
        return await asyncio.start_server(
            self._serve, host, port, limit=HEAD_BYTES_MAX, backlog=CONNECTIONS_COUNT_MAX
        )

    async def stop(self) -> None:
        """End all connections; what they had not applied stays so."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served by a task"
        self._connections.add(task)
        try:
            if len(self._connections) > CONNECTIONS_COUNT_MAX:
                refusal = Refusal(503, "too many connections", "close some")
                writer.write(Reply.refusing(refusal).encode(False))
                return
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.CancelledError, ConnectionError):
            pass  # the ledger stops, or the client has gone: nobody is left to be told
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer the next request; return whether the connection goes on."""
        try:
            request = await read_request(reader, writer)
        except Refusal as refusal:
            writer.write(Reply.refusing(refusal).encode(False))
            await writer.drain()
            await linger(reader)
            return False
        if request is None:
            return False

        def connected() -> bool:
            return not (reader.at_eof() or writer.is_closing() or reader.exception())

        try:
            reply = await self._service.answer(request, connected)
        except Exception as error:
            # Our bug: one line here and a plain answer there, never a traceback on the wire.
            sys.stderr.write(f"ledger: {request.method} {request.path}: {error!r}\n")
            reply = Reply(500, {"error": "the ledger has a bug", "remedy": "see its stderr"})
        if reply is None:
            return False
        writer.write(reply.encode(request.keep_alive))
        await writer.drain()
        return request.keep_alive


async def serve(settings: Settings) -> None:
    """Run a ledger until SIGTERM or SIGINT.

    Raises `BookError` for a damaged book, `ValueError` for damaged accounts or a host that is not
    loopback, `OSError` if the port is taken or a file cannot be written.
    """
    host = loopback(settings.host)
    stopped = asyncio.Event()
    _stop_on_signals(stopped)
    if settings.stop_with_stdin:
        _stop_with_stdin(stopped)
    book = Book(settings.book)
    try:
        if settings.accounts is not None:
            seed(book, settings.accounts)
            await book.settle()
        server = Server(Service(book, Script(), dedupe=settings.dedupe))
        listener = await server.start(host, settings.port)
        port: int = listener.sockets[0].getsockname()[1]
        if settings.port_file is not None:
            _write_whole(settings.port_file, f"{port}\n")
        shown = f"[{host}]" if ":" in host else host
        sys.stdout.write(f"ledger listening on http://{shown}:{port}\n")
        sys.stdout.flush()
        await stopped.wait()
        listener.close()
        await server.stop()
    finally:
        await book.close()


def _stop_on_signals(stopped: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopped.set)

    # Not loop.add_signal_handler, which Windows does not have.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _stop_with_stdin(stopped: asyncio.Event) -> None:
    """Stop when standard input ends: a ledger must not outlive the test that started it."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        while os.read(0, 4096):
            pass
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=watch, name="stdin", daemon=True).start()


def _write_whole(path: Path, text: str) -> None:
    """Write `path` so that a reader sees all of it or nothing."""
    half = path.with_name(path.name + ".part")
    half.write_text(text)
    half.replace(path)

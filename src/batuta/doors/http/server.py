"""The process that serves: uvicorn, that says when it is up, and ends in order."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from batuta.app import App
from batuta.doors.http.access.guard import check_address
from batuta.doors.http.app import create_app
from batuta.doors.http.collector import short_pauses
from batuta.doors.http.files import connections_max
from batuta.doors.http.journal_of_requests import tell
from batuta.doors.http.protocol import Bounds, protocol
from batuta.doors.http.settings import Settings
from batuta.errors import InputError

__all__ = ["serve"]

# The head of a request, in bytes.
_HEAD_BYTES_MAX = 16 * 1_024
# A connection on which nothing is asked is kept so long, in seconds.
_KEPT_S = 15
# Connections that wait until they are taken in, and how many are at a time: whoever is connected is served in between.
_BACKLOG, _TAKEN_IN = 2_048, 2


async def serve(app: App, settings: Settings, *, began: float) -> int:
    """Serve the workspace until the process is told to end; the exit code.

    `began`: when the process did, by `time.time()`. Raises `InputError` if the address cannot be had.
    """
    check_address(settings, app.workspace.root, began)
    _heed_uvicorn()
    listener = _listener(settings)
    application = create_app(app, settings)
    bounds = Bounds(settings.header_s, settings.body_s, connections_max())
    host, port = listener.getsockname()[:2]
    server = _Server(
        uvicorn.Config(
            application,
            http=protocol(bounds, application.state.pace),
            ws="none",
            loop="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=_HEAD_BYTES_MAX,
            timeout_keep_alive=_KEPT_S,
            timeout_graceful_shutdown=max(int(settings.drain_s), 1),
            proxy_headers=False,
            backlog=_TAKEN_IN,
        ),
        {"host": host, "port": port, "workspace": app.workspace.root, "began": began},
    )
    await server.serve(sockets=[listener])
    tell("ended")
    return 0


class _Told(logging.Handler):
    """What uvicorn logs as an error, as one line like every other."""

    def emit(self, record: logging.LogRecord) -> None:
        tell("trouble", run="", error=record.getMessage()[:1_000])


def _heed_uvicorn() -> None:
    said = logging.getLogger("uvicorn.error")
    said.handlers = [_Told(logging.ERROR)]
    said.propagate = False


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise InputError(
            f"{settings.host}:{settings.port} cannot be listened at: {error.strerror or error}",
            remedy="choose another --port; 0 takes a free one",
        ) from None
    return listener


class _Server(uvicorn.Server):
    """Says when it is up, and lets followers go when it is told to end."""

    def __init__(self, config: uvicorn.Config, said: dict[str, Any]) -> None:
        super().__init__(config)
        self._said = said

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Ends in order when told to. uvicorn's own raises the signal once more afterwards, and then it is no order."""
        loop, told = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
        try:
            for one in told:
                loop.add_signal_handler(one, self.handle_exit, one, None)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            with super().capture_signals():
                yield
            return
        try:
            yield
        finally:
            for one in told:
                loop.remove_signal_handler(one)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_BACKLOG)  # it is one number for asyncio
        took_s = time.time() - self._said.pop("began")
        tell("serving", **self._said, seconds=round(took_s, 3))

    async def main_loop(self) -> None:
        with short_pauses():
            await super().main_loop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        application: Any = self.config.app
        tell("draining")
        application.state.service.leave()
        await super().shutdown(sockets)

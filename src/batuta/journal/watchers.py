"""Who wants to know when facts land in a stream."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

__all__ = ["Watchers"]


class _Watcher(NamedTuple):
    loop: asyncio.AbstractEventLoop
    notify: Callable[[], None]
    own: bool


class Watchers:
    """A registry by stream; told by the writer, it calls back on the loop that each watcher came from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_stream: dict[str, list[_Watcher]] = {}
        self._for_own = 0

    def __bool__(self) -> bool:
        """True if anybody watches anything."""
        return bool(self._by_stream)

    def add(self, stream: str, notify: Callable[[], None], *, own: bool) -> Callable[[], None]:
        """Call `notify` for facts of other writers, and with `own` for this journal's too. Returns the undo."""
        watcher = _Watcher(asyncio.get_running_loop(), notify, own)
        with self._lock:
            self._by_stream.setdefault(stream, []).append(watcher)
            self._for_own += own

        def undo() -> None:
            with self._lock:
                watchers = self._by_stream.get(stream, [])
                if watcher in watchers:
                    watchers.remove(watcher)
                    self._for_own -= own
                if not watchers:
                    self._by_stream.pop(stream, None)

        return undo

    def tell(self, streams: Iterable[str], *, own: bool) -> None:
        """Facts have landed in `streams`; one wake-up per event loop."""
        # Every driver watches, and none for what it wrote itself.
        if not self._by_stream or (own and not self._for_own):
            return
        calls: dict[asyncio.AbstractEventLoop, list[Callable[[], None]]] = {}
        with self._lock:
            for stream in streams:
                for watcher in self._by_stream.get(stream, ()):
                    if watcher.own or not own:
                        calls.setdefault(watcher.loop, []).append(watcher.notify)
        for loop, notifies in calls.items():
            try:
                loop.call_soon_threadsafe(_call, notifies)
            except RuntimeError:  # that loop was closed, and with it whoever watched
                continue

    async def wait(self, stream: str, landed: Callable[[], bool], *, timeout_s: float) -> bool:
        """True as soon as `landed()`, which is asked whenever facts land in `stream`; False at time-out."""
        event = asyncio.Event()
        undo = self.add(stream, event.set, own=True)
        try:
            async with asyncio.timeout(timeout_s):
                while not landed():
                    await event.wait()
                    event.clear()
        except TimeoutError:
            return landed()
        finally:
            undo()
        return True


def _call(notifies: list[Callable[[], None]]) -> None:
    for notify in notifies:
        notify()

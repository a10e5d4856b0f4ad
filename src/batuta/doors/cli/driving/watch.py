"""Somebody watches a run: the display that suits the screen, fed from the committed log."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

from batuta.app import App
from batuta.doors.cli.driving.follow import Follower
from batuta.doors.cli.driving.plain import PlainDisplay
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.terminal.screen import Screen
from batuta.errors import BatutaError
from batuta.ports import Row
from batuta.spec.run import Run

__all__ = ["watching"]


class _Display(Protocol):
    @property
    def pace_s(self) -> float: ...
    @property
    def tick_s(self) -> float: ...
    def show(self, run: Run, rows: Sequence[Row], now: float) -> None: ...
    def say(self, words: str) -> None: ...
    def close(self, run: Run | None) -> None: ...


@contextlib.asynccontextmanager
async def watching(
    app: App, run_id: str, screen: Screen, weather: Weather, since: int
) -> AsyncGenerator[Callable[[str], None]]:
    """While this is open, the run is shown on standard error; with `--json` nothing is.

    What it yields says something beside what is shown. `since`: the position in its log from which on it is news.
    """
    if screen.json:
        yield _nothing
        return
    follower = Follower(app, run_id, since)
    display: _Display
    if screen.live:
        from batuta.doors.cli.driving.live import LiveDisplay

        display = LiveDisplay(screen, weather)
    else:
        display = PlainDisplay(screen)
    task = asyncio.get_running_loop().create_task(_watch(app, follower, display, screen))
    try:
        yield display.say
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        try:
            await _look(app, follower, display)
        except BatutaError:
            pass  # the command itself meets this error, and reports it
        finally:
            display.close(follower.run)


def _nothing(_words: str) -> None:
    """Nobody listens."""


async def _watch(app: App, follower: Follower, display: _Display, screen: Screen) -> None:
    try:
        while True:
            await _look(app, follower, display)
            await asyncio.sleep(display.pace_s)
            await follower.wait(display.tick_s)
    except BatutaError:
        return  # as above
    except Exception as error:  # the run goes on, seen or not
        screen.say(f"progress cannot be shown any more: {type(error).__name__}: {error}")


async def _look(app: App, follower: Follower, display: _Display) -> None:
    rows = await follower.catch_up()
    if follower.run is not None and follower.run.accepted is not None:
        display.show(follower.run, rows, app.engine.clock.now())

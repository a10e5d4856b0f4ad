"""Progress as a tree that redraws itself, for somebody who watches."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.text import Text

from batuta.doors.cli.driving.tree import header, pruned, rows_of
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.table import Span, tree_lines
from batuta.doors.cli.terminal.text import fit
from batuta.ports import Row
from batuta.spec.run import Run

__all__ = ["LiveDisplay"]

_STYLES = {
    "good": "green",
    "bad": "red",
    "ask": "yellow",
    "run": "cyan",
    "dim": "dim",
    "bold": "bold",
    "plain": "",
}
# Drawing may take this share of the time, however large the run.
_SHARE = 0.1
# The last frame stays on the terminal, where it can scroll: it need not fit.
_LAST_ROWS_MAX = 200


class LiveDisplay:
    """Draws the whole run anew after each batch of committed facts, and twice a second for the clock."""

    tick_s = 0.5

    def __init__(self, screen: Screen, weather: Weather) -> None:
        self._weather = weather
        self._styles = _STYLES if screen.err_colour else {}
        self._console = Console(
            file=screen.err, force_terminal=True, no_color=not screen.err_colour, highlight=False
        )
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._words = ""
        self._run: Run | None = None
        self.pace_s = 0.1
        self._live.start()

    def show(self, run: Run, rows: Sequence[Row], now: float) -> None:
        """Draw `run` as it stands at `now`."""
        del rows
        self._run = run
        self._draw(run, now, max(self._console.size.height - 4, 5))

    def say(self, words: str) -> None:
        """Say something about what is going on, below the tree."""
        self._words = words
        if self._run is not None:
            self.show(self._run, (), time.time())

    def close(self, run: Run | None) -> None:
        """Draw the last frame, and give the terminal back."""
        if run is not None and run.accepted is not None:
            now = run.ended.at if run.ended is not None else run.updated_at
            self._draw(run, now, _LAST_ROWS_MAX)
        self._live.stop()

    def _draw(self, run: Run, now: float, rows_max: int) -> None:
        began = time.monotonic()
        width = self._console.size.width
        rows = pruned(rows_of(run, now, self._weather.of(run.id)), rows_max)
        lines = tree_lines(header(run, now), rows, width)
        if self._words and run.ended is None:
            lines += [[], [Span(fit(self._words, width - 1).rstrip(), "ask")]]
        self._live.update(Text("\n").join(self._text(line) for line in lines), refresh=True)
        self.pace_s = max(0.1, (time.monotonic() - began) / _SHARE)

    def _text(self, line: list[Span]) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        for span in line:
            text.append(span.text, self._styles.get(span.style, ""))
        return text

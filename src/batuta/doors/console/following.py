"""A run as it goes on, for pages: its log is read once, and what comes later is taken in."""

from collections.abc import Sequence

from batuta.app import App
from batuta.ports import Row
from batuta.spec.facts import Expanded
from batuta.spec.fold import apply
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline, timeline

__all__ = ["Following"]


class Following:
    """One run, as far as its log has been read. `head`: the position up to which."""

    def __init__(self, app: App, run_id: str) -> None:
        self._app = app
        self._id = run_id
        self._rows: list[Row] = []
        self.run = Run(app.engine.shapes.of)

    @property
    def head(self) -> int:
        """The position in the log up to which it has been read."""
        return self._rows[-1].seq if self._rows else 0

    @property
    def lines(self) -> Timeline:
        """When what went on, until now."""
        return timeline(row.fact for row in self._rows)

    async def read(self) -> bool:
        """Take in what is new; True if there was something. Raises `NotFound`, `JournalError`."""
        engine = self._app.engine
        if not self._rows:
            await engine.read(self._id)  # says so if there is no such run
        rows: Sequence[Row] = await engine.journal.read(self._id, after=self.head)
        for row in rows:
            if isinstance(row.fact, Expanded):
                await engine.shapes.load(row.fact)
            apply(self.run, row.fact)
        self.run.touched.clear()
        self._rows.extend(rows)
        return bool(rows)

    async def moved(self, timeout_s: float) -> bool:
        """True as soon as there may be something new; False after `timeout_s`."""
        return await self._app.engine.journal.wait(self._id, after=self.head, timeout_s=timeout_s)

    @property
    def rows(self) -> Sequence[Row]:
        """The log, as far as it has been read."""
        return self._rows

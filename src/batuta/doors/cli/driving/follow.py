"""A run as its committed log has it, kept up to date while somebody (perhaps another process) drives it."""

from batuta.app import App
from batuta.ports import Row
from batuta.spec.facts import Expanded
from batuta.spec.run import Run

__all__ = ["Follower"]


class Follower:
    """Folds what is committed, and nothing else: what is shown has happened.

    `since`: the position in the log up to which everything is old news.
    """

    def __init__(self, app: App, run_id: str, since: int = 0) -> None:
        self._engine = app.engine
        self._id = run_id
        self._since = since
        self.run: Run | None = None

    async def catch_up(self) -> list[Row]:
        """Take in what was committed since the last time, and return it. Raises `NotFound`, `JournalError`."""
        journal = self._engine.journal
        if self.run is None:
            return await self._from_start(self._since)
        rows = await journal.read(self._id, after=self.run.head)
        if any(
            isinstance(row.fact, Expanded) and row.fact.plan.erased and row.fact.plan.mark
            for row in rows
        ):
            return await self._from_start(self.run.head)  # which knows what to put in its place
        await self._engine.go_on(self.run, rows)
        self.run.touched.clear()
        return rows

    async def wait(self, timeout_s: float) -> bool:
        """True as soon as there is more to take in; False after `timeout_s` seconds."""
        head = self.run.head if self.run is not None else 0
        return await self._engine.journal.wait(self._id, after=head, timeout_s=timeout_s)

    async def _from_start(self, head: int) -> list[Row]:
        rows = await self._engine.journal.read(self._id)
        if not rows:
            self.run = await self._engine.read(self._id)  # says that there is none
        self.run = await self._engine.fold(rows)
        self.run.touched.clear()
        return rows[head:]

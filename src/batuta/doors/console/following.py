"""A run as it goes on, for pages: its log is read once, and what comes later is taken in."""

from collections.abc import Sequence

from batuta.app import App
from batuta.doors.cli.driving.follow import Follower
from batuta.ports import Row
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline, timeline

__all__ = ["Following"]


class Following:
    """One run with its log, as far as that has been read. `head`: the position up to which."""

    def __init__(self, app: App, run_id: str) -> None:
        self._follower = Follower(app, run_id)
        self._rows: list[Row] = []

    @property
    def run(self) -> Run:
        """The run; there is one as soon as something was read."""
        assert self._follower.run is not None
        return self._follower.run

    @property
    def head(self) -> int:
        """The position in the log up to which it has been read."""
        return self._rows[-1].seq if self._rows else 0

    @property
    def lines(self) -> Timeline:
        """When what went on, until now."""
        return timeline(row.fact for row in self._rows)

    @property
    def rows(self) -> Sequence[Row]:
        """The log, as far as it has been read."""
        return self._rows

    async def read(self) -> bool:
        """Take in what is new; True if there was something. Raises `NotFound`, `JournalError`."""
        rows = await self._follower.catch_up()
        self._rows.extend(rows)
        return bool(rows)

"""The reading side of the file: a connection of its own, used where the reader stands, without a hop to a thread."""

import json
import threading
from pathlib import Path
from typing import Any, cast

from batuta.errors import JournalBroken, NotFound
from batuta.journal.codec import checksum, decode_fact
from batuta.journal.file.database import Database, array
from batuta.journal.file.failures import RESTORE_REMEDY, lost_facts, translated
from batuta.journal.file.statements import SQL
from batuta.journal.values import verify
from batuta.ports import Row, RunRow

__all__ = ["Reader", "checked_row"]


class Reader:
    """Reads of committed facts, values and projections. Every row is checked before it is believed."""

    def __init__(self, db: Database, path: Path, key: bytes) -> None:
        self._db = db
        self.path = str(path)
        self._key = key
        # Sync doors may read from several threads; a connection serves one at a time.
        self._lock = threading.Lock()

    def read(self, stream: str, after: int, limit: int) -> list[Row]:
        """At most `limit` facts of `stream` behind `after`."""
        with translated(self.path):
            found = self._all("read", stream, after, limit)
            head = found[-1][6] if found else 0
            # One row says where a stream ends that has nothing more.
            if found and found[0][0] is None:
                found = []
            rows = [checked_row(self.path, row[:6]) for row in found]
            due = max(head - after, 0)
            if [row.seq for row in rows] != list(
                range(after + 1, after + 1 + (min(due, limit) if limit >= 0 else due))
            ):
                raise lost_facts(stream, head)
        return rows

    def read_all(self, after: int, limit: int) -> list[Row]:
        """At most `limit` facts of the whole journal behind `gseq` `after`; below 0: so many of the newest."""
        if after < 0:
            after = max(self._end() + after, 0)
        with translated(self.path):
            rows = [checked_row(self.path, row) for row in self._all("read_all", after, limit)]
        if [row.gseq for row in rows] != list(range(after + 1, after + 1 + len(rows))):
            raise lost_facts("the journal", after + len(rows))
        return rows

    def _end(self) -> int:
        """The newest `gseq`, 0 if there is none."""
        with translated(self.path):
            return self._all("end")[0][0]

    def head(self, stream: str) -> int:
        """The head of `stream`, 0 if there is none."""
        with translated(self.path):
            rows = self._all("head", stream)
            return rows[0][0] if rows else 0

    def value(self, ref: str) -> bytes:
        """A stored value, verified."""
        with translated(self.path):
            try:
                rows = self._all("value", bytes.fromhex(ref))
            except ValueError:
                rows = []
            if not rows:
                raise NotFound(
                    f"there is no value {ref} in {self.path}",
                    remedy="it may have been erased by retention",
                )
            body, parent = cast("tuple[bytes, bytes | None]", rows[0])
            return verify(ref, body, parent, self._key)

    def owner(self, run: str) -> str:
        """Who drives `run` according to its facts; "" for nobody."""
        with translated(self.path):
            rows = self._all("owner", run)
            return cast("str", rows[0][0]) if rows else ""

    def owners(self) -> list[str]:
        """Everybody who drives some run according to the facts, dead or alive."""
        with translated(self.path):
            return [cast("str", row[0]) for row in self._all("owners")]

    def runs(
        self, statuses: tuple[str, ...], plan: str, since: float, before: str, limit: int
    ) -> list[RunRow]:
        """Runs of one of `statuses` (none: any) and of `plan` ("": any), accepted at `since` or later, newest first.

        `before`: only those that are older than this run ("": all).
        """
        with translated(self.path):
            if len(statuses) == 1 and not plan and not since and not before:  # an index answers
                return [RunRow(*row) for row in self._all("runs_of_status", limit, statuses[0])]
            found = self._all("runs", limit, _any_of(statuses), plan, since, before)
            return [RunRow(*row) for row in found]

    def runs_due(
        self,
        statuses: tuple[str, ...],
        plan: str,
        since: float,
        at: float,
        dead: list[str],
        limit: int,
    ) -> list[RunRow]:
        """Unfinished runs that have something to do: their time has come, or their driver is dead."""
        with translated(self.path):
            wanted, owners = _any_of(statuses), array(tuple(dead) or ("",))
            found = self._all("runs_due", limit, wanted, plan, since, at, owners)
            return [RunRow(*row) for row in found]

    def unused_values(self, after: int, up_to: int, before: float) -> list[bytes]:
        """Stored values with numbers behind `after` that nothing uses and that were stored `before`."""
        with translated(self.path):
            return [row[0] for row in self._all("unused_values", after, up_to, before)]

    def last_gseq(self) -> int:
        """The end of the whole journal."""
        with translated(self.path):
            return self._all("last_gseq")[0][0]

    def last_value(self) -> int:
        """The highest number of a stored value."""
        with translated(self.path):
            return self._all("last_value")[0][0]

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock, translated(self.path):
            self._db.close()

    def _all(self, name: str, *bindings: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            # Fetching everything ends the read transaction, so that checkpoints are never held up by us.
            return self._db.execute(SQL[name], bindings).fetchall()


def _any_of(statuses: tuple[str, ...]) -> str:
    """As JSON: an array that is bound cannot be told from NULL, so it could not say "any"."""
    return json.dumps(statuses)


def checked_row(path: str, row: tuple[Any, ...]) -> Row:
    """A row of `facts`, if it is what was written there.

    Raises:
        JournalBroken: it is not.
    """
    gseq, number, seq, crc, body, stream = row
    try:
        encoded: bytes = body.encode()
        whole = checksum(encoded, number, seq) == crc
    except (AttributeError, TypeError):  # damage can turn any field into nothing
        whole, encoded = False, b""
    if not whole or stream is None:
        raise JournalBroken(
            f"{path} is damaged: fact {gseq} is not what was written", remedy=RESTORE_REMEDY
        )
    return Row(gseq, stream, seq, decode_fact(encoded))

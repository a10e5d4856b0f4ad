"""Is this file a whole and sound journal? Reads all of it: for backups, restores and the doubtful."""

from pathlib import Path

from batuta.errors import JournalBroken
from batuta.journal.file.connection import tenant_key_of
from batuta.journal.file.database import Database
from batuta.journal.file.failures import RESTORE_REMEDY, translated
from batuta.journal.file.reader import checked_row
from batuta.journal.file.statements import SQL
from batuta.journal.projection import RunState, project
from batuta.journal.values import verify
from batuta.ports import WORKSPACE
from batuta.spec.facts import Restored

__all__ = ["check_journal", "count_runs", "epoch_of", "projection_of"]

# Rows looked at in one go.
_ROWS_MAX = 2_000


def check_journal(db: Database, path: Path) -> int:
    """Read everything: pages, indexes, facts, projection and values. Returns the number of facts.

    Raises:
        JournalBroken: something is not as it was written.
    """
    with translated(str(path)):
        said = db.execute("PRAGMA integrity_check(1)").fetchall()
        if said != [("ok",)]:
            raise _broken(path, str(said[0][0]))
        gaps = db.execute(SQL["gaps"]).fetchall()
        if gaps:
            raise _broken(path, f"stream {gaps[0][0]} has a gap")
        facts = 0
        for first in range(1, _last(db, "last_stream") + 1, _ROWS_MAX):
            last = first + _ROWS_MAX - 1
            states, count = projection_of(db, path, first, last)
            facts += count
            kept = db.execute(SQL["runs_between"], (first, last)).fetchall()
            if {row[0]: RunState(*row[1:]) for row in kept} != states:
                raise _broken(path, "its list of runs does not agree with its log")
        if facts != db.execute(SQL["count_facts"]).fetchall()[0][0]:
            raise _broken(path, "some facts belong to no stream")
        _check_values(db, path)
    return facts


def projection_of(
    db: Database, path: Path, first: int, last: int
) -> tuple[dict[int, RunState], int]:
    """The projection of the streams `first` to `last`, from their facts alone; and how many facts there were."""
    states: dict[int, RunState | None] = {}
    count, number, seq = 0, first, 0
    while True:
        rows = db.execute(SQL["facts_between"], (number, seq, last, _ROWS_MAX)).fetchall()
        for row in rows:
            _, number, seq, *_ = row
            fact = checked_row(str(path), row).fact
            if row[5] != WORKSPACE:
                states[number] = project(states.get(number), fact)
        count += len(rows)
        if len(rows) < _ROWS_MAX:
            return {number: state for number, state in states.items() if state is not None}, count


def epoch_of(db: Database, path: Path) -> int:
    """The number of the last restore of the journal, 0 if there was none."""
    with translated(str(path)):
        rows = db.execute(SQL["read"], (WORKSPACE, 0, -1)).fetchall()
        facts = [checked_row(str(path), row[:6]).fact for row in rows]
    return max((fact.epoch for fact in facts if isinstance(fact, Restored)), default=0)


def count_runs(db: Database, path: Path) -> dict[str, int]:
    """How many runs there are, by status."""
    with translated(str(path)):
        return dict(db.execute(SQL["count_runs"]).fetchall())


def _check_values(db: Database, path: Path) -> None:
    key = tenant_key_of(db, path, None)
    after, last = 0, _last(db, "last_value")
    while after < last:
        rows = db.execute(SQL["values_after"], (after, 100)).fetchall()
        for _, ref, parent, body in rows:
            verify(ref.hex(), body, parent, key)
        after = rows[-1][0] if rows else last


def _last(db: Database, name: str) -> int:
    return db.execute(SQL[name]).fetchall()[0][0]


def _broken(path: Path, what: str) -> JournalBroken:
    return JournalBroken(f"{path} is damaged: {what}", remedy=RESTORE_REMEDY)

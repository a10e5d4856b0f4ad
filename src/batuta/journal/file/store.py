"""The writing side of the file: one batch of the queue, one transaction. Used by the writer thread only."""

import contextlib
from array import array as numbers
from collections import ChainMap
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast

import apsw
import msgspec

from batuta.errors import JournalError
from batuta.journal.codec import checksum
from batuta.journal.file.database import Database, array
from batuta.journal.file.failures import lost_facts
from batuta.journal.file.statements import SQL
from batuta.journal.intake import Append, Put, admit
from batuta.journal.projection import RunState, project
from batuta.journal.values import packed
from batuta.ports import WORKSPACE

__all__ = ["Head", "Outcome", "Store"]

T = TypeVar("T")

# Streams whose head is kept in memory; parked and ended ones are forgotten at once.
_HEADS_MAX = 20_000
# Rows of the projection per statement: few statements per batch, see `queries.sql`.
_RUNS_PER_STATEMENT = 32


class Head(msgspec.Struct):
    """Where a stream stands. `stored_run` is the projection as the database has it."""

    id: int
    seq: int = 0
    run: RunState | None = None
    stored_run: RunState | None = None


class Outcome(msgspec.Struct):
    """What a batch came to: refusals by number, and the streams that moved.

    `landed` were moved by this batch, `outside` by its appends without a condition.
    """

    refused: dict[int, JournalError] = {}
    landed: dict[str, None] = {}
    outside: dict[str, None] = {}


class Store:
    """The write connection, the heads it knows, and the transactions on it.

    What others commit behind `seen` (a `gseq`; the present end by default) is reported by `take_foreign`.
    """

    def __init__(self, db: Database, now: Callable[[], float], seen: int | None = None) -> None:
        self.db = db
        self._now = now
        self._heads: dict[str, Head] = {}
        self._gseq = self._number("last_gseq") if seen is None else seen
        self._stream = self._number("last_stream")
        self._version = 0  # of the database as we last looked at it; no version is 0
        self._foreign: list[str] = []

    def write(self, batch: Sequence[Append | Put], refused: dict[int, JournalError]) -> Outcome:
        """Store a batch: all of what may be stored, or nothing. `refused` are the refusals so far."""
        return self.transact(lambda: self._write(batch, refused))

    def transact(self, body: Callable[[], T]) -> T:
        """Run `body` in a transaction. After a failure nothing of it has happened, here or on disk."""
        self.db.execute("BEGIN IMMEDIATE")
        gseq, stream = self._gseq, self._stream
        try:
            result = body()
            self.db.execute("COMMIT")
        except BaseException:
            self._gseq, self._stream = gseq, stream
            self._heads.clear()
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            self._bury()
            raise
        return result

    def _bury(self) -> None:
        """Write over what a refused commit has left in the write-ahead log.

        If the sync failed, the batch stands there whole, and a crash before the next commit would bring back what
        was refused. If this write fails too, the device is gone, and nothing more can be done.
        """
        with contextlib.suppress(apsw.Error):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                self.db.execute(SQL["count_refusal"])
                self.db.execute("COMMIT")
            finally:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")

    def look(self) -> None:
        """Notice what other processes have committed; costs a microsecond or two if there is nothing."""
        version = self._number("data_version")
        if version != self._version:
            self._version = version
            self._catch_up()

    def take_foreign(self) -> list[str]:
        """The streams that other processes were seen to move since the last time this was asked."""
        foreign, self._foreign = self._foreign, []
        return foreign

    def _write(self, batch: Sequence[Append | Put], refused: dict[int, JournalError]) -> Outcome:
        outcome = Outcome()
        self._catch_up()
        appends = [entry for entry in batch if isinstance(entry, Append)]
        self._insert_values(entry for entry in batch if isinstance(entry, Put))
        ids = self._value_ids({ref for append in appends for ref in append.refs})
        heads = self._heads_of({append.stream for append in appends})
        rows: list[bytes] = []
        uses: list[int] = []
        fresh: list[str] = []
        for append in appends:
            head = heads.get(append.stream) or Head(self._stream + len(fresh) + 1)
            # Asked only where the answer can be no: most appends stand right where they should.
            counts_on = append.counts_on
            if (
                append.after != head.seq
                or append.refs
                or counts_on in refused
                or counts_on in outcome.refused
            ):
                known = ChainMap(outcome.refused, refused)
                error = admit(append, head, known, ids.__contains__)
                if error is not None:
                    outcome.refused[append.number] = error
                    continue
            if not append.bodies:
                continue
            if append.stream not in heads:
                heads[append.stream] = head
                fresh.append(append.stream)
            self._extend(head, append, rows)
            # Two numbers in one: a value's in the upper, a stream's in the lower 32 bits.
            if append.refs:
                uses += [ids[ref] << 32 | head.id for ref in append.refs]
            outcome.landed[append.stream] = None
            if append.after is None:
                outcome.outside[append.stream] = None
        moved = [heads[name] for name in outcome.landed]
        self._insert(fresh, rows, uses)
        self._set_heads(moved)
        self._upsert_runs(moved)
        self._keep(heads)
        return outcome

    def append_here(self, append: Append) -> None:
        """Inside `transact`: store an append that has no condition and refers to nothing."""
        outcome = self._write([append], {})
        assert append.stream in outcome.landed, outcome.refused

    def _extend(self, head: Head, append: Append, rows: list[bytes]) -> None:
        stream, seq, run = head.id, head.seq, head.run
        for body in append.bodies:
            seq += 1
            rows.append(b"%010d%010d%010d%b" % (stream, seq, checksum(body, stream, seq), body))
        head.seq = seq
        if append.stream != WORKSPACE:
            for fact in append.facts:
                run = project(run, fact)
            head.run = run

    def _insert(self, fresh: list[str], rows: list[bytes], uses: list[int]) -> None:
        if fresh:
            self.db.execute(SQL["insert_streams"], (self._stream, array(tuple(fresh))))
            self._stream += len(fresh)
        if rows:
            self.db.execute(SQL["insert_facts"], (self._gseq, array(tuple(rows))))
            self._gseq += len(rows)
        if uses:
            self.db.execute(SQL["insert_uses"], (array(numbers("q", uses)),))

    def _set_heads(self, moved: list[Head]) -> None:
        if moved:
            # Two numbers in one, as above: the stream, and where it ends.
            packed = numbers("q", [head.id << 32 | head.seq for head in moved])
            self.db.execute(SQL["set_heads"], (array(packed),))

    def _upsert_runs(self, heads: Iterable[Head]) -> None:
        changed = [h for h in heads if h.run is not None and h.run is not h.stored_run]
        for start in range(0, len(changed), _RUNS_PER_STATEMENT):
            chunk = changed[start : start + _RUNS_PER_STATEMENT]
            # Only two sizes of statement, so that both stay compiled.
            if len(chunk) == _RUNS_PER_STATEMENT:
                self.db.execute(_upsert_many, [field for head in chunk for field in _fields(head)])
            else:
                self.db.executemany(SQL["upsert_run"], map(_fields, chunk))
        for head in changed:
            head.stored_run = head.run

    def _insert_values(self, puts: Iterable[Put]) -> None:
        now = self._now()
        rows = [(bytes.fromhex(put.ref), now, packed(put.body)) for put in puts]
        if rows:
            self.db.executemany(SQL["insert_value"], rows)

    def _value_ids(self, refs: set[str]) -> dict[str, int]:
        names = tuple(bytes.fromhex(ref) for ref in refs)
        if not names:
            return {}
        rows = self.db.execute(SQL["value_ids"], (array(names),)).fetchall()
        return {cast("bytes", ref).hex(): cast("int", number) for ref, number in rows}

    def _heads_of(self, streams: set[str]) -> dict[str, Head]:
        known = self._heads
        heads = {name: known[name] for name in streams if name in known}
        cold = tuple(name for name in streams if name not in heads)
        if cold:
            for row in self.db.execute(SQL["heads"], (array(cold),)).fetchall():
                name, number, seq, last, *fields = row
                if seq != last:
                    raise lost_facts(name, seq)
                run = RunState(*fields) if fields[0] is not None else None
                heads[name] = Head(number, seq, run, run)
        return heads

    def _keep(self, heads: dict[str, Head]) -> None:
        """Remember the heads of streams that somebody drives."""
        for name, head in heads.items():
            if head.run is not None and head.run.owner:
                self._heads[name] = head
            else:
                self._heads.pop(name, None)
        if len(self._heads) > _HEADS_MAX:
            self._heads.clear()

    def _catch_up(self) -> None:
        """Look for facts of other processes; forget what we knew of the streams they have moved."""
        last = self._number("last_gseq")
        if last == self._gseq:
            return
        rows = self.db.execute(SQL["touched"], (self._gseq,)).fetchall()
        self._gseq, self._stream = last, self._number("last_stream")
        for (name,) in rows:
            self._heads.pop(name, None)
            self._foreign.append(name)

    def _number(self, name: str) -> int:
        return cast("int", self.db.execute(SQL[name]).fetchall()[0][0])


def _fields(head: Head) -> tuple[int | float | str | None, ...]:
    run = head.run
    assert run is not None
    return (
        head.id,
        run.status,
        run.plan,
        run.accepted_at,
        run.wake_at,
        run.owner,
        run.erasable_at,
    )


_one_row = "(?, ?, ?, ?, ?, ?, ?)"
_upsert_many = SQL["upsert_run"].replace(_one_row, ", ".join([_one_row] * _RUNS_PER_STATEMENT))
assert _upsert_many != SQL["upsert_run"], "the statement and its row of parameters must fit"

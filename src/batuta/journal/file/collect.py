"""Retention in the file: payloads of old runs are erased, then the values that nothing refers to any more.

Everything happens in short transactions between those of the drivers, and a run or value is looked at again inside
the transaction that erases it, so it does not matter who else writes meanwhile.
"""

import asyncio
from functools import partial

from batuta.journal.codec import checksum, encode_fact, references
from batuta.journal.file.reader import Reader, checked_row
from batuta.journal.file.statements import SQL
from batuta.journal.file.store import Store
from batuta.journal.file.writer import Writer
from batuta.journal.intake import Append
from batuta.journal.retention import erased
from batuta.journal.values import GRACE_S
from batuta.ports import WORKSPACE, Row
from batuta.spec.facts import Purged

__all__ = ["collect"]

# Runs erased per transaction: some milliseconds in which drivers wait.
_RUNS_PER_TURN = 20
# Facts of the workspace looked at per transaction.
_WORDS_PER_TURN = 500
# Stored values examined per look of the reader.
_VALUES_PER_LOOK = 5_000
# Values deleted per transaction.
_VALUES_PER_TURN = 200
# Free pages returned to the system per transaction, and the share of free pages that is left for reuse.
_PAGES_PER_TURN = 500
_FREE_SHARE = 0.1


async def collect(writer: Writer, reader: Reader, older_than: float, now: float) -> dict[str, int]:
    """Erase and delete; see `Journal.gc`."""
    done = {"runs": 0, "values": 0, "bytes": 0}
    while True:
        runs, freed = await writer.run(partial(_erase_some, reader.path, older_than, now))
        done["runs"] += runs
        done["bytes"] += freed
        if not runs:
            break
    after: int | None = 0
    while after is not None:
        after, freed = await writer.run(partial(_erase_words, reader.path, older_than, after))
        done["bytes"] += freed
    for after in range(0, reader.last_value(), _VALUES_PER_LOOK):
        unused = await asyncio.to_thread(
            reader.unused_values, after, after + _VALUES_PER_LOOK, now - GRACE_S
        )
        for start in range(0, len(unused), _VALUES_PER_TURN):
            part = unused[start : start + _VALUES_PER_TURN]
            values, freed = await writer.run(partial(_delete_some, part, now))
            done["values"] += values
            done["bytes"] += freed
    while await writer.run(_shrink):
        continue
    return done


def _shrink(store: Store) -> bool:
    """A job: return some free pages to the system. False if there is nothing left to return."""

    def count(pragma: str) -> int:
        return store.db.execute(f"PRAGMA {pragma}").fetchall()[0][0]

    free = count("freelist_count")
    if free <= count("page_count") * _FREE_SHARE:
        return False
    store.db.execute(f"PRAGMA incremental_vacuum({_PAGES_PER_TURN})").fetchall()
    return count("freelist_count") < free


def _erase_some(path: str, older_than: float, now: float, store: Store) -> tuple[int, int]:
    return store.transact(partial(_erase_turn, store, path, older_than, now))


def _erase_words(path: str, older_than: float, after: int, store: Store) -> tuple[int | None, int]:
    """Erase people's words in the stream of the workspace; where to go on (None: nowhere), and the bytes."""
    return store.transact(partial(_erase_words_turn, store, path, older_than, after))


def _delete_some(refs: list[bytes], now: float, store: Store) -> tuple[int, int]:
    return store.transact(partial(_delete_turn, store, refs, now))


def _erase_turn(store: Store, path: str, older_than: float, now: float) -> tuple[int, int]:
    streams = store.db.execute(SQL["erasable"], (older_than, _RUNS_PER_TURN)).fetchall()
    freed = 0
    for (number,) in streams:
        freed += _erase(store, path, number, now)
    return len(streams), freed


def _erase_words_turn(
    store: Store, path: str, older_than: float, after: int
) -> tuple[int | None, int]:
    found = store.db.execute(SQL["read"], (WORKSPACE, after, _WORDS_PER_TURN)).fetchall()
    rows = [checked_row(path, row[:6]) for row in found if row[0] is not None]
    old = [row for row in rows if row.fact.at < older_than]
    freed = _rewrite(store, found[0][1], old) if old else 0
    # Facts of other processes may be a little older than the ones before them; all of them are looked at.
    return (rows[-1].seq if len(rows) == _WORDS_PER_TURN else None), freed


def _erase(store: Store, path: str, number: int, now: float) -> int:
    rows = [
        checked_row(path, row) for row in store.db.execute(SQL["facts_of"], (number,)).fetchall()
    ]
    freed = _rewrite(store, number, rows)
    purged = Purged(at=now)
    store.append_here(Append(0, rows[0].stream, None, 0, [purged], [encode_fact(purged)], []))
    return freed


def _rewrite(store: Store, number: int, rows: list[Row]) -> int:
    """Write `rows` of the stream with that number anew, without their payloads; how many bytes that frees."""
    rewritten: list[tuple[int, int, str]] = []
    unused: set[str] = set()
    freed = 0
    for row in rows:
        fact = erased(row.fact)
        if fact == row.fact:
            continue
        before, body = encode_fact(row.fact), encode_fact(fact)
        unused.update(references(row.fact))
        rewritten.append((row.gseq, checksum(body, number, row.seq), body.decode()))
        freed += len(before) - len(body)
    store.db.executemany(SQL["rewrite_fact"], rewritten)
    store.db.executemany(SQL["forget_use"], [(number, bytes.fromhex(ref)) for ref in unused])
    return freed


def _delete_turn(store: Store, refs: list[bytes], now: float) -> tuple[int, int]:
    values = freed = 0
    for ref in refs:
        for (size,) in store.db.execute(SQL["delete_value"], (ref, now - GRACE_S)).fetchall():
            values += 1
            freed += size
    return values, freed

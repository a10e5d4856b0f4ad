"""Retention in the file: payloads of old runs are erased, then the values that nothing refers to any more.

Everything happens in short transactions between those of the drivers, and a run or value is looked at again inside
the transaction that erases it, so it does not matter who else writes meanwhile.
"""

from collections.abc import Callable

from batuta.journal.codec import checksum, encode_fact, references
from batuta.journal.intake import Append
from batuta.journal.reader import checked_row
from batuta.journal.retention import erased
from batuta.journal.statements import SQL
from batuta.journal.store import Store
from batuta.journal.values import GRACE_S
from batuta.spec.facts import Purged

__all__ = ["VALUES_PER_LOOK", "delete_values", "erase_runs", "shrink"]

# Runs erased per transaction: some milliseconds in which drivers wait.
_RUNS_PER_TURN = 20
# Stored values examined per look of the reader.
VALUES_PER_LOOK = 5_000
# Free pages returned to the system per transaction, and the share of free pages that is left for reuse.
_PAGES_PER_TURN = 500
_FREE_SHARE = 0.1


def erase_runs(path: str, older_than: float, now: float) -> Callable[[Store], tuple[int, int]]:
    """A job: erase the payloads of some runs that ended before `older_than`. Returns runs and bytes."""

    def job(store: Store) -> tuple[int, int]:
        return store.transact(lambda: _erase_some(store, path, older_than, now))

    return job


def delete_values(refs: list[bytes], now: float) -> Callable[[Store], tuple[int, int]]:
    """A job: delete those of `refs` that nothing uses, and what only they led to. Returns values and bytes."""

    def job(store: Store) -> tuple[int, int]:
        return store.transact(lambda: _delete(store, refs, now))

    return job


def shrink(store: Store) -> bool:
    """A job: return some free pages to the system. False if there is nothing left to return."""

    def count(pragma: str) -> int:
        return store.db.execute(f"PRAGMA {pragma}").fetchall()[0][0]

    free = count("freelist_count")
    if free <= count("page_count") * _FREE_SHARE:
        return False
    store.db.execute(f"PRAGMA incremental_vacuum({_PAGES_PER_TURN})").fetchall()
    return count("freelist_count") < free


def _erase_some(store: Store, path: str, older_than: float, now: float) -> tuple[int, int]:
    streams = store.db.execute(SQL["erasable"], (older_than, _RUNS_PER_TURN)).fetchall()
    freed = 0
    for (number,) in streams:
        freed += _erase(store, path, number, now)
    return len(streams), freed


def _erase(store: Store, path: str, number: int, now: float) -> int:
    rows = [
        checked_row(path, row) for row in store.db.execute(SQL["facts_of"], (number,)).fetchall()
    ]
    rewritten: list[tuple[int, int, str]] = []
    unused: set[str] = set()
    freed = 0
    for row in rows:
        fact = erased(row.fact)
        if fact == row.fact:
            continue
        before, body = encode_fact(row.fact), encode_fact(fact)
        unused.update(references(row.fact, before))
        rewritten.append((row.gseq, checksum(body, number, row.seq), body.decode()))
        freed += len(before) - len(body)
    store.db.executemany(SQL["rewrite_fact"], rewritten)
    store.db.executemany(SQL["forget_use"], [(number, bytes.fromhex(ref)) for ref in unused])
    purged = Purged(at=now)
    store.append_here(Append(0, rows[0].stream, None, 0, [purged], [encode_fact(purged)], []))
    return freed


def _delete(store: Store, refs: list[bytes], now: float) -> tuple[int, int]:
    values = freed = 0
    pending = list(refs)
    while pending:
        for size, parent in store.db.execute(
            SQL["delete_value"], (pending.pop(), now - GRACE_S)
        ).fetchall():
            values += 1
            freed += size
            if parent is not None:
                pending.append(parent)
    return values, freed

"""What a journal in memory holds: the part that would be the disk."""

import itertools
from collections.abc import Sequence

import msgspec

from batuta.journal.codec import encode_fact
from batuta.journal.projection import RunState, project
from batuta.journal.retention import erased
from batuta.journal.values import GRACE_S
from batuta.journal.watchers import Watchers
from batuta.ports import WORKSPACE, Clock, Row
from batuta.spec.facts import Fact, Purged, Restored

__all__ = ["MemoryStore", "MemoryStream", "MemoryValue"]


class MemoryStream(msgspec.Struct):
    """One stream: its head, its projection, and where its facts stand in the log."""

    seq: int = 0
    run: RunState | None = None
    gseqs: list[int] = msgspec.field(default_factory=list[int])


class MemoryValue(msgspec.Struct):
    """One stored value, and the streams that refer to it."""

    body: bytes
    at: float
    streams: set[str] = msgspec.field(default_factory=set[str])


class MemoryStore:
    """What all views share. `alive` is who lives, and whom of theirs to tell of new facts."""

    def __init__(self, clock: Clock, tenant_key: bytes) -> None:
        self.clock = clock
        self.key = tenant_key
        self.epoch = 0
        self.log: list[Row] = []
        self.streams: dict[str, MemoryStream] = {}
        self.values: dict[str, MemoryValue] = {}
        self.alive: dict[str, Watchers] = {}
        self.names = itertools.count(1)

    def land(self, stream: str, facts: Sequence[Fact], refs: Sequence[str]) -> None:
        """Add facts to the end of a stream."""
        head = self.streams.setdefault(stream, MemoryStream())
        for fact in facts:
            head.seq += 1
            self.log.append(Row(len(self.log) + 1, stream, head.seq, fact))
            head.gseqs.append(len(self.log))
            if stream != WORKSPACE:
                head.run = project(head.run, fact)
            elif isinstance(fact, Restored):
                self.epoch = fact.epoch
        for ref in refs:
            self.values[ref].streams.add(stream)

    def rows(self, stream: str, after: int) -> list[Row]:
        """The facts of a stream behind a position."""
        head = self.streams.get(stream)
        return [self.log[g - 1] for g in head.gseqs[after:]] if head else []

    def seq(self, stream: str) -> int:
        """The head of a stream, 0 if there is none."""
        head = self.streams.get(stream)
        return head.seq if head else 0

    def keep(self, ref: str, body: bytes) -> None:
        """Store a value, or make it young again."""
        at = self.clock.now()
        stored = self.values.setdefault(ref, MemoryValue(body, at))
        stored.at = max(stored.at, at)

    def erase_runs(self, older_than: float, now: float) -> tuple[int, int]:
        """Erase the payloads of runs that ended before `older_than`. Returns runs and bytes."""
        freed = 0
        ended = {name: h.run.erasable_at for name, h in self.streams.items() if h.run is not None}
        old = {name: at for name, at in ended.items() if at is not None and at < older_than}
        for name in sorted(old, key=old.__getitem__):
            freed += sum(self._erase(gseq) for gseq in self.streams[name].gseqs)
            for stored in self.values.values():
                stored.streams.discard(name)
            self.land(name, [Purged(at=now)], ())
        return len(old), freed

    def erase_words(self, older_than: float) -> int:
        """Erase what the stream of the workspace holds of people's words from before `older_than`. Returns bytes."""
        head = self.streams.get(WORKSPACE)
        old = [g for g in (head.gseqs if head else ()) if self.log[g - 1].fact.at < older_than]
        return sum(self._erase(gseq) for gseq in old)

    def _erase(self, gseq: int) -> int:
        row = self.log[gseq - 1]
        left = erased(row.fact)
        self.log[gseq - 1] = msgspec.structs.replace(row, fact=left)
        return len(encode_fact(row.fact)) - len(encode_fact(left))

    def delete_values(self, now: float) -> tuple[int, int]:
        """Delete what nothing uses. Returns values and bytes."""
        unused = [
            ref
            for ref, stored in self.values.items()
            if not stored.streams and stored.at < now - GRACE_S
        ]
        return len(unused), sum(len(self.values.pop(ref).body) for ref in unused)

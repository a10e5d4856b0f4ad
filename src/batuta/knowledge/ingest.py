"""Bringing a collection up to date with its files: only what changed is read, and a file is there whole or not at all.

Every file is one transaction, so that an ingest that was killed goes on where it was. A file that cannot be read is
told of, and the others go on.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from batuta.errors import CallFailed
from batuta.knowledge.chunk import Chunk, chunks_of
from batuta.knowledge.document import Unusable
from batuta.knowledge.folder import File, files_of
from batuta.knowledge.formats.reading import format_of, read_document
from batuta.knowledge.halves import to_halves
from batuta.knowledge.store import Entry, Store, Stored
from batuta.ports import Embedder

__all__ = ["FILE_BYTES_MAX", "FileFinding", "Ingested", "Step", "ingest"]

# A larger file is a database or an archive (bytes).
FILE_BYTES_MAX = 64 * 1_024 * 1_024
# With another recipe, files are read again although they did not change.
_RECIPE = "2"
# Chunks that are embedded at once; files are read until there are so many.
_BATCH = 512
# A file that was written this short ago may be written again without a change of its time (nanoseconds).
_FRESH_NS = 2_000_000_000
# Vectors kept of words that stand nowhere now, should a file come back.
_UNUSED_MAX = 20_000
_FINDINGS_MAX = 1_000
# What may be otherwise the next time although the file is the same.
_PASSING = frozenset({"needs_extra", "missing", "outside", "unreadable"})


class FileFinding(msgspec.Struct, frozen=True):
    """A file that cannot be read, or only by assuming something: `code` is a short stable word."""

    source: str
    code: str
    message: str


class Step(msgspec.Struct, frozen=True):
    """How far an ingest is."""

    done: int
    files: int
    chunks: int
    source: str


class Ingested(msgspec.Struct):
    """What an ingest did. `embedded` of the new `chunks` were not known by their content before.

    `waiting` files are as they were before, found or not: their embedder cannot be asked, `trouble` says why.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    waiting: int = 0
    chunks: int = 0
    embedded: int = 0
    seconds: float = 0.0
    trouble: str = ""
    findings: list[FileFinding] = []


class _Read(msgspec.Struct, frozen=True):
    entry: Entry
    digests: list[bytes]
    words: list[str]
    note: str = ""


def _silent(_: Step) -> None:
    """Nobody watches."""


async def ingest(
    store: Store,
    name: str,
    root: Path,
    patterns: Sequence[str],
    embedder: Embedder,
    *,
    report: Callable[[Step], None] = _silent,
) -> Ingested:
    """Bring the collection `name` up to date with the files in `root` that `patterns` fit.

    If the embedder cannot be asked any more, the files that need it wait for the next ingest, and the rest goes on.

    Raises:
        KnowledgeError: the store cannot be written. What was done is kept, and the next ingest goes on from there.
        InputError: the embedder is not configured.
    """
    began = time.monotonic()
    number = await asyncio.to_thread(store.make, name)
    files = await asyncio.to_thread(files_of, root, patterns)
    known = await asyncio.to_thread(store.files, number)
    work = _Work(store, number, embedder, known)
    batch: list[_Read] = []
    for done, file in enumerate(files):
        report(Step(done, len(files), work.told.chunks, file.source))
        read = await asyncio.to_thread(work.read, file)
        if read is not None:
            batch.append(read)
        if sum(len(one.words) for one in batch) >= _BATCH or len(batch) >= _BATCH:
            await work.keep(batch, lambda at=done, of=file: report(_step(at, files, work, of)))
            batch = []
    await work.keep(batch, lambda: None)
    here = {file.source for file in files}
    for source in known.keys() - here:
        await asyncio.to_thread(store.remove, number, source)
        work.told.removed += 1
    await asyncio.to_thread(store.drop_unused_embeddings, _UNUSED_MAX)
    if not work.told.waiting:
        await asyncio.to_thread(store.finished, number, time.time())
    report(Step(len(files), len(files), work.told.chunks, ""))
    work.told.seconds = time.monotonic() - began
    return work.told


def _step(done: int, files: list[File], work: "_Work", file: File) -> Step:
    return Step(done, len(files), work.told.chunks, file.source)


class _Work:
    """One ingest of one collection."""

    def __init__(
        self, store: Store, number: int, embedder: Embedder, known: dict[str, Stored]
    ) -> None:
        self.told = Ingested()
        self._store = store
        self._number = number
        self._embedder = embedder
        self._known = known
        self._recipe = f"{_RECIPE} {embedder.name}"

    def read(self, file: File) -> _Read | None:
        """The file as it is to be stored; None if there is nothing to do."""
        known = self._known.get(file.source)
        if known is not None and known.recipe != self._recipe:
            known = known._replace(mtime_ns=-1, digest=b"")
        size, mtime_ns = 0, 0
        try:
            if file.code:
                raise Unusable(file.code, file.message)
            status = file.path.stat()
            size, mtime_ns = status.st_size, status.st_mtime_ns
            if known is not None and (known.size, known.mtime_ns) == (size, mtime_ns):
                if known.code not in _PASSING:
                    return self._unchanged(file, known)
            if time.time_ns() - mtime_ns < _FRESH_NS:
                mtime_ns = -1  # looked at again the next time
            content = _content(file.path, size)
        except Unusable as error:
            return self._failed(file, size, mtime_ns, b"", error)
        digest = blake2b(content, digest_size=16).digest()
        if known is not None and known.digest == digest and known.code not in _PASSING:
            self._store.touch(known.id, size, mtime_ns)
            return self._unchanged(file, known)
        try:
            return self._cut(file, size, mtime_ns, digest, content)
        except Unusable as error:
            return self._failed(file, size, mtime_ns, digest, error)

    def _cut(self, file: File, size: int, mtime_ns: int, digest: bytes, content: bytes) -> _Read:
        document = read_document(file.source, content)
        chunks = list(chunks_of(document))
        texts = [document.text[one.start : one.end] for one in chunks]
        words = [_embedded(one, text) for one, text in zip(chunks, texts, strict=True)]
        metadata = {"format": format_of(file.source), "title": document.title} | document.metadata
        entry = Entry(
            file.source, size, mtime_ns, digest, self._recipe, metadata, "", "", chunks, texts
        )
        digests = [
            blake2b(one.encode("utf-8", "replace"), digest_size=16).digest() for one in words
        ]
        return _Read(entry, digests, words, document.note)

    async def keep(self, batch: list[_Read], step: Callable[[], None]) -> None:
        """Embed what is new in `batch`, and store its files one by one."""
        store, name = self._store, self._embedder.name
        wanted = dict(pair for one in batch for pair in zip(one.digests, one.words, strict=True))
        have = await asyncio.to_thread(store.embeddings, name, wanted)
        missing = [digest for digest in wanted if digest not in have]
        for at in range(0, len(missing), _BATCH):
            some = missing[at : at + _BATCH]
            vectors = await self._embed([wanted[digest] for digest in some])
            if vectors is None:
                break
            made = [(digest, to_halves(row)) for digest, row in zip(some, vectors, strict=True)]
            await asyncio.to_thread(store.keep_embeddings, name, made)
            self.told.embedded += len(some)
            step()
        if missing:
            have |= await asyncio.to_thread(store.embeddings, name, missing)
        await asyncio.to_thread(self._put, batch, have)

    def _put(self, batch: Iterable[_Read], have: dict[bytes, int]) -> None:
        for one in batch:
            if not have.keys() >= set(one.digests):
                self.told.waiting += 1
                continue
            entry = msgspec.structs.replace(
                one.entry, embeddings=[have[digest] for digest in one.digests]
            )
            self._store.put(self._number, entry)
            self.told.chunks += len(entry.chunks)
            if entry.code:
                continue
            if entry.source in self._known:
                self.told.changed += 1
            else:
                self.told.added += 1
            if one.note:
                self._tell(entry.source, "assumed", one.note)

    async def _embed(self, texts: list[str]) -> Any:
        """The vectors of `texts`; None if the embedder cannot be asked. It is not asked again in this ingest."""
        if self.told.trouble:
            return None
        embedder = self._embedder
        try:
            vectors = await embedder.embed(texts)
        except CallFailed as error:
            self.told.trouble = f"the embedder {embedder.name} cannot be asked: {error.message}"
            return None
        kept = await asyncio.to_thread(self._store.index(self._number).dimension, embedder.name)
        if kept and vectors.shape[1] != kept:
            self.told.trouble = (
                f"the embedder {embedder.name} gives vectors of {vectors.shape[1]} numbers, and those that are kept"
                f" have {kept}: write another `version` beside `model` in batuta.yaml, and all are made anew"
            )
            return None
        return vectors

    def _unchanged(self, file: File, known: Stored) -> None:
        if known.code:
            self.told.failed += 1
            self._tell(file.source, known.code, known.message)
        else:
            self.told.unchanged += 1

    def _failed(
        self, file: File, size: int, mtime_ns: int, digest: bytes, error: Unusable
    ) -> _Read:
        """What could be read before and cannot be now must not be found any more either."""
        self.told.failed += 1
        message = error.in_one_line
        self._tell(file.source, error.code, message)
        entry = Entry(
            file.source, size, mtime_ns, digest, self._recipe, {}, error.code, message[:1_000]
        )
        return _Read(entry, [], [])

    def _tell(self, source: str, code: str, message: str) -> None:
        if len(self.told.findings) < _FINDINGS_MAX:
            self.told.findings.append(FileFinding(source, code, message))


def _content(path: Path, size: int) -> bytes:
    """The content of a file. It may grow while it is read, and it may be anything: no more than the bound is read."""
    if size <= FILE_BYTES_MAX:
        try:
            with path.open("rb") as file:
                content = file.read(FILE_BYTES_MAX + 1)
        except OSError as error:
            raise Unusable("unreadable", f"it cannot be read ({error.strerror})") from None
        if len(content) <= FILE_BYTES_MAX:
            return content
        size = len(content)
    raise Unusable(
        "too_large",
        f"it has {size:,} bytes, at most {FILE_BYTES_MAX:,} are read",
        remedy="split it, or query it where it is",
    )


def _embedded(chunk: Chunk, text: str) -> str:
    """What stands for a chunk among vectors: its words, and under which headings they are."""
    return f"{chunk.heading}\n{text}" if chunk.heading else text

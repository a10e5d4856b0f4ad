"""How fast documents are read in and found again, and how much memory that takes.

Two measurements. *Ingest*: a folder of Markdown files is read, cut, embedded by wordllama and stored. *Search*: a
collection of so many chunks with made-up words (as frequent as words are: Zipf) and random vectors is asked questions
of three kinds: a sentence of words of all frequencies, rare words, and an id. One thread does the arithmetic.

    python benchmarks/knowledge.py --quick
"""

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402 — it reads those variables when it is loaded

from batuta.knowledge.chunk import Chunk  # noqa: E402
from batuta.knowledge.halves import to_halves  # noqa: E402
from batuta.knowledge.ingest import ingest  # noqa: E402
from batuta.knowledge.llama import LLAMA_NAME, WordLlamaEmbedder  # noqa: E402
from batuta.knowledge.retrieve import Collection  # noqa: E402
from batuta.knowledge.store import Entry, Store  # noqa: E402

HERE = Path(__file__).parent
# Chunks -> milliseconds of the median search; and chunks a second of an ingest.
GOALS_MS = {50_000: 10.0, 200_000: 30.0}
GOAL_INGEST = 1_000.0

VOCABULARY = 50_000
WORDS_OF_A_CHUNK = 100
CHUNKS_OF_A_FILE = 100


class Words:
    """Made-up words, the first ones frequent and the last ones rare."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        syllables = [
            a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "al", "en", "or")
        ]
        self.all = [
            "".join(chance.choices(syllables, k=1 + min(3, at // 400)))
            + (str(at) if at > 40_000 else "")
            for at in range(VOCABULARY)
        ]
        weights = 1 / np.arange(1, VOCABULARY + 1)
        self._weights = weights / weights.sum()
        self._numbers = np.random.default_rng(seed)

    def some(self, count: int) -> list[str]:
        return [self.all[at] for at in self._numbers.choice(VOCABULARY, count, p=self._weights)]

    def between(self, first: int, last: int, count: int) -> list[str]:
        return [self.all[at] for at in self._numbers.integers(first, last, count)]


def memory_mib() -> float:
    """What this process holds now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # not Linux: the most it ever held
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    return pages * resource.getpagesize() / 1_048_576


def filled(path: Path, chunks: int, words: Words) -> tuple[Store, int]:
    """A store with one collection of so many chunks."""
    store = Store(path, create=True)
    number = store.make("bench")
    vectors = np.random.default_rng(7)
    for first in range(0, chunks, CHUNKS_OF_A_FILE):
        count = min(CHUNKS_OF_A_FILE, chunks - first)
        lot = words.some(count * WORDS_OF_A_CHUNK)
        texts = [
            f"ID-{first + at:06} "
            + " ".join(lot[at * WORDS_OF_A_CHUNK : (at + 1) * WORDS_OF_A_CHUNK])
            for at in range(count)
        ]
        rows = vectors.standard_normal((count, 256), dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        digests = [(first + at).to_bytes(16, "big") for at in range(count)]
        store.keep_embeddings(
            LLAMA_NAME,
            [(digest, to_halves(row)) for digest, row in zip(digests, rows, strict=True)],
        )
        have = store.embeddings(LLAMA_NAME, digests)
        places = [Chunk(at * 1_000, at * 1_000 + len(text), 0, "") for at, text in enumerate(texts)]
        entry = Entry(
            f"{first:07}.txt",
            1,
            1,
            b"",
            "bench",
            {},
            "",
            "",
            places,
            texts,
            [have[it] for it in digests],
        )
        store.put(number, entry)
    return store, number


async def searched(chunks: int, folder: Path, questions: int) -> dict[str, Any]:
    """How long searches take in a collection of so many chunks."""
    words = Words(3)
    began = perf_counter()
    store, number = filled(folder / f"{chunks}.sqlite", chunks, words)
    filling_s = perf_counter() - began
    embedder = WordLlamaEmbedder()
    await embedder.embed(["warm"])
    before = memory_mib()
    collection = Collection(store.index(number), embedder)
    began = perf_counter()
    await collection.search("first")
    first_s = perf_counter() - began
    held = memory_mib() - before
    asked = {
        "sentence": lambda: " ".join(words.some(10)),
        "rare words": lambda: " ".join(words.between(5_000, VOCABULARY, 3)),
        "id": lambda: f"ID-{random.Random(len(took)).randrange(chunks):06}",
    }
    kinds: dict[str, Any] = {}
    everything: list[float] = []
    cpu: list[float] = []
    for kind, make in asked.items():
        took: list[float] = []
        for _ in range(questions):
            question = make()
            began, worked = perf_counter(), process_time()
            await collection.search(question)
            took.append((perf_counter() - began) * 1e3)
            cpu.append((process_time() - worked) * 1e3)
        everything += took
        kinds[kind] = {
            "p50_ms": statistics.median(took),
            "p95_ms": sorted(took)[int(len(took) * 0.95)],
        }
    store.close()
    return {
        "chunks": chunks,
        "p50_ms": statistics.median(everything),
        "cpu_p50_ms": statistics.median(cpu),
        "kinds": kinds,
        "first_s": first_s,
        "held_mib": held,
        "filling_s": filling_s,
        "file_mib": (folder / f"{chunks}.sqlite").stat().st_size / 1_048_576,
    }


async def ingested(chunks: int, folder: Path) -> dict[str, Any]:
    """How fast files become searchable: read, cut, embedded, stored."""
    words = Words(5)
    docs = folder / "docs"
    docs.mkdir()
    for file in range(chunks // 10):
        parts = [
            f"## Part {part}\n\n" + " ".join(words.some(WORDS_OF_A_CHUNK)) + ".\n"
            for part in range(10)
        ]
        (docs / f"{file:05}.md").write_text(f"# File {file}\n\n" + "\n".join(parts))
    embedder = WordLlamaEmbedder()
    store = Store(folder / "ingest.sqlite", create=True)
    before = memory_mib()
    worked = process_time()
    told = await ingest(store, "docs", folder, ["docs/**"], embedder)
    worked = process_time() - worked
    held = memory_mib() - before
    again = await ingest(store, "docs", folder, ["docs/**"], embedder)
    store.close()
    return {
        "chunks": told.chunks,
        "per_s": told.chunks / told.seconds,
        "per_cpu_s": told.chunks / worked,
        "unchanged_per_s": again.unchanged / again.seconds,
        "held_mib": held,
    }


def tell(ingest_said: dict[str, Any], search_said: list[dict[str, Any]]) -> bool:
    """Print the figures beside the goals; True if all are met."""
    met = ingest_said["per_s"] >= GOAL_INGEST
    print(
        f"ingest   {ingest_said['chunks']:>8,} chunks   {ingest_said['per_s']:,.0f} chunks/s"
        f" ({ingest_said['per_cpu_s']:,.0f} a second of CPU)"
        f"  (goal {GOAL_INGEST:,.0f}: {'met' if met else 'missed'})"
        f"   unchanged {ingest_said['unchanged_per_s']:,.0f} files/s   +{ingest_said['held_mib']:.0f} MiB"
    )
    for one in search_said:
        goal = GOALS_MS.get(one["chunks"])
        judged = (
            ""
            if goal is None
            else f"  (goal {goal:.0f}: {'met' if one['p50_ms'] <= goal else 'missed'})"
        )
        met = met and (goal is None or one["p50_ms"] <= goal)
        print(
            f"search   {one['chunks']:>8,} chunks   {one['p50_ms']:.1f} ms (CPU {one['cpu_p50_ms']:.1f}){judged}"
            f"   first {one['first_s']:.2f} s"
            f"   +{one['held_mib']:.0f} MiB   file {one['file_mib']:.0f} MiB"
        )
        for kind, figures in one["kinds"].items():
            print(
                f"           {kind:<12} p50 {figures['p50_ms']:6.1f} ms   p95 {figures['p95_ms']:6.1f} ms"
            )
    return met


def main(argv: list[str] | None = None) -> int:
    """Exit code 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks/knowledge.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="2,000 chunks: does it work at all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    args = parser.parse_args(argv)
    sizes = [2_000] if args.quick else sorted(GOALS_MS)
    scratch = HERE / ".scratch"  # on a disk: /tmp often is memory
    scratch.mkdir(exist_ok=True)
    (scratch / ".gitignore").write_text("*\n")
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        ingest_said = asyncio.run(ingested(500 if args.quick else 20_000, folder))
        search_said = [
            asyncio.run(searched(size, folder, 20 if args.quick else 100)) for size in sizes
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    met = tell(ingest_said, search_said)
    print(f"load of the machine: {', '.join(f'{one:.1f}' for one in os.getloadavg())}")
    if args.json:
        args.json.write_text(json.dumps({"ingest": ingest_said, "search": search_said}, indent=2))
    return 0 if met or args.quick else 1


if __name__ == "__main__":
    sys.exit(main())

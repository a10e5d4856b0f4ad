"""How long it takes to continue a conversation, and to recall what is remembered.

Two measurements. *Threads*: messages are added one by one and the newest fifty read, when so many messages are there
already; half of them in one conversation, the others in conversations of twenty. *Memories*: what is remembered about
so many customers is asked for, of one of them and of all; before every second question something new is remembered.

    python benchmarks/memory.py --quick
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from batuta.knowledge.capability import Searches  # noqa: E402 — it reads those variables
from batuta.memory.database import By, open_memory  # noqa: E402
from batuta.memory.memories import Memories, make_collection  # noqa: E402
from batuta.memory.recall import Recall  # noqa: E402
from batuta.memory.threads import Threads  # noqa: E402

MESSAGES, MEMORIES = 100_000, 50_000
WORDS_OF_A_MESSAGE, WORDS_OF_A_MEMORY = 60, 12
ABOUT_ONE = 10
READ = 50
_VERBS = "prefers dislikes ordered returned mentioned expects avoids recommends".split()


def by(key: str = "") -> By:
    return By(1.0, "run", "step", key)


class Words:
    """Made-up words, the first ones frequent and the last ones rare."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        syllables = [
            a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "al", "en")
        ]
        self._all = ["".join(self._chance.choices(syllables, k=3)) for _ in range(20_000)]
        self._weights = [1 / (at + 1) for at in range(len(self._all))]

    def some(self, count: int) -> str:
        return " ".join(self._chance.choices(self._all, self._weights, k=count))

    def rare(self, count: int) -> str:
        return " ".join(self._chance.choices(self._all[5_000:], k=count))


def timed(do: Callable[[int], Any], times: int) -> dict[str, float]:
    """Milliseconds of one: on the clock, and of the processor."""
    took: list[float] = []
    worked = process_time()
    for at in range(times):
        began = perf_counter()
        do(at)
        took.append((perf_counter() - began) * 1e3)
    cpu = (process_time() - worked) / times * 1e3
    return {
        "p50_ms": statistics.median(took),
        "p95_ms": sorted(took)[int(times * 0.95)],
        "cpu_ms": cpu,
    }


def threads(folder: Path, messages: int, times: int) -> dict[str, Any]:
    """Adding and reading where so many messages are."""
    words = Words(1)
    connection = open_memory(folder / "threads.sqlite", create=True)
    kept = Threads(connection)
    texts = [words.some(WORDS_OF_A_MESSAGE) for _ in range(500)]
    for at in range(0, messages, 100):
        some = [{"role": "user", "text": texts[(at + one) % 500]} for one in range(100)]
        kept.add("long" if at % 200 else f"t-{at // 1_000}", some, by())
    said = [{"role": "user", "text": texts[0]}, {"role": "assistant", "text": texts[1]}]
    told = {
        "messages": messages,
        "add": timed(lambda at: kept.add("long", said, by(f"k{at}")), times),
        "read": timed(lambda _: kept.read("long", READ), times),
        "file_mib": (folder / "threads.sqlite").stat().st_size / 1_048_576,
    }
    connection.close()
    return told


async def memories(folder: Path, count: int, times: int) -> dict[str, Any]:
    """Remembering and recalling where so much is remembered."""
    words = Words(2)
    chance = random.Random(3)
    connection = open_memory(folder / "memories.sqlite", create=True)
    number = make_collection(connection, "customers")
    kept = Memories(connection, number)
    filling = perf_counter()
    connection.used(lambda db: db.execute("PRAGMA synchronous = OFF").fetchall())
    for at in range(count):
        kept.remember(memory(words), by(), about=f"c-{at // ABOUT_ONE}")
    connection.used(lambda db: db.execute("PRAGMA synchronous = FULL").fetchall())
    filling = perf_counter() - filling
    searches = Searches(folder, {})
    recall = Recall(connection, number, searches.finder, "wordllama")
    began = perf_counter()
    while "note" in await recall.recall("first question"):
        continue
    first_s = perf_counter() - began
    remember = timed(
        lambda at: kept.remember(memory(words), by(f"k{at}"), about=f"c-{at % 100}"), times
    )
    asked = {
        "of all": dict,
        "of one": lambda: {"about": f"c-{chance.randrange(count // ABOUT_ONE)}"},
    }
    kinds: dict[str, Any] = {}
    for kind, narrowed in asked.items():
        took: dict[bool, list[float]] = {True: [], False: []}
        for at in range(times):
            new = at % 2 == 0
            if new:
                kept.remember(memory(words), by(), about=f"c-{at}")
            question, more = f"what about {words.rare(3)}?", narrowed()
            began = perf_counter()
            await recall.recall(question, **more)
            took[new].append((perf_counter() - began) * 1e3)
        kinds[kind] = {
            "p50_ms": statistics.median(took[False]),
            "p50_after_a_change_ms": statistics.median(took[True]),
        }
    told = {
        "memories": count,
        "remember": remember,
        "recall": kinds,
        "first_s": first_s,
        "filling_s": filling,
        "file_mib": (folder / "memories.sqlite").stat().st_size / 1_048_576,
    }
    connection.close()
    await searches.close()
    return told


def memory(words: Words) -> str:
    return f"{random.choice(_VERBS)} {words.some(WORDS_OF_A_MEMORY)}"


def tell(said: dict[str, Any]) -> None:
    one, two = said["threads"], said["memories"]
    print(f"threads   {one['messages']:,} messages, {one['file_mib']:.0f} MiB")
    for what in ("add", "read"):
        took = one[what]
        print(
            f"  {what:<10} {took['p50_ms']:7.2f} ms (p95 {took['p95_ms']:.2f}; {took['cpu_ms']:.2f} of CPU)"
        )
    print(
        f"memories  {two['memories']:,}, {two['file_mib']:.0f} MiB; first recall {two['first_s']:.1f} s"
    )
    took = two["remember"]
    print(
        f"  {'remember':<10} {took['p50_ms']:7.2f} ms (p95 {took['p95_ms']:.2f}; {took['cpu_ms']:.2f} of CPU)"
    )
    for kind, found in two["recall"].items():
        after = found["p50_after_a_change_ms"]
        print(f"  recall {kind} {found['p50_ms']:7.2f} ms; {after:.2f} if something is new")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a smaller round of seconds")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures to FILE")
    given = parser.parse_args()
    messages, count, times = (2_000, 1_000, 20) if given.quick else (MESSAGES, MEMORIES, 200)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        said = {
            "threads": threads(folder, messages, times),
            "memories": asyncio.run(memories(folder, count, times)),
        }
    tell(said)
    if given.json:
        given.json.write_text(json.dumps(said, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How well plans are composed without a model: which tools, in which order, on the requests of UltraTool.

See benchmarks/README.md.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from time import process_time
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # figures are of one core

from batuta.opening import embedder_of_this_machine
from batuta.planning.compose.history import Past, past_of_plan
from batuta.planning.compose.planner import ComposePlanner
from batuta.planning.proposal import Wish
from batuta.plans.check import check
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.shape import PlanShape

DATA = "planning"
ORIGIN = "https://github.com/WxxShirley/GNN4TaskPlan (ultratool, MIT)"
TODAY = date(2026, 11, 22)
# One request in six is for the test, one in six to try things on; by the hash of their ids.
PARTS = 6
HISTORIES = (0, 100, 1_000)

# The tools of a plan in their order, the pairs of which one waits for the other, and if the checker passes it.
Answer = tuple[tuple[str, ...], frozenset[tuple[str, str]], bool]
Say = Callable[[str], Awaitable[Answer]]


class Row(NamedTuple):
    words: str
    tools: tuple[str, ...]
    links: frozenset[tuple[str, str]]


class Figures(NamedTuple):
    """One line of the table: means over the requests; milliseconds of processor time per request."""

    node_f1: float
    link_f1: float
    answered: float  # requests for which there is a plan
    checked: float  # of the plans, those that the checker passes
    ms: float
    ms_95: float


def rows_of(folder: Path) -> dict[str, list[Row]]:
    """The parts: train, validation, test."""
    parts: dict[str, list[Row]] = {"train": [], "validation": [], "test": []}
    with gzip.open(folder / "ultratool_train.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            one: dict[str, Any] = json.loads(line)
            number = int(hashlib.sha256(one["id"].encode()).hexdigest(), 16) % PARTS
            part = "test" if number == 0 else "validation" if number == 1 else "train"
            tools = tuple(node["task"] for node in one["task_nodes"])
            links = frozenset((link["source"], link["target"]) for link in one["task_links"])
            parts[part].append(Row(one["user_request"].strip(), tools, links))
    return parts


def cards_of(folder: Path) -> dict[str, Card]:
    """A card for every tool, as far as its name and its description go."""
    tools: dict[str, Any] = json.loads((folder / "ultratool_tools.json").read_text("utf-8"))
    return {one["id"]: Card(one["id"], one["desc"]) for one in tools["nodes"]}


def f1(said: Sequence[Any] | frozenset[Any], meant: Sequence[Any] | frozenset[Any]) -> float:
    """Of two sets; 1 if both are empty."""
    ours, theirs = set(said), set(meant)
    if not ours and not theirs:
        return 1.0
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


def composer(cards: dict[str, Card], history: Sequence[Row]) -> Say:
    """The planner of the product. `history` is what served earlier requests."""
    pasts = [Past(row.words, row.tools) for row in history]

    async def known() -> Sequence[Past]:
        return pasts

    planner = ComposePlanner(lambda: cards, embedder_of_this_machine, known)

    async def say(words: str) -> Answer:
        sourced = (await planner.propose(Wish(words, TODAY))).sourced
        if sourced is None:
            return (), frozenset(), True
        return answer_of(sourced.plan, not check(sourced.plan, cards, warnings=False))

    return say


def answer_of(plan: Plan, passes: bool) -> Answer:
    shape = PlanShape(plan)
    links = frozenset(
        (plan.steps[dep].use, step.step.use) for step in shape.steps.values() for dep in step.deps
    )
    return past_of_plan("", shape).uses, links, passes


async def figures(rows: Sequence[Row], say: Say) -> Figures:
    """The figures of what is said of `rows`."""
    times: list[float] = []
    said: list[Answer] = []
    for row in rows:
        began = process_time()
        said.append(await say(row.words))
        times.append(1e3 * (process_time() - began))
    plans = [one for one in said if one[0]]
    times.sort()
    return Figures(
        mean(f1(one[0], row.tools) for one, row in zip(said, rows, strict=True)),
        mean(f1(one[1], row.links) for one, row in zip(said, rows, strict=True)),
        len(plans) / len(rows),
        mean(one[2] for one in plans) if plans else 1.0,
        median(times),
        times[int(0.95 * (len(times) - 1))],
    )


def chain(tools: tuple[str, ...]) -> Answer:
    return tools, frozenset(pairwise(tools)), True


async def nearest(history: Sequence[Row]) -> Say:
    """The plain baseline: the plan of the nearest earlier request, by meaning."""
    embedder = embedder_of_this_machine()
    assert embedder is not None, "the baseline needs NumPy and the embedder"
    known = await embedder.embed([row.words for row in history])

    async def say(words: str) -> Answer:
        near = known @ (await embedder.embed([words]))[0]
        return chain(history[int(near.argmax())].tools)

    return say


async def measured(folder: Path, part: str, *, quick: bool) -> dict[str, Figures]:
    """Every line of the table."""
    parts, cards = rows_of(folder), cards_of(folder)
    train, asked = parts["train"], parts[part]
    sizes = HISTORIES if quick else (*HISTORIES, len(train))
    lines: dict[str, Figures] = {}
    for size in sizes:
        say = composer(cards, train[:size])
        began = process_time()
        await say("warm up: set the alarm for tomorrow")
        print(f"  {size:,} requests learned in {process_time() - began:.1f} s", file=sys.stderr)
        lines[f"composed, {size:,} earlier requests"] = await figures(asked, say)
    for size in sizes[1:]:
        lines[f"plan of the nearest of {size:,}"] = await figures(
            asked, await nearest(train[:size])
        )
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help=f"a folder with {DATA}: {ORIGIN}")
    parser.add_argument("--quick", action="store_true", help="with histories up to 1,000 only")
    parser.add_argument("--part", default="test", choices=("validation", "test"))
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    folder = given.data / DATA
    if not (folder / "ultratool_train.jsonl.gz").is_file():
        print(f"{folder} has no UltraTool; the public original is {ORIGIN}", file=sys.stderr)
        return 2
    lines = asyncio.run(measured(folder, given.part, quick=given.quick))
    print(f"{'':40}{'node-F1':>9}{'link-F1':>9}{'plans':>8}{'checked':>9}{'ms':>7}{'95%':>7}")
    for name, one in lines.items():
        print(
            f"{name:40}{one.node_f1:9.3f}{one.link_f1:9.3f}{one.answered:8.1%}{one.checked:9.1%}"
            f"{one.ms:7.2f}{one.ms_95:7.2f}"
        )
    if given.json:
        given.json.write_text(json.dumps({name: one._asdict() for name, one in lines.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How well plans are composed without a model: which tools, in which order, on the requests of UltraTool.

See benchmarks/README.md.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean
from time import process_time
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # figures are of one core

from batuta.opening import embedder_of_this_machine
from batuta.planning.compose.history import Past, past_of_plan
from batuta.planning.compose.planner import ComposePlanner
from batuta.planning.proposal import Wish
from batuta.plans.check import check
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.shape import PlanShape
from goals import Goal, load, spread, table, write
from ultratool import DATA, ORIGIN, TODAY, Row, cards_of, f1, is_there, rows_of

HISTORIES = (0, 100, 1_000)
# What a plan is to have in common with the one that was meant, with all earlier requests; and the time of a request.
NODE_F1, LINK_F1, MS = 0.88, 0.60, 20.0
COMPOSED = "composed"
# On another 500 requests of the set, in tools and in links.
COPY, LINEAR = (0.769, 0.491), (0.829, 0.347)

# The tools of a plan in their order, the pairs of which one waits for the other, and if the checker passes it.
Answer = tuple[tuple[str, ...], frozenset[tuple[str, str]], bool]
Say = Callable[[str], Awaitable[Answer]]


class Figures(NamedTuple):
    """One line of the table: means over the requests; milliseconds of processor time per request."""

    node_f1: float
    link_f1: float
    answered: float  # requests for which there is a plan
    checked: float  # of the plans, those that the checker passes
    ms: float
    ms_95: float


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
    return Figures(
        mean(f1(one[0], row.tools) for one, row in zip(said, rows, strict=True)),
        mean(f1(one[1], row.links) for one, row in zip(said, rows, strict=True)),
        len(plans) / len(rows),
        mean(one[2] for one in plans) if plans else 1.0,
        *spread(times),
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
        lines[f"{COMPOSED}, {size:,} earlier requests"] = await figures(asked, say)
    for size in sizes[1:]:
        lines[f"plan of the nearest of {size:,}"] = await figures(
            asked, await nearest(train[:size])
        )
    return lines


def goals_of(lines: Mapping[str, Figures]) -> list[Goal]:
    """What is to be reached: with most earlier requests in what is planned, and in the time of each request."""
    composed = {name: one for name, one in lines.items() if name.startswith(COMPOSED)}
    name, best = list(composed.items())[-1]
    goals = [
        Goal(f"{name}: {part}", value, "F1", least=least, reference=f"plan copy {copy}, linear {linear}")
        for part, value, least, copy, linear in zip(
            ("tools", "links"), best, (NODE_F1, LINK_F1), COPY, LINEAR, strict=False
        )
    ]  # fmt: skip
    for name, one in composed.items():
        goals.append(Goal(f"{name}: median", one.ms, "ms", most=MS))
        goals.append(Goal(f"{name}: 95 %", one.ms_95, "ms", most=MS))
    return goals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help=f"a folder with {DATA}: {ORIGIN}")
    parser.add_argument("--quick", action="store_true", help="with histories up to 1,000 only")
    parser.add_argument("--part", default="test", choices=("validation", "test"))
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    folder = given.data / DATA
    if not is_there(folder):
        print(f"{folder} has no UltraTool; the public original is {ORIGIN}", file=sys.stderr)
        return 2
    print(load(), file=sys.stderr)
    lines = asyncio.run(measured(folder, given.part, quick=given.quick))
    print(f"{'':40}{'node-F1':>9}{'link-F1':>9}{'plans':>8}{'checked':>9}{'ms':>7}{'95%':>7}")
    for name, one in lines.items():
        print(
            f"{name:40}{one.node_f1:9.3f}{one.link_f1:9.3f}{one.answered:8.1%}{one.checked:9.1%}"
            f"{one.ms:7.2f}{one.ms_95:7.2f}"
        )
    goals = goals_of(lines)
    print(f"\n{table(goals)}")
    write(given.json, lines, goals)
    return 0


if __name__ == "__main__":
    sys.exit(main())

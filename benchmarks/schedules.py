"""Schedules of other people's plans: the time that EXPLAIN foretells and the time that a run takes, beside the truth.

    python benchmarks/schedules.py --data FOLDER [--json FILE]

The plans are the 400 how-to plans of graph-llm-asynchow-plan (https://github.com/fangru-lin/graph-llm-asynchow-plan,
MIT): steps with durations, an order, and the shortest possible time, worked out by their authors. FOLDER holds
`para_benchmark.json.gz` and `seq_benchmark.json.gz`. Each plan runs on the real engine in virtual time, once with
free lanes and once with two, and its time is compared with max(critical path, work ÷ lanes).
"""

import argparse
import asyncio
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from batuta.capabilities.catalog import build_catalog
from batuta.capabilities.function import capability
from batuta.engine.engine import Engine, Settings
from batuta.engine.loop import Driver
from batuta.governance.forecast import forecaster
from batuta.governance.verdict import Policy
from batuta.journal.memory import MemoryJournal
from batuta.plans.explain import Premises, explain
from batuta.spec.plan import Plan, Step
from batuta.spec.statistics import Measured, Statistics
from batuta.testing.virtual import run_virtual

YEAR_S = 31_536_000.0


class Task(NamedTuple):
    """One plan of the data: durations in seconds, who waits for whom, and the shortest possible time."""

    title: str
    durations: dict[str, float]
    before: dict[str, list[str]]
    gold_s: float


class Outcome(NamedTuple):
    """What became of one plan: seconds, but for the shares."""

    foretold_s: float
    gold_s: float
    free_s: float
    two_s: float
    two_bound_s: float


def tasks(folder: Path) -> Iterator[Task]:
    """The plans of both files, with the lower ends of durations that are given as ranges."""
    for name in ("para", "seq"):
        with gzip.open(folder / f"{name}_benchmark.json.gz", "rt", encoding="utf-8") as file:
            data = json.load(file)
        rows = zip(
            data["titles"], data["timedelta_dic"], data["edge_list"], data["task_time"], strict=True
        )
        for title, durations, edges, time in rows:
            before: dict[str, list[str]] = {step: [] for step in durations}
            for first, then in edges:
                if first in before and then in before:
                    before[then].append(first)
            yield Task(title, {step: low for step, (low, _) in durations.items()}, before, time[0])


def plan_of(task: Task, limit: int) -> Plan:
    """The plan in our form, at most `limit` calls at once (0: as many as there are)."""
    scale = 1.0 if max(task.durations.values()) < YEAR_S / 2 else 1e-3
    steps = {
        f"s{name}": Step(
            "work",
            {"seconds": seconds * scale},
            after=tuple(f"s{other}" for other in task.before[name]),
            timeout_s=YEAR_S,
        )
        for name, seconds in task.durations.items()
    }
    return Plan("schedule", steps=steps, limit=limit)


@capability(effect="pure", reach="local", timeout=YEAR_S)
async def work(seconds: float) -> None:
    """Take as long as it is told."""
    await asyncio.sleep(seconds)


class LoopClock:
    """The clock of the running loop, which is a virtual one."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()


async def makespan(plan: Plan) -> float:
    """How long a run of `plan` takes on the engine, in virtual seconds."""
    catalog = build_catalog({}, [work])
    settings = Settings(lambda plan, _: plan)
    engine = Engine(MemoryJournal(), catalog, Policy(), LoopClock(), settings)
    run, _ = engine.accept(plan, {}, run_id="r1")
    run = await Driver(run, engine).drive()
    assert run.ended is not None and run.ended.status == "succeeded", run.ended
    assert run.accepted is not None
    return run.ended.at - run.accepted.at


def measured(task: Task) -> Outcome:
    """One plan, explained and run."""
    free, two = plan_of(task, 0), plan_of(task, 2)
    scale = free.steps[f"s{next(iter(task.durations))}"].with_["seconds"] / next(
        iter(task.durations.values())
    )
    catalog = build_catalog({}, [work])
    known = {
        ("schedule", name): Measured(
            calls=1, p50_s=step.with_["seconds"], p95_s=step.with_["seconds"]
        )
        for name, step in free.steps.items()
    }
    log = Statistics(runs=1, steps=known)
    told = explain(free, Premises(catalog.cards(), forecaster(Policy()), log))
    foretold = told.totals.forecast.time_expected_s
    assert foretold is not None, "every step has been measured"
    total_s = sum(task.durations.values())
    return Outcome(
        foretold / scale,
        task.gold_s,
        run_virtual(makespan(free)) / scale,
        run_virtual(makespan(two)) / scale,
        max(task.gold_s, total_s / 2),
    )


def main() -> int:
    """Print the table; 1 if EXPLAIN or a run is off."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data")
    parser.add_argument("--json", type=Path, help="write every figure there")
    args = parser.parse_args()
    given = list(tasks(args.data))
    found = [measured(task) for task in given]
    right = sum(abs(one.foretold_s - one.gold_s) <= 1e-6 * one.gold_s for one in found)
    on_time = sum(one.free_s <= 1.01 * one.gold_s for one in found)
    worst = max(one.free_s / one.gold_s for one in found)
    two = sorted(one.two_s / one.two_bound_s for one in found)
    rows: list[tuple[str, str]] = [
        ("plans", f"{len(found)}"),
        ("EXPLAIN's time is the shortest possible one", f"{right} of {len(found)}"),
        ("a run takes at most 1.01 × that, with free lanes", f"{on_time} of {len(found)}"),
        ("  the worst", f"{worst:.4f} ×"),
        ("with two lanes: time ÷ max(critical path, work ÷ 2), median", f"{two[len(two) // 2]:.4f} ×"),
        ("  the worst", f"{two[-1]:.4f} ×"),
    ]  # fmt: skip
    for what, figure in rows:
        print(f"{what:<62}{figure:>12}")
    if args.json:
        document: list[dict[str, Any]] = [
            {"title": task.title, **one._asdict()} for task, one in zip(given, found, strict=True)
        ]
        args.json.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return 0 if right == on_time == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())

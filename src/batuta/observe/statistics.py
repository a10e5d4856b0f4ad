"""What a journal has measured of its capabilities, out of the facts of its newest runs. Payloads are not looked at.

An attempt counts when its outcome is in the log: it succeeded, or it failed (a write that was sent and not answered
counts as failed). What was cancelled, or lost with its driver, says nothing about the capability. An attempt that
asked a question and the one that brought the answer count as one, without the time between them.
"""

import asyncio
import math
import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise

from batuta.ports import Journal
from batuta.spec.facts import (
    Doubted,
    Dropped,
    Expanded,
    Fact,
    Failure,
    Finished,
    Lost,
    Started,
    Waited,
)
from batuta.spec.statistics import TIMES_S, Measured, Statistics

__all__ = ["statistics"]

# Facts of one run that are looked at, the latest ones; and of all runs together (3 µs each).
FACTS_OF_RUN_MAX = 20_000
FACTS_MAX = 200_000
# Times kept for one capability or step, the newest: percentiles of more differ by less than anybody sees.
SAMPLES_MAX = 2_000
# Steps of different plans that are told apart.
STEPS_MAX = 20_000

# What the paths of items and rounds add to the name of their step.
_INSTANCE = re.compile(r"\.\d+|~\d+")
# What an attempt ends with.
_ENDS = (Finished, Failure, Doubted, Expanded, Waited, Lost, Dropped)


async def statistics(journal: Journal, runs_max: int = 500) -> Statistics:
    """Figures by capability, and by (plan, step), of the newest `runs_max` runs. Raises `JournalError`.

    Compensations are steps called `STEP/undo`. Steps of plans that calls answered with count for their capability
    only: their plan has no name of its own in the log. A step that calls another capability by now is judged by
    the runs since then.
    """
    tally = _Tally()
    looked_at = facts = 0
    for row in await journal.runs(limit=runs_max):
        if facts >= FACTS_MAX:
            break
        found = await journal.read(row.run, after=max(row.head - FACTS_OF_RUN_MAX, 0))
        facts += len(found)
        looked_at += 1
        tally.take_in((one.fact for one in found), row.plan)
        await asyncio.sleep(0)  # hundreds of runs are looked at between the requests of others
    return Statistics(
        runs=looked_at,
        capabilities={name: one.measured() for name, one in tally.capabilities.items()},
        steps={name: one.measured() for name, one in tally.steps.items()},
        times={
            name: _counted(one.times_s) for name, one in tally.capabilities.items() if one.times_s
        },
    )


class _Samples:
    """The attempts of one capability or step, newest runs first."""

    __slots__ = ("calls", "capability", "cost_nusd", "failed", "metered", "times_s")

    def __init__(self, capability: str) -> None:
        self.capability = capability
        self.calls = 0
        self.failed = 0
        self.metered = 0
        self.cost_nusd = 0
        self.times_s: list[float] = []

    def add(self, started: Started, cost_nusd: int, took_s: float | None) -> None:
        """One attempt more; `took_s` None: it failed."""
        self.calls += 1
        self.failed += took_s is None
        if started.metered:
            self.metered += 1
            self.cost_nusd += cost_nusd
        if took_s is not None and len(self.times_s) < SAMPLES_MAX:
            self.times_s.append(took_s)

    def measured(self) -> Measured:
        """The figures."""
        times = sorted(self.times_s)
        return Measured(
            calls=self.calls,
            failed=self.failed,
            p50_s=_percentile(times, 0.5),
            p95_s=_percentile(times, 0.95),
            p99_s=_percentile(times, 0.99),
            cost_nusd=round(self.cost_nusd / self.metered) if self.metered else None,
            capability=self.capability,
        )


def _percentile(times: list[float], share: float) -> float | None:
    """The smallest of `times` (sorted) that is not below `share` of them; None of none."""
    return times[math.ceil(share * len(times)) - 1] if times else None


def _counted(times: list[float]) -> tuple[int, ...]:
    """How many of `times` are in each class of `TIMES_S`."""
    ordered = sorted(times)
    ends = [*(bisect_right(ordered, most) for most in TIMES_S), len(ordered)]
    return tuple(b - a for a, b in pairwise([0, *ends]))


class _Tally:
    """The attempts of runs, by capability and by (plan, step)."""

    def __init__(self) -> None:
        self.capabilities: dict[str, _Samples] = {}
        self.steps: dict[tuple[str, str], _Samples] = {}

    def take_in(self, facts: Iterable[Fact], plan: str) -> None:
        """Add the attempts of one run of `plan`."""
        running: dict[str, Started] = {}
        # What attempts took that ended with a question, by path: the one that brings the answer goes on from there.
        before: dict[str, float] = {}
        for fact in facts:
            if isinstance(fact, Started):
                running[fact.path] = fact
                continue
            if not isinstance(fact, _ENDS):
                continue
            path = fact.path
            started = running.get(path)
            if started is None or started.attempt != fact.attempt:
                continue  # refused before it began, or what it stood for has ended
            del running[path]
            took_s = max(fact.at - started.at, 0.0) + before.pop(path, 0.0)
            if isinstance(fact, Waited):
                before[path] = took_s
            elif not isinstance(fact, Lost | Dropped):
                self._add(started, fact, took_s, plan)

    def _add(
        self,
        started: Started,
        fact: Finished | Failure | Doubted | Expanded,
        took_s: float,
        plan: str,
    ) -> None:
        name, step = started.capability, _step_of(started.path)
        took = took_s if isinstance(fact, Finished | Expanded) else None
        self.capabilities.setdefault(name, _Samples(name)).add(started, fact.cost_nusd, took)
        # How long a step takes that answered with a plan is not what its call took.
        if not step or isinstance(fact, Expanded):
            return
        if len(self.steps) < STEPS_MAX or (plan, step) in self.steps:
            of_step = self.steps.setdefault((plan, step), _Samples(name))
            if of_step.capability == name:
                of_step.add(started, fact.cost_nusd, took)


def _step_of(path: str) -> str:
    """The step of the plan that an instance belongs to: `pay.3~1` to `pay`; "" for what is inside an expansion."""
    if "/" in path:
        path, _, rest = path.partition("/")
        if rest != "undo":
            return ""
        return f"{_INSTANCE.sub('', path)}/undo"
    return _INSTANCE.sub("", path) if "." in path or "~" in path else path

"""The stream of events of a run: in order, also where all of it happens in one instant."""

import time
from pathlib import Path

import pytest

from batuta import capability
from batuta.app import App
from batuta.journal.memory import MemoryJournal
from batuta.plans.build import plan_from_yaml
from batuta.ports import Progress
from batuta.progress import Follower
from batuta.spec.call import Call

PLAN = """
name: twice
steps:
  a: {use: double, with: {n: 4}}
  b: {use: double, with: {n: "${steps.a}"}}
result: ${steps.b}
"""


@capability(effect="read", reach="local")
async def double(n: int, call: Call) -> int:
    """Twice as much."""
    call.report({"half": n})
    return 2 * n


class Clock:
    """Each look at it is so many seconds behind the one before: 0 for a clock that stands, less for one set back."""

    def __init__(self, step_s: float) -> None:
        self._now, self._step_s = time.time(), step_s

    def now(self) -> float:
        self._now += self._step_s
        return self._now


@pytest.mark.parametrize("step_s", [0.0, 1e-4, -1e-4])
async def test_what_a_call_reports_comes_before_its_end(tmp_path: Path, step_s: float) -> None:
    (tmp_path / "batuta.yaml").write_text("{}", "utf-8")
    followers: list[Follower] = []

    def sink(progress: Progress) -> None:
        followers[0].report(progress)

    clock, journal = Clock(step_s), MemoryJournal()
    async with await App.open(
        tmp_path, functions=[double], journal=journal, clock=clock, sink=sink
    ) as app:
        run = await app.start(plan_from_yaml(PLAN).plan, {})
        followers.append(Follower(app, run))
        told = [(event.kind, event.step) async for event in followers[0].events()]
    assert told[-1] == ("succeeded", "")
    for step in "ab" if step_s >= 0 else "":
        ours = [kind for kind, of in told if of == step]
        assert ours.index("progress") < ours.index("finished"), told

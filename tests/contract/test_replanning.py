"""kill -9 while the rest of a run that failed, or was told more, is planned again: neither lost nor done twice."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from batuta.app import App
from batuta.desk import Desk
from batuta.plans.build import plan_from_yaml
from batuta.ports import WORKSPACE
from batuta.spec.facts import Made
from tests.contract.world import PATIENCE_S
from tests.planning.broken import CALLS, TOOLS, WORDS

# The other one goes further: it writes.
FURTHER = TOOLS.replace('"archive.rate", effect="read"', '"archive.rate", effect="write"')


def configure(folder: Path, replan: int) -> None:
    (folder / "tools.py").write_text(FURTHER, encoding="utf-8")
    text = f"python: [tools.py]\nplanning: {{autonomy: autonomous, replan: {replan}}}\n"
    (folder / "batuta.yaml").write_text(text, encoding="utf-8")


async def failed(folder: Path) -> str:
    """A run of a plan with a broken capability in it; its process died when it had ended."""
    configure(folder, 0)
    async with await App.open(folder) as app:
        desk = Desk(app)
        understood = await desk.understand(WORDS, planner="compose")
        yes = await desk.approval(understood, {})
        run = await desk.accept(understood, {}, approved=yes)
        assert (await app.resume(run))["status"] == "failed"
    configure(folder, 2)
    return run


def killed(folder: Path, run: str, pattern: str, when: str, *said: str) -> None:
    program = Path(__file__).with_name("heal.py")
    words = [sys.executable, str(program), str(folder), run, pattern, when, *said]
    ended = subprocess.run(
        words, capture_output=True, encoding="utf-8", timeout=PATIENCE_S, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended


@pytest.mark.parametrize(
    ("pattern", "when"),
    [
        ('"is":"inherited"', "torn"),
        ('"is":"inherited"', "after"),
        ('"is":"made"', "after"),
        ('"is":"replanned"', "after"),
    ],
)
async def test_whoever_looks_next_finds_it_or_does_it_once(
    tmp_path: Path, pattern: str, when: str
) -> None:
    run = await failed(tmp_path)
    killed(tmp_path, run, pattern, when)
    async with await App.open(tmp_path) as app:
        desk = Desk(app)
        assert await desk.unfollowed() == (
            [] if pattern.endswith('replanned"') and when == "after" else [run]
        )
        by = await desk.follow(run)
        assert [row.run for row in await app.runs()] == [by, run]
        assert await desk.unfollowed() == []
        document = await app.resume(by)
        # It goes further than the plan that failed, so it waits for a yes; whoever has died.
        assert document["status"] == "waiting"
        document = await app.resume(by, accept=True)
        assert document["status"] == "succeeded"
        assert (await app.show(run))["replanned"]["by"] == by
        rows = await app.engine.journal.read(WORKSPACE)
        assert {row.fact.run for row in rows if isinstance(row.fact, Made)} == {run, by}
    calls = (tmp_path / "calls.txt").read_text(encoding="utf-8").split()
    assert calls == CALLS


async def test_two_who_look_at_once_begin_one_run(tmp_path: Path) -> None:
    run = await failed(tmp_path)
    async with await App.open(tmp_path) as one, await App.open(tmp_path) as other:
        said = await asyncio.gather(Desk(one).follow(run), Desk(other).follow(run))
        assert said[0] == said[1]
        assert len(await one.runs()) == 2


WAITS = """
name: waits
inputs: {currency: {type: string, default: USD}}
steps:
  bill: {use: bills.latest}
  booked: {use: archive.rate, after: [bill], with: {currency: CHF}}
  sure: {use: human, after: [booked], with: {question: "Sure?"}}
  rate: {use: archive.rate, after: [sure], with: {currency: "${inputs.currency}"}}
"""


@pytest.mark.parametrize(
    ("pattern", "when"),
    [
        ('"is":"cancel_requested"', "before"),
        ('"is":"cancel_requested"', "after"),
        ('"is":"ended"', "torn"),
        ('"is":"ended"', "after"),
        ('"is":"inherited"', "torn"),
        ('"is":"inherited"', "after"),
    ],
)
async def test_what_was_said_is_either_not_recorded_or_goes_on_once(
    tmp_path: Path, pattern: str, when: str
) -> None:
    configure(tmp_path, 2)
    async with await App.open(tmp_path) as app:
        document = await app.run(plan_from_yaml(WAITS).plan, {})
        run = document["run"]
        assert document["status"] == "waiting"
    killed(tmp_path, run, pattern, when, "the currency is EUR")
    async with await App.open(tmp_path) as app:
        desk = Desk(app)
        document = await app.resume(run)
        if when == "before":
            assert document["status"] == "waiting"
            assert "told" not in document
            return
        assert document["status"] == "cancelled"
        assert await desk.unfollowed() == [run]
        by = await desk.follow(run)
        assert [await desk.follow(run), *[row.run for row in await app.runs()]] == [by, by, run]
        (asked,) = (await app.resume(by))["waiting"]
        await app.answer(by, asked["step"], {"approved": True})
        assert (await app.resume(by))["status"] == "succeeded"
        after = await app.show(by)
        (rate,) = [step for step in after["steps"] if step["path"] == "rate"]
        assert rate["inputs"] == {"currency": "EUR"}
    calls = (tmp_path / "calls.txt").read_text(encoding="utf-8").split()
    assert calls == ["bill", "archive", "archive"]  # what was booked once is booked once

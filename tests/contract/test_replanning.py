"""kill -9 while the rest of a failed run is planned again: it is neither lost nor done twice."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from batuta.app import App
from batuta.desk import Desk
from batuta.ports import WORKSPACE
from batuta.spec.facts import Made
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


def killed(folder: Path, run: str, pattern: str, when: str) -> None:
    program = Path(__file__).with_name("heal.py")
    words = [sys.executable, str(program), str(folder), run, pattern, when]
    ended = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=30, check=False)
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

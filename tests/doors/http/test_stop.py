"""The switch, with real processes: what is thrown in one ends the work of all others, and nothing happens any more."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.doors.http.conftest import Server, make_workspace, serving

# Said to be a second; ten are for machines that have much else to do.
_DEADLINE_S = 10.0
# Each call leaves a line that says when it was written; there is always one under way, in each run.
_TOOLS = '''
import asyncio, time
from batuta.capabilities.function import capability

@capability(effect="idempotent", reach="local")
async def mark(book: str, number: int) -> int:
    """Write a line, and take a while."""
    with open(f"{__file__}.{book}", "a") as lines:
        lines.write(f"{time.time()}\\n")
    await asyncio.sleep(0.02)
    return number
'''
_PLAN = """
name: marks
inputs: {book: string, numbers: {type: array, items: {type: integer}}}
steps:
  all:
    use: mark
    each: "${inputs.numbers}"
    limit: 1
    with: {book: "${inputs.book}", number: "${item}"}
"""


def _lines(folder: Path, book: str) -> list[float]:
    path = folder / f"tools.py.{book}"
    return list(map(float, path.read_text().split())) if path.exists() else []


def _until_marked(folder: Path, book: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while len(_lines(folder, book)) < 3:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("how", ["command", "page"])
def test_work_in_every_process_ends_and_has_no_effect_any_more(tmp_path: Path, how: str) -> None:
    folder = make_workspace(tmp_path / "desk")
    (folder / "tools.py").write_text(_TOOLS)
    (folder / "plans" / "marks.yaml").write_text(_PLAN)
    (folder / "batuta.yaml").write_text("python: [tools.py]\nplans: [plans/marks.yaml]\n")
    batuta = [sys.executable, "-m", "batuta"]
    numbers = list(range(5_000))
    with serving(folder) as server:
        run = server.run("marks", wait=0, book="served", numbers=numbers)["run"]
        words = ["run", "marks", "--input", "book=typed", "--input", f"numbers={numbers}"]
        with subprocess.Popen(
            [*batuta, *words, "-w", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as typed:
            _until_marked(folder, "served", server.process)
            _until_marked(folder, "typed", typed)
            _stop(how, server, folder)
            stopped_at = time.time()
            _, said = typed.communicate(timeout=120)
        assert (typed.returncode, b"everything was stopped here" in said) == (1, True)
        # A process that comes and goes takes a while in which something could happen.
        refused = subprocess.run(
            [*batuta, *words, "-w", str(folder)], capture_output=True, timeout=240, check=False
        )
        assert refused.returncode == 1
        before = _lines(folder, "served"), _lines(folder, "typed")
        assert max(map(max, before)) < stopped_at + _DEADLINE_S
        assert server.http.get(f"/api/v1/runs/{run}").json()["status"] == "running"
        asked = {"plan": "marks", "inputs": {"book": "none", "numbers": [1]}}
        again = server.http.post("/api/v1/runs", json=asked)
        assert (again.status_code, again.json()["code"]) == (503, "stopped")
        assert server.end(signal.SIGTERM) == 0
        assert (_lines(folder, "served"), _lines(folder, "typed")) == before


def _stop(how: str, server: Server, folder: Path) -> None:
    if how == "command":
        words = [sys.executable, "-m", "batuta", "stop", "--why", "enough", "-w", str(folder)]
        subprocess.run(words, capture_output=True, timeout=240, check=True)
        return
    headers = {"Origin": server.url}
    sent = server.http.post("/settings/stop", data={"why": "enough"}, headers=headers)
    assert sent.status_code == 303

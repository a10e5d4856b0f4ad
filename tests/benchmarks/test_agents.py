"""The benchmark of agents, in small: every figure is measured."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "agents.py"


def test_bytes_time_and_many_at_once_are_measured(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(PROGRAM), "--quick", "--json", str(figures)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert said.returncode in (0, 1), said.stdout + said.stderr
    found = {one["what"]: one["value"] for one in json.loads(figures.read_text(encoding="utf-8"))}
    assert found["bytes journaled ÷ bytes of messages"] > 1
    # What is ours is a difference, and what grows in ten turns is little: at load, both may be lost in the noise.
    sure = {
        what: value for what, value in found.items() if "own" not in what and "more" not in what
    }
    assert len(sure) >= 12
    assert all(value > 0 for value in sure.values())
    assert "own CPU time of a turn, the library's taken off" in found
    assert "20 agents of 5 turns at once" in said.stdout

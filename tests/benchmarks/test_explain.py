"""The benchmark of the compiler as a program: it measures, and it writes its samples."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "explain.py"


def test_every_workload_is_measured_in_every_round(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, str(BENCHMARK), "--quick", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    workloads = json.loads(file.read_text())["workloads"]
    assert {name: len(one["samples_ms"]) for name, one in workloads.items()} == {
        "check": 5,
        "bounds": 5,
        "explain": 5,
        "explain, rules on arguments": 5,
    }
    assert all(f"{name} " in done.stdout for name in workloads)

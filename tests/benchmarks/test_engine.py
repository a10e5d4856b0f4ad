"""The engine benchmark as a program: it measures, it says what is wrong, it writes its samples."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "engine.py"


def bench(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARK), *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


def test_a_measured_workload_has_one_sample_per_round_and_its_median_among_them(tmp_path: Path):
    file = tmp_path / "figures.json"
    done = bench("--quick", "--only", "chain", "--only", "bare-asyncio", "--json", str(file))
    assert done.returncode == 0, done.stderr
    metric = json.loads(file.read_text())["workloads"]["chain"]["metrics"]["step_us"]
    figures = metric["systems"]["bare-asyncio"]
    assert len(figures["samples"]) == 4
    assert figures["min"] <= figures["median"] <= figures["max"]
    assert metric["floor"] == figures["median"]


def test_an_unknown_name_is_refused_with_the_names_there_are():
    done = bench("--only", "chian")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no workload or system 'chian'; there are chain, " in done.stderr


def test_insisting_on_rivals_without_any_is_an_error_with_a_remedy():
    done = bench("--quick", "--rivals", "--only", "chain", "--only", "bare-asyncio")
    assert done.returncode == 2
    assert "name their interpreter with --rivals-python" in done.stdout

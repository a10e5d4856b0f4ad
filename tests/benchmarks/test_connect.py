"""The benchmark of calls to others as a program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "connect.py"


@pytest.mark.parametrize("pair", ["mcp", "http", "openapi", "function"])
def test_a_call_is_measured_beside_its_client(pair: str) -> None:
    if pair == "mcp":
        pytest.importorskip("mcp")
    command = [sys.executable, str(BENCHMARK), pair, "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert found["bare_us"] > 0
    assert found["over_us"] == found["ours_us"] - found["bare_us"]

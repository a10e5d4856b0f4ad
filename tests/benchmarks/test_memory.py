"""The benchmark of memory runs; what it measures is for a quiet machine to say."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_quick_round_measures_threads_and_memories(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    words = [sys.executable, ROOT / "benchmarks/memory.py", "--quick", "--json", file]
    done = subprocess.run(words, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    said = json.loads(file.read_text())
    assert (said["threads"]["messages"], said["memories"]["memories"]) == (2_000, 1_000)
    assert set(said["memories"]["recall"]) == {"of all", "of one"}

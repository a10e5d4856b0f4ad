"""The benchmark of knowledge runs; what it measures is for a quiet machine to say."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_quick_round_measures_ingest_and_search(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks/knowledge.py", "--quick", "--json", file],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(file.read_text())
    assert (said["ingest"]["chunks"], [one["chunks"] for one in said["search"]]) == (500, [2_000])
    assert set(said["search"][0]["kinds"]) == {"sentence", "rare words", "id"}

"""The benchmark of schedules on a plan small enough to work out by hand."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "schedules.py"


def test_a_diamond_takes_as_long_as_its_longest_way_and_explain_knows_it(tmp_path: Path) -> None:
    data = {
        "titles": ["Tea"],
        "timedelta_dic": [{"1": [60.0, 60.0], "2": [30.0, 40.0], "3": [90.0, 90.0]}],
        "edge_list": [[["START", "1"], ["START", "2"], ["1", "3"], ["2", "3"], ["3", "END"]]],
        "task_time": [[150.0, 150.0]],
    }
    for name in ("para", "seq"):
        with gzip.open(tmp_path / f"{name}_benchmark.json.gz", "wt", encoding="utf-8") as file:
            json.dump(data, file)
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(PROGRAM), "--data", str(tmp_path), "--json", str(figures)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "2 of 2" in said.stdout
    document = json.loads(figures.read_text(encoding="utf-8"))
    assert [one["foretold_s"] for one in document] == [150.0, 150.0]
    assert [round(one["free_s"], 3) for one in document] == [150.0, 150.0]

"""The benchmark of the tolerant parser, on three outputs of ours."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "rescue.py"


def test_it_tells_rescued_from_refused_and_from_what_nobody_else_can_read(tmp_path: Path) -> None:
    said = [
        '[{"step": "1", "tool": "a"}]',
        "[{'step': '1', 'tool': 'a'}]",
        "[{'step': 'it's 1', 'tool': 'a'}]",
        '[{"step": "1", "tool": {"a": 1}]',
    ]
    lines = "".join(json.dumps({"init output": one}) + "\n" for one in said)
    (tmp_path / "said.json").write_text(lines)
    ran = subprocess.run(
        [sys.executable, PROGRAM, "--data", tmp_path], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[:5] == [
        "4 outputs, 3 of them no JSON",
        "  rescued                       1   33.3%",
        "  rescued, by nobody else       1   33.3%",
        "  refused                       1   33.3%",
        "  wrongly rescued               0    0.0%",
    ]

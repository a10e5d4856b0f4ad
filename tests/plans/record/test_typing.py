"""Editors and type checkers know the types of references, options and results."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).with_name("typed_sample.py")


# What a checker must refuse; kept out of the sample, which is checked with everything else.
WRONG = """
other.run("x")  # error
classify(txt="x")  # error
use(classify, retries=3)  # error
use(pay)(call=1, account="x", amount=1)  # error
each([1], lambda n: classify(n, []))  # error
"""


def test_pyright_reveals_the_types_that_the_sample_states(tmp_path: Path) -> None:
    pytest.importorskip("pyright", reason="types are checked where the tools of a developer are")
    text = SAMPLE.read_text(encoding="utf-8") + WRONG
    file = tmp_path / "sample.py"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, file],
        capture_output=True,
        cwd=tmp_path,
        check=False,
        timeout=300,
    )
    found: dict[int, set[str]] = {}
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        revealed = re.search(r' is "(.*)"$', one["message"])
        word = revealed[1] if one["severity"] == "information" and revealed else one["severity"]
        found.setdefault(one["range"]["start"]["line"] + 1, set()).add(word)
    expected: dict[int, set[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stated = line.partition(")  # ")[2]
        if stated:
            expected[number] = {stated}
    assert found == expected

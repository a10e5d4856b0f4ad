"""The demo goes as it says, without a terminal too."""

import os
import subprocess
import sys
from pathlib import Path

from tests.examples.desk import EXAMPLE, ROOT


def test_the_story_is_told_to_its_end_and_the_book_is_right(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, str(EXAMPLE / "demo.py"), "--keep", str(tmp_path / "desk")],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Killed by signal 9." in told.stdout
    assert "1 sent and not answered" in told.stdout
    assert "Each was paid once." in told.stdout
    assert "\033[" not in told.stdout
    assert (tmp_path / "desk" / "out" / "report.html").is_file()

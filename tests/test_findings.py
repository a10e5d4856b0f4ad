"""What can be found is listed, and what is listed can be found."""

import re
from pathlib import Path

from batuta.plans.rules import RULES

ROOT = Path(__file__).parent.parent
# Codes of the command line, which are findings about something that is no file of the workspace.
CODE = re.compile(r'"(B[0-9]{3})"')


def test_every_code_that_is_told_is_in_the_table_and_the_other_way_round() -> None:
    told = {
        code
        for path in (ROOT / "src/batuta").rglob("*.py")
        if path.name != "rules.py"
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    assert sorted(told) == list(RULES)

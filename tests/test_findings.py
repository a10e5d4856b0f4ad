"""What can be found is documented, and what is documented can be found."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
CODE = re.compile(r"\bB[0-9]{3}\b")


def test_every_code_is_in_the_reference_and_the_other_way_round() -> None:
    source = {
        code
        for folder in ("reading", "plans")
        for path in (ROOT / "src/batuta" / folder).glob("*.py")
        for code in re.findall(r'"(B[0-9]{3})"', path.read_text(encoding="utf-8"))
    }
    source |= set(
        re.findall(r'"(B[0-9]{3})"', (ROOT / "src/batuta/config.py").read_text(encoding="utf-8"))
    )
    reference = (ROOT / "docs/reference/findings.md").read_text(encoding="utf-8")
    listed = [line for line in reference.splitlines() if line.startswith("| B")]
    codes = [CODE.findall(line)[0] for line in listed]
    assert codes == sorted(source)


def test_the_table_of_the_check_lists_what_it_finds() -> None:
    text = (ROOT / "src/batuta/plans/check.py").read_text(encoding="utf-8")
    docstring = text.split('"""')[1]
    found = set(re.findall(r'"(B1[0-9]{2})"', text))
    inputs = (ROOT / "src/batuta/plans/inputs.py").read_text(encoding="utf-8")
    assert set(re.findall(r"\bB1[0-9]{2}\b", docstring)) - {"B100"} == found | set(
        re.findall(r'"(B[0-9]{3})"', inputs)
    )

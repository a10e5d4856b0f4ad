"""How the tolerant parser does on what real models have said when they were asked for JSON. See benchmarks/README.md.

    python benchmarks/rescue.py --data DIR

DIR has files of lines, each a map whose `init output` is what a model said, as UltraTool publishes them
(JoeYing1019/UltraTool, predictions/*/gpt-*/tool_usage.json and tool_usage_awareness.json). They are not kept here.

What is JSON already is not counted. The rest is rescued or refused. Whether a rescue is right is said by another reader
where there is one: Python's own, for what is a literal of Python. What only we can read is listed, to be looked at.
"""

import argparse
import ast
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from batuta.capabilities.answers import checker_of
from batuta.language.rescue import rescue

SAID = "init output"
# What the tasks ask for: steps, with the tool of each.
SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"step": {"type": "string"}, "tool": {"type": ["string", "object"]}},
        "required": ["step", "tool"],
    },
}


def outputs(folder: Path) -> Iterator[str]:
    """What models said, in the order of the files."""
    for path in sorted(folder.glob("*.json*")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                said = json.loads(line).get(SAID)
                if isinstance(said, str):
                    yield said


def is_json(text: str) -> bool:
    """Nothing has to be forgiven."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def by_python(text: str) -> Any:
    """The value as Python reads it; None if it does not."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of recorded outputs")
    folder: Path = parser.parse_args().data
    check, counts, why, alone = checker_of(SCHEMA), Counter[str](), Counter[str](), list[str]()
    for said in outputs(folder):
        if is_json(said):
            counts["json"] += 1
            continue
        found, known = rescue(said, check), by_python(said)
        if found.flaw:
            counts["refused"] += 1
            why[found.flaw[:70]] += 1
        elif known is None:
            counts["rescued, by nobody else"] += 1
            alone.append(said)
        else:
            counts["rescued" if known == found.value else "wrongly rescued"] += 1
    failed = counts.total() - counts["json"]
    print(f"{counts.total()} outputs, {failed} of them no JSON")
    for name in ("rescued", "rescued, by nobody else", "refused", "wrongly rescued"):
        print(f"  {name:24} {counts[name]:6} {counts[name] / max(failed, 1):7.1%}")
    for flaw, count in why.most_common(8):
        print(f"  refused {count}: {flaw}")
    for said in alone[:8]:
        print(f"  look at: {said[:300]}")


if __name__ == "__main__":
    main()

"""The name of a plan, told from the beginning of its file."""

import re
from pathlib import Path

__all__ = ["plan_name"]

# `name` is the first key of nearly every plan; a description before it may be long.
_HEAD_BYTES = 256 * 1_024
_NAME_KEY = re.compile(
    r"""(?:^|^\s*\{\s*|^[ ]{2}(?="name"))["']?name["']?[ ]*:[ ]*(?:"([^"\\\n]+)"|'([^'\n]+)'|([\w.-]+))""",
    re.MULTILINE,
)


def plan_name(file: Path) -> str:
    """The name of the plan in `file`, without reading the rest; "" if it cannot be told."""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    found = _NAME_KEY.search(head)
    return found[1] or found[2] or found[3] if found else ""

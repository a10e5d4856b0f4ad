"""Plain data → YAML text that reads well and reads back equal, here and in any other YAML."""

import json
import re
from typing import Any, cast

__all__ = ["yaml_text"]

# Text that no YAML takes for anything else. Whatever looks different goes in quotes.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.-]*(?: [A-Za-z0-9_/.-]+)*")
_TAKEN = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
# Characters that YAML wants escaped, or that some reader takes for the end of a line.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# Longer keys cannot stand before a colon in YAML.
_KEY_CHARS_MAX = 1_000


def yaml_text(data: Any) -> str:
    """`data` (None, bool, int, float, str, list, dict) as YAML with two spaces of indentation."""
    lines: list[str] = []
    if isinstance(data, dict) and data:
        _map(cast("dict[str, Any]", data), "", lines)
    elif isinstance(data, list) and data:
        _list(cast("list[Any]", data), "", lines)
    else:
        lines.append(_scalar(data, ""))
    return "\n".join(lines) + "\n"


def _map(data: dict[str, Any], indent: str, lines: list[str]) -> None:
    for key, value in data.items():
        shown = _scalar(key, None)
        if len(shown) > _KEY_CHARS_MAX:
            lines.append(f"{indent}? {shown}")
            shown = ""
        _entry(f"{indent}{shown}:", value, indent, lines)


def _list(data: list[Any], indent: str, lines: list[str]) -> None:
    for item in data:
        first = len(lines)
        _entry(f"{indent}-", item, indent, lines)
        if lines[first] == f"{indent}-":
            # A map or a list inside begins on the line of its dash.
            del lines[first]
            lines[first] = f"{indent}- {lines[first][len(indent) + 2 :]}"


def _entry(head: str, value: Any, indent: str, lines: list[str]) -> None:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        lines.append(head)
        _map(cast("dict[str, Any]", value), inner, lines)
    elif isinstance(value, list) and value:
        lines.append(head)
        _list(cast("list[Any]", value), inner, lines)
    else:
        lines.append(f"{head} {_scalar(value, inner)}")


def _scalar(value: Any, indent: str | None) -> str:
    """One scalar; `indent` is that of the lines of a block: without one (None, "") no block may stand."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    assert isinstance(value, str)
    if _PLAIN.fullmatch(value) and value.lower() not in _TAKEN:
        return value
    if indent and _is_block(value):
        body = value.removesuffix("\n")
        lines = [f"{indent}{line}" if line else "" for line in body.split("\n")]
        return "\n".join(["|" if body != value else "|-", *lines])
    return _ESCAPED.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False)
    )


def _is_block(text: str) -> bool:
    """True for several lines that come back equal from a literal block."""
    if "\n" not in text or text[0] in " \t\n" or text.endswith("\n\n"):
        return False
    return not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]| (?:\n|$)", text
    )

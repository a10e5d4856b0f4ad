"""An entry added to `batuta.yaml` as a person would: everything else stays as it is, to the letter. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from batuta.errors import InputError, WorkspaceError
from batuta.reading.report import Report
from batuta.reading.source import tree_from_text
from batuta.reading.to_yaml import yaml_text
from batuta.reading.tree import Node

__all__ = ["entry_text", "with_entry"]

# Lists of words that are shorter stand on one line.
_LINE_CHARS_MAX = 100
# Some editors begin a file with it; it is no part of the text.
_BYTE_ORDER_MARK = "\ufeff"


def with_entry(text: str, section: str, name: str, entry: Mapping[str, Any], file: str = "") -> str:
    """`text`, a workspace file in YAML or JSON, in which `section` has `entry` under `name`.

    Comments, order and form of what is there stay. What comes out is read again: it says what was said before, and
    the entry.

    Raises:
        WorkspaceError: `text` cannot be read.
        InputError: the section has an entry of that name, or the text is of a form that nothing can be added to.
    """
    if text.startswith(_BYTE_ORDER_MARK):
        return _BYTE_ORDER_MARK + with_entry(text[1:], section, name, entry, file)
    root, report = tree_from_text(text, file)
    data: Any = {}
    if root is not None and not report.findings:
        data = root.data()
    elif [one.code for one in report.findings] != ["B004"]:
        raise WorkspaceError.of(report.in_order())
    known = cast("dict[str, Any]", data) if isinstance(data, dict) else {section: data}
    there: Any = known.get(section)
    taken = cast("dict[str, Any]", there) if isinstance(there, dict) else {}
    if name in taken:
        raise InputError(
            f"there is a source called {name} under {section} already",
            remedy=f"choose another name; or take the entry out of {file or 'the file'} first",
        )
    if there is None or isinstance(there, dict):
        wanted = {**known, section: {**taken, name: dict(entry)}}
        for found in _ways(text, root, section, name, entry):
            if _data_of(found, file) == wanted:
                return found
    raise InputError(
        f"{file or 'the workspace'} is written in a way that nothing can be added to",
        remedy=f"add this yourself:\n{yaml_text({section: {name: dict(entry)}})}",
    )


def entry_text(name: str, entry: Mapping[str, Any], indent: str = "") -> str:
    """`entry` in YAML, a line for each of its keys, lists of words on one line."""
    lines = [f"{_key(name)}:"]
    for key, value in entry.items():
        line = f"  {_key(key)}: {_flow(value)}"
        if isinstance(value, list) and len(line) <= _LINE_CHARS_MAX:
            lines.append(line)
        else:
            block = yaml_text({key: value}).rstrip("\n").split("\n")
            lines += [f"  {one}" if one else "" for one in block]
    return "\n".join(f"{indent}{line}" if line else "" for line in lines) + "\n"


def _ways(
    text: str, root: Node | None, section: str, name: str, entry: Mapping[str, Any]
) -> Iterator[str]:
    """Texts with the entry in them; whether each says what it should is for the caller to find out."""
    newline = "\r\n" if "\r\n" in text else "\n"
    nodes = root.map if root is not None else None
    flow = f"{_flow(name)}: {_flow(dict(entry))}"
    if root is not None and text[root.start : root.start + 1] == "{":
        if nodes and section in nodes:
            yield _into_flow(text, nodes[section], flow)
        else:
            yield _into_flow(text, root, f"{_flow(section)}: {{{flow}}}")
        return
    if root is None or not nodes or section not in nodes:
        block = f"{section}:\n{entry_text(name, entry, '  ')}"
        ended = text if not text or text.endswith("\n") else text + newline
        gap = newline if ended.strip() else ""
        yield ended + gap + block.replace("\n", newline)
        return
    node = nodes[section]
    if text[node.start : node.start + 1] == "{":
        yield _into_flow(text, node, flow)
        if node.map:
            return
        # An empty map in braces gives way to a block.
        yield _at(text, root, section, entry_text(name, entry, "  "), newline, drop=node)
        return
    children = [at for at in node.keys.values() if at >= 0]
    indent = " " * (Report(text).place(min(children)).column - 1) if children else "  "
    block = entry_text(name, entry, indent)
    yield _behind(text, root, section, indent, block, newline)
    yield _at(text, root, section, block, newline)


def _behind(text: str, root: Node, section: str, indent: str, block: str, newline: str) -> str:
    """`text` with `block` behind the last entry of `section`, before the blank lines and comments that follow."""
    start = root.keys[section]
    later = [at for at in root.keys.values() if at > start]
    end = text.rfind("\n", 0, min(later)) + 1 if later else len(text)
    lines = text[:end].splitlines(keepends=True)
    while lines and (
        not lines[-1].strip()
        or (lines[-1].lstrip().startswith("#") and not lines[-1].startswith(indent))
    ):
        lines.pop()
    head = "".join(lines)
    rest = text[len(head) :]
    if not head.endswith("\n"):
        head += newline
    return head + block.replace("\n", newline) + rest


def _at(
    text: str, root: Node, section: str, block: str, newline: str, drop: Node | None = None
) -> str:
    """`text` with `block` on the lines behind the key `section`; without `drop`, which stood there."""
    if drop is not None:
        text = text[: drop.start].rstrip(" ") + text[drop.end :]
    end = text.find("\n", root.keys[section])
    head = text[: end + 1] if end >= 0 else text + newline
    return head + block.replace("\n", newline) + (text[end + 1 :] if end >= 0 else "")


def _into_flow(text: str, node: Node, pair: str) -> str:
    """`text` with `pair` as the last in the map in braces that `node` is."""
    close = text.rfind("}", node.start, node.end)
    body = text[node.start + 1 : close]
    kept = body.rstrip()
    if not kept:
        return f"{text[: node.start + 1]}{pair}{text[close:]}"
    tail = body[len(kept) :]
    comma = "" if kept.endswith(",") else ","
    # A map with a line for each entry gets one more line, as far in as the others.
    found = re.match(r"\s*\n([ \t]*)", body)
    between = f"\n{found[1]}" if found else " "
    return f"{text[: node.start + 1]}{kept}{comma}{between}{pair}{tail}{text[close:]}"


def _data_of(text: str, file: str) -> Any:
    root, report = tree_from_text(text, file)
    return root.data() if root is not None and not report.findings else None


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return yaml_text({key: None}).rpartition(":")[0]

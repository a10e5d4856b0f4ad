"""Readers of nodes, put together like types: each gives a value, or `FLAWED` after telling the report why.

A reader never stops at the first flaw: maps and lists read everything in them and only then give up.

Each carries its `form`, which says as data what it reads; `batuta.reading.json_schema` makes JSON Schema of that. It
hangs on the function, so that reading costs nothing more.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from batuta.reading.nearest import did_you_mean, listed, nearest
from batuta.reading.report import Report
from batuta.reading.tree import Node

__all__ = [
    "FLAWED",
    "Read",
    "anything",
    "boolean",
    "choice",
    "duration",
    "form_of",
    "formed",
    "got",
    "integer",
    "mapping",
    "matching",
    "number",
    "one_or_more",
    "record",
    "seconds_in",
    "sequence",
    "text",
    "wrong",
]


class _Flawed:
    def __repr__(self) -> str:
        return "FLAWED"


FLAWED = _Flawed()
Read = Callable[[Node, Report], Any]

_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ?(ms|s|m|h|d)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
# Characters of a value that a message quotes.
_QUOTED_MAX = 60


def formed(read: Read, *form: Any) -> Read:
    """`read`, with its form: ("json", schema), ("any", reader, …), or what the factories below give."""
    vars(read)["form"] = form
    return read


def form_of(read: Read) -> tuple[Any, ...]:
    """What `read` reads, as data."""
    form = vars(read).get("form")
    assert form is not None, f"the reader {read} has no form"
    return form


def got(node: Node) -> str:
    """What stands there, for a message: `the text 'abc'`, `a list`, `nothing`."""
    value = node.value
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        shown = value if len(value) <= _QUOTED_MAX else value[:_QUOTED_MAX] + "…"
        return f"the text {shown!r}"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a map" if isinstance(value, dict) else "a list"


def wrong(node: Node, report: Report, expected: str, remedy: str = "") -> Any:
    """A value of the wrong type."""
    report.flaw("B022", f"expected {expected}, got {got(node)}", at=node.start, remedy=remedy)
    return FLAWED


def anything(node: Node, report: Report) -> Any:
    """Any JSON shape."""
    return node.data()


formed(anything, "json", {})


def boolean(node: Node, report: Report) -> Any:
    """True or false; `yes` and `on` are texts."""
    if isinstance(node.value, bool):
        return node.value
    return wrong(node, report, "true or false", "write true or false without quotes")


formed(boolean, "json", {"type": "boolean"})


def text(length_min: int = 0, length_max: int = 65_536) -> Read:
    """A text of so many characters."""

    def read(node: Node, report: Report) -> Any:
        value = node.value
        if not isinstance(value, str):
            scalar = isinstance(value, bool | int | float)
            remedy = "put it in quotes" if scalar else "write one text"
            return wrong(node, report, "a text", remedy)
        if not length_min <= len(value) <= length_max:
            report.flaw(
                "B023",
                f"a text of {len(value):,} characters does not fit here",
                at=node.start,
                remedy=f"write {length_min:,} to {length_max:,} characters",
            )
            return FLAWED
        return value

    return formed(read, "text", length_min, length_max)


def matching(pattern: str, what: str, example: str) -> Read:
    """A text that matches the whole of `pattern`; `what` and `example` are for the message."""

    def read(node: Node, report: Report) -> Any:
        value = node.value
        if not isinstance(value, str):
            return wrong(node, report, what, f"write for example {example}")
        if not re.fullmatch(pattern, value):  # compiled once, by re, when it is first needed
            report.flaw(
                "B025",
                f"{got(node).removeprefix('the text ')} is not {what}",
                at=node.start,
                remedy=f"write for example {example}",
            )
            return FLAWED
        return value

    return formed(read, "matching", pattern, example)


def integer(low: int, high: int) -> Read:
    """A whole number from `low` to `high`."""

    def read(node: Node, report: Report) -> Any:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int):
            return wrong(node, report, "a whole number", f"write a number from {low} to {high:,}")
        return _bounded(value, low, high, node, report)

    return formed(read, "number", "integer", low, high)


def number(low: float, high: float) -> Read:
    """A number from `low` to `high`, as a float."""

    def read(node: Node, report: Report) -> Any:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            return wrong(
                node, report, "a number", f"write a number from {_spelled(low)} to {_spelled(high)}"
            )
        return _bounded(float(value), low, high, node, report)

    return formed(read, "number", "number", low, high)


def seconds_in(text: str) -> float | None:
    """The seconds in a text like "500ms", "30s", "5m", "2h" or "1d"; None if it is none."""
    found = _DURATION.fullmatch(text.strip())
    return None if found is None else float(found[1]) * _UNIT_S[found[2]]


def duration(low_s: float, high_s: float) -> Read:
    """Seconds as a number, or a text like "500ms", "30s", "5m", "2h", "1d"; seconds as a float."""
    remedy = 'write seconds, or a text like "500ms", "30s", "5m", "2h"'

    def read(node: Node, report: Report) -> Any:
        value = node.value
        if isinstance(value, str):
            seconds = seconds_in(value)
            if seconds is None:
                return wrong(node, report, "a duration", remedy)
            value = seconds
        elif isinstance(value, bool) or not isinstance(value, int | float):
            return wrong(node, report, "a duration", remedy)
        if not low_s <= value <= high_s:
            report.flaw(
                "B023",
                f"{value:g} seconds are {'less' if value < low_s else 'more'} than allowed",
                at=node.start,
                remedy=f"write {low_s:g} to {high_s:g} seconds",
            )
            return FLAWED
        return float(value)

    return formed(read, "duration", low_s, high_s)


def _bounded(value: float, low: float, high: float, node: Node, report: Report) -> Any:
    if low <= value <= high:
        return value
    side, bound = ("below", low) if value < low else ("above", high)
    report.flaw(
        "B023",
        f"{_spelled(value)} is {side} {_spelled(bound)}",
        at=node.start,
        remedy=f"write a number from {_spelled(low)} to {_spelled(high)}",
    )
    return FLAWED


def _spelled(number: float) -> str:
    return f"{int(number):,}" if abs(number) < 1e15 and number == int(number) else repr(number)


def choice(*words: str) -> Read:
    """One of `words`."""

    def read(node: Node, report: Report) -> Any:
        value = node.value
        if isinstance(value, str) and value in words:
            return value
        remedy = did_you_mean(value, words, "choices") if isinstance(value, str) else ""
        report.flaw(
            "B024",
            f"expected one of {listed(words)}, got {got(node)}",
            at=node.start,
            remedy=remedy if remedy.startswith("did") else f"write one of: {listed(words)}",
        )
        return FLAWED

    return formed(read, "json", {"enum": list(words)})


def sequence(read_item: Read, count_max: int) -> Read:
    """A list of at most `count_max`, as a tuple."""

    def read(node: Node, report: Report) -> Any:
        nodes = node.list
        if nodes is None:
            return wrong(node, report, "a list", "write for example [a, b]")
        if len(nodes) > count_max:
            return _too_many(len(nodes), count_max, node, report)
        items: list[Any] = []
        for index, item in enumerate(nodes):
            if report.full:
                return FLAWED
            report.path.append(index)
            items.append(read_item(item, report))
            report.path.pop()
        return FLAWED if any(item is FLAWED for item in items) else tuple(items)

    return formed(read, "sequence", read_item, count_max)


def one_or_more(read_item: Read, count_max: int) -> Read:
    """One item, or a list of them; always a tuple."""
    read_items = sequence(read_item, count_max)

    def read(node: Node, report: Report) -> Any:
        if node.list is not None:
            return read_items(node, report)
        item = read_item(node, report)
        return FLAWED if item is FLAWED else (item,)

    return formed(read, "any", read_item, read_items)


def mapping(read_key: Read, read_value: Read, count_max: int) -> Read:
    """A map of at most `count_max` entries, as a dict in the order of the text."""

    def read(node: Node, report: Report) -> Any:
        nodes = node.map
        if nodes is None:
            return wrong(node, report, "a map of names", "write for example {name: …}")
        if len(nodes) > count_max:
            return _too_many(len(nodes), count_max, node, report)
        entries: dict[str, Any] = {}
        flawed = False
        for name, child in nodes.items():
            if report.full:
                return FLAWED
            at = node.keys.get(name, -1)
            flawed |= read_key(Node(name, at, at), report) is FLAWED
            report.path.append(name)
            value = read_value(child, report)
            report.path.pop()
            flawed |= value is FLAWED
            entries[name] = value
        return FLAWED if flawed else entries

    return formed(read, "mapping", read_key, read_value, count_max)


def _too_many(count: int, count_max: int, node: Node, report: Report) -> Any:
    report.flaw(
        "B023",
        f"{count:,} entries are more than {count_max:,}",
        at=node.start,
        remedy=f"write at most {count_max:,}",
    )
    return FLAWED


def record(
    kind: type[msgspec.Struct],
    keys: Mapping[str, Read],
    *,
    required: Sequence[str] = (),
    what: str = "",
) -> Read:
    """A map with fixed keys, as a Struct of `kind`; `keys` are its encoded names. null is as good as absent."""
    names = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
    fields = {key: names[key] for key in keys}

    def read(node: Node, report: Report) -> Any:
        nodes = node.map
        if nodes is None:
            remedy = f"its keys are: {listed(keys)}"
            return wrong(node, report, what or "a map of keys and values", remedy)
        values: dict[str, Any] = {}
        flawed = False
        for key, child in nodes.items():
            if report.full:
                return FLAWED
            read_value = keys.get(key)
            if read_value is None:
                report.flaw(
                    "B020",
                    f"there is no key {key[:64]!r}",
                    at=node.keys.get(key, -1),
                    remedy=did_you_mean(key, keys, "keys"),
                )
                flawed = True
                continue
            if child.value is None and read_value is not anything:
                continue
            report.path.append(key)
            value = read_value(child, report)
            report.path.pop()
            if value is FLAWED:
                flawed = True
            else:
                values[fields[key]] = value
        # A required key that is misspelt was told as that: one slip, one finding.
        strange = [key for key in nodes if key not in keys]
        for key in required:
            if key not in nodes and strange and nearest(key, strange) is not None:
                continue
            if key not in nodes or (nodes[key].value is None and fields[key] not in values):
                report.flaw(
                    "B021",
                    f"the key {key!r} is missing",
                    at=node.start,
                    remedy=f"add `{key}: …`",
                )
                flawed = True
        return FLAWED if flawed else kind(**values)

    return formed(read, "record", kind, keys, tuple(required))

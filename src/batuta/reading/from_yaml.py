"""YAML text → tree. The scalars of YAML 1.2's core schema, so that `no` is a text and `1:30` is not 90."""

import re
from collections.abc import Iterable
from typing import Any, cast

from batuta.reading.report import Report
from batuta.reading.tree import OURS, Bounds, Builder, Node, Unreadable

__all__ = ["tree_from_yaml"]

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Only what starts like this can be something else than text.
_NUMERIC_START = frozenset("0123456789+-.")
# Longer digits are never a number of 64 bits, and int() is quadratic.
_DIGITS_MAX = 400
_TAG = "tag:yaml.org,2002:"
_CORE_TAGS = frozenset({"str", "int", "float", "bool", "null"})


def plain_scalar(text: str) -> Any:
    """What an unquoted scalar stands for. Digits with a leading zero are text: nobody means them as a number."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if len(text) > _DIGITS_MAX:
        return float("inf") if _FLOAT.fullmatch(text) or _INTEGER.fullmatch(text) else text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float("nan") if _NOT_FINITE.fullmatch(text) else text


def tree_from_yaml(report: Report, bounds: Bounds = OURS) -> Node | None:
    """The tree of `report.text`, or None after a flaw that makes reading on pointless."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = Builder(report, bounds)
    try:
        events: Iterable[Any] = cast(Any, yaml).parse(report.text, Loader=loader)
        for event in events:
            _take(event, type(event).__name__, builder, report)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = -1 if mark is None else mark.index
        parts = [part for part in (error.context, error.problem) if part]
        begun = error.context_mark
        if parts and begun is not None and mark is not None and begun.line < mark.line:
            parts[0] += f" (begun in line {begun.line + 1})"
        report.flaw(
            "B003",
            f"this is not YAML: {', '.join(parts) or 'it cannot be parsed'}",
            at=at,
            remedy=_remedy(error.problem or "", report.text[max(at - 1, 0) : at + 1]),
        )
        return None
    except yaml.reader.ReaderError as error:
        report.flaw(
            "B003",
            "a control character cannot stand in YAML",
            at=min(int(error.position), len(report.text)),
            remedy="remove it, or write it as \\u…… in double quotes",
        )
        return None
    except Unreadable:
        return None
    return builder.root


def _take(event: Any, kind: str, builder: Builder, report: Report) -> None:
    start: int = event.start_mark.index
    if kind == "ScalarEvent":
        builder.scalar(_scalar(event, start, report), start, event.end_mark.index, event.anchor)
    elif kind == "MappingStartEvent" or kind == "SequenceStartEvent":
        mapping = kind == "MappingStartEvent"
        if event.tag not in (None, "!", f"{_TAG}{'map' if mapping else 'seq'}"):
            _unknown_tag(event.tag, start, report)
        builder.open({} if mapping else [], start, event.anchor)
    elif kind == "MappingEndEvent" or kind == "SequenceEndEvent":
        builder.close(event.end_mark.index)
    elif kind == "AliasEvent":
        builder.alias(event.anchor, start)
    elif kind == "DocumentStartEvent" and builder.root is not None:
        report.flaw(
            "B014",
            "a second document begins here",
            at=start,
            remedy="one file is one document: remove the `---`, or make it a file of its own",
        )
        raise Unreadable


def _scalar(event: Any, start: int, report: Report) -> Any:
    text: str = event.value
    tag: str | None = event.tag
    if tag is None:
        if not event.implicit[0]:
            return text
        if text == "<<":
            report.flaw(
                "B012",
                "merge keys (<<) are not supported",
                at=start,
                remedy='write the keys out; a key that is really called so goes in quotes: "<<"',
            )
        return plain_scalar(text)
    name = tag.removeprefix(_TAG)
    if name not in _CORE_TAGS and tag != "!":
        _unknown_tag(tag, start, report)
        return text
    if name in ("str", "!"):
        return text
    value = plain_scalar(text)
    if name == "float" and type(value) is int:
        value = float(value) if abs(value) < 2**1023 else float("inf")
    if type(value).__name__ != {"null": "NoneType"}.get(name, name):
        report.flaw(
            "B009",
            f"!!{name} stands before something that is not one",
            at=start,
            remedy="remove the tag",
        )
    return value


def _unknown_tag(tag: str, at: int, report: Report) -> None:
    shown = tag.replace(_TAG, "!!")[:64]
    report.flaw("B009", f"the tag {shown} is unknown", at=at, remedy="remove the tag")


def _remedy(problem: str, around: str) -> str:
    """`around`: the character before the place, and the one there."""
    if around == "${":
        return 'inside of { } and [ ] an expression goes in quotes: "${…}"'
    if "mapping values are not allowed" in problem:
        return "a text that holds a colon goes in quotes; check the indentation"
    if "cannot start any token" in problem:
        return "indent with spaces, not tabs; a text that starts with @ ` % goes in quotes"
    return "check indentation, brackets and quotes up to here"

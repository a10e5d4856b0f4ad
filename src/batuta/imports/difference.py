"""What two manifests of a source differ in, in lines that people read before they accept it. Pure.

What a source says is text of a stranger: nothing of it is left away, and what cannot be seen (controls, marks of
writing direction, tags) is written as `\\u202e`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any, Literal, cast

import msgspec

from batuta.imports.manifest import Entry, Manifest, hashes, uses
from batuta.plans.difference import Change as ValueChange
from batuta.plans.difference import value_changes

__all__ = ["Change", "Comparison", "difference", "seen"]

# Comparing word by word takes time with the square of their number, and worse; longer passages are shown one after
# the other. 400 words take 0.1 s at most.
_WORDS_MAX = 400
# Words around a difference that are shown with it.
_AROUND = 4


class Change(msgspec.Struct, frozen=True):
    """What became of one entry: `lines` say what is different; of an added one, what it is."""

    name: str
    what: Literal["added", "gone", "changed"]
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it: `changed find_note`, and a line for each difference."""
        return "\n".join([f"{self.what} {self.name}", *(f"  {line}" for line in self.lines)])


def difference(old: Manifest, new: Manifest) -> list[Change]:
    """What became of each entry that is not the same in both, by name; [] if all are."""
    comparison = Comparison(old, new)
    names = sorted(old.entries.keys() | new.entries.keys())
    return [one for name in names if (one := comparison.change(name)) is not None]


class Comparison:
    """Two manifests side by side; what is different is looked for where somebody asks."""

    def __init__(self, old: Manifest, new: Manifest) -> None:
        self._old, self._new = old, new
        self._hashes = hashes(old), hashes(new)

    def change(self, name: str) -> Change | None:
        """What became of the entry `name`; None if it is the same in both."""
        before, after = self._hashes
        if before.get(name) == after.get(name):
            return None
        if name not in after:
            return Change(name, "gone")
        if name not in before:
            return Change(name, "added", tuple(_introduced(self._new.entries[name])))
        lines = _changed(self._old.entries[name], self._new.entries[name])
        return Change(name, "changed", (*lines, *self._shared.lines(name)))

    @cached_property
    def _shared(self) -> "_Shared":
        return _Shared(self._old, self._new)


class _Shared:
    """What is different in that which entries share."""

    def __init__(self, old: Manifest, new: Manifest) -> None:
        self._used = uses(old), uses(new)
        self._details = tuple(_value_lines("source", old.details, new.details))
        names = old.definitions.keys() | new.definitions.keys()
        self._definitions = {
            name: lines
            for name in names
            if (lines := _definition_lines(name, old.definitions, new.definitions))
        }

    def lines(self, entry: str) -> Iterator[str]:
        """Those of the definitions that `entry` used or uses, and of all details."""
        before, after = self._used
        for name in sorted({*before[entry], *after[entry]}):
            yield from self._definitions.get(name, ())
        yield from self._details


def _definition_lines(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_value_lines(f"schema {name}", old.get(name), new.get(name)))


def seen(text: str) -> str:
    """`text` on one line, with what a reader could not see, or a terminal would obey, written as `\\u202e`."""
    line = re.sub(r"[\r\n\t ]+", " ", text).strip()
    return "".join(one if one.isprintable() else ascii(one)[1:-1] or ascii(one) for one in line)


def _introduced(entry: Entry) -> Iterator[str]:
    if entry.called:
        yield f"called {seen(entry.called)} over there"
    if entry.title:
        yield f"title: {seen(entry.title)}"
    yield f"description: {seen(entry.description) or '(none)'}"
    yield f"input: {_json(entry.input)}"
    if entry.output is not None:
        yield f"output: {_json(entry.output)}"
    if entry.hints:
        yield f"it says of itself: {_json(entry.hints)}"


def _changed(before: Entry, after: Entry) -> Iterator[str]:
    for field in ("kind", "called", "title", "description"):
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            yield f"{field}: {_words(was, now)}"
    for field in ("input", "output", "hints", "details"):
        yield from _value_lines(field, getattr(before, field), getattr(after, field))


def _value_lines(field: str, before: Any, after: Any) -> Iterator[str]:
    if before == after:
        return
    for change in value_changes(_readable(before), _readable(after), field):
        yield _line(change)


def _line(change: ValueChange) -> str:
    path = seen(change.path)
    if path.rpartition(".")[0].endswith("(required)"):
        path, _, name = path.rpartition(".")
        now = "now" if change.kind == "added" else "no longer"
        return f"{path.removesuffix('(required)').rstrip('.')}: {name} is {now} required"
    match change.kind:
        case "added":
            return f"{path}: added {_json(change.after)}"
        case "removed":
            return f"{path}: gone, was {_json(change.before)}"
        case _ if isinstance(change.before, str) and isinstance(change.after, str):
            return f"{path}: {_words(change.before, change.after)}"
        case _:
            return f"{path}: {_json(change.before)} → {_json(change.after)}"


def _readable(value: Any) -> Any:
    """A schema in which a required argument is one entry of a map: lists are compared place by place."""
    if isinstance(value, list):
        return [_readable(one) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    known = cast("dict[str, Any]", value)
    found: dict[str, Any] = {}
    for key, one in known.items():
        if key == "required" and isinstance(one, list):
            found["(required)"] = {str(name): True for name in cast("list[Any]", one)}
        elif key != "properties" or not isinstance(one, dict):
            found[key] = _readable(one)
    fields = known.get("properties")
    for name, one in cast("dict[str, Any]", fields if isinstance(fields, dict) else {}).items():
        # An argument may have the name of a keyword.
        found[f"properties.{name}" if name in found else name] = _readable(one)
    return found


def _words(before: str, after: str) -> str:
    """Both texts in one: `Finds [-notes.-] {+all notes.+}`, with the words around what is different."""
    old, new = before.split(), after.split()
    if not old or not new or len(old) + len(new) <= 4:
        return f"{_text(before)} → {_text(after)}"
    if old == new:
        return f"only the white space is different: {before!a} → {after!a}"
    steps = _steps(old, new)
    if len(steps) == 1 and max(len(old), len(new)) > _WORDS_MAX:
        return f"{_text(before)} → {_text(after)}"
    parts: list[str] = []
    for kind, i, j, k, m in steps:
        if kind == "equal":
            parts.append(_around(old[i:j], first=i == 0, last=j == len(old)))
            continue
        if i < j:
            parts.append(f"[-{seen(' '.join(old[i:j]))}-]")
        if k < m:
            parts.append(f"{{+{seen(' '.join(new[k:m]))}+}}")
    return " ".join(parts)


def _steps(old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
    """How `old` becomes `new`, as `SequenceMatcher` says it; what is the same at both ends costs nothing."""
    least = min(len(old), len(new))
    head = next((at for at in range(least) if old[at] != new[at]), least)
    least -= head
    tail = next((at for at in range(least) if old[-1 - at] != new[-1 - at]), least)
    i, j, k, m = head, len(old) - tail, head, len(new) - tail
    if max(j - i, m - k) > _WORDS_MAX:
        middle = [("replace", i, j, k, m)]
    else:
        found = SequenceMatcher(None, old[i:j], new[k:m], autojunk=False).get_opcodes()
        middle = [(kind, a + head, b + head, c + head, d + head) for kind, a, b, c, d in found]
    first = [("equal", 0, head, 0, head)] if head else []
    last = [("equal", j, len(old), m, len(new))] if tail else []
    return [*first, *middle, *last]


def _around(words: list[str], *, first: bool, last: bool) -> str:
    if len(words) <= 2 * _AROUND:
        return seen(" ".join(words))
    head = [] if first else words[:_AROUND]
    tail = [] if last else words[-_AROUND:]
    return seen(" ".join([*head, "…", *tail]))


def _text(text: str) -> str:
    return f'"{seen(text)}"'


def _json(value: Any) -> str:
    return seen(json.dumps(value, ensure_ascii=False))

"""The JSON in what a model has said: the one block that fits what was asked for, or none. Pure.

Around it may be prose, fences and drafts; inside, what `batuta.language.loose` forgives. A part of a block that cannot
be read is not an answer, and neither is one of two that both fit and differ: then somebody has to ask again.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from batuta.language.loose import Block, read_block

__all__ = ["Check", "Rescue", "rescue"]

# Says why a value does not fit; None if it does.
Check = Callable[[Any], str | None]

# More blocks than that are a listing, and none of them the answer.
BLOCKS_MAX = 100

_OPENING = re.compile(r"[\[{]")
_CLOSING = {"[": "]", "{": "}"}
_BRACKET = re.compile(r"[\[{}\]]")
# The same, with texts as tokens of their own; one without an end takes the rest.
_BRACKET_OR_TEXT = re.compile(r'[\[{}\]]|"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
_FENCED = re.compile(r"\A\s*+```[A-Za-z]*+[ \t]*+\n(.*?)\n?```\s*+\Z", re.DOTALL)
_WORDS = {"True": True, "False": False, "None": None}
# What may stand before a list in its line: a list inside of a sentence is a footnote as often as an answer.
_LEADING = re.compile(r"(?:\A|.*[:=>]|.*```[A-Za-z]*+)\s*+\Z", re.DOTALL)
# What stands around a part of something whose outer brackets are missing: a key before it, or a further entry behind.
_KEY_BEFORE = re.compile(r"""["']\s*+:\s*+\Z""")
_ENTRY_BEHIND = re.compile(r"""\s*+,\s*+(?:["']|[A-Za-z_]\w*+\s*+:)""")
_PART = "a part of something stands in it, and not the whole"
_LINE_CHARS_MAX = 500


class Rescue(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        value: the JSON; None if there is none.
        flaw: why it is no answer; "" if it is one.
        forgiven: what had to be overlooked, in words; nothing if the whole text is JSON.
        cut: its end was missing, so that it may be less than was meant.
    """

    value: Any = None
    flaw: str = ""
    forgiven: tuple[str, ...] = ()
    cut: bool = False


def rescue(text: str, check: Check) -> Rescue:
    """The value in `text` that `check` has nothing against. A text that is JSON is taken as it is. Never raises."""
    whole = text.strip().removeprefix("\ufeff")
    found = _strict(whole)
    if found is not None:
        return Rescue(found[0], check(found[0]) or "")
    fenced = _FENCED.match(whole)
    inside = fenced[1].strip() if fenced else whole
    found = _strict(inside) if fenced else None
    if found is not None:
        return Rescue(found[0], check(found[0]) or "", ("fence",))
    if inside in _WORDS:
        word = _WORDS[inside]
        return Rescue(word, check(word) or "", ("words of Python",))
    return _chosen(whole, list(_blocks(whole)), check)


def _strict(text: str) -> tuple[Any] | None:
    try:
        return (msgspec.json.decode(text),)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _chosen(text: str, blocks: list[tuple[int, Block]], check: Check) -> Rescue:
    if len(blocks) > BLOCKS_MAX:
        return Rescue(flaw=f"there are more than {BLOCKS_MAX} blocks of JSON in it")
    flaw, fitting = "", list[tuple[int, Block]]()
    for start, block in blocks:
        why = block.flaw or check(block.value)
        if block.flaw is _PART and check(block.value) is None:
            return Rescue(flaw=_PART)  # an answer or not: nobody knows
        if why is None:
            fitting.append((start, block))
        else:
            flaw = why
    if not fitting:
        return Rescue(flaw=flaw or "there is no JSON in it")
    start, block = fitting[0]
    # As JSON: for Python, true is 1.
    if len({msgspec.json.encode(other.value, order="deterministic") for _, other in fitting}) > 1:
        return Rescue(flaw=f"{len(fitting)} different blocks of JSON in it fit")
    forgiven = list(block.forgiven)
    if text[:start].strip() or text[block.end :].strip():
        around = "fence" if text[:start].lstrip().startswith("```") else "text around it"
        forgiven.insert(0, around)
    return Rescue(block.value, "", tuple(forgiven), block.cut)


def _blocks(text: str) -> Iterator[tuple[int, Block]]:
    """What begins with a bracket outside of other brackets, with its start; also what cannot be read."""
    at = 0
    for _ in range(BLOCKS_MAX + 1):
        found = _OPENING.search(text, at)
        if found is None:
            return
        start = found.start()
        block = read_block(text, start)
        if block.flaw:
            # What is inside of it is a part of something, and parts are no answers.
            at = max(
                block.end, _end_of(text, start, _BRACKET), _end_of(text, start, _BRACKET_OR_TEXT)
            )
            yield start, block
            continue
        at = block.end
        before = text[max(0, start - _LINE_CHARS_MAX) : start]
        if _KEY_BEFORE.search(before) or _ENTRY_BEHIND.match(text, at):
            yield start, msgspec.structs.replace(block, flaw=_PART)
        elif text[start] == "{" or _LEADING.match(before.rpartition("\n")[2]):
            yield start, block


def _end_of(text: str, start: int, tokens: re.Pattern[str]) -> int:
    """Where the bracket at `start` is closed; the end of the text if it is not, or by a bracket of the other kind."""
    expected: list[str] = []
    for found in tokens.finditer(text, start):
        mark = found[0]
        if mark in _CLOSING:
            expected.append(_CLOSING[mark])
        elif mark in "]}":
            if mark != expected.pop():
                return len(text)
            if not expected:
                return found.end()
    return len(text)

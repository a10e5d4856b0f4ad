"""Markdown: headings, paragraphs, lists, tables, code; and the YAML between `---` lines that comes before."""

import datetime
import re
from typing import Any, cast

import yaml

from batuta.knowledge.document import Block, Document

__all__ = ["read_markdown"]

_FRONT = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_CHARS_MAX = 16_384
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_METADATA_MAX = 50
_VALUE_CHARS_MAX = 1_000


def read_markdown(text: str) -> Document:
    """The document that `text` is, with its own offsets."""
    metadata, begin = _front_matter(text)
    blocks = _blocks(text, begin)
    title = metadata.get("title")
    if not isinstance(title, str):
        first = next((block for block in blocks if block.kind == "heading"), None)
        title = heading_text(text[first.start : first.end]) if first else ""
    return Document(text, blocks, title=title, metadata=metadata)


def heading_text(line: str) -> str:
    """The words of a heading, without its marks."""
    found = _HEADING.match(line.partition("\n")[0])
    return ((found[2] or "") if found else line.partition("\n")[0]).strip()


def _front_matter(text: str) -> tuple[dict[str, Any], int]:
    found = _FRONT.match(text, 0, _FRONT_CHARS_MAX)
    if found is None:
        return {}, 0
    try:
        data: object = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, 0  # two rules with text between them
    if not isinstance(data, dict):
        return {}, 0
    kept: dict[str, Any] = {}
    for key, value in list(cast("dict[object, object]", data).items())[:_METADATA_MAX]:
        if isinstance(value, list):
            some = [_scalar(one) for one in cast("list[object]", value)[:_METADATA_MAX]]
            kept[_plain(str(key))] = [str(one) for one in some if one is not None]
        elif (scalar := _scalar(value)) is not None:
            kept[_plain(str(key))] = scalar
    return kept, found.end()


def _scalar(value: object) -> str | int | float | bool | None:
    """`value` if it is one; what is nested can be made of so many aliases that its text has no end."""
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, bool | int | float):
        return value
    return str(value) if isinstance(value, datetime.date) else None


def _plain(text: str) -> str:
    """`text` without halves of surrogate pairs, which an escape can write and nobody can store."""
    return text[:_VALUE_CHARS_MAX].encode("utf-8", "replace").decode("utf-8")


def _blocks(text: str, begin: int) -> list[Block]:
    blocks: list[Block] = []
    first, fence = -1, ""  # where the open block began, and what closes it if it is code
    at, last = begin, begin

    def close(kind: Any = "text") -> None:
        nonlocal first
        if first >= 0:
            blocks.append(Block(kind, first, last))
        first = -1

    for line in text[begin:].splitlines(keepends=True) if begin else text.splitlines(keepends=True):
        bare, end = line.rstrip(), at + len(line.rstrip())
        mark = _FENCE.match(line)
        if fence:
            last = end if bare else last
            if mark and mark[1].startswith(fence) and not bare.strip("`~ "):
                close("code")
                fence = ""
        elif mark:
            close()
            first, last, fence = at, end, mark[1]
        elif not bare:
            close()
        elif heading := _HEADING.match(bare):
            close()
            blocks.append(Block("heading", at, end, len(heading[1])))
        elif first >= 0 and "\n" not in text[first:last] and (under := _UNDERLINE.match(bare)):
            blocks.append(Block("heading", first, end, 1 if under[1][0] == "=" else 2))
            first = -1
        else:
            first, last = (at if first < 0 else first), end
        at += len(line)
    close("code" if fence else "text")
    return blocks

"""Markdown of anybody as HTML that does nothing: no tags, no images, and links that say where they lead."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from batuta.plans.draw.paint.text import safe

__all__ = ["blocks_of", "html_of", "link_of"]

_SCHEMES = frozenset({"http", "https", "mailto"})
_URL_CHARS_MAX = 2_000
# Below the heading of a section (h2).
_HEADING_MIN = 3
# Blocks inside each other; what is nested deeper would be left out, and is shown letter by letter instead.
_NESTING_MAX = 20


def html_of(text: str) -> str:
    """`text` as HTML."""
    reader = _reader()
    tokens = blocks_of(text)
    return reader.renderer.render(tokens, reader.options, {})


def blocks_of(text: str) -> list[Token]:
    """`text` as the blocks of Markdown, with nothing in them that does anything."""
    text = _without_controls(text)
    tokens = _reader().parse(text, {})
    if any(token.level >= _NESTING_MAX - 1 for token in tokens):
        return [Token("code_block", "code", 0, content=text)]
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + _HEADING_MIN - 1, 6)}"
        if token.children:
            _mark_links(token.children)
        if token.type in ("td_open", "th_open") and "style" in token.attrs:
            # The policy of the page allows no styles but its own.
            right = "right" in str(token.attrs.pop("style"))
            token.attrs |= {"class": "r"} if right else {}
    return tokens


def link_of(href: str) -> str:
    """`href` if it may be a link, else ""."""
    try:
        scheme = urlsplit(href).scheme.lower()
    except ValueError:
        return ""
    return href if scheme in _SCHEMES and len(href) <= _URL_CHARS_MAX else ""


def _mark_links(children: Sequence[Token]) -> None:
    """Put into the end of each link where it leads, unless its words say so themselves."""
    opened: list[Token] = []
    words = ""
    for token in children:
        if token.type == "link_open":
            opened.append(token)
            words = ""
        elif token.type == "link_close" and opened:
            where = _where(str(opened.pop().attrGet("href") or ""))
            token.meta = {"where": "" if where and where in words else where}
        else:
            words += token.content


def _where(href: str) -> str:
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    return parts.path if parts.scheme == "mailto" else parts.netloc


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": _NESTING_MAX})
    reader.enable(["table", "strikethrough"])
    reader.validateLink = lambda url: bool(link_of(url))
    rules = cast("Any", reader.renderer).rules
    rules["image"] = _image
    rules["link_open"] = _link_open
    rules["link_close"] = _link_close
    return reader


def _image(tokens: Sequence[Token], index: int, *_: Any) -> str:
    """The words that stand for it. Whoever loads a picture tells its owner that the page was read."""
    words = tokens[index].content
    return f'<span class="img">[{safe(words) or "image"}]</span>'


def _link_open(tokens: Sequence[Token], index: int, *_: Any) -> str:
    href = safe(str(tokens[index].attrGet("href") or ""))
    return f'<a href="{href}" rel="noopener noreferrer nofollow">'


def _link_close(tokens: Sequence[Token], index: int, *_: Any) -> str:
    where = str(tokens[index].meta.get("where", ""))
    return f'</a> <span class="where">({safe(where)})</span>' if where else "</a>"


def _without_controls(text: str) -> str:
    """What turns writing around or cannot be seen is taken out: it would make words say something else."""
    return "".join(char for char in text if char not in _UNSEEN)


_UNSEEN = frozenset(
    [chr(code) for code in range(32) if chr(code) not in "\t\n\r"]
    + ["\x7f", "\u200e", "\u200f", "\u061c", "\ufeff"]
    + [
        chr(code)
        for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080))
    ]
    + [chr(code) for code in range(0xD800, 0xE000)]
)

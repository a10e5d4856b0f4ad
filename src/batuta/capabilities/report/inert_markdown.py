"""Markdown of anybody as Markdown that does nothing wherever it is shown: read as blocks, and written anew."""

import re
from collections.abc import Iterable, Sequence

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from batuta.capabilities.report.inert import blocks_of

__all__ = ["escaped", "markdown_of"]

_SIGNS = re.compile(r"([\\`*_\[\]<>|~&!])")
# What makes a block of a line that begins with it.
_START = re.compile(r"^(\s*)(?:([#+=-])|(\d{1,9})([.)]))")
_MARKS = {"em": "*", "strong": "**", "s": "~~"}


def escaped(text: str, *, start: bool = False) -> str:
    """`text` as Markdown that shows it letter by letter. `start`: it begins a line."""
    shown = _SIGNS.sub(r"\\\1", text)
    return _no_block(shown) if start else shown


def markdown_of(text: str) -> str:
    """`text` as Markdown without tags, images and links that are none."""
    return "\n".join(_blocks(SyntaxTreeNode(blocks_of(text)).children)) if text else ""


def _no_block(line: str) -> str:
    return _START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", line)


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> list[str]:
    """The lines of blocks, with an empty one between each two."""
    lines: list[str] = []
    for node in nodes:
        if lines:
            lines.append("")
        lines += _block(node)
    return lines


def _block(node: SyntaxTreeNode) -> list[str]:
    # The recursion is as deep as blocks are inside each other, which the reader bounds.
    match node.type:
        case "heading":
            return ["#" * int(node.tag[1]) + " " + " ".join(_words(node))]
        case "paragraph":
            return [_no_block(line) for line in _words(node)]
        case "fence" | "code_block":
            return _code(node.content)
        case "hr":
            return ["---"]
        case "blockquote":
            return [f"> {line}".rstrip() for line in _blocks(node.children)]
        case "bullet_list":
            return [line for item in node.children for line in _item(item, "- ")]
        case "ordered_list":
            first = int(node.attrs.get("start") or 1)
            items = enumerate(node.children, first)
            return [line for number, item in items for line in _item(item, f"{number}. ")]
        case "table":
            return _table(node)
        case _:
            return [_no_block(escaped(line)) for line in node.content.splitlines()]


def _item(node: SyntaxTreeNode, mark: str) -> list[str]:
    lines = _blocks(node.children) or [""]
    blank = " " * len(mark)
    return [(f"{blank if at else mark}{line}").rstrip() for at, line in enumerate(lines)]


def _code(content: str) -> list[str]:
    # What stands behind a fence may be a command to whoever shows it (a diagram, say): it is left out.
    fence = "`" * max(3, _longest_run(content) + 1)
    return [fence, *content.rstrip("\n").split("\n"), fence]


def _table(node: SyntaxTreeNode) -> list[str]:
    rows = [row for part in node.children for row in part.children]
    lines = [
        "| " + " | ".join(" ".join(_words(cell)) for cell in row.children) + " |" for row in rows
    ]
    rights = [cell.attrs.get("class") == "r" for cell in rows[0].children]
    rule = "| " + " | ".join("--:" if right else "---" for right in rights) + " |"
    return [lines[0], rule, *lines[1:]]


def _words(node: SyntaxTreeNode) -> list[str]:
    """The lines of the words in a block."""
    tokens = [child.token for child in node.children if child.token is not None]
    return _spans([one for token in tokens for one in token.children or []]).split("\n")


def _spans(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    links: list[str] = []
    for token in tokens:
        match token.type:
            case "softbreak":
                parts.append("\n")
            case "hardbreak":
                parts.append("  \n")
            case "code_inline":
                parts.append(_code_span(token.content))
            case "image":
                parts.append(escaped(f"[{token.content or 'image'}]"))
            case "link_open":
                links.append(str(token.attrGet("href") or ""))
                parts.append("[")
            case "link_close":
                href = re.sub(r"[\s<>\\]", "", links.pop())
                where = escaped(str(token.meta.get("where", "")))
                parts.append(f"](<{href}>) ({where})" if where else f"](<{href}>)")
            case kind if kind.endswith(("_open", "_close")):
                parts.append(_MARKS.get(token.tag, ""))
            case _:
                parts.append(escaped(token.content))
    return "".join(parts)


def _code_span(content: str) -> str:
    mark = "`" * (_longest_run(content) + 1)
    space = " " if content.startswith("`") or content.endswith("`") else ""
    return f"{mark}{space}{content}{space}{mark}".replace("|", "\\|")


def _longest_run(content: str) -> int:
    return max((len(run) for run in re.findall(r"`+", content)), default=0)

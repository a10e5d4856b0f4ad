"""Where the parts of a document stand, found by path when a message needs it."""

from batuta.errors import Place
from batuta.reading.report import Report
from batuta.reading.tree import Node

__all__ = ["NOWHERE", "Places"]

# Characters of an expression that are looked for in the text, to place a position inside it.
_SNIPPET = 16


class Places:
    """Places of one document by path: `at("steps", "pay", "retry")`.

    A path that leads out of the document (a default, or what a shorthand left out) gives the last place on it.
    """

    def __init__(self, root: Node | None = None, text: str = "", file: str = "") -> None:
        self._root = root
        self._report = Report(text, file)

    @property
    def text(self) -> str:
        """The text of the document; "" if it was made of data."""
        return self._report.text

    def position(self, at: int) -> Place:
        """Where the character of that number (from 0) stands in the text."""
        return self._report.place(at)

    def at(self, *path: str | int) -> Place:
        """Where the value at `path` begins."""
        return self._report.place(self._walk(path)[0].start) if self._root else self._nowhere()

    def key(self, *path: str | int) -> Place:
        """Where the key that ends `path` stands."""
        if self._root is None:
            return self._nowhere()
        parent, walked = self._walk(path[:-1])
        position = parent.keys.get(str(path[-1]), -1) if walked == len(path) - 1 else -1
        return self._report.place(position if position >= 0 else self._walk(path)[0].start)

    def inside(self, path: tuple[str | int, ...], words: str, offset: int) -> Place:
        """Where character `offset` (from 0) of `words` stands, which are in the text at `path`.

        Exact but for escapes and folded blocks.
        """
        if self._root is None:
            return self._nowhere()
        node, _ = self._walk(path)
        value = node.value
        if not isinstance(value, str) or node.start < 0:
            return self._report.place(node.start)
        text = self._report.text
        offset += max(value.find(words), 0)
        # In every style the text of a file is at least as long as what it stands for, so looking from here
        # on never finds an earlier occurrence of the same words.
        begin = node.start + min(offset, len(value))
        for length in (_SNIPPET, 6, 1):
            snippet = value[offset : offset + length].split("\n", 1)[0]
            position = text.find(snippet, begin, node.end) if snippet else -1
            if position >= 0:
                return self._report.place(position)
        quotes = 1 if text[node.start : node.start + 1] in "\"'" else 0
        return self._report.place(min(begin + quotes, max(node.end, node.start)))

    def advice(self, _code: str, remedy: str, /) -> str:
        """The remedy of a finding with this code, in the words that documents of this kind are written in."""
        return remedy

    def _nowhere(self) -> Place:
        return self._report.place(-1)

    def _walk(self, path: tuple[str | int, ...]) -> tuple[Node, int]:
        assert self._root is not None
        node = self._root
        for walked, part in enumerate(path):
            below = _part(node, part)
            if below is None:
                return node, walked
            node = below
        return node, len(path)


def _part(node: Node, part: str | int) -> Node | None:
    if isinstance(part, str):
        return (node.map or {}).get(part)
    items = node.list
    if items is None:
        # One item may stand for a list of one.
        return node if part == 0 else None
    return items[part] if part < len(items) else None


NOWHERE = Places()

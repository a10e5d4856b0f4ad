"""The tree of a YAML or JSON document, and the one place that bounds how it may grow."""

import math
from typing import Any, NamedTuple, cast

from batuta.reading.report import Report

__all__ = [
    "CHARS_MAX",
    "DEPTH_MAX",
    "INTEGER_MAX",
    "INTEGER_MIN",
    "KEYS_MAX",
    "NODES_MAX",
    "OURS",
    "Bounds",
    "Builder",
    "Node",
    "Unreadable",
]

# Levels of nesting. A plan needs about ten; what is deeper is made by a program that went wrong, or to hurt.
DEPTH_MAX = 64
# Nodes with every alias written out: 10,000 steps of 20 nodes each, and less than a second to read.
NODES_MAX = 200_000
# Keys of one map: twice as many as a plan may have steps. What has more is refused before it is read to its end.
KEYS_MAX = 20_000
# Characters with every alias written out: aliases must not multiply one long text into gigabytes.
CHARS_MAX = 16 * 1_024 * 1_024
# What expressions, the journal and SQL can all carry exactly.
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1


class Bounds(NamedTuple):
    """How a tree may grow: characters of text, and what is said above of the tree itself.

    `foreign`: nobody here wrote the document. Then a key that is a number is text, and a number that is too large for
    64 bits is the nearest one that is not an integer.
    """

    text: int = 4 * 1_024 * 1_024
    nodes: int = NODES_MAX
    chars: int = CHARS_MAX
    depth: int = DEPTH_MAX
    foreign: bool = False


# 4 Mi characters are more than 10,000 steps, and read in a second.
OURS = Bounds()


class Unreadable(Exception):
    """Reading stops here; the report says why."""


class Node:
    """One value of a document.

    `value` is a `dict[str, Node]`, a `list[Node]` or a scalar (None, bool, int, float, str). `start` and `end` are
    positions in the text (characters, from 0; -1 if there is no text), `keys` where each key of a map stands.
    `size`, `chars` and `height` count what is below, with aliases written out.
    """

    __slots__ = ("chars", "end", "height", "keys", "size", "start", "value")

    def __init__(self, value: Any, start: int = -1, end: int = -1) -> None:
        self.value = value
        self.start = start
        self.end = end
        self.keys: dict[str, int] = {}
        self.size = 1
        self.chars = len(value) if isinstance(value, str) else 0
        self.height = 0

    @property
    def map(self) -> dict[str, "Node"] | None:
        """The entries, if this is a map."""
        value = cast("dict[str, Node] | list[Node] | None", self.value)
        return value if isinstance(value, dict) else None

    @property
    def list(self) -> "list[Node] | None":
        """The items, if this is a list."""
        value = cast("dict[str, Node] | list[Node] | None", self.value)
        return value if isinstance(value, list) else None

    def data(self) -> Any:
        """The plain JSON value, fresh: nothing in it is shared with another alias of the same node."""
        nodes = self.map
        if nodes is not None:
            return {key: node.data() for key, node in nodes.items()}
        items = self.list
        return self.value if items is None else [item.data() for item in items]


class _Frame:
    """A map or list that is still open; `key` is the key whose value comes next, `drops` if nobody wants it."""

    __slots__ = ("anchor", "drops", "key", "key_at", "node")

    def __init__(self, node: Node, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: str | None = None
        self.key_at = -1
        self.drops = False


class Builder:
    """Makes a tree from events, without recursion, and refuses what exceeds the bounds above."""

    def __init__(self, report: Report, bounds: Bounds = OURS) -> None:
        self._report = report
        self._bounds = bounds
        self._open: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._size = 0
        self._chars = 0
        self.root: Node | None = None

    def open(self, value: dict[str, Node] | list[Node], at: int, anchor: str | None = None) -> None:
        """Begin a map or a list at position `at`."""
        if len(self._open) >= self._bounds.depth:
            self._too_deep(at)
        self._open.append(_Frame(Node(value, at), anchor))

    def close(self, end: int) -> None:
        """End the map or list that was begun last."""
        frame = self._open.pop()
        frame.node.end = end
        self._add(frame.node, frame.anchor)

    def scalar(self, value: object, start: int, end: int, anchor: str | None = None) -> None:
        """Add a scalar; numbers that nobody could carry are flaws."""
        foreign = self._bounds.foreign
        if isinstance(value, int) and not INTEGER_MIN <= value <= INTEGER_MAX and foreign:
            value = float(value) if abs(value) < 2**1_023 else 0.0
        elif isinstance(value, int) and not INTEGER_MIN <= value <= INTEGER_MAX:
            self._report.flaw(
                "B010",
                "an integer of more than 64 bits cannot be carried exactly",
                at=start,
                remedy='write it as text, in quotes: "…"',
            )
            value = 0
        elif isinstance(value, float) and not math.isfinite(value):
            self._report.flaw(
                "B010",
                "NaN and infinities are not numbers that JSON can carry",
                at=start,
                remedy="write null, a text, or a number up to 1.7e308",
            )
            value = 0.0
        self._count(1, len(value) if isinstance(value, str) else 0, start)
        self._add(Node(value, start, end), anchor)

    def alias(self, name: str, at: int) -> None:
        """Add what anchor `name` stands for once more."""
        node = self._anchors.get(name)
        if node is None:
            inside = any(frame.anchor == name for frame in self._open)
            self._report.flaw(
                "B011",
                f"the alias *{name} is inside of what it stands for"
                if inside
                else f"the alias *{name} has no anchor before it",
                at=at,
                remedy=f"write the value out, or mark it with &{name} earlier in the file",
            )
            node = Node(None, at, at)
        if len(self._open) + node.height > self._bounds.depth:
            self._too_deep(at)
        self._count(node.size, node.chars, at)
        self._add(node, None, at)

    def _count(self, size: int, chars: int, at: int) -> None:
        self._size += size
        self._chars += chars
        bounds = self._bounds
        if self._size > bounds.nodes or self._chars > bounds.chars:
            self._report.flaw(
                "B008",
                f"with every alias written out, this is more than {bounds.nodes:,} values "
                f"or {bounds.chars:,} characters",
                at=at,
                remedy="make it smaller: data belongs into inputs, not into the file",
            )
            raise Unreadable

    def _too_deep(self, at: int) -> None:
        self._report.flaw(
            "B007",
            f"this is nested deeper than {self._bounds.depth} levels",
            at=at,
            remedy="make it flatter, or pass it as text",
        )
        raise Unreadable

    def _add(self, node: Node, anchor: str | None, at: int | None = None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        frame = self._open[-1]
        parent = frame.node
        items = parent.list
        if items is not None:
            items.append(node)
        elif frame.key is None and not frame.drops:
            self._key(frame, node, node.start if at is None else at)
            return
        elif frame.drops:
            frame.drops = False
            return
        else:
            assert frame.key is not None
            parent.value[frame.key] = node
            parent.keys[frame.key] = frame.key_at
            parent.chars += len(frame.key)
            frame.key = None
        parent.size += node.size
        parent.chars += node.chars
        parent.height = max(parent.height, node.height + 1)

    def _key(self, frame: _Frame, node: Node, at: int) -> None:
        if self._report.full:
            raise Unreadable
        key = node.value
        if self._bounds.foreign and isinstance(key, int | float):
            key = str(key).lower()
        if not isinstance(key, str):
            shown = "a list or map" if isinstance(key, dict | list) else _spelled(key)
            self._report.flaw(
                "B006",
                f"a key must be text, and this is {shown}",
                at=at,
                remedy='put it in quotes: "…"',
            )
            frame.drops = True
        elif key in frame.node.value:
            first = self._report.place(frame.node.keys[key])
            self._report.flaw(
                "B005",
                f"the key {key[:64]!r} is given twice; it was first given in line {first.line}",
                at=at,
                remedy="keep one of the two",
            )
            frame.drops = True
        elif len(frame.node.value) >= KEYS_MAX:
            self._report.flaw(
                "B008",
                f"a map has more than {KEYS_MAX:,} keys",
                at=at,
                remedy="repeat work over a list with `each`; data belongs into inputs, not into the file",
            )
            raise Unreadable
        else:
            frame.key, frame.key_at = key, at


def _spelled(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    return f"a {type(value).__name__}"

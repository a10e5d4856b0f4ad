"""The syntax tree of an expression, as the reference parser makes it."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec

__all__ = [
    "Call",
    "Checked",
    "Comprehension",
    "Const",
    "Entry",
    "Ident",
    "ListOf",
    "MapOf",
    "Node",
    "Select",
    "children",
]


class Const(msgspec.Struct, frozen=True):
    """A literal. `value` is the null, bool, int, double or string; `...` for other kinds (`payload` has them all)."""

    id: int
    payload: bytes
    value: object


class Ident(msgspec.Struct, frozen=True):
    """A name: a root, the variable of a loop, or a type."""

    id: int
    name: str


class Select(msgspec.Struct, frozen=True):
    """`operand.field`, or `has(operand.field)` if `test`."""

    id: int
    operand: "Node"
    field: str
    test: bool


class Call(msgspec.Struct, frozen=True):
    """A function, a method (`target` set) or an operator such as `_+_` and `_[_]`."""

    id: int
    function: str
    target: "Node | None"
    args: "tuple[Node, ...]"


class ListOf(msgspec.Struct, frozen=True):
    """`[a, b]`."""

    id: int
    elements: "tuple[Node, ...]"


class Entry(msgspec.Struct, frozen=True):
    """One `key: value` of a map literal; `key` is None for a field of a message."""

    id: int
    key: "Node | None"
    value: "Node"


class MapOf(msgspec.Struct, frozen=True):
    """`{k: v}`; with a `name` it would construct a message."""

    id: int
    name: str
    entries: tuple[Entry, ...]


class Comprehension(msgspec.Struct, frozen=True):
    """What the macros all, exists, exists_one, map and filter expand to."""

    id: int
    variable: str
    second: str
    range: "Node"
    step: "Node"


Node: TypeAlias = Const | Ident | Select | Call | ListOf | MapOf | Comprehension


class Checked(msgspec.Struct, frozen=True):
    """A checked expression: its tree, where each node stands (id -> character), and what the checker resolved.

    `references` and `types` are the entries of those two maps as they came, by node id; `source` is the raw
    source information.
    """

    root: Node
    positions: Mapping[int, int]
    references: Mapping[int, bytes]
    types: Mapping[int, bytes]
    source: bytes


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below `node`; of a loop none, because its variable has a scope."""
    match node:
        case Select():
            yield node.operand
        case Call():
            if node.target is not None:
                yield node.target
            yield from node.args
        case ListOf():
            yield from node.elements
        case MapOf():
            for entry in node.entries:
                if entry.key is not None:
                    yield entry.key
                yield entry.value
        case Const() | Ident() | Comprehension():
            return

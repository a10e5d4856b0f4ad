"""One walk over a tree before anything is built: bounds, references, and which of them are asked about."""

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from batuta.errors import ExpressionError
from batuta.spec.expr.paths import Reference
from batuta.spec.expr.regex import STATES_MAX, states
from batuta.spec.expr.tree import (
    Call,
    Checked,
    Comprehension,
    Const,
    Ident,
    ListOf,
    MapOf,
    Node,
    Select,
    children,
)

__all__ = [
    "LoopParts",
    "Scope",
    "Survey",
    "Use",
    "local_key",
    "loop_parts",
    "pattern_states",
    "question",
]

NODES_MAX = 200
LOOP_DEPTH_MAX = 2

Use: TypeAlias = Literal["value", "has", "null", "size"]

Scope: TypeAlias = Mapping[str, str]
"""Variables of the enclosing loops -> the key under which their value is kept."""

# A time zone that names a file makes CEL read it, even a device: /dev/stdin would block the process.
_TIME_ZONE = re.compile(r"[A-Za-z]\w*(?:/[A-Za-z][\w+-]*)*|[+-]\d\d:\d\d", re.ASCII)


class Survey:
    """What `visit` found: `references` (in no order), the paths `asked` about, and where functions stand.

    `offsets` has the first use of each function; "." stands for the fields of computed values.
    """

    def __init__(self, checked: Checked, roots: frozenset[str]) -> None:
        self.checked = checked
        self.roots = roots
        self.references: list[Reference] = []
        self.asked: set[tuple[str, tuple[str | int, ...]]] = set()
        self.offsets: dict[str, int] = {}
        self.nodes = 0

    def visit(self, node: Node, scope: Scope, depth: int) -> None:
        self.nodes += 1
        if self.nodes > NODES_MAX:
            raise ExpressionError(
                f"too long (more than {NODES_MAX} operations)", remedy="split it over steps"
            )
        subject, use = question(node) or (node, "value")
        path = self.path(subject, scope)
        if path is not None:
            self.nodes += len(path.path)
            self._use(path, scope, asked=use in ("has", "null"))
            return
        self._check(node, depth)
        if isinstance(node, Comprehension):
            parts = loop_parts(node)
            inner = {**scope, node.variable: local_key(node)}
            self.visit(node.range, scope, depth)
            for part in (parts.test, parts.body):
                if part is not None:
                    self.visit(part, inner, depth + 1)
            return
        for child in children(node):
            self.visit(child, scope, depth)

    def path(self, node: Node, scope: Scope) -> Reference | None:
        """The static path that `node` is, below a root or a loop's variable; None if it is something else."""
        parts: list[str | int] = []
        while True:
            match node:
                case Select(test=False):
                    parts.append(node.field)
                    node = node.operand
                case Call(function="_[_]", args=(inner, Const(value=str() | int() as part))) if (
                    not isinstance(part, bool) and (isinstance(part, str) or part >= 0)
                ):
                    parts.append(part)
                    node = inner
                case Ident(name=name) if name in scope or name.removeprefix(".") in self.roots:
                    root = name if name in scope else name.removeprefix(".")
                    return Reference(root, tuple(reversed(parts)), False, self.offset(node))
                case _:
                    return None

    def offset(self, node: Node) -> int:
        return self.checked.positions.get(node.id, 0)

    def marked(self, reference: Reference) -> Reference:
        """`reference`, optional if it or something it is a part of is asked about anywhere in the expression."""
        path = reference.path
        asked = any(
            (reference.root, path[:length]) in self.asked for length in range(len(path) + 1)
        )
        return msgspec.structs.replace(reference, optional=asked)

    def _use(self, path: Reference, scope: Scope, *, asked: bool) -> None:
        if path.root in scope:
            return
        self.references.append(path)
        if asked:
            self.asked.add((path.root, path.path))

    def _check(self, node: Node, depth: int) -> None:
        match node:
            case Comprehension() if depth >= LOOP_DEPTH_MAX:
                raise ExpressionError(
                    f"loops nested more than {LOOP_DEPTH_MAX} deep",
                    remedy="split it over steps",
                    offset=self.offset(node),
                )
            case MapOf(name=str() as name) if name:
                raise ExpressionError(
                    f"{name} cannot be constructed", remedy="write a map", offset=self.offset(node)
                )
            case Call(function="matches"):
                pattern_states(node, self.offset(node))
            case Call(function=name, target=target) if (
                name.startswith("get") and target is not None
            ):
                self._check_time_zone(node)
            case _:
                pass
        if isinstance(node, Call):
            self.offsets.setdefault(node.function, self.offset(node))
        elif isinstance(node, Select):
            self.offsets.setdefault(".", self.offset(node))

    def _check_time_zone(self, node: Call) -> None:
        for arg in node.args:
            value = arg.value if isinstance(arg, Const) else None
            if not isinstance(value, str) or not _TIME_ZONE.fullmatch(value):
                raise ExpressionError(
                    "a time zone is written out",
                    remedy='"Europe/Madrid", "+02:00"',
                    offset=self.offset(node),
                )


# --- shapes of the tree ---------------------------------------------------------------------------


class LoopParts(msgspec.Struct, frozen=True):
    """A macro: `collect` is map and filter, with or without a `test`; the others have no `body`."""

    kind: Literal["all", "exists", "exists_one", "collect"]
    test: Node | None
    body: Node | None


def loop_parts(node: Comprehension) -> LoopParts:
    """Recognise the macro by its step, `@result` being the accumulator; the standard has no others."""
    assert not node.second, "two-variable macros are an extension that is not loaded"
    match node.step:
        case Call(function="_&&_", args=(_, test)):
            return LoopParts("all", test, None)
        case Call(function="_||_", args=(_, test)):
            return LoopParts("exists", test, None)
        case Call(function="_?_:_", args=(test, Call(args=(_, ListOf(elements=(body,)))), _)):
            return LoopParts("collect", test, body)
        case Call(function="_?_:_", args=(test, _, _)):
            return LoopParts("exists_one", test, None)
        case Call(function="_+_", args=(_, ListOf(elements=(body,)))):
            return LoopParts("collect", None, body)
        case _:
            raise ExpressionError("a loop of an unknown kind")


def question(node: Node) -> tuple[Node, Use] | None:
    """What `node` asks about, if it is has(...), a comparison with null, or size()."""
    match node:
        case Select(test=True):
            return Select(node.id, node.operand, node.field, False), "has"
        case Call(function="_==_" | "_!=_", args=(Const(value=None), asked)):
            return asked, "null"
        case Call(function="_==_" | "_!=_", args=(asked, Const(value=None))):
            return asked, "null"
        case Call(function="size", target=None, args=(asked,)):
            return asked, "size"
        case Call(function="size", target=asked, args=()) if asked is not None:
            return asked, "size"
        case _:
            return None


def pattern_states(node: Call, offset: int) -> int:
    """States of the pattern of a `matches`. Raises ExpressionError, at `offset`, if it is no literal or too large."""
    pattern = node.args[-1] if node.args else None
    value = pattern.value if isinstance(pattern, Const) else None
    if not isinstance(value, str):
        raise ExpressionError(
            "the pattern of matches() is written out", remedy='matches("[a-z]+")', offset=offset
        )
    size = states(value)
    if size > STATES_MAX:
        raise ExpressionError("the pattern of matches() is too large", offset=offset)
    return size


def local_key(node: Comprehension) -> str:
    """Unique in the expression: an inner loop may use the same variable name."""
    return f"{node.variable}@{node.id}"

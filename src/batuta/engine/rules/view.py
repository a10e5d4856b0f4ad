"""What a step instance sees: the values behind `inputs`, `steps`, `errors`, `item`, `index`, `previous`, `rounds`."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import Any, cast

from batuta.errors import ExpressionError
from batuta.spec import run as r
from batuta.spec.expr.paths import Reference, kind_of, resolve
from batuta.spec.run import Node, Scope
from batuta.spec.value import Value, decode

__all__ = [
    "NotLoaded",
    "Shelf",
    "items_of",
    "lookup",
    "rounds_before",
    "scope_lookup",
    "stored_at",
    "stored_in",
    "value_of",
    "wanted",
]

# Decoded values kept at hand for all runs of a process, by the size of their JSON.
SHELF_BYTES_MAX = 64 * 1_024 * 1_024
# Of an instance: its value if that is short and was looked at; the mark of its value. Of what a shelf keeps: the value.
_live, _mark, _data = attrgetter("live"), attrgetter("value.mark"), itemgetter(1)


class NotLoaded(Exception):
    """A stored value is not at hand; the loop loads what `wanted` lists and asks again."""


class Shelf:
    """Stored values that were decoded not long ago, bounded by the size of their JSON."""

    def __init__(self, bytes_max: int = SHELF_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._values: OrderedDict[str, tuple[int, Any]] = OrderedDict()

    def get(self, value: Value) -> Any:
        """The JSON of `value`; None if it was erased. Raises `NotLoaded`."""
        if not value.stored:
            return None if value.erased else decode(value.data)
        name = _name(value)
        found = self._values.get(name)
        if found is None:
            raise NotLoaded
        self._values.move_to_end(name)
        return found[1]

    def rounds(self, nodes: Sequence[Node]) -> list[Any]:
        """`value_of` each of `nodes`. Raises `NotLoaded`.

        Each turn of an agent asks for all before it. If all are short, or all were stored in parts, as is the rule,
        no line of Python is run for each of them.
        """
        found = list(map(_live, nodes))
        if None not in found:
            return found
        try:
            marks = list(map(_mark, nodes))
            found = list(map(self._values.__getitem__, marks))
        except (AttributeError, KeyError):  # some have no value, or are short, or not at hand
            return [value_of(node, self) for node in nodes]
        deque(map(self._values.move_to_end, marks), maxlen=0)
        return list(map(_data, found))

    def has(self, value: Value) -> bool:
        """True if `get` would not raise."""
        return not value.stored or _name(value) in self._values

    def find(self, ref: str) -> Any:
        """The JSON that is stored under `ref`; None if it is not at hand."""
        found = self._values.get(ref)
        return None if found is None else found[1]

    def put(self, value: Value, size: int, data: Any, *, keep: int = 1) -> None:
        """Keep the `data` of a stored `value`, of `size` bytes as JSON; drops what was not used for longest.

        The newest `keep` always stay: who needs several at once would wait for ever if they drove each other out.
        `data` must never change: it is handed on as it is, and others may share in it.
        """
        name = _name(value)
        if name in self._values:
            return
        self._values[name] = (size, data)
        self._bytes += size
        while self._bytes > self._bytes_max and len(self._values) > keep:
            _, (dropped, _) = self._values.popitem(last=False)
            self._bytes -= dropped


def _name(value: Value) -> str:
    """What a stored value is kept under. Only all of it together has the commitment to all of it."""
    return value.mark if value.parts else value.ref


def value_of(node: Node, shelf: Shelf) -> Any:
    """The value of an instance that has ended: null unless it is done. Raises `NotLoaded`."""
    if node.live is not None:
        return node.live
    if node.kind == "each" and node.state == r.DONE:
        node.live = [value_of(child, shelf) for child in node.children]
        return node.live
    value = node.value
    if node.state != r.DONE or value is None:
        return None
    data = shelf.get(value)
    if not value.stored:
        node.live = data
    return data


def items_of(container: Node, shelf: Shelf) -> list[Any]:
    """The list that an `each` runs over. Raises `NotLoaded`, `ExpressionError`."""
    if container.items is None:
        expression = container.shape.each
        assert expression is not None
        items = expression.evaluate(lookup(container, shelf))
        if not isinstance(items, list):
            raise ExpressionError(
                f"each wants a list, and `{expression.text}` is {kind_of(items)}",
                remedy="write an expression whose value is a list",
            )
        container.items = cast("list[Any]", items)
    return container.items


def scope_lookup(scope: Scope, shelf: Shelf) -> Callable[[Reference], Any]:
    """The values that the result of a plan may mention: its inputs and its steps."""

    return lambda reference: _in_scope(scope, reference, shelf)


def _in_scope(scope: Scope, reference: Reference, shelf: Shelf) -> Any:
    if reference.root == "inputs":
        if scope.inputs_live is None:
            scope.inputs_live = shelf.get(scope.inputs) or {}
        return resolve(scope.inputs_live, reference.path)
    root = reference.root
    if not reference.path:
        raise ExpressionError(f"`{root}` alone has no value", remedy=f"name a step: {root}.NAME")
    node = scope.nodes[str(reference.path[0])]
    return _step_value(node, reference, shelf) if root == "steps" else _error(node, reference)


def lookup(node: Node, shelf: Shelf, *, ended: bool = False) -> Callable[[Reference], Any]:
    """The values that the expressions of `node` may mention; `ended`: it is a round, and `until` is asked."""
    scope = node.scope

    def look(reference: Reference) -> Any:
        root = reference.root
        if root == "inputs":
            given = scope.inputs_live
            known = given is not None
            return resolve(given, reference.path) if known else _in_scope(scope, reference, shelf)
        if root == "steps" and reference.path:
            name = str(reference.path[0])
            if name == node.shape.name:
                return _own_value(node, reference, shelf)
            if node.winners is not None and name not in node.winners:
                return _absent(reference)
            return _step_value(scope.nodes[name], reference, shelf)
        if root == "errors" and reference.path and node.winners is not None:
            name = str(reference.path[0])
            known = name in node.failures
            return _error(scope.nodes[name], reference) if known else _absent(reference)
        if root == "item" or (root == "index" and node.shape.each is not None):
            item, index = _item(node, shelf)
            return resolve(item, reference.path) if root == "item" else index
        if root == "index":
            return _round(node).index
        if root == "previous":
            rounds = _round(node)
            if rounds.index == 0:
                return _absent(reference) if reference.path else None
            assert rounds.parent is not None
            before = value_of(rounds.parent.children[rounds.index - 1], shelf)
            return resolve(before, reference.path)
        if root == "rounds":
            return resolve(_rounds(node, shelf, ended=ended), reference.path)
        return _in_scope(scope, reference, shelf)

    return look


def wanted(node: Node) -> list[Value]:
    """Every stored value that the expressions of `node` may need."""
    values: dict[str, Value] = {}
    scope = node.scope
    asks = node.shape.asks
    sources = [scope.nodes[name] for name in node.shape.deps if name not in asks]
    around: Node | None = node
    while around is not None and around is not scope.holder:
        if around.kind != "each":  # an item sees none of the other items
            sources.append(around)
        around = around.parent
    if node.kind == "undo":
        sources.extend(scope.nodes.values())
    for value in (scope.inputs, *(v for source in sources for v in _stored(source))):
        if value.stored:
            values[_name(value)] = value
    return list(values.values())


def stored_at(node: Node) -> list[Value]:
    """Every stored value that showing `node` may need: what it sees, and what it came to."""
    return [*wanted(node), *(value for value in _stored(node) if value.stored)]


def stored_in(scope: Scope) -> list[Value]:
    """Every stored value that the result of a plan may need."""
    names = scope.shape.in_result
    values = [value for name in names for value in _stored(scope.nodes[name])]
    return [value for value in (scope.inputs, *values) if value.stored]


def _stored(node: Node) -> Iterator[Value]:
    if node.value is not None:
        yield node.value
    for child in node.children:
        yield from _stored(child)


def _step_value(node: Node, reference: Reference, shelf: Shelf) -> Any:
    if node.state != r.DONE:
        return _absent(reference)
    value = node.live
    if value is None:
        value = value_of(node, shelf)
    return value if len(reference.path) == 1 else resolve(value, reference.path[1:])


def _error(node: Node, reference: Reference) -> Any:
    """Why the step failed, or null; of an `each` that may fail, one for each item (or one for the list itself)."""
    error: Any = _failure(node)
    if node.kind == "each" and node.shape.step.may_fail:
        error = None if error is None else [error]
        if node.state == r.DONE:
            error = [_failure(child) for child in node.children]
    if error is None:
        return _absent(reference)
    return resolve(error, reference.path[1:])


def _failure(node: Node) -> dict[str, str] | None:
    return {"code": node.code, "message": node.message} if node.state == r.FAILED else None


def _own_value(node: Node, reference: Reference, shelf: Shelf) -> Any:
    """`steps.<self>`: in `undo` the value to take back, in `until` the value of the last round."""
    owner = node.parent if node.kind == "undo" else node
    assert owner is not None
    if owner.kind == "repeat" and owner.children:
        owner = owner.children[-1]
    return resolve(value_of(owner, shelf), reference.path[1:])


def _absent(reference: Reference) -> Any:
    """What was skipped, cancelled, or lost its join is null; `has()` says no to whatever is inside it."""
    if reference.optional and len(reference.path) > (reference.root in ("steps", "errors")):
        raise KeyError(reference.path)
    return None


def _item(node: Node, shelf: Shelf) -> tuple[Any, int]:
    inner = node.parent if node.kind == "undo" else node
    while inner is not None and (inner.parent is None or inner.parent.kind != "each"):
        inner = inner.parent
    assert inner is not None and inner.parent is not None, "item outside of each"
    return items_of(inner.parent, shelf)[inner.index], inner.index


def _rounds(node: Node, shelf: Shelf, *, ended: bool) -> list[Any]:
    return shelf.rounds(rounds_before(node, ended=ended))


def rounds_before(node: Node, *, ended: bool = False) -> list[Node]:
    """The rounds before that of `node`, the oldest first; with the present one if it has `ended`."""
    present = _round(node)
    assert present.parent is not None
    return present.parent.children[: present.index + ended]


def _round(node: Node) -> Node:
    inner: Node | None = node.parent if node.kind == "undo" else node
    if inner is not None and inner.kind == "repeat":
        return inner.children[-1]
    while inner is not None and (inner.parent is None or inner.parent.kind != "repeat"):
        inner = inner.parent
    assert inner is not None, "a round outside of repeat"
    return inner

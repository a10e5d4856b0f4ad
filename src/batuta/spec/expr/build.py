"""From a checked tree to kernels: paths, questions and loops are replaced by variables."""

import msgspec

from batuta.spec.expr.cel import load
from batuta.spec.expr.kernel import Kernel, Loop, Path, Slot
from batuta.spec.expr.paths import Reference
from batuta.spec.expr.quick import quick
from batuta.spec.expr.survey import (
    Scope,
    Survey,
    Use,
    local_key,
    loop_parts,
    pattern_states,
    question,
)
from batuta.spec.expr.tree import (
    Call,
    Checked,
    Comprehension,
    Const,
    Entry,
    Ident,
    ListOf,
    MapOf,
    Node,
    Select,
)
from batuta.spec.expr.wire import write_checked

__all__ = ["build"]


def build(checked: Checked, roots: frozenset[str]) -> tuple[Kernel, tuple[Reference, ...]]:
    """The kernel of an expression, and its references in the order of the text.

    Raises ExpressionError for trees that are too large, and for what could not be stopped in time.
    """
    survey = Survey(checked, roots)
    survey.visit(checked.root, {}, 0)
    references = sorted(survey.references, key=lambda reference: reference.offset)
    marked = tuple(survey.marked(reference) for reference in references)
    return _Builder(checked, survey).kernel(checked.root, {}), marked


class _Builder:
    """Splits a tree into kernels, one for the whole and one for each part of each loop."""

    def __init__(self, checked: Checked, survey: Survey) -> None:
        self.checked = checked
        self.survey = survey
        self.count = 0  # variables made; their names are unique in the whole expression

    def kernel(self, node: Node, scope: Scope) -> Kernel:
        part = _Part(self, scope)
        root = part.rewrite(node)
        slots = tuple(part.slots.values())
        if isinstance(root, Ident) and root.id in part.names:
            return Kernel(slots, None, 0, 1, {})
        program = load(write_checked(self.checked, root, part.names))
        named = {slot.name: slot for slot in slots}
        size = (part.nodes, part.states)
        return Kernel.make(slots, program, size, self.survey.offsets, quick(root, named))

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"


class _Part:
    """One kernel being made."""

    def __init__(self, builder: _Builder, scope: Scope) -> None:
        self.builder = builder
        self.scope = scope
        self.slots: dict[object, Slot] = {}
        self.names: dict[int, str] = {}
        self.nodes = 0
        self.states = 0

    def rewrite(self, node: Node) -> Node:
        self.nodes += 1
        asked, use = question(node) or (node, "value")
        path = self.builder.survey.path(asked, self.scope)
        if path is not None:
            variable = self._path(path, use, node if use in ("has", "size") else asked)
            return _replaced(node, asked, variable) if use == "null" else variable
        match node:
            case Comprehension():
                return self._loop(node)
            case Select():
                return msgspec.structs.replace(node, operand=self.rewrite(node.operand))
            case Call():
                if node.function == "matches":
                    self.states += pattern_states(node, 0)
                target = None if node.target is None else self.rewrite(node.target)
                args = tuple(map(self.rewrite, node.args))
                return Call(node.id, node.function, target, args)
            case ListOf():
                return ListOf(node.id, tuple(map(self.rewrite, node.elements)))
            case MapOf():
                return MapOf(node.id, node.name, tuple(map(self._entry, node.entries)))
            case Const() | Ident():
                return node

    def _entry(self, entry: Entry) -> Entry:
        assert entry.key is not None, "messages were refused"
        return Entry(entry.id, self.rewrite(entry.key), self.rewrite(entry.value))

    def _path(self, path: Reference, use: Use, node: Node) -> Ident:
        local = self.scope.get(path.root, "")
        known = self.slots.get(key := (local, path.root, path.path, use))
        if known is None:
            reference = path if local else self.builder.survey.marked(path)
            known = Path(self.builder.fresh(), reference, local, use)
        else:
            known = msgspec.structs.replace(known, count=known.count + 1)
        self.slots[key] = known
        self.names[node.id] = known.name
        return Ident(node.id, known.name)

    def _loop(self, node: Comprehension) -> Ident:
        parts = loop_parts(node)
        builder, local = self.builder, local_key(node)
        inner = {**self.scope, node.variable: local}
        same = isinstance(parts.body, Ident) and parts.body.name == node.variable
        loop = Loop(
            name=builder.fresh(),
            kind=parts.kind,
            local=local,
            range=builder.kernel(node.range, self.scope),
            test=None if parts.test is None else builder.kernel(parts.test, inner),
            body=None if parts.body is None or same else builder.kernel(parts.body, inner),
            offset=builder.survey.offset(node),
        )
        self.slots[loop.name] = loop
        self.names[node.id] = loop.name
        return Ident(node.id, loop.name)


def _replaced(node: Node, asked: Node, variable: Ident) -> Node:
    assert isinstance(node, Call), "only comparisons with null keep their operator"
    return msgspec.structs.replace(
        node, args=tuple(variable if arg is asked else arg for arg in node.args)
    )

"""The types of a syntax tree, from the leaves up.

A result of NOTHING says that the evaluation fails for certain, and `problems` why. What fails only where it is reached
(a branch, an operand that the other may make superfluous, the body of a loop) is a doubt, unless the whole fails by it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from batuta.plans.types.access import part
from batuta.plans.types.combine import nullable, union
from batuta.plans.types.describe import described
from batuta.plans.types.inference import operators as op
from batuta.plans.types.inference.comparisons import equal
from batuta.plans.types.inference.functions import applied
from batuta.plans.types.inference.inferred import Problem
from batuta.plans.types.inference.loops import EMPTY, collected, looped, may_be_empty, quantified
from batuta.plans.types.inference.notes import NO_FACTS, Notes
from batuta.plans.types.inference.operated import operated
from batuta.plans.types.inference.reach import Reached, absent, follow, known_by, offset_in
from batuta.plans.types.inference.refusals import cut, refused, why_there
from batuta.plans.types.shape import (
    ANY,
    NOTHING,
    NULL,
    Array,
    Object,
    String,
    Type,
)
from batuta.plans.types.values import of_value
from batuta.reading.nearest import did_you_mean
from batuta.spec.expr import Reference
from batuta.spec.expr.survey import Survey, local_key, loop_parts, question
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
)

__all__ = ["Walk"]


class Scope(NamedTuple):
    """The variables of the loops around: their keys, and the types by key."""

    keys: Mapping[str, str]
    types: Mapping[str, Type]


class Walk(Notes):
    """One inference.

    Attributes:
        asked: the offsets of references that are asked about; true if the step may be skipped.
    """

    def __init__(
        self,
        text: str,
        checked: Checked,
        roots: Mapping[str, Type],
        asked: Mapping[int, bool],
    ) -> None:
        super().__init__(checked)
        self.text = text
        self.roots = roots
        self.asked = asked
        self.survey = Survey(checked, frozenset(roots))

    def run(self) -> Type:
        """The type of the whole."""
        return self.visit(self.checked.root, Scope({}, {}))

    def visit(self, node: Node, scope: Scope) -> Type:
        """The type of `node`."""
        match node:
            case Const():
                return _literal(node.value)
            case Ident() | Select(test=False) | Call(function="_[_]"):
                path = self.survey.path(node, scope.keys)
                if path is not None:
                    return self._path(node, path, scope)
            case Select() | Call(function="_==_" | "_!=_"):
                asked = question(node)
                path = self.survey.path(asked[0], scope.keys) if asked is not None else None
                if asked is not None and path is not None:
                    return self._asked(node, path, asked[1], scope)
            case _:
                pass
        return self._made(node, scope)

    def _made(self, node: Node, scope: Scope) -> Type:
        """The type of what is computed."""
        match node:
            case Call():
                return self._call(node, scope)
            case Select():
                return self._select(node, scope)
            case ListOf():
                return self._list(node, scope)
            case MapOf():
                return self._map(node, scope)
            case Comprehension():
                return self._loop(node, scope)
            case Const() | Ident():
                return op.FOREIGN  # a name that is no value of the plan: a type

    # --- paths ---

    def _reach(self, path: Reference, scope: Scope) -> Reached:
        local = scope.keys.get(path.root, "")
        root = scope.types[local] if local else self.roots[path.root]
        return follow(
            root,
            path.path,
            skipped=not local and self.asked.get(path.offset, False),
            facts=self.facts,
            key=local or path.root,
        )

    def _path(self, node: Node, path: Reference, scope: Scope) -> Type:
        reached = self._reach(path, scope)
        if reached.level >= 0 and (reached.verdict == "no" or path.offset not in self.asked):
            problem = absent(
                path,
                reached,
                offset_in(self.text, self.checked, node, len(path.path) - 1 - reached.level),
            )
            (self.problems if reached.verdict == "no" else self.doubts).append(problem)
        return reached.type

    def _asked(self, node: Node, path: Reference, use: str, scope: Scope) -> Type:
        """`has(path)`, `path == null`: nothing that is missing is an error here."""
        reached = self._reach(path, scope)
        if use == "has":
            outcomes = equal(reached.type, NULL)
            there = frozenset(not outcome for outcome in outcomes)
            if reached.verdict != "yes":
                there |= {False}
            self.tell(why_there(there, str(path), reached.verdict, "there"))
            return op.boolean(there)
        type_ = reached.type if reached.verdict == "yes" else nullable(reached.type)
        outcomes = equal(type_, NULL)
        self.tell(why_there(outcomes, str(path), reached.verdict, "null"))
        if isinstance(node, Call) and node.function == "_!=_":
            outcomes = frozenset(not outcome for outcome in outcomes)
        return op.boolean(outcomes)

    def _select(self, node: Select, scope: Scope) -> Type:
        operand = self.visit(node.operand, scope)
        if not operand.shapes:
            return NOTHING
        if op.is_foreign(operand):
            return op.boolean(frozenset({True, False})) if node.test else op.FOREIGN
        found = part(operand, node.field)
        if node.test:
            maps = any(isinstance(shape, Object) for shape in operand.shapes)
            return op.boolean(frozenset({True, False})) if maps else NOTHING
        if found.verdict == "no":
            message = f"{described(operand)} has no field {node.field!r}"
            remedy = did_you_mean(node.field, found.names, "fields") if found.names else ""
            at = self.at(node) + 1
            self.problems.append(Problem(at, "missing", message, remedy, found.names))
        return found.type

    # --- operators and functions ---

    def _call(self, node: Call, scope: Scope) -> Type:
        name, args = node.function, node.args
        if name in ("_&&_", "_||_") and len(args) == 2:
            return self._logic(node, args[0], args[1], scope)
        if name == "_?_:_" and len(args) == 3:
            return self._choice(args[0], args[1], args[2], scope)
        nodes = args if node.target is None else (node.target, *args)
        types = tuple(self.visit(arg, scope) for arg in nodes)
        if any(not type_.shapes for type_ in types):
            return NOTHING
        found = operated(name, types)
        if found is None:
            result = applied(name, types)
        else:
            result, reason = found
            self.tell(reason)
            if name == "_/_" and result.shapes and op.cut_or_not(*types):
                self.doubts.append(Problem(self.at(node), "cut", *cut(args[1])))
        return result if result.shapes else self.fails(node, *refused(name, types))

    def _logic(self, node: Call, left: Node, right: Node, scope: Scope) -> Type:
        """`&&` and `||`: what one side decides, the other cannot change, not even by failing."""
        decisive = node.function == "_||_"
        where = "||" if decisive else "&&"
        with self.apart() as lefts:
            a = self._condition(left, scope, where)
        if a == frozenset({decisive}):
            self.doubts.extend(lefts)
            return op.boolean(a)
        with self.apart(known_by(self.survey, left, not decisive, scope.keys)) as rights:
            b = self._condition(right, scope, where)
        outcomes: set[bool] = set()
        if decisive in a or decisive in b:
            outcomes.add(decisive)
        if (not decisive) in a and (not decisive) in b:
            outcomes.add(not decisive)
        return self.settle(op.boolean(frozenset(outcomes)), lefts, rights)

    def _condition(self, node: Node, scope: Scope, where: str) -> op.Truth:
        """What `node` may be as a condition; empty, with a problem, if it never is one."""
        type_ = self.visit(node, scope)
        if op.is_foreign(type_):
            return frozenset({True, False})
        outcomes = op.truth(type_)
        if type_.shapes and not outcomes:
            self.fails(
                node,
                f"{where} takes true or false, this is {described(type_)}",
                "compare it: ... == ..., ... != null, size(...) > 0",
            )
        return outcomes

    def _choice(self, condition: Node, yes: Node, no: Node, scope: Scope) -> Type:
        outcomes = self._condition(condition, scope, "? :")
        found: list[list[Problem]] = []
        results: list[Type] = []
        for wanted, branch in ((True, yes), (False, no)):
            if wanted in outcomes:
                with self.apart(known_by(self.survey, condition, wanted, scope.keys)) as problems:
                    results.append(self.visit(branch, scope))
                found.append(problems)
        if any(map(op.is_foreign, results)):
            return self.settle(op.FOREIGN, *found)
        return self.settle(union(*results), *found)

    # --- lists, maps and loops ---

    def _list(self, node: ListOf, scope: Scope) -> Type:
        types = tuple(self.visit(element, scope) for element in node.elements)
        if any(not type_.shapes for type_ in types):
            return NOTHING
        return Type((Array(types, NOTHING, len(types), len(types)),))

    def _map(self, node: MapOf, scope: Scope) -> Type:
        fields: dict[str, Type] = {}
        computed: list[Type] = []
        odd = False
        for entry in node.entries:
            assert entry.key is not None, "messages were refused"
            key, value = self.visit(entry.key, scope), self.visit(entry.value, scope)
            if not key.shapes or not value.shapes:
                return NOTHING
            if isinstance(entry.key, Const) and isinstance(entry.key.value, str):
                fields[entry.key.value] = value
                continue
            computed.append(value)
            odd = odd or not all(isinstance(shape, String) for shape in key.shapes)
        if odd:
            return Type((Object({}, frozenset(), op.FOREIGN, frozenset({"keys"})),))
        return Type((Object(fields, frozenset(fields), union(*computed)),))

    def _loop(self, node: Comprehension, scope: Scope) -> Type:
        whole = self.visit(node.range, scope)
        if not whole.shapes:
            return NOTHING
        lists = [shape for shape in whole.shapes if isinstance(shape, Array | Object)]
        if not lists:
            message = f"a loop over {described(whole)}: it takes a list or a map"
            return self.fails(node, message)
        parts = loop_parts(node)
        item = ANY if op.is_foreign(whole) else looped(lists)
        if not item.shapes:
            return EMPTY[parts.kind]
        key = local_key(node)
        inner = Scope({**scope.keys, node.variable: key}, {**scope.types, key: item})
        outcomes, body = frozenset({True}), item
        with self.apart() as problems:
            if parts.test is not None:
                outcomes = self._condition(parts.test, inner, "a loop")
            if parts.body is not None and True in outcomes:
                test = parts.test
                self.facts |= (
                    NO_FACTS if test is None else known_by(self.survey, test, True, inner.keys)
                )
                body = self.visit(parts.body, inner)
        if parts.kind == "collect":
            result = collected(lists, body, outcomes, tested=parts.test is not None)
        else:
            result = quantified(parts.kind, outcomes, may_be_empty(lists))
        return self.settle(result, problems)


def _literal(value: object) -> Type:
    return op.FOREIGN if value is ... else of_value(value)

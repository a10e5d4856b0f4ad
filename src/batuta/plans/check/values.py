"""What the values of a plan are: the types of steps, inputs, items and formulas, as they are asked for."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from batuta.plans.check.seen import Formula, Link, Seen, Walk
from batuta.plans.types import (
    ANY,
    INTEGER,
    NOTHING,
    STRING,
    Inferred,
    Type,
    infer,
    items,
    list_of,
    map_of,
    nullable,
    of_schema,
    of_value,
    part,
    union,
)
from batuta.plans.types.shape import Array
from batuta.spec.card import Card

__all__ = ["Values", "Wrong", "is_constant"]

# What people say, unless the question has a schema of its own (the engine's `APPROVAL_SCHEMA`).
_ANSWER = of_schema(
    {
        "type": "object",
        "properties": {"approved": {"type": "boolean"}, "note": {"type": "string"}},
        "required": ["approved"],
        "additionalProperties": False,
    }
)
# Why a step failed; of an `each` that may fail, one for each of its items.
_ERROR = nullable(map_of({"code": STRING, "message": STRING}))
_ERRORS = nullable(list_of(_ERROR))


class Wrong(NamedTuple):
    """A path that leads nowhere: how much of it is there, of which type that is, and which fields it has.

    `perhaps`: the schema allows other fields than those it lists.
    """

    known: int
    type: Type
    names: tuple[str, ...]
    perhaps: bool = False


class Values:
    """The types of one plan."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self._outputs: dict[str, Type] = {}
        self._inputs: dict[str, Type] = {}
        self._of_cards: dict[str, Type] = {}
        self._wanted: dict[str, Mapping[str, Type]] = {}
        self._parts: dict[tuple[Type, tuple[str | int, ...]], Type | Wrong] = {}

    def of_link(self, seen: Seen, link: Link) -> Type | Wrong:
        """The type of what `link` names, as `seen` sees it."""
        path = link.path
        if link.root == "steps":
            name = str(path[0])
            type_ = self._outputs.get(name) or self._of_step(name)
            if name == seen.name:
                type_ = self.of_instance(seen)
            elif type_ is not ANY and seen.step is not None and seen.step.join != "all":
                type_ = nullable(type_)
            if len(path) == 1 or type_ is ANY:
                return type_
            path = path[1:]
        elif link.root == "errors":
            type_, path = self._of_error(str(path[0])), path[1:]
        elif link.root == "inputs":
            if not path:
                return ANY
            type_, path = self._of_input(str(path[0])), path[1:]
        else:
            type_ = self._of_local(seen, link.root)
        if not path or type_ is ANY:
            return type_
        found = self._parts.get((type_, path))
        if found is None:
            found = self._parts[type_, path] = _follow(type_, path)
        return found

    def of_formula(self, seen: Seen, formula: Formula) -> Inferred:
        """What is known of an expression that computes."""
        roots: dict[str, Type] = {}
        steps: dict[str, Type] = {}
        errors: dict[str, Type] = {}
        inputs: dict[str, Type] = {}
        always: set[str] = set()
        joins = seen.step is not None and seen.step.join != "all"
        for reference in formula.expression.references:
            if reference.root not in ("steps", "errors", "inputs") or not reference.path:
                continue
            name = str(reference.path[0])
            if reference.root == "inputs":
                inputs[name] = self._of_input(name)
            elif reference.root == "errors":
                errors[name] = self._of_error(name)
            elif name == seen.name:
                steps[name] = self.of_instance(seen)
                always.add(name)
            else:
                type_ = self._of_step(name)
                steps[name] = nullable(type_) if joins and type_ is not ANY else type_
                if not joins and name not in self.walk.skippable:
                    always.add(name)
        for root in formula.roots:
            if root == "steps":
                roots[root] = map_of(steps)
            elif root == "errors":
                roots[root] = map_of(errors)
            elif root == "inputs":
                roots[root] = map_of(inputs, rest=ANY)
            else:
                roots[root] = self._of_local(seen, root)
        return infer(formula.expression.text, roots, always)

    def of_instance(self, seen: Seen) -> Type:
        """The type of one call of the step."""
        step = seen.step
        assert step is not None
        type_ = self._of_card(step.use, step.with_)
        for other in step.fallback:
            type_ = union(type_, self._of_card(other.use, step.arguments_of(other)))
        return type_

    def of_shape(self, shape: Any, where: tuple[str | int, ...], known: Mapping[Any, Type]) -> Type:
        """What a JSON shape becomes, in which the expressions have the types `known` by their place."""
        if isinstance(shape, str):
            return of_value(shape) if "${" not in shape else known.get(where, STRING)
        if isinstance(shape, dict):
            fields = cast("dict[str, Any]", shape)
            return map_of({k: self.of_shape(v, (*where, k), known) for k, v in fields.items()})
        if isinstance(shape, list | tuple):
            parts = cast("list[Any]", shape)
            types = tuple(self.of_shape(v, (*where, i), known) for i, v in enumerate(parts))
            return Type((Array(types, NOTHING, len(types), len(types)),))
        return of_value(shape)

    def wanted(self, card: Card) -> Mapping[str, Type]:
        """What `card` wants of each argument by name, and of all together by ""; {} if anything will do."""
        known = self._wanted.get(card.name)
        if known is None:
            known = self._wanted[card.name] = _wanted_of(card)
        return known

    # --- parts ---

    def _of_step(self, name: str) -> Type:
        known = self._outputs.get(name)
        if known is not None:
            return known
        seen = self.walk.steps.get(name)
        if seen is None or seen.step is None:
            type_ = ANY
        elif seen.step.each is None:
            type_ = self.of_instance(seen)
        else:
            type_ = self.of_instance(seen)
            leaves_null = seen.step.when is not None or seen.step.may_fail
            if leaves_null and type_ is not ANY:
                type_ = nullable(type_)  # of items that were skipped, or have failed
            type_ = list_of(type_)
        self._outputs[name] = type_
        return type_

    def _of_error(self, name: str) -> Type:
        seen = self.walk.steps.get(name)
        if seen is not None and seen.step is not None and seen.step.may_fail and seen.step.each:
            return _ERRORS
        return _ERROR

    def _of_input(self, name: str) -> Type:
        known = self._inputs.get(name)
        if known is None:
            known = self._inputs[name] = of_schema(self.walk.plan.inputs.get(name))
        return known

    def _of_local(self, seen: Seen, root: str) -> Type:
        if root == "index":
            return INTEGER
        if root == "previous":
            type_ = self.of_instance(seen)
            return type_ if type_ is ANY else nullable(type_)
        if root == "rounds":
            return list_of(self.of_instance(seen))
        where = (*seen.path, "each")
        for formula in seen.formulas:
            if formula.where == where:
                return items(self.of_formula(seen, formula).type)
        for link in seen.links:
            if link.where == where:
                type_ = self.of_link(seen, link)
                return ANY if isinstance(type_, Wrong) else items(type_)
        return ANY

    def _of_card(self, use: str, args: Any) -> Type:
        known = self._of_cards.get(use)
        if known is None:
            card = self.walk.cards.get(use)
            known = ANY if card is None else of_schema(card.output)
            self._of_cards[use] = known
        if known is ANY:
            card = self.walk.cards.get(use)
            if card is not None and card.kind == "human" and card.output is None:
                return _answer_of(args)
        return known


def is_constant(shape: Any) -> bool:
    """True if no expression is in it."""
    if isinstance(shape, str):
        return "${" not in shape
    if isinstance(shape, dict):
        return all(map(is_constant, cast("dict[str, Any]", shape).values()))
    if isinstance(shape, list | tuple):
        return all(map(is_constant, cast("list[Any]", shape)))
    return True


def _follow(type_: Type, path: tuple[str | int, ...]) -> Type | Wrong:
    unlisted: Wrong | None = None
    for index, key in enumerate(path):
        found = part(type_, key)
        if found.verdict == "no":
            return Wrong(index, type_, found.names)
        if not found.declared and unlisted is None:
            unlisted = Wrong(index, type_, found.names, perhaps=True)
        type_ = found.type
    return unlisted or type_


def _wanted_of(card: Card) -> Mapping[str, Type]:
    whole = of_schema(card.input)
    if whole is ANY:
        return {}
    names = card.input.get("properties")
    known: Mapping[str, Any] = cast("dict[str, Any]", names) if isinstance(names, dict) else {}
    return {"": whole, **{name: part(whole, name).type for name in known}}


def _answer_of(args: Any) -> Type:
    if not isinstance(args, dict):
        return ANY
    given = cast("dict[str, Any]", args)
    return ANY if given.keys() & {"schema", "form"} else _ANSWER

"""Types: whether values are what capabilities, conditions and texts want of them.

B119  there is no such field                    B125  null inside a text
B120  an argument of a type that is not taken   B148  a map inside a text
B121  a condition that is neither true nor false  B154  a field that the schema does not list
B122  an `each` over no list
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from batuta.plans.check.flaws import Path
from batuta.plans.check.seen import Link, Seen, Walk
from batuta.plans.types import (
    ANY,
    BOOLEAN,
    INTEGER,
    NULL,
    STRING,
    Type,
    described,
    fits,
    items,
    list_of,
    map_of,
    nullable,
    of_schema,
    of_value,
    part,
    union,
)
from batuta.reading.nearest import did_you_mean
from batuta.spec.card import Card

__all__ = ["check_types"]

_LIST = list_of(ANY)
# What people say, unless the question has a schema of its own (the engine's `APPROVAL_SCHEMA`).
_ANSWER = of_schema(
    {
        "type": "object",
        "properties": {"approved": {"type": "boolean"}, "note": {"type": "string"}},
        "required": ["approved"],
        "additionalProperties": False,
    }
)


def check_types(walk: Walk) -> None:
    """Tell where a value certainly is not what is wanted."""
    types = _Types(walk)
    for seen in walk.everything:
        types.check(seen)
        if walk.flaws.full:
            return


class _Wrong(NamedTuple):
    """A path that leads nowhere: how much of it is there, of which type that is, and which fields it has.

    `perhaps`: the schema allows other fields than those it lists.
    """

    known: int
    type: Type
    names: tuple[str, ...]
    perhaps: bool = False


class _Types:
    """The types of one plan, as they are asked for."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.flaws = walk.flaws
        self._outputs: dict[str, Type] = {}
        self._of_cards: dict[str, Type] = {}
        self._wanted: dict[str, Mapping[str, Type]] = {}
        self._parts: dict[tuple[Type, tuple[str | int, ...]], Type | _Wrong] = {}

    def check(self, seen: Seen) -> None:
        whole: dict[Path, Type] = {}
        for link in seen.links:
            type_ = self._of_link(seen, link)
            if link.form == "whole":
                whole[link.where] = type_
            elif link.form == "text" and type_ is not ANY:
                self._check_text(link, type_)
        step = seen.step
        if step is None:
            return
        if step.each is not None or step.when is not None or step.repeat is not None:
            self._check_conditions(seen, whole)
        self._check_call(seen, (step.use, step.with_, (*seen.path, "with")), whole)
        for index, other in enumerate(step.fallback):
            place = (*seen.path, "fallback", index, "with")
            args, where = step.with_, (*seen.path, "with")
            if other.with_ is not None:
                args, where = other.with_, place
            self._check_call(seen, (other.use, args, where), whole)
        if step.undo is not None:
            args, where = step.with_, (*seen.path, "with")
            if step.undo.with_ is not None:
                args, where = step.undo.with_, (*seen.path, "undo", "with")
            self._check_call(seen, (step.undo.use, args, where), whole)

    # --- what things are ---

    def _of_link(self, seen: Seen, link: Link) -> Type:
        """The type of what `link` names; ANY, and a finding, if there is no such thing."""
        path = link.path
        match link.root:
            case "steps":
                type_, path = self._of_step(seen, link), path[1:]
            case "inputs":
                if not path:
                    return ANY
                type_, path = of_schema(self.walk.plan.inputs[str(path[0])]), path[1:]
            case "item":
                type_ = self._of_item(seen)
            case "index":
                type_ = INTEGER
            case _:
                type_ = nullable(self._of_instance(seen))
        if not path or type_ is ANY:
            return type_
        found = self._parts.get((type_, path))
        if found is None:
            found = self._parts[type_, path] = _follow(type_, path)
        if isinstance(found, _Wrong):
            self._tell_missing(link, found)
            return ANY
        return found

    def _of_step(self, seen: Seen, link: Link) -> Type:
        name = str(link.path[0])
        if name == seen.name:
            return self._of_instance(seen)
        type_ = self._outputs.get(name)
        if type_ is None:
            type_ = self._outputs[name] = self._of_output(self.walk.steps.get(name))
        if type_ is ANY:
            return type_
        if link.optional or (seen.step is not None and seen.step.join != "all"):
            return nullable(type_)
        return type_

    def _of_output(self, seen: Seen | None) -> Type:
        if seen is None or seen.step is None:
            return ANY
        type_ = self._of_instance(seen)
        if seen.step.each is None:
            return type_
        if seen.step.when is not None:
            type_ = nullable(type_)  # of items that were skipped
        return list_of(type_)

    def _of_instance(self, seen: Seen) -> Type:
        """The type of one call of the step."""
        step = seen.step
        assert step is not None
        type_ = self._of_card(step.use, step.with_)
        for other in step.fallback:
            args = step.with_ if other.with_ is None else other.with_
            type_ = union(type_, self._of_card(other.use, args))
        return type_

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

    def _of_item(self, seen: Seen) -> Type:
        where = (*seen.path, "each")
        for link in seen.links:
            if link.where == where:
                return items(self._of_link(seen, link)) if link.form == "whole" else ANY
        return ANY

    # --- what is wanted of them ---

    def _check_conditions(self, seen: Seen, whole: Mapping[Path, Type]) -> None:
        step, path = seen.step, seen.path
        assert step is not None
        of_each = whole.get((*path, "each"), ANY)
        if step.each is not None and fits(of_each, _LIST).verdict == "no":
            self.flaws.at(
                "B122",
                f"`each` wants a list, and {step.each} is {described(of_each)}",
                (*path, "each"),
                "name a list; for a map: its field that is one",
            )
        conditions = [((*path, "when"), step.when)]
        if step.repeat is not None:
            conditions.append(((*path, "repeat", "until"), step.repeat.until))
        for where, condition in conditions:
            type_ = whole.get(where, ANY)
            if fits(type_, BOOLEAN).verdict == "no":
                self.flaws.at(
                    "B121",
                    f"`{where[-1]}` is true or false, and {condition} is {described(type_)}",
                    where,
                    "compare it: … == …, … != null, size(…) > 0",
                )

    def _check_call(
        self, seen: Seen, call: tuple[str, Any, Path], whole: Mapping[Path, Type]
    ) -> None:
        """`call`: the capability, its arguments, and the path of these."""
        use, args, where = call
        card = self.walk.cards.get(use)
        if card is None:
            return
        wanted = self._wanted.get(use)
        if wanted is None:
            wanted = self._wanted[use] = _wanted_of(card)
        if not wanted:
            return
        if type(args) is not dict:
            type_ = whole.get(where, ANY)
            self._check_fit(seen, use, (where, "`with`", type_), wanted[""])
            return
        for name, value in cast("dict[str, Any]", args).items():
            target = wanted.get(name)
            if target is not None and target is not ANY:
                place = (*where, name)
                type_ = whole.get(place) or _of_shape(value, place, whole)
                if type_ is not ANY:
                    self._check_fit(seen, use, (place, repr(name), type_), target)

    def _check_fit(
        self, seen: Seen, use: str, source: tuple[Path, str, Type], target: Type
    ) -> None:
        where, what, type_ = source
        fit = fits(type_, target)
        if fit.verdict != "no":
            return
        place: list[str | int] = []
        for step in fit.path:
            if step is None:
                break
            place.append(step)
        inner = f" at {fit.place}" if fit.path else ""
        self.flaws.at(
            "B120",
            f"step {seen.name!r}: {use!r} does not take this for {what}{inner}: {fit.why}",
            (*where, *place),
            f"give {described(target)}; this is {described(type_)}",
        )

    def _check_text(self, link: Link, type_: Type) -> None:
        within = (link.words, link.at)
        if type_ is NULL:
            self.flaws.inside(
                "B125",
                f"{link} is null, which has no place inside a text",
                link.where,
                within,
                f'say what to write instead: {link} != null ? {link} : ""',
            )
            return
        fields = part(type_, "").names
        if fields and fits(type_, STRING).verdict == "no":
            self.flaws.inside(
                "B148",
                f"{link} is a map ({described(type_)}), and is written as JSON here",
                link.where,
                within,
                f"name the field that is meant: {link}.{fields[0]}",
            )

    def _tell_missing(self, link: Link, wrong: _Wrong) -> None:
        count = _skipped(link) + wrong.known
        missing = str(link.path[count])
        known = ".".join([link.root, *map(str, link.path[:count])])
        at = link.words.find(missing, link.at + len(known))
        code = "B154" if wrong.perhaps else "B119"
        if wrong.names:
            lists = "lists no field" if wrong.perhaps else "has no field"
            message = f"{known} {lists} {missing!r}"
            remedy = did_you_mean(missing, wrong.names, "fields")
        else:
            message = f"{known} is {described(wrong.type)}, which has no {missing!r}"
            remedy = f"use {known} itself, or another step"
        within = (link.words, at if at >= 0 else link.at)
        self.flaws.inside(code, message, link.where, within, remedy)


def _skipped(link: Link) -> int:
    """How much of a path only says which step or input it is about."""
    return 1 if link.root in ("steps", "inputs") else 0


def _follow(type_: Type, path: tuple[str | int, ...]) -> Type | _Wrong:
    for index, key in enumerate(path):
        found = part(type_, key)
        if found.verdict == "no" or not found.declared:
            return _Wrong(index, type_, found.names, found.verdict != "no")
        type_ = found.type
    return type_


def _wanted_of(card: Card) -> Mapping[str, Type]:
    """What is wanted of each argument by name, and of all of them together by ""; {} if anything will do."""
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


def _of_shape(shape: Any, where: Path, whole: Mapping[Path, Type]) -> Type:
    """The type of what a JSON shape with expressions becomes."""
    if isinstance(shape, str):
        known = whole.get(where)
        if known is not None:
            return known
        return of_value(shape) if "${" not in shape else _of_text(shape)
    if isinstance(shape, dict):
        fields = cast("dict[str, Any]", shape)
        return map_of({k: _of_shape(v, (*where, k), whole) for k, v in fields.items()})
    if isinstance(shape, list | tuple):
        values = cast("list[Any]", shape)
        if not values:
            return of_value([])
        return list_of(union(*(_of_shape(v, (*where, i), whole) for i, v in enumerate(values))))
    return of_value(shape)


def _of_text(text: str) -> Type:
    """A text with expressions in it is a text; a single one, which is no path, is anything."""
    return ANY if text.startswith("${") and text.endswith("}") else STRING

"""Random expressions and templates that are well typed: each gives a value of the schema that is asked for."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from batuta.testing.random_values import Schema, fits, random_value

__all__ = ["Known", "Words", "known_from"]

# How deep expressions nest; the language allows 200 operations and loops two deep.
_DEPTH_MAX = 2
_OPERATOR = re.compile(r" (?:[-+*%?:<>]|&&|\|\||[=!<>]=|in) ")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


class Known(msgspec.Struct, frozen=True):
    """A path that may be used, with the schema of its value. `sure` False: it may be missing, so one asks first."""

    text: str
    schema: Schema
    sure: bool = True


def known_from(text: str, schema: Mapping[str, Any]) -> list[Known]:
    """The path `text` and everything below it that has a name."""
    found: list[Known] = []
    pending = [Known(text, dict(schema))]
    while pending:
        one = pending.pop()
        found.append(one)
        if one.sure and one.schema.get("type") == "object":
            required = one.schema["required"]
            for name, inner in one.schema["properties"].items():
                pending.append(Known(f"{one.text}.{name}", inner, name in required))
    return found


class Words:
    """Writes expressions over `known` paths; `depth` counts down as they nest."""

    def __init__(self, dice: random.Random, known: Sequence[Known], loops: int = 0) -> None:
        self.dice = dice
        self.known = known
        self._loops = loops

    def arguments(self, schema: Schema) -> dict[str, Any]:
        """The map of arguments for an input schema; what is not required is left out now and then."""
        return {
            name: self.shape(inner)
            for name, inner in schema["properties"].items()
            if name in schema["required"] or self.dice.random() < 0.7
        }

    def shape(self, schema: Schema, depth: int = _DEPTH_MAX) -> Any:
        """A JSON shape, with or without `${…}` in it, for an argument of this schema."""
        dice, kind = self.dice, _kind(schema)
        if dice.random() < 0.15:
            return random_value(dice, schema)
        if kind == "object" and depth and dice.random() < 0.6:
            return {
                name: self.shape(inner, depth - 1)
                for name, inner in schema["properties"].items()
                if name in schema["required"] or dice.random() < 0.5
            }
        if kind == "array" and depth and dice.random() < 0.3:
            return [self.shape(schema["items"], depth - 1) for _ in range(dice.randint(0, 2))]
        if kind == "string" and "enum" not in schema and dice.random() < 0.3:
            return f"{dice.choice('abc')}: ${{{self.expression(_scalar(dice), depth)}}}"
        return f"${{{self.expression(schema, depth)}}}"

    def expression(self, schema: Schema, depth: int = _DEPTH_MAX) -> str:
        """A CEL text whose value obeys `schema`."""
        dice, kind = self.dice, _kind(schema)
        fitting = [one for one in self.known if fits(one.schema, schema)]
        if fitting and (dice.random() < 0.55 or not depth):
            one = dice.choice(fitting)
            if one.sure:
                return one.text
            return f"has({one.text}) ? {one.text} : {_literal(dice, schema)}"
        nullable = [one for one in self.known if one.sure and _null_apart(one.schema, schema)]
        if nullable and dice.random() < 0.4:
            one = dice.choice(nullable)
            return f"{one.text} != null ? {one.text} : {_literal(dice, schema)}"
        if depth <= 0 or not kind:
            return _literal(dice, schema)
        if dice.random() < 0.15 and kind in ("boolean", "integer", "string"):
            one_kind = {**schema, "type": kind}  # CEL wants both results alike: null is no bool
            first, second = self._part(one_kind, depth), self._part(one_kind, depth)
            return f"{self._part({'type': 'boolean'}, depth)} ? {first} : {second}"
        return self._made(kind, schema, depth)

    def condition(self, depth: int = 1) -> str:
        """A CEL text that is true or false."""
        return self.expression({"type": "boolean"}, depth)

    def question(self) -> str:
        """A condition that depends on what is known, so that it can be true and can be false."""
        known = [one for one in self.known if not one.sure or _asks(self.dice, one)]
        one = self.dice.choice(known)
        return _asks(self.dice, one) if one.sure else f"has({one.text})"

    def _part(self, schema: Schema, depth: int) -> str:
        text = self.expression(schema, depth - 1)
        return f"({text})" if _OPERATOR.search(text) else text

    def _made(self, kind: str, schema: Schema, depth: int) -> str:
        match kind:
            case "integer" if "minimum" not in schema:
                return self._integer(depth)
            case "number":
                inner = self._part({"type": "number"}, depth)
                return f"{inner} * {self.dice.choice(('0.5', '2.0', '10.0'))}"
            case "string" if "enum" not in schema:
                return self._string(depth)
            case "boolean":
                return self._boolean(depth)
            case "array":
                return self._list(schema, depth)
            case _:
                return _literal(self.dice, schema)

    def _integer(self, depth: int) -> str:
        dice, integer = self.dice, {"type": "integer"}
        match dice.randrange(4):
            case 0:
                return f"size({self._part(_sized(dice), depth)})"
            case 1:
                return f"{self._part(integer, depth)} % {dice.randint(2, 9)}"
            case 2:
                return f"{self._part(integer, depth)} * {dice.randint(2, 9)}"
            case _:
                sign = dice.choice("+-")
                return f"{self._part(integer, depth)} {sign} {self._part(integer, depth)}"

    def _string(self, depth: int) -> str:
        if self.dice.random() < 0.5:
            return f"string({self._part({'type': 'integer'}, depth)})"
        words = {"type": "string"}
        return f'{self._part(words, depth)} + "-" + {self._part(words, depth)}'

    def _boolean(self, depth: int) -> str:
        dice = self.dice
        unsure = [one.text for one in self.known if not one.sure]
        lists = [one for one in self.known if one.sure and one.schema.get("type") == "array"]
        match dice.randrange(7):
            case 0 if unsure:
                return f"has({dice.choice(unsure)})"
            case 1 if lists and not self._loops:
                one = dice.choice(lists)
                word = dice.choice(("all", "exists"))
                return f"{one.text}.{word}(x, {self._inside(one).condition()})"
            case 2:
                test = dice.choice(("startsWith", "contains", "endsWith"))
                return f'{self._part({"type": "string"}, depth)}.{test}("{dice.choice("abe")}")'
            case 3:
                both = (
                    self._part({"type": "boolean"}, depth),
                    self._part({"type": "boolean"}, depth),
                )
                return dice.choice((" && ", " || ")).join(both)
            case 4:
                return f"!{self._part({'type': 'boolean'}, depth)}"
            case 5:
                words = ", ".join(_literal(dice, {"type": "string"}) for _ in range(3))
                return f"{self._part({'type': 'string'}, depth)} in [{words}]"
            case _:
                kind = {"type": dice.choice(("integer", "integer", "string"))}
                compared = self._part(kind, depth), self._part(kind, depth)
                return f" {dice.choice(_COMPARISONS)} ".join(compared)

    def _list(self, schema: Schema, depth: int) -> str:
        dice = self.dice
        lists = [one for one in self.known if one.sure and one.schema.get("type") == "array"]
        same = [one for one in lists if fits(one.schema, schema)]
        if same and not self._loops and dice.random() < 0.5:
            one = dice.choice(same)
            return f"{one.text}.filter(x, {self._inside(one).condition()})"
        if lists and not self._loops and dice.random() < 0.6:
            one = dice.choice(lists)
            return f"{one.text}.map(x, {self._inside(one).expression(schema['items'], 1)})"
        return f"[{', '.join(self._part(schema['items'], depth) for _ in range(2))}]"

    def _inside(self, one: Known) -> "Words":
        """What may be written about the items of a list, which are called x."""
        known = [*self.known, *known_from("x", one.schema["items"])]
        return Words(self.dice, known, self._loops + 1)


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "")
    return kind if isinstance(kind, str) else kind[0]


def _scalar(dice: random.Random) -> Schema:
    return {"type": dice.choice(("string", "integer", "boolean", "number"))}


def _sized(dice: random.Random) -> Schema:
    return {"type": "string"} if dice.random() < 0.5 else {"type": "array", "items": {}}


def _null_apart(source: Schema, target: Schema) -> bool:
    """What is not null of `source` fits `target`."""
    kind = source.get("type")
    return isinstance(kind, list) and fits({**source, "type": kind[0]}, target)


def _literal(dice: random.Random, schema: Schema) -> str:
    value = random_value(dice, schema)
    return f"({value})" if isinstance(value, int | float) and value < 0 else json.dumps(value)


def _asks(dice: random.Random, one: Known) -> str:
    """What can be asked of the value of a path; "" if nothing in particular."""
    kind = one.schema.get("type")
    if isinstance(kind, list):
        return f"{one.text} != null"
    match kind:
        case "boolean":
            return dice.choice((one.text, f"!{one.text}"))
        case "array":
            return f"size({one.text}) > {dice.randint(0, 2)}"
        case "string" if "enum" not in one.schema:
            return f'{one.text}.contains("{dice.choice("abe")}")'
        case "string" | "integer":
            return f"{one.text} {dice.choice(('==', '!='))} {_literal(dice, one.schema)}"
        case _:
            return ""

"""Whether values of one schema may stand where another is wanted."""

from typing import Any

import pytest

from batuta.plans.types import ANY, NOTHING, STRING, described, fits, nullable, of_schema, of_value

TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def listed(item: Any, **words: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **words}


def mapped(required: tuple[str, ...] = (), closed: bool = False, **fields: Any) -> dict[str, Any]:
    words = {"additionalProperties": False} if closed else {}
    return {"type": "object", "properties": fields, "required": list(required), **words}


CASES: list[tuple[Any, Any, str]] = [
    # kinds
    (TEXT, TEXT, "yes"),
    (TEXT, WHOLE, "no"),
    (WHOLE, NUMBER, "yes"),
    (NUMBER, WHOLE, "maybe"),
    ({"type": "boolean"}, WHOLE, "no"),
    (TEXT, {"type": ["string", "null"]}, "yes"),
    ({"type": ["string", "null"]}, TEXT, "maybe"),
    ({"type": ["string", "null"]}, WHOLE, "no"),
    ({"type": "null"}, TEXT, "no"),
    ({"type": "string", "nullable": True}, TEXT, "maybe"),
    ({"type": "null"}, {"type": "string", "nullable": True}, "maybe"),
    ({}, TEXT, "maybe"),
    (TEXT, {}, "yes"),
    (TEXT, False, "no"),
    # values
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, "yes"),
    ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, "maybe"),
    ({"enum": ["a"]}, {"enum": ["b"]}, "no"),
    ({"enum": ["a", 1]}, TEXT, "maybe"),
    ({"enum": ["a", "b"]}, TEXT, "yes"),
    (TEXT, {"enum": ["a"]}, "maybe"),
    ({"const": 2}, {"type": "integer", "maximum": 1}, "no"),
    ({"const": 1.0}, WHOLE, "yes"),
    ({"const": True}, {"const": 1}, "no"),
    ({"type": "boolean"}, {"const": True}, "maybe"),
    # bounds
    ({"type": "integer", "minimum": 3}, {"type": "integer", "minimum": 1}, "yes"),
    ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 3}, "maybe"),
    ({"type": "integer", "minimum": 3}, {"type": "integer", "maximum": 2}, "no"),
    ({"type": "number", "exclusiveMinimum": 3}, {"type": "number", "maximum": 3}, "no"),
    ({"type": "number", "minimum": 3}, {"type": "number", "maximum": 3}, "maybe"),
    ({"type": "integer", "exclusiveMinimum": 2}, {"type": "integer", "minimum": 3}, "yes"),
    ({"type": "string", "minLength": 5}, {"type": "string", "maxLength": 4}, "no"),
    ({"type": "string", "maxLength": 4}, {"type": "string", "maxLength": 9}, "yes"),
    ({"type": "string", "pattern": "a"}, {"type": "string", "pattern": "a"}, "yes"),
    (TEXT, {"type": "string", "pattern": "a"}, "maybe"),
    # formats
    ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}, "yes"),
    (TEXT, {"type": "string", "format": "date"}, "maybe"),
    ({"type": "string", "format": "date"}, TEXT, "yes"),
    ({"type": "string", "format": "date"}, {"type": "string", "format": "email"}, "no"),
    ({"type": "string", "format": "date"}, {"type": "string", "format": "ours"}, "maybe"),
    # lists
    (listed(TEXT), listed(TEXT), "yes"),
    (listed(TEXT), listed(WHOLE), "no"),
    (listed(TEXT), TEXT, "no"),
    ({"type": "array"}, listed(TEXT), "maybe"),
    (listed(TEXT, minItems=2), listed(TEXT, maxItems=1), "no"),
    (listed(TEXT), listed(TEXT, minItems=1), "maybe"),
    (listed(WHOLE, maxItems=0), listed(TEXT), "yes"),
    ({"type": "array", "prefixItems": [TEXT, WHOLE], "minItems": 2}, listed(TEXT), "no"),
    # maps
    (mapped(("a",), a=TEXT), mapped(("a",), a=TEXT), "yes"),
    (mapped(a=TEXT), mapped(("a",), a=TEXT), "maybe"),
    (mapped(("a",), a=WHOLE), mapped(a=TEXT), "no"),
    (mapped(a=WHOLE), mapped(a=TEXT), "maybe"),
    (mapped(a=WHOLE), mapped(("a",), a=TEXT), "no"),
    (mapped(b=TEXT), mapped(("a",), a=TEXT), "maybe"),
    (mapped(closed=True, b=TEXT), mapped(("a",), a=TEXT), "no"),
    (mapped(("b",), b=TEXT), mapped(closed=True, a=TEXT), "no"),
    (mapped(("a",), a=TEXT), mapped(("a",), closed=True, a=TEXT), "maybe"),
    (mapped(("a",), closed=True, a=TEXT), mapped(("a",), closed=True, a=TEXT), "yes"),
    (mapped(), {"type": "object"}, "yes"),
    (
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "additionalProperties": WHOLE},
        "no",
    ),
    # combinations
    (TEXT, {"anyOf": [TEXT, WHOLE]}, "yes"),
    ({"anyOf": [TEXT, WHOLE]}, TEXT, "maybe"),
    ({"anyOf": [TEXT, WHOLE]}, {"type": ["integer", "string"]}, "yes"),
    ({"anyOf": [TEXT, WHOLE]}, {"type": "boolean"}, "no"),
    ({"oneOf": [TEXT, WHOLE]}, {"oneOf": [WHOLE, TEXT]}, "yes"),
    (WHOLE, {"oneOf": [WHOLE, NUMBER]}, "maybe"),
    ({"allOf": [mapped(("a",), a=TEXT), mapped(("b",), b=WHOLE)]}, mapped(("a",), a=WHOLE), "no"),
    ({"allOf": [mapped(("a",), a=TEXT), mapped(("b",), b=WHOLE)]}, mapped(("b",), b=WHOLE), "yes"),
    (TEXT, {"not": WHOLE}, "maybe"),
    (TEXT, {"if": TEXT, "then": False}, "maybe"),
    # references
    (TEXT, {"$ref": "#/$defs/t", "$defs": {"t": TEXT}}, "yes"),
    (TEXT, {"$ref": "#/$defs/t", "$defs": {"t": WHOLE}}, "no"),
    (TEXT, {"$ref": "#/definitions/t", "definitions": {"t": WHOLE}}, "no"),
    (TEXT, {"$ref": "https://example.org/t.json"}, "maybe"),
    ({"$ref": "#/$defs/gone"}, WHOLE, "maybe"),
]


@pytest.mark.parametrize(("source", "target", "verdict"), CASES)
def test_a_schema_fits_another_or_perhaps_or_not(source: Any, target: Any, verdict: str) -> None:
    assert fits(of_schema(source), of_schema(target)).verdict == verdict


WHY: list[tuple[Any, Any, str]] = [
    (
        mapped(("items",), items=listed(mapped(("amount",), amount=TEXT))),
        mapped(("items",), items=listed(mapped(("amount",), amount=WHOLE))),
        "items[].amount: string where integer is wanted",
    ),
    (mapped(closed=True), mapped(("id",), id=TEXT), "id: it is missing"),
    (mapped(id=TEXT), mapped(("id",), id=TEXT), "id: it may be missing"),
    ({"type": ["string", "null"]}, TEXT, "it may be null"),
    ({"const": "EUR"}, {"enum": ["USD", "GBP"]}, '"EUR" where "GBP" or "USD" is wanted'),
    (mapped(("a",), a=TEXT), mapped(closed=True), "a: there is no such field"),
    (TEXT, {"type": "string", "pattern": "^x"}, "`pattern` is asked of it besides"),
    ({}, TEXT, "nothing is known of it"),
    (
        {"type": "string", "format": "date"},
        {"type": "string", "format": "email"},
        "string (date) where string (email) is wanted",
    ),
]


@pytest.mark.parametrize(("source", "target", "why"), WHY)
def test_the_answer_says_why_and_where(source: Any, target: Any, why: str) -> None:
    assert str(fits(of_schema(source), of_schema(target))) == why


def tree(of: Any) -> dict[str, Any]:
    node = mapped(("value",), closed=True, value=of, kids=listed({"$ref": "#/$defs/node"}))
    return {"$ref": "#/$defs/node", "$defs": {"node": node}}


@pytest.mark.parametrize(
    ("source", "target", "verdict"),
    [
        (tree(TEXT), tree(TEXT), "yes"),
        (tree(TEXT), tree({"type": ["string", "null"]}), "yes"),
        (tree({"type": ["string", "null"]}), tree(TEXT), "maybe"),
        (tree(TEXT), tree(WHOLE), "no"),
    ],
)
def test_types_that_contain_themselves_are_compared_to_the_end(
    source: Any, target: Any, verdict: str
) -> None:
    # Not the same text, so that they are two types.
    assert fits(of_schema(source), of_schema({**target, "title": "other"})).verdict == verdict


def test_everything_fits_any_and_only_nothing_fits_nothing() -> None:
    assert fits(STRING, ANY).verdict == "yes"
    assert fits(NOTHING, STRING).verdict == "yes"
    assert fits(STRING, NOTHING).verdict == "no"
    assert fits(nullable(STRING), STRING).verdict == "maybe"


def test_a_value_is_compared_as_what_it_is() -> None:
    wanted = of_schema(mapped(("n",), closed=True, n={"type": "integer", "minimum": 1}))
    assert fits(of_value({"n": 3}), wanted).verdict == "yes"
    assert str(fits(of_value({"n": 0}), wanted)) == "n: 0 where integer >= 1 is wanted"
    assert str(fits(of_value({"m": 3}), wanted)) == "n: it is missing"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "any"),
        (False, "nothing"),
        (listed(WHOLE), "list of integer"),
        (listed({"type": ["string", "null"]}), "list of (string or null)"),
        (mapped(("id",), closed=True, id=TEXT, n=NUMBER), "{id: string, n?: number}"),
        (mapped(("id",), id=TEXT), "{id: string, …}"),
        ({"type": "object", "additionalProperties": WHOLE}, "map of integer"),
        ({"enum": ["b", "a"]}, '"a" or "b"'),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "integer from 1 to 9"),
        ({"type": ["null", "string"]}, "string or null"),
        (tree(TEXT), "{value: string, kids?: list of {value: string, kids?: list}}"),
    ],
)
def test_types_are_told_in_words(schema: Any, words: str) -> None:
    assert described(of_schema(schema)) == words

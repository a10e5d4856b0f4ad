"""Data against JSON Schema: plain types at once, everything else by jsonschema-rs, loaded when first needed."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, cast

import msgspec

from batuta.reading.bombs import Ways

__all__ = ["TYPE_WORDS", "kind_of", "problems", "schema_flaw", "validator_of"]

# What people may write as a type, and how JSON Schema spells it; `any` is the schema that allows everything.
TYPE_WORDS = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "list": "array",
    "array": "array",
    "object": "object",
    "map": "object",
    "null": "null",
}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_KINDS: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "a map",
    type(None): "null",
}
# Keywords that say nothing about the data.
_SILENT = frozenset({"default", "description", "title", "examples", "type"})
# Problems of one value that are told; the rest is more of the same.
_PROBLEMS_MAX = 20
# Compiled schemas kept, of some kilobytes each.
_VALIDATORS_MAX = 512
_URI_CHARS_MAX = 200
# Looks at a value, where a schema has many ways: 30 ns each, and 50 µs if what is wrong is to be told.
_LOOKS_MAX = 5_000_000
_TOLD_LOOKS_MAX = 10_000


def kind_of(value: object) -> str:
    """What a JSON value is, for messages."""
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    """Everything that is wrong with `value` by `schema`, one sentence each; [] if nothing is."""
    if not schema:
        return []
    kind = schema.get("type")
    if isinstance(kind, str) and schema.keys() <= _SILENT and kind in _PYTHON_TYPES:
        if _is(kind, value):
            return []
        return [f"expected {_article(kind)}, got {kind_of(value)}"]
    try:
        validator = validator_of(msgspec.json.encode(schema))
    except Exception as error:
        return [f"the schema cannot be used: {_one_line(error)}"]
    return [_sentence(error) for error in islice(validator.iter_errors(value), _PROBLEMS_MAX)]


def schema_flaw(schema: dict[str, Any]) -> str:
    """What is wrong with a schema itself, "" if it can be used."""
    kind = schema.get("type", "string")
    if isinstance(kind, str) and kind in _PYTHON_TYPES and schema.keys() <= _SILENT:
        return ""
    try:
        validator_of(msgspec.json.encode(schema))
    except Exception as error:
        return _one_line(error)
    return ""


@lru_cache(maxsize=_VALIDATORS_MAX)
def validator_of(schema: bytes, *, formats: bool = False) -> Any:
    """The compiled form of a schema in JSON; `iter_errors(value)` gives what is wrong. `formats`: they are checked too.

    Raises whatever jsonschema-rs finds wrong with the schema: `ValueError`, `TypeError` or `RecursionError`.
    """
    import jsonschema_rs  # 40 ms, when something is first checked and not at start-up

    decoded = msgspec.json.decode(schema)
    # Only what is referred to more than once can have more ways than words.
    ways = Ways(decoded) if schema.count(b'Ref"') + schema.count(b'$ref"') > 1 else None
    if ways is not None and ways.too_many:
        raise ValueError("its references double what is to be looked at, again and again")
    # The linear engine: a pattern from a plan or a question must not be able to hang. And a $ref must not call anybody.
    validator = cast(Any, jsonschema_rs).validator_for(
        decoded,
        validate_formats=formats,
        retriever=_refuse,
        pattern_options=jsonschema_rs.RegexOptions(),
    )
    return validator if ways is None or ways.calm else _Wary(validator, ways)


class _Flaw(NamedTuple):
    message: str
    instance_path: tuple[str | int, ...] = ()


class _Wary:
    """The same of a schema with many ways: what would take for ever is not done."""

    def __init__(self, validator: Any, ways: Ways) -> None:
        self._validator = validator
        self._ways = ways

    def iter_errors(self, value: Any) -> Iterator[Any]:
        """What is wrong with `value`; as far as that can be told in time."""
        try:
            looks = self._ways.looks(value)
        except RecursionError:
            looks = _LOOKS_MAX + 1
        if looks > _LOOKS_MAX:
            return iter([_Flaw("there are too many ways to check it against its schema")])
        if looks <= _TOLD_LOOKS_MAX:
            return self._validator.iter_errors(value)
        if self._validator.is_valid(value):
            return iter(())
        return iter([_Flaw("it does not fit its schema, which is too entangled to say why")])


def _refuse(uri: str) -> Any:
    raise ValueError(
        f"{uri[:_URI_CHARS_MAX]} is another document, and only references within it are followed"
    )


def _is(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _PYTHON_TYPES[kind])


def _article(kind: str) -> str:
    return {"array": "a list", "object": "a map", "null": "null"}.get(
        kind, f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
    )


def _sentence(error: Any) -> str:
    path = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path
    )
    message = _one_line(error.message)
    return f"at {path.removeprefix('.')}: {message}" if path else message


def _one_line(error: object) -> str:
    line = (str(error).strip().splitlines() or ["unknown"])[0]
    return line if len(line) <= 300 else line[:300] + "…"

"""The types of Python annotations as JSON Schema, and JSON as values of them: for capabilities and workflows alike."""

import inspect
from typing import Any, cast

import msgspec

__all__ = ["Unsupported", "decode_model", "is_model", "schema_of", "with_default"]

_REF = "#/$defs/{name}"


class Unsupported(Exception):
    """A type that has no JSON form."""


def schema_of(
    hint: Any, defs: dict[str, Any], what: str, *, output: bool = False
) -> dict[str, Any]:
    """The JSON Schema of the annotation `hint`; named types go to `defs`. `what` has it, for messages.

    `output`: the schema of what is written, not of what is read: a named type has the fields it declares, and no
    others, as for a type checker. Raises `Unsupported`; with `output` also `TypeError`, for a union that could not be
    read back.
    """

    def custom(kind: Any) -> dict[str, Any]:
        if not is_model(kind):
            raise Unsupported(f"{what} has the type {_name(kind)}, which has no JSON form")
        return kind.model_json_schema(mode="serialization" if output else "validation")

    try:
        (schema,), named = msgspec.json.schema_components(
            [hint], schema_hook=custom, ref_template=_REF
        )
    except TypeError as error:
        if output:
            raise
        raise Unsupported(f"{what}: {str(error).splitlines()[0]}") from None
    schema = _hoisted(schema, defs)
    for name, body in named.items():
        body = _hoisted(body, defs)
        if (
            "description" in body
        ):  # a docstring, which only later Pythons store without its indentation
            body["description"] = inspect.cleandoc(body["description"])
        closed = output and "properties" in body
        defs[name] = {"additionalProperties": False, **body} if closed else body
    return schema


def _hoisted(schema: Any, defs: dict[str, Any]) -> Any:
    """`schema` with the `$defs` inside it (pydantic puts them there) moved into `defs`."""
    if isinstance(schema, list):
        return [_hoisted(item, defs) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = cast("dict[str, Any]", schema)
    for name, body in cast("dict[str, Any]", found.get("$defs", {})).items():
        defs.setdefault(name, body)
    return {key: _hoisted(value, defs) for key, value in found.items() if key != "$defs"}


def with_default(schema: dict[str, Any], default: Any) -> dict[str, Any]:
    """`schema` with `default` written down, if it has a JSON form."""
    try:
        return {**schema, "default": msgspec.to_builtins(default, str_keys=True)}
    except (TypeError, ValueError):
        return schema  # a default that has no JSON form is nobody's to write down


def decode_model(kind: Any, value: Any) -> Any:
    """The `dec_hook` of msgspec that makes pydantic models. Raises `ValueError` with what does not fit."""
    if not is_model(kind):
        raise NotImplementedError
    try:
        return kind.model_validate(value)
    except ValueError as error:
        errors = cast("Any", error).errors(include_url=False, include_context=False)
        parts = (f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in errors[:5])
        raise ValueError("; ".join(parts)) from None


def is_model(kind: Any) -> bool:
    """True for a pydantic model, found out without importing pydantic."""
    return isinstance(kind, type) and any(
        one.__name__ == "BaseModel" and one.__module__ == "pydantic.main" for one in kind.__mro__
    )


def _name(kind: Any) -> str:
    return getattr(kind, "__qualname__", None) or str(kind)

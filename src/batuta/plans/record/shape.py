"""Python values with references in them as the JSON shapes of a plan."""

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from batuta.plans.record.reference import Reference, words_of
from batuta.plans.record.session import refuse
from batuta.plans.record.text import scalar
from batuta.plans.record.valueless import MARK
from batuta.reading.annotations import is_model

__all__ = ["shape_of"]

_DEPTH_MAX = 64


def shape_of(value: object, what: str, depth: int = 0) -> Any:
    """`value` with `${…}` in place of its references. `what` it is, for messages. Refuses what is no JSON."""
    if isinstance(value, Reference):
        return f"${{{words_of(value).text}}}"
    if depth > _DEPTH_MAX:
        refuse("B703", f"{what} is nested deeper than {_DEPTH_MAX} levels", "make it flatter")
    if isinstance(value, dict):
        return {
            _key(key, what): shape_of(one, what, depth + 1)
            for key, one in cast("dict[object, object]", value).items()
        }
    if isinstance(value, list | tuple):
        return [shape_of(one, what, depth + 1) for one in cast("list[object]", value)]
    if isinstance(value, msgspec.Struct):
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        return {key: shape_of(getattr(value, name), what, depth + 1) for key, name in names}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: shape_of(getattr(value, one.name), what, depth + 1)
            for one in dataclasses.fields(value)
        }
    if is_model(type(value)):
        return shape_of(_fields(value), what, depth + 1)
    return _scalar(value, what)


def _fields(model: Any) -> dict[str, Any]:
    """The fields of a pydantic model, as it dumps them; as they are if a reference among them is no value of theirs."""
    try:
        return model.model_dump(mode="json", warnings=False)
    except ValueError:
        kind = cast("Any", type(model))
        return {name: getattr(model, name) for name in cast("Mapping[str, Any]", kind.model_fields)}


def _key(key: object, what: str) -> str:
    if not isinstance(key, str):
        refuse("B703", f"{what} has the key {key!r}, which is no text", "keys of a map are texts")
    return key


def _scalar(value: object, what: str) -> Any:
    try:
        plain = scalar(value)
    except TypeError:
        name = getattr(value, "__name__", None)
        if callable(value) and name:
            refuse(
                "B703",
                f"{what} is the function {name}, not what it gives",
                f"call it: {name}(…)",
            )
        refuse(
            "B703",
            f"{what} is a {type(value).__name__}, which has no JSON form",
            "use None, bool, int, float, str, lists, dicts, dataclasses, and references",
        )
    except ValueError as error:
        refuse("B703", f"{what}: {error}", "write it as a text")
    if isinstance(plain, str) and MARK in plain:
        refuse(
            "B701",
            f"{what} is a text that holds a reference as Python shows it",
            "put it in as {value}, not as {value!r}",
        )
    return plain

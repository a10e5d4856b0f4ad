"""The signature of a function as JSON Schema, and arguments as its types want them."""

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from batuta.errors import Place, WorkspaceError
from batuta.reading.annotations import (
    Unsupported,
    decode_model,
    is_model,
    schema_of,
    with_default,
)
from batuta.reading.nearest import did_you_mean
from batuta.spec.call import Call, Done, Expand, Failed, Waiting

__all__ = ["PLACE", "Signature", "place_of", "read_signature"]

# Where a function that we have made stands for something of the user's, this attribute has the place of that.
PLACE = "__batuta_place__"

_OUTCOMES = (Done, Failed, Waiting, Expand)
# Types whose JSON form is the value itself, so that an exact match needs no conversion.
_PLAIN = frozenset({str, int, float, bool, type(None)})
_ANYTHING: frozenset[type] = frozenset()
_AT = re.compile(r"(.*?)(?: - at (?:`key` in )?`\$(.*)`)?", re.DOTALL)


class Signature:
    """What a function takes and gives.

    Attributes:
        input: JSON Schema of the arguments, an object schema.
        output: JSON Schema of the value; None if it is not stated.
        call_name: the parameter that receives the `Call`, "" if none.
    """

    __slots__ = (
        "_dump",
        "_extra",
        "_plain",
        "_required",
        "_struct",
        "call_name",
        "input",
        "output",
    )

    def __init__(
        self,
        parameters: Mapping[str, inspect.Parameter],
        hints: Mapping[str, Any],
        call_name: str,
    ) -> None:
        named = {
            name: parameter
            for name, parameter in parameters.items()
            if parameter.kind is not parameter.VAR_KEYWORD
        }
        rest = [name for name in parameters if name not in named]
        self.call_name = call_name
        self._required = frozenset(
            name for name, parameter in named.items() if parameter.default is parameter.empty
        )
        self._extra: Any = hints.get(rest[0], Any) if rest else None
        self._plain = _plain_kinds({name: hints.get(name, Any) for name in named}, bool(rest))
        self.input = _input_schema(named, hints, self._extra if rest else None)
        self._struct = _struct(named, hints, strict=not rest)
        returned: Any = hints.get("return", Any)
        self.output = _output_schema(returned)
        self._dump = _dump_of(returned)

    def convert(self, args: dict[str, Any]) -> dict[str, Any] | Failed:
        """`args` (JSON) as keyword arguments of the declared types, or why they do not fit."""
        plain = self._plain
        if plain is not None:  # 0.5 µs for three arguments, where the conversion takes 2
            for name, value in args.items():
                kinds = plain.get(name)
                if kinds is None or (kinds and type(value) not in kinds):
                    break
            else:
                if len(args) == len(plain) or self._required <= args.keys():
                    return args
        try:
            return self._converted(args)
        except msgspec.ValidationError as error:
            return Failed("invalid", self._explained(str(error)))

    def value(self, returned: Any) -> Any:
        """What the function returned, with pydantic models as plain data."""
        if self._dump is not None:
            return self._dump(returned)
        if type(returned) in _PLAIN:  # to ask a str for what it does not have takes 2 µs
            return returned
        dump = getattr(returned, "model_dump", None)
        return returned if dump is None else dump(mode="json")

    def _converted(self, args: dict[str, Any]) -> dict[str, Any]:
        fields = self._struct.__struct_fields__
        converted = msgspec.convert(args, self._struct, str_keys=True, dec_hook=decode_model)
        known = {name: getattr(converted, name) for name in fields if name in args}
        if len(known) == len(args):
            return known
        more = {name: value for name, value in args.items() if name not in known}
        if self.call_name in more:
            raise msgspec.ValidationError(f"Object contains unknown field `{self.call_name}`")
        extra = dict[str, self._extra]
        return known | msgspec.convert(more, extra, str_keys=True, dec_hook=decode_model)

    def _explained(self, text: str) -> str:
        found = _AT.fullmatch(text)
        what, where = (found[1], (found[2] or "").removeprefix(".")) if found else (text, "")
        names = self._struct.__struct_fields__
        if not where:
            quoted = what.rpartition(" `")[2].rstrip("`")
            if what.startswith("Object missing required field"):
                return f"{quoted}: it is missing"
            if what.startswith("Object contains unknown field"):
                hint = did_you_mean(quoted, names, "arguments")
                return f"{quoted}: there is no such argument; {hint}"
        what = what.replace("`", "")
        return f"{where or 'arguments'}: {what[:1].lower()}{what[1:]}"


def read_signature(function: Callable[..., Any]) -> Signature:
    """The signature of `function`.

    Raises:
        WorkspaceError: a parameter cannot be filled from JSON; with the place of the function.
    """
    name = getattr(function, "__name__", "function")
    place = place_of(function)
    target = inspect.unwrap(function)
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise WorkspaceError(
            f"{name} yields values, and a call has one",
            remedy="return a list; to show progress take a parameter annotated Call and use its report()",
            place=place,
        )
    try:
        parameters = dict(inspect.signature(function).parameters)
        hints = typing.get_type_hints(target, include_extras=True)
    except Exception as error:  # annotations are code and may raise anything
        raise WorkspaceError(
            f"{name}: its annotations cannot be read: {type(error).__name__}: {error}",
            remedy="annotate with types that are defined at the top level of the module",
            place=place,
        ) from None
    for parameter in parameters.values():
        _check(parameter, name, place)
    called = [one for one in parameters if hints.get(one) is Call]
    if len(called) > 1:
        raise WorkspaceError(f"{name} has two parameters annotated Call", place=place)
    for one in called:
        del parameters[one]
    try:
        return Signature(parameters, hints, called[0] if called else "")
    except Unsupported as error:
        raise WorkspaceError(
            f"{name}: {error}",
            remedy="use JSON types, Decimal, datetime, Enum, Literal, dataclasses, TypedDicts or pydantic models",
            place=place,
        ) from None


def place_of(function: Callable[..., Any]) -> Place:
    """Where `function` is defined, or says that it is."""
    place = getattr(function, PLACE, None)
    if isinstance(place, Place):
        return place
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (
        Place(code.co_filename, code.co_firstlineno, 1) if code is not None else Place("<python>")
    )


def _check(parameter: inspect.Parameter, name: str, place: Place) -> None:
    if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
        star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        raise WorkspaceError(
            f"{name}: {star}{parameter.name} has no name that an argument could be given by",
            remedy=f"make it an ordinary parameter, for example {parameter.name}: list[str]",
            place=place,
        )


def _input_schema(
    named: Mapping[str, inspect.Parameter], hints: Mapping[str, Any], extra: Any
) -> dict[str, Any]:
    defs: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for name, parameter in named.items():
        properties[name] = schema_of(hints.get(name, Any), defs, f"the parameter {name}")
        if parameter.default is not parameter.empty:
            properties[name] = with_default(properties[name], parameter.default)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    required = [name for name, parameter in named.items() if parameter.default is parameter.empty]
    if required:
        schema["required"] = required
    more = False if extra is None else schema_of(extra, defs, "the parameter **")
    schema["additionalProperties"] = more if more != {} else True
    if defs:
        schema["$defs"] = defs
    # A Decimal is read from a number, too; only what it is written as is always a text.
    return _replace(schema, _DECIMAL_OUT, {"type": ["string", "number"], "format": "decimal"})


def _output_schema(hint: Any) -> dict[str, Any] | None:
    members = typing.get_args(hint) if _is_union(hint) else (hint,)
    if hint is Any or any(member in _OUTCOMES for member in members):
        return None
    defs: dict[str, Any] = {}
    try:
        schema = schema_of(hint, defs, "the value it returns", output=True)
    except TypeError:
        return None  # a union that cannot be read back; nobody reads it back
    return {**schema, "$defs": defs} if defs else schema or None


_DECIMAL_OUT = {"type": "string", "format": "decimal"}


def _struct(
    named: Mapping[str, inspect.Parameter], hints: Mapping[str, Any], *, strict: bool
) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for name, parameter in named.items():
        hint: Any = hints.get(name, Any)
        if parameter.default is parameter.empty:
            fields.append((name, hint))
        else:
            fields.append((name, hint | msgspec.UnsetType, msgspec.UNSET))
    struct = msgspec.defstruct("Arguments", fields, kw_only=True, forbid_unknown_fields=strict)
    try:
        msgspec.convert({}, struct, str_keys=True, dec_hook=decode_model)
    except msgspec.ValidationError:
        pass  # something is missing: the types themselves are understood
    except TypeError as error:
        raise Unsupported(str(error).splitlines()[0]) from None
    return struct


def _plain_kinds(hints: Mapping[str, Any], extra: bool) -> dict[str, frozenset[type]] | None:
    if extra:
        return None
    kinds: dict[str, frozenset[type]] = {}
    for name, hint in hints.items():
        members = typing.get_args(hint) if _is_union(hint) else (hint,)
        if hint is Any:
            kinds[name] = _ANYTHING
        elif all(_plain_kind(member) for member in members):
            kinds[name] = frozenset(typing.get_origin(member) or member for member in members)
        else:
            return None
    return kinds


def _plain_kind(hint: Any) -> bool:
    return (
        hint in _PLAIN
        or hint in (dict, list)
        or hint in (dict[str, Any], dict[str, object], list[Any], list[object])
    )


def _dump_of(hint: Any) -> Callable[[Any], Any] | None:
    """How values of the type `hint` become plain data, if pydantic models may be inside them."""
    models = [0]

    def custom(kind: Any) -> dict[str, Any]:
        models[0] += is_model(kind)
        return {"type": "object"}

    try:
        msgspec.json.schema_components([hint], schema_hook=custom)
    except TypeError:
        return None
    if not models[0]:
        return None
    import pydantic  # only for those who use it: 70 ms

    adapter: Any = pydantic.TypeAdapter(hint)

    def dump(value: Any) -> Any:
        return value if isinstance(value, _OUTCOMES) else adapter.dump_python(value, mode="json")

    return dump


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _replace(schema: Any, old: dict[str, Any], new: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_replace(item, old, new) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = cast("dict[str, Any]", schema)
    if found.items() >= old.items():
        return {**found, **new}
    return {key: _replace(value, old, new) for key, value in found.items()}

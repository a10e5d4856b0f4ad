"""The CEL library behind two functions, and its errors in our words.

`check` compiles a text to a checked tree; `execute` runs a program on variables and gives a JSON value.
"""

import difflib
import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias, cast

from cel_expr_python import cel  # pyright: ignore[reportMissingTypeStubs]

from batuta.errors import ExpressionError
from batuta.spec.expr.cost import COST_MAX, INT_MAX, INT_MIN, too_costly, weigh
from batuta.spec.expr.mixing import mixed_to_check, mixed_to_run
from batuta.spec.expr.tree import Checked
from batuta.spec.expr.wire import read_checked

__all__ = ["Program", "Unbound", "as_text", "check", "execute", "load"]

Program: TypeAlias = cel.Expression

_OPERATORS: Mapping[str, str] = {"@in": "in", "_[_]": "[ ]", "_?_:_": "? :"}
_TYPES: Mapping[str, str] = {"int64": "int", "uint64": "uint", "null_type": "null"}
_TYPE_NAME = re.compile(r"\b(?:dyn|int64|uint64|null_type)\b|\bT%\d+")  # dyn, T%2: not known
# Results that JSON does not have, by the Python class the library gives them.
_FOREIGN: Mapping[str, str] = {
    "Type": "a type",
    "bytearray": "bytes",
    "datetime": "a timestamp",
    "timedelta": "a duration",
}
_BIG = "carry larger numbers as strings"

_COMPILE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_STATUS = re.compile(r"^[A-Z_]{4,}: |(?: \[[A-Z_]+\])+$")
# Compiling: found no matching overload for '_-_' applied to '(string, int)'. Running: No matching overloads found :
# _-_(string, int64).
_OVERLOAD = re.compile(
    r"[Nn]o matching overloads? (?:found : |for )'?([^\s'(]+)'?(?: applied to ')?(?:\((.*)\))?"
)
_UNKNOWN = re.compile(r"undeclared reference to '([^']*)'")
_UNBOUND = re.compile(r'No value with name "([^"]*)" found')
_WORDS = re.compile(r"\b(and|or|not|is|None|True|False)\b")

# The standard functions by their name in small letters, and what those of other languages are called here.
_FUNCTIONS: Mapping[str, str] = {
    name.lower(): name
    for name in (
        *("all", "bool", "contains", "double", "duration", "endsWith", "exists", "exists_one"),
        *("filter", "has", "int", "map", "matches", "size", "startsWith", "string", "timestamp"),
    )
}
_ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("len", "length", "count"), "write size(…)"),
    **dict.fromkeys(("str", "text", "tostring"), "write string(…)"),
    **dict.fromkeys(("float", "number"), "write double(…)"),
    **dict.fromkeys(("any", "some"), "write LIST.exists(x, CONDITION)"),
    **dict.fromkeys(("every",), "write LIST.all(x, CONDITION)"),
    **dict.fromkeys(("includes",), "write VALUE in LIST, or TEXT.contains(PART)"),
    **dict.fromkeys(("coalesce", "default", "ifnull"), "write x != null ? x : OTHER"),
}


class Unbound(ExpressionError):
    """The program asked for a variable that has no value; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no value for {name}")
        self.name = name


def check(text: str, roots: frozenset[str]) -> Checked:
    """Parse and type-check `text`. Raises ExpressionError with the offset of the first flaw."""
    try:
        return read_checked(_checking(roots).compile(text).serialize())
    except (RuntimeError, TypeError, ValueError) as error:
        raise _compile_error(str(error), text, roots) from None


def load(data: bytes) -> Program:
    """The program of a checked expression in bytes (`wire.write_checked`)."""
    return _running().deserialize(data)


def execute(program: Program, variables: Mapping[str, Any], offsets: Mapping[str, int]) -> Any:
    """Run `program`; the result is a fresh JSON value.

    `offsets` says where each function stands, for the errors. Raises ExpressionError for every failure,
    as `Unbound` if a variable is missing.
    """
    try:
        result = program.eval(data=variables)
        plain = result.plain_value()
        if not isinstance(plain, str):
            return plain if isinstance(plain, bool) else _json(plain)
    except (RuntimeError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _run_error(str(error), offsets) from None
    # Errors come as strings: asking for the type takes 1.6 us, so only strings are asked.
    if result.type() == cel.Type.ERROR:
        raise _run_error(plain, offsets)
    return plain


def as_text(value: Any) -> str:
    """`value` inside a text: numbers and bools as CEL's `string()` writes them, lists and maps as compact JSON.

    Raises ExpressionError for what is no JSON, or too large to be meant (some megabytes).
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return execute(_string_of(), {"x": value}, {})
    try:
        if weigh(value, COST_MAX) > COST_MAX:
            raise too_costly()
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ExpressionError(f"a value is not JSON: {error}") from None


@lru_cache(maxsize=1)
def _string_of() -> Program:
    return cel.NewEnv(variables={"x": cel.Type.DYN}).compile("string(x)")


@lru_cache(maxsize=64)
def _checking(roots: frozenset[str]) -> cel.Env:
    variables = dict.fromkeys(sorted(roots), cel.Type.DYN)
    return cel.NewEnv(variables=variables, extensions=[mixed_to_check()])


@lru_cache(maxsize=1)
def _running() -> cel.Env:
    return cel.NewEnv(extensions=[mixed_to_run()])


def _json(value: Any) -> Any:
    """`value` as JSON, keys in order: the library's own order differs from process to process, a replay must not."""
    kind = cast(type[object], type(value))
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        if not INT_MIN <= value <= INT_MAX:
            raise ExpressionError(f"the result {value} is beyond 64 bits", remedy=_BIG)
        return value
    if kind is float:
        if not math.isfinite(value):
            raise ExpressionError(f"the result is {value}, which JSON cannot carry")
        return value
    if kind is list:
        return [_json(item) for item in value]
    if kind is dict:
        odd = next((key for key in value if type(key) is not str), None)
        if odd is not None:
            message = f"the key {odd!r} of the result is no string"
            raise ExpressionError(message, remedy="quote it, or string(key)")
        return {key: _json(value[key]) for key in sorted(value)}
    name = _FOREIGN.get(kind.__name__, "of a CEL type")
    message = f"the result is {name}, which JSON cannot carry"
    raise ExpressionError(message, remedy="convert it: string(...)")


# --- errors ---------------------------------------------------------------------------------------


def _compile_error(message: str, text: str, roots: frozenset[str]) -> ExpressionError:
    found = _COMPILE.search(message)
    if found is None:
        return ExpressionError(_plain(message))
    offset = _offset(text, int(found[1]), int(found[2]))
    said = _plain(found[3])
    if said.startswith("Exceeded max recursion") or "recursion limit" in said:
        return ExpressionError("nested too deeply (32 levels)", remedy="split it over steps")
    overload = _overload(said, offset)
    if overload is not None:
        return overload
    unknown = _UNKNOWN.search(said)
    if unknown is not None:
        return _unknown(unknown[1], text, offset, roots)
    said = said.split(" expecting ")[0].replace("'<EOF>'", "the end")
    word = _WORDS.search(text)
    remedy = ""
    if said.startswith("Syntax error") and word is not None:
        remedy = f"CEL has no `{word[0]}`: it writes && || ! == null true false"
    elif said.startswith("Syntax error: token recognition error at: '="):
        remedy = "compare with =="
    return ExpressionError(said[:1].lower() + said[1:], remedy=remedy, offset=offset)


def _unknown(name: str, text: str, offset: int | None, roots: frozenset[str]) -> ExpressionError:
    if offset is not None and text[offset : offset + 1] == "(":
        start = offset - len(name)
        offset = start if text[start:offset] == name else offset
        return ExpressionError(
            f"unknown function {name}()",
            remedy=_remedy_of_function(name.removeprefix(".")),
            offset=offset,
        )
    name = name.removeprefix(".").split(".")[0]  # `a.b` is reported whole, at its last dot
    if offset is not None:
        offset = max(text.rfind(name, 0, offset + len(name)), 0)
    close = difflib.get_close_matches(name, sorted(roots), n=1)
    known = ", ".join(sorted(roots))
    remedy = f"did you mean {close[0]}?" if close else f"known here: {known}"
    return ExpressionError(f"unknown name {name}", remedy=remedy, offset=offset)


def _remedy_of_function(name: str) -> str:
    other = _ELSEWHERE.get(name.lower(), "")
    if not other:
        close = difflib.get_close_matches(name.lower(), _FUNCTIONS, n=1, cutoff=0.85)
        other = f"did you mean {_FUNCTIONS[close[0]]}()?" if close else ""
    return other or "CEL's standard functions are there; anything else is a step's work"


def _run_error(message: str, offsets: Mapping[str, int]) -> ExpressionError:
    unbound = _UNBOUND.search(message)
    if unbound is not None:
        return Unbound(unbound[1])
    said = _plain(message)
    overload = _overload(said, None)
    if overload is not None:
        function = _OVERLOAD.search(said)
        assert function is not None
        overload.offset = offsets.get(function[1])
        return overload
    if "out of range" in said and said.startswith("Integer value"):
        return ExpressionError("an integer is beyond 64 bits", remedy=_BIG)
    if "construction from null" in said:
        return ExpressionError("a string is not valid Unicode (a lone surrogate)")
    if said == "integer overflow":
        return ExpressionError("integer overflow: the result is beyond 64 bits", remedy=_BIG)
    if said.startswith("Applying SELECT to non-message type"):
        return ExpressionError("a field of something that is no map", offset=offsets.get("."))
    if said.startswith("Key not found in map"):
        return ExpressionError(f"no such key:{said.partition(':')[2]}", offset=offsets.get("."))
    return ExpressionError(said[:1].lower() + said[1:])


def _overload(said: str, offset: int | None) -> ExpressionError | None:
    found = _OVERLOAD.search(said)
    if found is None:
        return None
    taken = _TYPE_NAME.sub(lambda name: _TYPES.get(name[0], "any"), found[2] or "")
    types = re.split(r",\s*", taken)
    name = _OPERATORS.get(found[1]) or found[1].strip("_@")
    message = f"{name} does not take ({taken})" if taken else f"{name} does not take these types"
    remedy = ""
    if name == "? :" and types[0] != "bool":
        message, remedy = f"a condition is a bool, this is of type {types[0]}", "compare: x != null"
    elif name == "? :":
        message = f"the two results of ? : have different types ({', '.join(types[1:])})"
        remedy = "make them alike, or wrap both in dyn(...)"
    elif name == "%" and "double" in types:
        remedy = "it takes whole numbers: int(x)"
    elif name == "+" and "string" in types:
        remedy = "make it a string first: string(x)"
    elif name in ("!", "&&", "||"):
        remedy = "only true and false: compare, for example x != null"
    return ExpressionError(message, remedy=remedy, offset=offset)


def _plain(message: str) -> str:
    return _STATUS.sub("", message.strip()) or "cannot be evaluated"


def _offset(text: str, line: int, column: int) -> int | None:
    """Characters before `line`:`column`, which count from 1; None if the library did not know."""
    if line < 1 or column < 1:
        return None
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))

"""One take of a workflow: its function is called once, with references for inputs, and what it calls is recorded."""

import inspect
import traceback
import typing
from collections.abc import Callable, Mapping
from types import FrameType, MappingProxyType
from typing import Any, cast

from batuta.errors import PlanError
from batuta.plans.read import read_plan
from batuta.plans.record.called import settled
from batuta.plans.record.current import CURRENT
from batuta.plans.record.places import Origin, PlacedReport, RecordedPlaces
from batuta.plans.record.recorder import Recorder
from batuta.plans.record.reference import reference
from batuta.plans.record.shape import shape_of
from batuta.plans.record.source import Spot, spot_of_function
from batuta.plans.record.text import Words
from batuta.reading.annotations import Unsupported, schema_of, with_default
from batuta.reading.source import tree_from_data
from batuta.spec.budget import Budget
from batuta.spec.file import FILE_SCHEMA, FileReference
from batuta.spec.plan import Plan

__all__ = ["take"]

_FILE_FIELDS = FILE_SCHEMA["properties"].keys()


def take(
    function: Callable[..., Any], name: str, settings: Mapping[str, Any]
) -> tuple[Plan, RecordedPlaces, Mapping[str, Callable[..., Any]]]:
    """The plan that `function` records, the places of its parts, and the functions it calls, by capability.

    `settings` are keys of the plan that the function cannot say.

    Raises:
        PlanError: the error lists all flaws, each at its line of Python.
    """
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    whole = spot_of_function(code) if code is not None else Spot(repr(function))
    recorder = Recorder(name, _entered.__code__)
    inputs = _inputs(inner, recorder, whole)
    result = _body(function, recorder, whole, inputs)
    recorder.origins["result",] = Origin(whole, ("return", ""))
    for one in inputs:
        recorder.origins["inputs", one] = Origin(whole, ("input", one))
    places = RecordedPlaces(recorder.origins, whole)
    if recorder.findings:
        raise recorder.error()
    data = {
        "name": name,
        "description": _description(inner),
        "inputs": inputs,
        "steps": recorder.steps,
        "result": result,
        **settings,
    }
    return _read(_plain(data), places), places, MappingProxyType(recorder.functions)


def _inputs(function: Callable[..., Any], recorder: Recorder, whole: Spot) -> dict[str, Any]:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        recorder.stop(
            "B706",
            f"{recorder.name} yields values, and a plan has one result",
            "return a list, or a map",
            whole,
        )
    try:
        parameters = inspect.signature(function).parameters
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:  # annotations are code and may raise anything
        recorder.stop(
            "B706",
            f"the annotations of {recorder.name} cannot be read: {type(error).__name__}: {error}",
            "annotate with types that are defined at the top level of the module",
            whole,
        )
    inputs: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if name == "self":
            recorder.stop(
                "B706",
                f"{recorder.name} takes self, and a plan belongs to no object",
                "write the workflow outside of the class",
                whole.place(("input", name)),
            )
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            recorder.stop(
                "B706",
                f"{recorder.name} takes any arguments (*{name}), and a plan names its inputs",
                f"write one parameter, for example {name}: list[str]",
                whole,
            )
        if not name.isascii():
            recorder.flaw(
                "B025",
                f"{name!r} cannot be the name of an input",
                "use a-z, A-Z, 0-9 and _, no digit first, 64 at most",
                whole.place(("input", name)),
            )
        try:
            schema = _schema(hints.get(name, Any), f"the input {name}")
        except Unsupported as error:
            place = whole.place(("input", name))
            recorder.flaw("B706", str(error), "use types that have a JSON form", place)
            schema = {}
        if parameter.default is not parameter.empty:
            schema = with_default(schema, parameter.default)
        inputs[name] = schema
    return inputs


def _body(
    function: Callable[..., Any], recorder: Recorder, whole: Spot, inputs: Mapping[str, Any]
) -> Any:
    given = {name: reference(recorder, f"inputs.{name}") for name in inputs}
    token = CURRENT.set(recorder)
    try:
        value = _entered(function, given)
        recorder.at = whole.place(("return", ""))
        return shape_of(value, "the result")
    except PlanError as error:
        raise (recorder.error() if recorder.findings else error) from None
    except Exception as error:
        frame, line = _innermost(error, function)
        spot = recorder.codes.spot(frame) if frame is not None else whole
        spot = spot._replace(line=line) if line and spot.line != line else spot
        text = f"{type(error).__name__}: {error}"
        recorder.flaw("B706", f"the workflow fails while it is recorded: {text}", _ORDINARY, spot)
        raise recorder.error() from error
    finally:
        CURRENT.reset(token)


_ORDINARY = (
    "a workflow is called once, to be recorded; what works on values belongs into capabilities"
)


def _entered(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """The outermost frame of a recording: names of steps are looked for in the frames above this one only."""
    return settled(function(**given))


def _innermost(error: BaseException, function: Callable[..., Any]) -> tuple[FrameType | None, int]:
    """The frame of the workflow's own file in which `error` arose last, and its line."""
    file = getattr(getattr(inspect.unwrap(function), "__code__", None), "co_filename", "")
    found: tuple[FrameType | None, int] = (None, 0)
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == file:
            found = frame, line
    return found


def _schema(hint: Any, what: str) -> dict[str, Any]:
    defs: dict[str, Any] = {}
    schema = schema_of(hint, defs, what)
    if defs.get(FileReference.__name__, {}).get("properties", {}).keys() == _FILE_FIELDS:
        del defs[FileReference.__name__]
        schema, defs = _with_files(schema), _with_files(defs)
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name in defs and f"#/$defs/{name}" not in repr(defs):
        schema = {**defs.pop(name), **{key: one for key, one in schema.items() if key != "$ref"}}
    return {**schema, "$defs": defs} if defs else schema


def _with_files(schema: Any) -> Any:
    """`schema` with what marks a file where one is referred to."""
    if isinstance(schema, list):
        return [_with_files(one) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = cast("dict[str, Any]", schema)
    rest = {key: _with_files(one) for key, one in found.items() if key != "$ref"}
    reference = found.get("$ref")
    if reference == f"#/$defs/{FileReference.__name__}":
        return {**FILE_SCHEMA, **rest}
    return rest if reference is None else {"$ref": reference, **rest}


def _description(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function) or ""
    return " ".join(text.split("\n\n")[0].split())


def _plain(data: Any) -> Any:
    """`data` as the YAML form has it: conditions as their text, and without what was not said."""
    if isinstance(data, Words):
        return data.text
    if isinstance(data, Budget):
        return {
            key: one for key in data.__struct_fields__ if (one := getattr(data, key)) is not None
        }
    if isinstance(data, Mapping):
        return {key: _plain(one) for key, one in cast("Mapping[str, Any]", data).items()}
    if isinstance(data, list):
        return [_plain(one) for one in cast("list[Any]", data)]
    return data


def _read(data: Any, places: RecordedPlaces) -> Plan:
    """The plan, read as one from a file is, so that it has the same bounds and the same digest."""
    given = {
        key: one for key, one in data.items() if one not in (None, "", 0, {}, []) or key == "result"
    }
    root, report = tree_from_data(given)
    placed = PlacedReport(places)
    placed.findings += report.findings
    plan = read_plan(root, placed) if root is not None else None
    if placed.findings or not isinstance(plan, Plan):
        first = placed.findings[0]
        count = len(placed.findings)
        raise PlanError(
            f"the plan has {count} flaws" if count > 1 else first.message,
            place=first.place,
            findings=placed.in_order(),
        )
    return plan

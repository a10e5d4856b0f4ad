"""What an agent of pydantic-ai takes and gives when it is a capability. Imported with that library."""

import inspect
import types
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec
from pydantic_ai.agent import AbstractAgent

from batuta.errors import Place, WorkspaceError
from batuta.reading.annotations import Unsupported, schema_of
from batuta.spec.call import Call

__all__ = ["flat", "output_schema", "parameters_of"]

_Prompt = Annotated[str, msgspec.Meta(min_length=1, description="what it is asked")]
_Context = Annotated[Any, msgspec.Meta(description="what it is asked about: any JSON; data to it")]
# What a call has in any case.
_OWN = ("prompt", "context", "call")
_COUNT = {"type": "integer"}


def parameters_of(
    agent: AbstractAgent[Any, Any], deps: Callable[..., Any] | None, name: str, place: Place
) -> list[inspect.Parameter]:
    """What a call takes: the question, what the agent depends on, and the `Call`.

    Raises:
        WorkspaceError: its dependencies cannot come out of JSON; with `place`.
    """
    wanted = agent.deps_type
    if deps is not None:
        hints = inspect.signature(deps, eval_str=True).parameters
        found = [one.replace(kind=one.KEYWORD_ONLY) for one in hints.values()]
        clash = next((one.name for one in found if one.name in _OWN), "")
        if clash:
            raise WorkspaceError(
                f"{name}: deps takes {clash}, which the agent has itself",
                remedy="call it something else",
                place=place,
            )
        return _around(found)
    if wanted in (object, None, type(None)):
        return _around([])
    try:
        schema_of(wanted, {}, "deps")
    except Unsupported as error:
        raise WorkspaceError(
            f"{name}: {error}",
            remedy="give capability(…, deps=) a function that makes it; what that takes, a call takes",
            place=place,
        ) from None
    return _around([_parameter("deps", wanted)])


def _around(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    context = _parameter("context", _Context).replace(default=None)
    return [_parameter("prompt", _Prompt), context, *parameters, _parameter("call", Call)]


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def flat(outputs: Any) -> list[Any]:
    """The types of an output, one by one."""
    if isinstance(outputs, Sequence) and not isinstance(outputs, str):
        return [kind for one in cast("Sequence[Any]", outputs) for kind in flat(one)]
    if get_origin(outputs) in (Union, types.UnionType):
        return [kind for one in get_args(outputs) for kind in flat(one)]
    return [outputs]


def output_schema(agent: AbstractAgent[Any, Any], answers: list[Any]) -> dict[str, Any]:
    """What a call gives. The schema of a type has its definitions at the top, where references to them point."""
    schema: dict[str, Any] = {"type": "null"}
    if answers != [str]:
        schema = dict(agent.output_json_schema(answers))
    defs = schema.pop("$defs", None)
    tokens = {"type": "object", "properties": {"input": _COUNT, "output": _COUNT}}
    properties = {
        "text": {"type": "string"},
        "value": schema,
        "turns": _COUNT,
        "tool_calls": _COUNT,
        "tokens": {**tokens, "required": ["input", "output"]},
    }
    whole = {"type": "object", "properties": properties, "required": list(properties)}
    return whole | ({"$defs": defs} if defs else {})

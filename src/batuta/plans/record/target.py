"""Functions whose call inside a workflow is a step, and a plain call everywhere else."""

import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from batuta.plans.record.current import CURRENT
from batuta.spec.call import Call

__all__ = ["Target", "plain_function", "recordable", "target_of"]

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "__batuta_recordable__"


class Target(NamedTuple):
    """What a step calls: a capability by name, and the function behind it (None: only the name is known).

    `plain`: the function as it was before it became recordable.
    """

    name: str
    function: Callable[..., Any] | None = None
    plain: Callable[..., Any] | None = None

    def parameters(self) -> tuple[str, ...]:
        """The parameters that arguments without a name go to, in order."""
        return _parameters(self.plain) if self.plain is not None else ()


class _Recorder(Protocol):
    def call(self, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...


def recordable(function: F, name: str) -> F:
    """`function`, to be called as before; while a workflow is recorded, a call is a step that uses `name`."""
    function = cast("F", plain_function(function))

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = CURRENT.get()
        if recorder is None:
            return function(*args, **kwargs)
        return cast("_Recorder", recorder).call(target, args, kwargs)

    target = Target(name, call, function)
    setattr(call, _ATTRIBUTE, target)
    return cast("F", call)


def plain_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` without the layer that records: what the engine calls."""
    target: Target | None = getattr(function, _ATTRIBUTE, None)
    if target is None or target.function is not function or target.plain is None:
        return function  # another decorator may stand around it, and have copied its attributes
    return target.plain


def target_of(thing: object) -> Target | None:
    """What `thing` (the name of a capability, or a function declared to be one) stands for in a step."""
    if isinstance(thing, str):
        return Target(thing)
    target: Target | None = getattr(thing, _ATTRIBUTE, None)
    if target is None or not callable(thing):
        return None
    return target if target.function is thing else Target(target.name, thing, target.plain)


@functools.lru_cache(maxsize=1_024)
def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()  # it has none that Python could tell
    try:
        hints = typing.get_type_hints(function)
    except (
        Exception
    ):  # annotations are code; whoever registers the function says what is wrong with them
        hints = {}
    ordered = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(p.name for p in parameters if p.kind in ordered and hints.get(p.name) is not Call)

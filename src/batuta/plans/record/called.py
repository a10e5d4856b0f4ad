"""Functions of the user, called with references in place of values."""

import inspect
from collections.abc import Callable
from types import CoroutineType
from typing import Any, cast

from batuta.plans.record.session import refuse
from batuta.plans.record.target import target_of

__all__ = ["positional", "settled"]


def settled(value: Any) -> Any:
    """`value`, or what the coroutine `value` comes to; it may await calls of capabilities and nothing else."""
    if not isinstance(value, CoroutineType):
        return value
    coroutine = cast("CoroutineType[Any, Any, Any]", value)
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    coroutine.close()
    return refuse(
        "B701",
        "a workflow awaits something that is no call of a capability",
        "steps that do not use each other run at the same time by themselves; all else belongs into capabilities",
    )


def positional(function: Callable[..., Any], given: tuple[Any, ...], sure: int = 2) -> Any:
    """What `function` gives for as many of `given` as it takes; for `sure` of them if it does not say how many."""
    if target_of(function) is not None:
        return function(
            *given[:1]
        )  # the capability itself: its further parameters have meanings of their own
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return function(*given[:sure])
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return function(*given[:sure])
    count = sum(one.kind in kinds for one in parameters)
    return function(*given[:count])

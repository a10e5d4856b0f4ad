"""What a workflow says of one step: its name, and everything that the call itself has no words for."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Literal, ParamSpec, TypedDict, TypeVar, Unpack, cast, overload

import msgspec

from batuta.plans.record.draft import Draft
from batuta.plans.record.places import Origin
from batuta.plans.record.recorder import Recorder, recording
from batuta.plans.record.session import refuse
from batuta.plans.record.source import Spot
from batuta.plans.record.target import Target, target_of
from batuta.reading.nearest import did_you_mean
from batuta.spec.budget import Budget
from batuta.spec.call import Call
from batuta.spec.plan import Retry

__all__ = ["Options", "Untyped", "use"]

P = ParamSpec("P")
R = TypeVar("R")

Other = str | Callable[..., Any]


class Untyped:
    """A type that no function gives or takes, save one without types: its overloads stand first and mean those."""


class Options(TypedDict, total=False):
    """What `use` can be told of a step; the words of the YAML form.

    Attributes:
        name: of the step; that of the variable which the value goes to, by default.
        after: a step, or several, that must have ended first, though no value of theirs is used.
        retry: how often a failed call is tried again, or a `Retry`.
        timeout: longest time of one attempt: seconds, or a text like "30s".
        fallback: what is called instead, one after the other, when the call has failed for good: a capability that
            takes the same arguments, or a function that calls one with others (`lambda: cheaper(text=text)`).
        undo: what takes the effect back should the run fail later: a capability that takes the same arguments, or a
            function that is given the value of the step (`lambda payment: refund(id=payment.id)`).
        join: how many of the steps whose values it uses must succeed: "all", "first", or a number of them.
        budget: bounds on the step and all that happens inside of it.
        may_fail: if it fails for good it counts as skipped, and the run goes on; `error_of` says why it failed. In
            `each`, every item may fail by itself.
    """

    name: str
    after: Any
    retry: int | Retry
    timeout: float | str
    fallback: Other | list[Other] | tuple[Other, ...]
    undo: Other
    join: Literal["all", "first"] | int
    budget: Budget | dict[str, float]
    may_fail: bool


class _Use:
    """A capability with options, to be called inside a workflow."""

    __slots__ = ("_options", "_target")

    def __init__(self, target: Target, options: Options) -> None:
        self._target = target
        self._options = options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        target, options = self._target, self._options
        recorder = recording(target.name)
        draft = recorder.draft(target, args, kwargs, str(options.get("name", "")))
        _apply(recorder, draft, options)
        recorder.emit(draft)
        return draft.value

    def __repr__(self) -> str:
        return f"use({self._target.name!r})"


@overload
def use(
    capability: str, /, *, returns: type[R], **options: Unpack[Options]
) -> Callable[..., R]: ...
@overload
def use(capability: str, /, **options: Unpack[Options]) -> Callable[..., Any]: ...
@overload
def use(
    capability: Callable[Concatenate[Untyped, P], R], /, **options: Unpack[Options]
) -> Callable[Concatenate[Any, P], R]: ...
@overload
def use(
    capability: Callable[Concatenate[Call, P], R], /, **options: Unpack[Options]
) -> Callable[P, R]: ...
@overload
def use(capability: Callable[P, R], /, **options: Unpack[Options]) -> Callable[P, R]: ...
def use(capability: Any, /, *, returns: Any = None, **options: Any) -> Any:
    """A capability by name, or a function with `@capability`, with options for the step that its call makes.

    `returns` is for the type checker only: what the capability gives. The result may be kept and called again.
    """
    del returns
    target = target_of(capability)
    if target is None:
        refuse(
            "B705",
            f"{getattr(capability, '__name__', capability)!s} is no capability",
            "decorate it with @capability, or give the name of one as a text",
        )
    for key in options:
        if key not in Options.__annotations__:
            known = Options.__annotations__
            refuse("B702", f"a step has no option {key!r}", did_you_mean(key, known, "options"))
    return _Use(target, cast("Options", options))


def _apply(recorder: Recorder, draft: Draft, options: Options) -> None:
    spot = draft.origins[()].spot

    def put(key: str, value: Any) -> None:
        draft.put(key, value, Origin(spot, ("use", key)))

    for key, value in cast("Mapping[str, Any]", options).items():
        match key:
            case "name":
                draft.origins[()] = Origin(spot)
            case "after":
                steps = cast("list[Any]", value if isinstance(value, list | tuple) else [value])
                put(key, [recorder.step_name(one) for one in steps])
            case "retry" | "budget":
                put(key, _plain(value))
            case "fallback":
                others = cast("list[Any]", value if isinstance(value, list | tuple) else [value])
                put(key, [_other(recorder, draft, one, (), spot) for one in others])
            case "undo":
                put(key, _other(recorder, draft, value, (draft.value,), spot))
            case "join" if isinstance(value, int):
                put(key, f"any({value})")
            case _:
                put(key, value)


def _other(
    recorder: Recorder, draft: Draft, other: Any, given: tuple[Any, ...], spot: Spot
) -> dict[str, Any]:
    """What a fallback or an undo calls, as `use` and (where it has its own arguments) `with`."""
    target = target_of(other)
    if target is not None:
        recorder.register(target)
        return {"use": target.name}
    if not callable(other):
        recorder.stop(
            "B705",
            f"a {type(other).__name__} is nothing that could be called instead",
            "give a capability, its name, or a function that calls one",
            spot,
        )
    data = recorder.captured(other, given, draft.name).data
    return {"use": data["use"], "with": data["with"]}


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value

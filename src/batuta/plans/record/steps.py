"""What a workflow says of its steps: options, conditions, fan-out and rounds."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Concatenate, Literal, ParamSpec, TypedDict, TypeVar, Unpack, cast, overload

import msgspec

from batuta.plans.record.places import Origin
from batuta.plans.record.recorder import Draft, Recorder, positional, recording, settled
from batuta.plans.record.reference import reference, words_of
from batuta.plans.record.session import refuse
from batuta.plans.record.source import Spot
from batuta.plans.record.target import Target, target_of
from batuta.plans.record.text import UNARY, Words
from batuta.reading.nearest import did_you_mean
from batuta.spec.budget import Budget
from batuta.spec.call import Call
from batuta.spec.plan import Retry

__all__ = ["Options", "each", "repeat", "unless", "use", "when"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

Other = str | Callable[..., Any]


class _Nothing:
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
    """

    name: str
    after: Any
    retry: int | Retry
    timeout: float | str
    fallback: Other | list[Other] | tuple[Other, ...]
    undo: Other
    join: Literal["all", "first"] | int
    budget: Budget | dict[str, float]


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
    capability: Callable[Concatenate[_Nothing, P], R], /, **options: Unpack[Options]
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


@overload
def each(
    values: Iterable[T],
    call: Callable[[T], _Nothing] | Callable[[T, int], _Nothing],
    /,
    *,
    when: Callable[[T], object] | None = None,
    limit: int = 0,
    at_most: int | None = None,
) -> Any: ...
@overload
def each(
    values: Iterable[T],
    call: Callable[[T], Coroutine[Any, Any, R]] | Callable[[T, int], Coroutine[Any, Any, R]],
    /,
    *,
    when: Callable[[T], object] | None = None,
    limit: int = 0,
    at_most: int | None = None,
) -> Coroutine[Any, Any, list[R]]: ...
@overload
def each(
    values: Iterable[T],
    call: Callable[[T], R] | Callable[[T, int], R],
    /,
    *,
    when: Callable[[T], object] | None = None,
    limit: int = 0,
    at_most: int | None = None,
) -> list[R]: ...
def each(
    values: Any,
    call: Any,
    /,
    *,
    when: Any = None,
    limit: int = 0,
    at_most: int | None = None,
) -> Any:
    """One step that runs once per item of `values`; its value is the list of results, in the order of the items.

    `call` is given the item (and its index) and calls one capability. `when` is asked per item: false skips it.
    `limit` items at once, `at_most` in all (10,000 by default).
    """
    recorder = recording("each")
    spot = recorder.here()
    listed = words_of(values)
    name = recorder.name_here("") if recorder.variable_here() else ""
    with recorder.scope() as scope:
        given = (reference(recorder, "item", scope), reference(recorder, "index", scope))
        draft = recorder.captured(call, given, name)
        if "each" in draft.data:
            recorder.stop(
                "B705",
                "an each inside of an each is no step",
                "make a list of all the items first, in a step of its own",
                spot,
            )
        if when is not None:
            condition = words_of(settled(positional(when, given)))
            recorder.narrow(draft, condition, Origin(spot, "when"))
    draft.origins[()] = Origin(spot)
    draft.put("each", listed, Origin(spot, 0))
    if limit:
        draft.put("limit", limit, Origin(spot, "limit"))
    if at_most is not None:
        draft.put("at_most", at_most, Origin(spot, "at_most"))
    recorder.emit(draft)
    return draft.value


@overload
def repeat(
    call: Callable[[], _Nothing] | Callable[[Any], _Nothing] | Callable[[Any, int], _Nothing],
    /,
    *,
    until: Callable[[Any], object],
    at_most: int,
    wait: float | str = 0,
) -> Any: ...
@overload
def repeat(
    call: Callable[[], Coroutine[Any, Any, R]]
    | Callable[[Any], Coroutine[Any, Any, R]]
    | Callable[[Any, int], Coroutine[Any, Any, R]],
    /,
    *,
    until: Callable[[R], object],
    at_most: int,
    wait: float | str = 0,
) -> Coroutine[Any, Any, R]: ...
@overload
def repeat(
    call: Callable[[], R] | Callable[[Any], R] | Callable[[Any, int], R],
    /,
    *,
    until: Callable[[R], object],
    at_most: int,
    wait: float | str = 0,
) -> R: ...
def repeat(
    call: Any,
    /,
    *,
    until: Any,
    at_most: int,
    wait: float | str = 0,
) -> Any:
    """One step that runs again until `until` is true of its value, `at_most` times, `wait` apart; gives the last value.

    `call` may take the value of the round before (null at first) and the index of the round, and calls one capability.
    """
    recorder = recording("repeat")
    spot = recorder.here()
    name = recorder.name_here("") if recorder.variable_here() else ""
    with recorder.scope() as scope:
        given = (reference(recorder, "previous", scope), reference(recorder, "index", scope))
        draft = recorder.captured(call, given, name)
        if "each" in draft.data or "repeat" in draft.data:
            recorder.stop(
                "B705",
                "what is repeated is one call",
                "write the repeat inside of the each: each(rows, lambda row: repeat(…))",
                spot,
            )
        condition = words_of(settled(until(draft.value)))
    draft.origins[()] = Origin(spot)
    rounds: dict[str, Any] = {"until": condition, "at_most": at_most}
    if wait:
        rounds["wait"] = wait
    draft.put("repeat", rounds, Origin(spot))
    for key in rounds:
        draft.origins["repeat", key] = Origin(spot, key)
    recorder.emit(draft)
    return draft.value


def when(condition: object) -> AbstractContextManager[None]:
    """Steps that are called in a `with when(condition):` run only if it holds, else they are skipped."""
    recorder = recording("when")
    return recorder.under(words_of(condition), Origin(recorder.here(), 0))


def unless(condition: object) -> AbstractContextManager[None]:
    """Steps that are called in a `with unless(condition):` run only if it does not hold."""
    recorder = recording("unless")
    words = Words(f"!{words_of(condition).within(UNARY)}", UNARY)
    return recorder.under(words, Origin(recorder.here(), 0))


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

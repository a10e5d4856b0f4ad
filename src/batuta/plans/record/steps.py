"""Steps that stand for many calls, and steps under a condition."""

from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractContextManager
from typing import Any, TypeVar, overload

from batuta.plans.record.called import positional, settled
from batuta.plans.record.options import Untyped
from batuta.plans.record.places import Origin
from batuta.plans.record.recorder import recording
from batuta.plans.record.reference import reference, words_of
from batuta.plans.record.text import UNARY, Words

__all__ = ["each", "repeat", "unless", "when"]

R = TypeVar("R")
T = TypeVar("T")


@overload
def each(
    values: Iterable[T],
    call: Callable[[T], Untyped] | Callable[[T, int], Untyped],
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
    call: Callable[[], Untyped]
    | Callable[[Any], Untyped]
    | Callable[[Any, int], Untyped]
    | Callable[[Any, int, list[Any]], Untyped],
    /,
    *,
    until: Callable[[Any], object] | Callable[[Any, list[Any]], object],
    at_most: int,
    wait: float | str = 0,
) -> Any: ...
@overload
def repeat(
    call: Callable[[], Coroutine[Any, Any, R]]
    | Callable[[Any], Coroutine[Any, Any, R]]
    | Callable[[Any, int], Coroutine[Any, Any, R]]
    | Callable[[Any, int, list[Any]], Coroutine[Any, Any, R]],
    /,
    *,
    until: Callable[[R], object] | Callable[[R, list[R]], object],
    at_most: int,
    wait: float | str = 0,
) -> Coroutine[Any, Any, R]: ...
@overload
def repeat(
    call: Callable[[], R]
    | Callable[[Any], R]
    | Callable[[Any, int], R]
    | Callable[[Any, int, list[Any]], R],
    /,
    *,
    until: Callable[[R], object] | Callable[[R, list[R]], object],
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

    `call` may take the value of the round before (null at first), the index of the round and the list of the values of
    all rounds before, and calls one capability. `until` may take the list of the values of all rounds besides.
    """
    recorder = recording("repeat")
    spot = recorder.here()
    name = recorder.name_here("") if recorder.variable_here() else ""
    with recorder.scope() as scope:
        names = ("previous", "index", "rounds")
        given = tuple(reference(recorder, one, scope) for one in names)
        draft = recorder.captured(call, given, name)
        if "each" in draft.data or "repeat" in draft.data:
            recorder.stop(
                "B705",
                "what is repeated is one call",
                "write the repeat inside of the each: each(rows, lambda row: repeat(…))",
                spot,
            )
        ended = (draft.value, given[-1])
        condition = words_of(settled(positional(until, ended, sure=1)))
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

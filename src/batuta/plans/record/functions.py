"""What Python has no operator for: questions about values that will be there when the plan runs."""

from collections.abc import Collection, Sized
from typing import Any, TypeVar

from batuta.errors import ExpressionError
from batuta.plans.record.recorder import recording
from batuta.plans.record.reference import expression, made, reference, words_of
from batuta.plans.record.session import refuse
from batuta.plans.record.text import CHOICE, EQUAL, MEMBER, OR, Words, is_constant, is_path
from batuta.spec.expr.scan import Braced, split

__all__ = ["cel", "choose", "coalesce", "contains", "error_of", "has", "one_of", "size"]

T = TypeVar("T")


def has(value: object) -> bool:
    """True if the field that `value` names is there and not null; of a step: if it was not skipped."""
    words = words_of(value)
    if not is_path(words.text) or "." not in words.text or words.text.endswith("]"):
        refuse(
            "B701",
            f"{words.text} is no field, so has(…) cannot ask for it",
            "name an input, a step or a field: has(order.invoice)",
        )
    return made("has", lambda one: Words(f"has({one.text})", MEMBER), value)


def error_of(step: object) -> Any:
    """Why a step with `may_fail` has failed: `code` and `message`; null if it has not. Of an `each`, a list of them."""
    recorder = recording("error_of")
    return reference(recorder, f"errors.{recorder.step_name(step)}")


def size(value: Sized) -> int:
    """The number of characters of a text, of items of a list, of entries of a map."""
    return made("size", lambda one: Words(f"size({one.text})", MEMBER), value)


def contains(text: str, part: str) -> bool:
    """True if `part` stands in `text`."""
    return made(
        "contains",
        lambda whole, some: Words(f"{whole.within(MEMBER)}.contains({some.text})", MEMBER),
        text,
        part,
    )


def one_of(value: T, values: Collection[T]) -> bool:
    """True if `value` is an item of the list, or a key of the map, `values`."""
    return made(
        "one_of",
        lambda one, all_: Words(f"{one.within(EQUAL + 1)} in {all_.within(EQUAL + 1)}", EQUAL),
        value,
        values,
    )


def coalesce(*values: T | None) -> T:
    """The first of `values` that is not null; that of a skipped step is."""

    def write(*words: Words) -> Words:
        # A constant ends the list, or is passed over; and only what may be null is compared with it.
        some = [one for one in words[:-1] if one.text != "null"]
        last = words[-1]
        for count, one in enumerate(some):
            if is_constant(one):
                some, last = some[:count], one
                break
        text = last.within(CHOICE)
        for one in reversed(some):
            asked = one.within(EQUAL + 1) if is_path(one.text) else f"dyn({one.text})"
            text = f"{asked} != null ? {one.within(OR)} : {text}"
        return Words(text, CHOICE) if some else last

    return made("coalesce", write, *values)


def choose(condition: object, yes: T, no: T) -> T:
    """`yes` if the condition holds, else `no`; both are values, and steps that give them run either way."""
    return made(
        "choose",
        lambda if_, then, else_: Words(
            f"{if_.within(OR)} ? {then.within(OR)} : {else_.within(CHOICE)}", CHOICE
        ),
        condition,
        yes,
        no,
    )


def cel(text: str) -> Any:
    """An expression in the language of plans, with references put in: `cel(f"{rows}.exists(row, row.total > 100)")`."""
    recorder = recording("cel")
    try:
        pieces = list(split(text))
    except ExpressionError as error:
        refuse("B111", error.message, error.remedy or "correct it here")
    written = "".join(
        (str(one) if is_path(str(one)) else f"({one})") if isinstance(one, Braced) else one
        for one in pieces
    )
    return expression(recorder, Words(written.strip(), CHOICE), recorder.scopes)

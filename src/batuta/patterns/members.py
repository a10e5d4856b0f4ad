"""Who takes part in a team: a model, an agent or a plan, by the name of its capability."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from batuta.errors import InputError

__all__ = ["Member", "Who", "ask", "bounded", "chosen", "gave", "object_of", "seated", "unlike"]

# More steps beside each other than anybody reads; and calls multiply with them.
MEMBERS_MAX = 32
_WORD = re.compile(r"\W+", re.ASCII)


class Member(msgspec.Struct, frozen=True):
    """One that is asked.

    Attributes:
        use: a capability that takes `prompt` (and, where a pattern says so, `context` and `schema`) and gives
            `{text, value}`: a model, an agent, or a plan.
        role: what it is told of itself before it is asked: "a lawyer who looks for what may go wrong".
        name: of its step; by default the last part of `use`, with a number if that is taken.
        typed: False for one that takes no `schema`: an agent whose own output has the fields that the pattern names.
        retry: so often it is asked again when it may be, as where a rate limit was hit; every bound grows with it.
    """

    use: str
    role: str = ""
    name: str = ""
    typed: bool = True
    retry: int = 0


# A member, or only the name of its capability.
Who = str | Member


def seated(
    members: Sequence[Who], *, at_least: int = 1, taken: Collection[str] = ()
) -> dict[str, Member]:
    """The members by the names of their steps; `taken` are the names that the pattern needs itself.

    Raises:
        InputError: there are too few or too many, or two have one name.
    """
    bounded("members", len(members), at_least, MEMBERS_MAX)
    seats: dict[str, Member] = {}
    for one in members:
        member = Member(one) if isinstance(one, str) else one
        name = member.name or _free(member.use, {*seats, *taken})
        seats[unlike(name, {*seats, *taken})] = member
    return seats


def unlike(name: str, taken: Collection[str]) -> str:
    """`name`. Raises `InputError` if a step is called so already."""
    if name in taken:
        raise InputError(f"two steps are called {name!r}", remedy="give members names of their own")
    return name


def _free(use: str, taken: Collection[str]) -> str:
    name = base = _WORD.sub("_", use.rpartition(".")[2]) or "member"
    number = 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def bounded(what: str, number: int, low: int, high: int) -> int:
    """`number`. Raises `InputError` unless it is from `low` to `high`."""
    if not low <= number <= high:
        raise InputError(
            f"{what}: {number} is not from {low} to {high}", remedy="choose another number"
        )
    return number


def ask(
    who: Who, prompt: str, *, context: Any = None, schema: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The step that asks `who`.

    What others have said goes into `context`, as data: it is JSON to whoever is asked, and no part of our words.
    """
    member = Member(who) if isinstance(who, str) else who
    given: dict[str, Any] = {
        "prompt": f"You are {member.role}.\n\n{prompt}" if member.role else prompt
    }
    if context is not None:
        given["context"] = context
    if schema is not None and member.typed:
        given["schema"] = dict(schema)
    return {"use": member.use, "with": given} | ({"retry": member.retry} if member.retry else {})


def object_of(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a map that has just these fields."""
    return {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def chosen(choices: Iterable[tuple[str, str]], default: str) -> str:
    """The expression for the first of `choices` (condition, value) whose condition holds, else `default`."""
    expression = default
    for condition, value in reversed([*choices]):
        expression = f"{condition} ? {value} : {expression}"
    return expression


def gave(step: str, field: str) -> str:
    """The expression for a field of what `step` gave; null if it was skipped, has failed or gave no such field."""
    return f"has(steps.{step}.{field}) ? steps.{step}.{field} : null"

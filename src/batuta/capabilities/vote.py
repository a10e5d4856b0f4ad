"""Votes: several answers to one question become one."""

from typing import Annotated, Any, Literal, TypedDict, cast

import msgspec

from batuta.capabilities.function import capability
from batuta.errors import CallFailed
from batuta.spec.value import canonical

__all__ = ["VoteResult", "ballot", "vote"]


class VoteResult(TypedDict):
    """The winning value (null if there is none), its votes, their share of all votes, and if two lead alike.

    `decided`: votes that are still to come cannot change the winner, or that there is none.
    """

    winner: Any
    votes: int
    share: float
    tie: bool
    decided: bool


@capability(effect="pure", reach="local")
async def vote(
    values: Annotated[list[Any], msgspec.Meta(description="the votes; nulls do not count")],
    field: Annotated[
        str | None, msgspec.Meta(description="each vote is this field of its value; dots go deeper")
    ] = None,
    method: Annotated[
        Literal["majority", "plurality"],
        msgspec.Meta(
            description="majority: more than half of the votes; plurality: the most votes"
        ),
    ] = "majority",
    threshold: Annotated[
        Annotated[float, msgspec.Meta(ge=0, le=1)] | None,
        msgspec.Meta(description="the winner needs at least this share of the votes"),
    ] = None,
    of: Annotated[
        Annotated[int, msgspec.Meta(ge=1)] | None,
        msgspec.Meta(
            description="how many votes there will be in all, nulls included; by default these are all"
        ),
    ] = None,
) -> VoteResult:
    """Counts equal values and gives the one that wins, if one does.

    Without a winner (nothing to count, a tie, or too small a share) `winner` is null, while `votes`, `share` and
    `tie` still describe whatever leads. A `threshold` takes the place of "more than half". With `of`, `decided` says
    whether the votes that are still to come can change the winner.
    """
    open_ = max(0, (of or 0) - len(values))
    counts: dict[object, int] = {}
    seen: dict[object, Any] = {}
    for one in values:
        choice = one if field is None else _field(one, field)
        if choice is None:
            continue
        key = ballot(choice)
        counts[key] = counts.get(key, 0) + 1
        seen.setdefault(key, choice)
    if not counts:
        return {"winner": None, "votes": 0, "share": 0.0, "tie": False, "decided": open_ == 0}
    total = sum(counts.values())
    first = max(counts, key=counts.__getitem__)  # the earliest of the best
    votes = counts[first]
    second = max((count for choice, count in counts.items() if choice != first), default=0)

    def wins(votes: int, total: int) -> bool:
        if threshold is not None:
            return votes / total >= threshold
        return method == "plurality" or 2 * votes > total

    # At worst all that come go to the second; at best, to whoever leads. An abstention is neither.
    stays = wins(votes, total + open_) and votes > second + open_
    never = not wins(votes + open_, total + open_)
    return {
        "winner": seen[first] if wins(votes, total) and votes > second else None,
        "votes": votes,
        "share": votes / total,
        "tie": votes == second,
        "decided": open_ == 0 or stays or never,
    }


def ballot(value: Any) -> object:
    """What two JSON values have in common exactly if they are equal; 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | float):
        return ("number", value)
    try:
        return canonical(_whole(value))
    except RecursionError:
        raise CallFailed("a value is nested too deeply", code="invalid") from None


def _field(value: Any, field: str) -> Any:
    for name in field.split("."):
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(name)
    return value


def _whole(value: Any) -> Any:
    """`value` with 2.0 written as 2, wherever it stands."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in cast("dict[str, Any]", value).items()}
    return value

"""What the answers of a judge come to. Pure."""

from collections.abc import Sequence
from statistics import fmean
from typing import Annotated, Any, TypedDict, cast

import msgspec

from batuta.capabilities.answers import checker_of
from batuta.capabilities.function import capability
from batuta.capabilities.judge.question import order_of
from batuta.capabilities.judge.rubric import Criterion, answer_schema, place_key, score_keys
from batuta.errors import CallFailed

__all__ = ["Verdict", "verdict"]

# Sums of the same points in another order differ by less; two shares of points differ by more.
_ALIKE = 1e-9
# What is told has so many digits: the rest is how computers add.
_DIGITS = 6


class Verdict(TypedDict):
    """Who won (null: nobody alone), the share of all points of each, why, and how much the order had to do with it.

    `criteria`: of each candidate the share of the points by criterion. `agreed`: in each order the same ones led.
    `bias`: how much more of the points a candidate gets when it stands first. `asked`: how many orders.
    """

    winner: int | None
    scores: list[float | None]
    reasons: list[str]
    criteria: list[dict[str, float]]
    agreed: bool
    bias: float
    asked: int


class _Assessment(msgspec.Struct, frozen=True):
    reason: str
    scores: dict[str, int]


@capability("judge.verdict", effect="pure", reach="local")
async def verdict(
    answers: Annotated[list[Any], msgspec.Meta(description="of the model, one for each order")],
    rubric: Annotated[list[Criterion], msgspec.Meta(description="what was looked at")],
    scale: Annotated[int, msgspec.Meta(ge=1, description="the most points for a criterion")],
    places: Annotated[
        list[int], msgspec.Meta(description="where those that were judged stood in the list")
    ],
    count: Annotated[int, msgspec.Meta(ge=0, description="how long the list was")],
) -> Verdict:
    """What a judge's answers come to: each candidate's mean over all orders, and whether the orders agree."""
    if len(answers) != len(places) or any(not 0 <= place < count for place in places):
        raise CallFailed("answers and places: one for each candidate", code="invalid")
    turns = [_read(one, turn, len(places), rubric, scale) for turn, one in enumerate(answers)]
    keys = score_keys(rubric)
    most = scale * sum(one.weight for one in rubric)
    weights = {key: one.weight for key, one in zip(keys, rubric, strict=True)}
    shares = [
        [sum(weights[key] * points for key, points in one.scores.items()) / most for one in turn]
        for turn in turns
    ]
    means = [fmean(turn[index] for turn in shares) for index in range(len(turns))]
    leading = _leading(means)
    told: Verdict = {
        "winner": places[leading[0]] if len(leading) == 1 else None,
        "scores": [None] * count,
        "reasons": [""] * count,
        "criteria": [{} for _ in range(count)],
        "agreed": bool(turns) and all({*leading} <= {*_leading(turn)} for turn in shares),
        "bias": 0.0,
        "asked": len(turns),
    }
    for index, place in enumerate(places):
        own = [turn[index] for turn in turns]
        nearest = min(range(len(own)), key=lambda at: abs(shares[at][index] - means[index]))
        told["scores"][place] = round(means[index], _DIGITS)
        told["reasons"][place] = own[nearest].reason
        told["criteria"][place] = {
            one.name: round(fmean(said.scores[key] for said in own) / scale, _DIGITS)
            for one, key in zip(rubric, keys, strict=True)
        }
    if turns:
        # Each stands first once, so what is left of the difference is the place.
        first = fmean(turn[index] for index, turn in enumerate(shares))
        told["bias"] = round(first - fmean(means), _DIGITS)
    return told


def _read(
    answer: Any, turn: int, count: int, rubric: Sequence[Criterion], scale: int
) -> list[_Assessment]:
    """What was said of each candidate, by candidate, in the order of `turn`."""
    value: Any = cast("dict[str, Any]", answer).get("value") if isinstance(answer, dict) else None
    flaw = checker_of(answer_schema(rubric, scale, count))(value)
    if flaw is not None:
        raise CallFailed(f"answers[{turn}]: not what a judge is asked for: {flaw}", code="invalid")
    said = msgspec.convert(value, dict[str, _Assessment])
    by_candidate = sorted(zip(order_of(count, turn), range(count), strict=True))
    return [said[place_key(place)] for _, place in by_candidate]


def _leading(scores: Sequence[float]) -> list[int]:
    """Those that have the most; several if they have it alike."""
    most = max(scores, default=0.0)
    return [index for index, score in enumerate(scores) if most - score < _ALIKE]

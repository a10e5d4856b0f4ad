"""local.match: which row of one table is which row of another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple, TypedDict

import msgspec

from batuta.capabilities.function import capability
from batuta.errors import CallFailed
from batuta.language.similarity import Profile, profile, similarity

__all__ = ["Matched", "Pair", "match"]

# By key, how a value is compared; without the values that are empty.
Row = Mapping[str, Profile]

_ROWS_MAX = 20_000
_KEYS_MAX = 20
# Rows that share only what so many others have, too, are not compared: "Ltd", "Street".
_BLOCK_MAX = 200
# As many rows of the other side as one is compared with, the most promising first.
_COMPARED_MAX = 8
# Two rows that fit one nearly equally well: which is meant is for people to say.
_CLOSE = 0.02


class Pair(TypedDict):
    """Two rows that are one, by their numbers from 0; `ambiguous`: another one fits as well."""

    left: int
    right: int
    score: float
    ambiguous: bool
    why: dict[str, float]


class Matched(TypedDict):
    """The pairs, in the order of the left table, and the rows that none fits."""

    pairs: list[Pair]
    unmatched_left: list[int]
    unmatched_right: list[int]


class _Candidate(NamedTuple):
    score: float
    left: int
    right: int
    why: dict[str, float]


@capability("local.match", effect="pure", reach="local")
def match(
    left: Annotated[list[dict[str, Any]], msgspec.Meta(description="at most 20,000 rows")],
    right: Annotated[list[dict[str, Any]], msgspec.Meta(description="at most 20,000 rows")],
    keys: Annotated[
        list[str] | dict[str, str],
        msgspec.Meta(description="the columns to compare; {left: right} where their names differ"),
    ],
    threshold: Annotated[
        Annotated[float, msgspec.Meta(ge=0, le=1)],
        msgspec.Meta(description="rows that are less alike are not the same; 1 is equal"),
    ] = 0.75,
) -> Matched:
    """Pairs the rows of two tables that mean the same thing, though they are written differently; each at most once.

    Compared without case, accents, punctuation and the order of words; misspelt words count as nearly the same. The
    score is the mean over the keys that both rows have.
    """
    columns = dict(keys) if isinstance(keys, dict) else {key: key for key in keys}
    if not 1 <= len(columns) <= _KEYS_MAX:
        raise CallFailed(f"keys: {len(columns)} of them; 1 to {_KEYS_MAX}", code="invalid")
    for name, rows in (("left", left), ("right", right)):
        if len(rows) > _ROWS_MAX:
            raise CallFailed(f"{name}: {len(rows):,} rows; at most {_ROWS_MAX:,}", code="too_large")
    lefts = [_profiles(row, dict(zip(columns, columns, strict=True))) for row in left]
    rights = [_profiles(row, columns) for row in right]
    pairs = _equal(lefts, rights)
    same_left = {pair["left"] for pair in pairs}
    same_right = {pair["right"] for pair in pairs}
    pairs += _one_to_one(
        _candidates(
            {at: row for at, row in enumerate(lefts) if at not in same_left},
            {at: row for at, row in enumerate(rights) if at not in same_right},
            threshold,
        )
    )
    paired_left = {pair["left"] for pair in pairs}
    paired_right = {pair["right"] for pair in pairs}
    return {
        "pairs": sorted(pairs, key=lambda pair: pair["left"]),
        "unmatched_left": [at for at in range(len(left)) if at not in paired_left],
        "unmatched_right": [at for at in range(len(right)) if at not in paired_right],
    }


def _profiles(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Profile]:
    """By key, how its value is compared; without those that are empty."""
    found: dict[str, Profile] = {}
    for name, column in columns.items():
        value = row.get(column)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            one = profile(str(value))
            if one.words:
                found[name] = one
    return found


def _equal(lefts: Sequence[Row], rights: Sequence[Row]) -> list[Pair]:
    """Rows whose keys are all the same; of several like them, the first goes with the first."""
    of_right: dict[frozenset[Any], list[int]] = defaultdict(list)
    for at, row in enumerate(rights):
        of_right[_whole(row)].append(at)
    of_left: dict[frozenset[Any], list[int]] = defaultdict(list)
    for at, row in enumerate(lefts):
        if row and _whole(row) in of_right:
            of_left[_whole(row)].append(at)
    return [
        {
            "left": left,
            "right": right,
            "score": 1.0,
            "ambiguous": len(same) > 1 or len(of_right[whole]) > 1,
            "why": dict.fromkeys(lefts[left], 1.0),
        }
        for whole, same in of_left.items()
        for left, right in zip(same, of_right[whole], strict=False)
    ]


def _whole(row: Row) -> frozenset[Any]:
    return frozenset((name, one.words) for name, one in row.items())


def _candidates(
    lefts: Mapping[int, Row],
    rights: Mapping[int, Row],
    threshold: float,
) -> list[_Candidate]:
    """The pairs that are alike enough, the most alike first. Only rows that share a rare piece are compared."""
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, row in rights.items():
        for name, one in row.items():
            for piece in one.pieces:
                blocks[name, piece].append(at)
    found: list[_Candidate] = []
    for at, row in lefts.items():
        shared: dict[int, float] = defaultdict(float)
        for name, one in row.items():
            common = [block for piece in one.pieces if (block := blocks.get((name, piece)))]
            common.sort(key=len)
            for rank, block in enumerate(common):
                # The rarest piece counts however many have it, or equal rows without anything rare are never seen.
                if rank and len(block) > _BLOCK_MAX:
                    break
                for other in block[:_BLOCK_MAX]:
                    shared[other] += 1 / len(block)
        best = sorted(shared, key=lambda other: (-shared[other], other))[:_COMPARED_MAX]
        for other in best:
            score, why = _compared(row, rights[other])
            if score >= threshold:
                found.append(_Candidate(score, at, other, why))
    return sorted(found, key=lambda one: (-one.score, one.left, one.right))


def _compared(left: Row, right: Row) -> tuple[float, dict[str, float]]:
    why = {name: round(similarity(left[name], right[name]), 4) for name in left if name in right}
    return (round(sum(why.values()) / len(why), 4), why) if why else (0.0, why)


def _one_to_one(candidates: Sequence[_Candidate]) -> list[Pair]:
    of_left: dict[int, list[float]] = defaultdict(list)
    of_right: dict[int, list[float]] = defaultdict(list)
    for one in candidates:
        of_left[one.left].append(one.score)
        of_right[one.right].append(one.score)
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    pairs: list[Pair] = []
    for one in candidates:
        if one.left in taken_left or one.right in taken_right:
            continue
        taken_left.add(one.left)
        taken_right.add(one.right)
        rivals = [*of_left[one.left], *of_right[one.right]]
        close = sum(score >= one.score - _CLOSE for score in rivals) > 2  # itself is in both
        pairs.append(
            {
                "left": one.left,
                "right": one.right,
                "score": one.score,
                "ambiguous": close,
                "why": one.why,
            }
        )
    return pairs

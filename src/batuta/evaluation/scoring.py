"""Scorers that need no model: pure functions of an answer and what was expected; and what any score comes to."""

from collections.abc import Callable
from functools import cache
from math import isfinite
from typing import Annotated, Any, NamedTuple, TypedDict, cast

import msgspec

from batuta.capabilities.function import capability
from batuta.capabilities.vote import ballot
from batuta.errors import CallFailed
from batuta.language.similarity import profile, similarity
from batuta.ports import Embedder
from batuta.spec.expr.cel import as_text

__all__ = ["CONTAINS", "EXACT", "SIMILAR", "Score", "contains", "exact", "score_in", "similar_by"]

EXACT, CONTAINS, SIMILAR = "eval.exact", "eval.contains", "eval.similar"

_SHOWN_CHARS = 200


class Scored(TypedDict):
    """From 0 to 1, and why."""

    score: float
    why: str


class Score(NamedTuple):
    """What a scorer came to: a score from 0 to 1, or None and why there is none."""

    score: float | None
    why: str


_Output = Annotated[Any, msgspec.Meta(description="the answer")]
_Expected = Annotated[Any, msgspec.Meta(description="what it should be")]


@capability(EXACT, effect="pure", reach="local")
async def exact(output: _Output, expected: _Expected) -> Scored:
    """1 if the answer is what was expected; white space around texts aside, and 4 is "4"."""
    same = ballot(_plain(output)) == ballot(_plain(expected))
    if not same and isinstance(output, str) != isinstance(expected, str):
        same = _written(output) == _written(expected)
    return {"score": float(same), "why": "" if same else f"expected {_shown(expected)}"}


@capability(CONTAINS, effect="pure", reach="local")
async def contains(
    output: _Output,
    expected: Annotated[Any, msgspec.Meta(description="a text, or a list of them")],
) -> Scored:
    """How many of the expected texts the answer has in it, whatever their case: a share of all."""
    wanted = cast("list[Any]", expected) if isinstance(expected, list) else [expected]
    if not all(map(_written, wanted)):
        # It is in every answer: a case without its answer would always pass.
        raise CallFailed("nothing to look for: the expected text is empty", code="invalid")
    text = _written(output).casefold()
    missing = [one for one in wanted if _written(one).casefold() not in text]
    score = 1 - len(missing) / len(wanted) if wanted else 1.0
    return {"score": score, "why": f"no {', '.join(map(_shown, missing))}" if missing else ""}


def similar_by(embedding: Callable[[], Embedder | None]) -> Callable[..., Any]:
    """The scorer of likeness; `embedding` finds the embedder of this machine, asked once, when it is first needed."""
    find = cache(embedding)

    @capability(SIMILAR, effect="pure", reach="local")
    async def similar(output: _Output, expected: _Expected) -> Scored:
        """How alike two texts are: by meaning where this machine knows it, by spelling otherwise."""
        texts = [_written(output), _written(expected)]
        embedder = find()
        if embedder is None:
            score, how = similarity(*map(profile, texts)), "by spelling"
        else:
            left, right = await embedder.embed(texts)
            score, how = float(left @ right), f"by meaning ({embedder.name})"
        return {"score": min(max(score, 0.0), 1.0), "why": how}

    return similar


def score_in(kind: str, value: Any) -> Score:
    """The score in what a scorer of `kind` gave: from 0 to 1, true or false, or a map with `score` or `passed`."""
    if kind == "judge":
        scores: list[Any] = value["scores"]
        return _checked(scores[0], value["reasons"][0])
    if kind == "check":
        flaws = cast("list[dict[str, str]]", value["flaws"])
        return Score(float(value["passed"]), "; ".join(one["says"] for one in flaws))
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        found = known.get("score", known.get("passed"))
        why = known.get("why", known.get("reason", ""))
        return _checked(found, why if isinstance(why, str) else "")
    return _checked(value, "")


def _checked(found: Any, why: str) -> Score:
    if isinstance(found, bool | int | float) and isfinite(found) and 0 <= found <= 1:
        return Score(float(found), why)
    return Score(None, f"gave no score from 0 to 1, but {_shown(found)}")


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _written(value: Any) -> str:
    return value.strip() if isinstance(value, str) else as_text(value)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else as_text(value)
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"

"""What a judge looks at: criteria with weights, and so many points for each."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec

from batuta.errors import WorkspaceError

__all__ = ["CANDIDATES_MAX", "Criterion", "answer_schema", "place_key", "read_rubric", "score_keys"]

# Each stands in each question, and there are as many questions as candidates.
CANDIDATES_MAX = 20
CRITERIA_MAX = 20
NAME_CHARS_MAX = 200
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that is looked at."""

    name: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=NAME_CHARS_MAX,
            description="what it is called; a sentence may be enough",
        ),
    ]
    says: Annotated[
        str, msgspec.Meta(max_length=2_000, description="what earns points, and what does not")
    ] = ""
    weight: Annotated[
        float,
        msgspec.Meta(gt=0, le=1_000, description="how much it counts beside the others"),
    ] = 1.0


def read_rubric(given: Iterable[str | Criterion]) -> tuple[Criterion, ...]:
    """Criteria of what stands in a workspace, where a text alone is the name of one. Raises `WorkspaceError`."""
    rubric = tuple(Criterion(one) if isinstance(one, str) else one for one in given)
    names = [one.name for one in rubric]
    if not 1 <= len(rubric) <= CRITERIA_MAX:
        raise WorkspaceError(
            f"rubric: expected 1 to {CRITERIA_MAX} criteria, got {len(rubric)}",
            remedy="write for example [It is right., It is short.]",
        )
    if not all(1 <= len(name) <= NAME_CHARS_MAX for name in names):
        raise WorkspaceError(
            f"rubric: what a criterion is called has 1 to {NAME_CHARS_MAX} characters",
            remedy="say the rest in `says`: [{name: right, says: …}]",
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise WorkspaceError(
            f"rubric: there are two criteria called {twice[:80]!r}",
            remedy="give each a name of its own",
        )
    return rubric


def score_keys(rubric: Sequence[Criterion]) -> list[str]:
    """What the points of each criterion stand under in an answer: its name, if that is a plain word."""
    names = {one.name for one in rubric}
    keys: list[str] = []
    for number, one in enumerate(rubric, 1):
        key = one.name if _KEY.fullmatch(one.name) else f"criterion_{number}"
        while key != one.name and key in names:
            key += "_"
        keys.append(key)
    return keys


def place_key(place: int) -> str:
    """What the candidate at `place` (from 0) is called in a question."""
    return f"candidate_{place + 1}"


def answer_schema(rubric: Sequence[Criterion], scale: int, count: int) -> dict[str, Any]:
    """JSON Schema of an answer about `count` candidates: of each the reason, then the points."""
    points = {"type": "integer", "minimum": 0, "maximum": scale}
    one = _object(
        {
            "reason": {"type": "string"},
            "scores": _object(dict.fromkeys(score_keys(rubric), points)),
        }
    )
    return _object({place_key(place): one for place in range(count)})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }

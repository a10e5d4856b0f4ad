"""What a replay says of a run."""

from typing import Literal

import msgspec

__all__ = ["Difference", "Replayed"]


class Difference(msgspec.Struct, frozen=True):
    """Where a run would go another way now: at fact `seq` of its log, about the instance `path` ("": the run)."""

    seq: int
    path: str
    fact: str
    recorded: str
    now: str


class Replayed(msgspec.Struct, frozen=True):
    """One run, replayed.

    `verdict`: "same", "differs" (`difference` says where), "erased": its payloads are gone, nothing can be said, or
    "unreadable": a plan or value in it is not of this version, or damaged (`why` says which, and what to do).
    `decisions` were compared before the end or the first difference. `changed`: capabilities whose cards have changed.
    """

    run: str
    plan: str
    verdict: Literal["same", "differs", "erased", "unreadable"]
    decisions: int = 0
    difference: Difference | None = None
    changed: tuple[str, ...] = ()
    plan_digest: str = ""
    why: str = ""

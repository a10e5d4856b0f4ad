"""What somebody has said of a run since it began: words, and inputs by name. Pure."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from batuta.planning.candidate import Route
from batuta.planning.proposal import Proposal, Wish
from batuta.planning.registered import inputs_in
from batuta.planning.slots import Inputs, Slot
from batuta.plans.build import plan_from_data
from batuta.spec.run import Run

__all__ = ["More", "corrects", "more_of", "same_plan"]

# "The file is b.csv", "make the amount 30", "instead of A-1": another value, and nothing else to do.
_CORRECTS = re.compile(
    r"\b(?:is|are|was|were|be|isn't|instead|rather|actually|sorry|make it|change|correct|correction|ist|sind|war|sei"
    r"|statt|stattdessen|doch|sondern)\b|=",
    re.IGNORECASE,
)
_ENDS = (".", "!", "?", ";")


class More(msgspec.Struct, frozen=True):
    """What is wanted of a run now.

    Attributes:
        words: all of it: what it began with, and what was said since.
        said: what was said since; "" if nothing was.
        given: inputs that were given since, by name.
        told: something was.
    """

    words: str
    said: str = ""
    given: Mapping[str, Any] = {}
    told: bool = False

    def has(self, slot: Slot) -> bool:
        """True if what was said since has the words of `slot`."""
        return self.told and bool(self.said) and slot.start >= len(self.words) - len(self.said)


def more_of(run: Run, told: Mapping[str, Any] | None = None) -> More:
    """What is wanted of `run`; `told` is what is about to be said."""
    assert run.accepted is not None and run.root is not None
    words = run.accepted.request.text or run.root.shape.plan.description
    told = told or run.told
    if told is None:
        return More(words)
    said = str(told["words"]).strip()
    words = words.rstrip()
    if said:
        joint = " " if not words or words.endswith(_ENDS) else ". "
        words = f"{words}{joint}{said}".strip()
    return More(words, said, dict(told["inputs"]), told=True)


def corrects(said: str) -> bool:
    """True for words that put something right, rather than ask for more."""
    return _CORRECTS.search(said) is not None


def same_plan(run: Run, more: More, wish: Wish, had: Mapping[str, Any]) -> Proposal | None:
    """The plan of `run` with other inputs, as they were given or said since; None if none of them is another.

    `wish` is what is wanted now, `had` what the run began with.
    """
    assert run.root is not None
    sourced = plan_from_data(run.root.shape.plan)
    alone = msgspec.structs.replace(wish, words=more.said)
    at = len(more.words) - len(more.said)
    read = inputs_in(alone, sourced.plan).slots if more.said else ()
    slots = tuple(
        msgspec.structs.replace(slot, start=slot.start + at, end=slot.end + at)
        for slot in read
        if slot.name not in more.given
    )
    new = {slot.name: slot.value for slot in slots}
    new |= {name: one for name, one in more.given.items() if name in sourced.plan.inputs}
    changed = sorted(name for name, value in new.items() if had.get(name) != value)
    if not changed:
        return None
    planner = "named" if run.routed is None else run.routed.planner
    why = f"the same plan with what was said: {', '.join(changed)}"
    return Proposal(planner, Route(sourced.plan.name, 1.0, why), sourced, Inputs(slots))

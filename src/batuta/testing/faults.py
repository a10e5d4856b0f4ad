"""What goes wrong in a story, and when. Drawn from dice before it begins, so that it can be told again."""

import random
from typing import Literal

import msgspec

__all__ = ["CRASH_POINTS", "Crash", "Faults", "Pause", "draw_faults"]

CrashPoint = Literal[
    "time",  # at a moment
    "append",  # facts are queued, and not durable
    "torn",  # some of what is queued is durable
    "durable",  # everything queued is durable, and nobody has heard of it
    "sent",  # a call leaves
    "landed",  # its effect has happened, its answer is not there
    "answered",  # its answer is there, the outcome is not recorded
    "claim",  # `Claimed` is queued
    "park",  # `Parked` is queued
    "end",  # `Ended` is queued
]
CRASH_POINTS: tuple[CrashPoint, ...] = (
    "time", "append", "torn", "durable", "sent", "landed", "answered", "claim", "park", "end",
)  # fmt: skip


class Crash(msgspec.Struct, frozen=True):
    """The process that drives dies at the nth (from 1) occasion of `point`, or `nth` × 10 ms after it began."""

    point: CrashPoint
    nth: int


class Pause(msgspec.Struct, frozen=True):
    """The process that drives stops at `at_s` for `for_s` seconds. `stolen`: its lock is taken for free meanwhile."""

    at_s: float
    for_s: float
    stolen: bool


class Faults(msgspec.Struct, frozen=True):
    """Everything that goes wrong from outside; times in virtual seconds since the story began.

    Attributes:
        crashes: one after the other, each for the process that lives then.
        full_disk: (when, how many batches are refused).
        slow_disk_s: how long a flush takes at most.
        jumps: (when, by how many seconds the clock is set wrong).
        cancels: when somebody wants the run to end.
        liars: how likely an answer is wrong, doubled or contradicted.
        rivals: processes that want to drive, from the beginning.
        upgrade: processes after the first have other cards.
        restores: when the journal is restored from a backup of this very moment.
    """

    crashes: tuple[Crash, ...] = ()
    pauses: tuple[Pause, ...] = ()
    full_disk: tuple[tuple[float, int], ...] = ()
    slow_disk_s: float = 0.002
    jumps: tuple[tuple[float, float], ...] = ()
    cancels: tuple[float, ...] = ()
    liars: float = 0.0
    rivals: int = 1
    upgrade: bool = False
    restores: tuple[float, ...] = ()
    accept_lazily: bool = False

    @property
    def certain(self) -> bool:
        """True if none of these faults may change the result of a run."""
        # Who is stolen from may be fenced off by what never becomes durable, and count that as a fault.
        harmless = all(pause.for_s <= 0.5 and not pause.stolen for pause in self.pauses)
        return harmless and not (self.jumps or self.cancels or self.liars)


def draw_faults(dice: random.Random) -> Faults:
    """A mixture: most stories have some crashes, few have everything."""

    def moment() -> float:
        return dice.choice((0.01, 0.1, 0.5, 2.0)) * dice.random()

    def some(probability: float, most: int = 1) -> range:
        return range(dice.randint(1, most) if dice.random() < probability else 0)

    return Faults(
        crashes=tuple(
            Crash(dice.choice(CRASH_POINTS), dice.choice((1, 1, 2, 3, 5, 8)))
            for _ in some(0.7, 3)
        ),
        pauses=tuple(
            Pause(moment(), dice.choice((0.05, 0.4, 3.0, 20.0)), dice.random() < 0.7)
            for _ in some(0.2)
        ),
        full_disk=tuple((moment(), dice.randint(1, 3)) for _ in some(0.12)),
        slow_disk_s=dice.choice((0.0, 0.002, 0.002, 0.005, 0.05)),
        jumps=tuple((moment(), dice.choice((-3600.0, -60.0, 60.0, 3600.0))) for _ in some(0.1, 2)),
        cancels=tuple(moment() for _ in some(0.15, 2)),
        liars=dice.choice((0.0, 0.0, 0.0, 0.0, 0.5)),
        rivals=dice.choice((1, 1, 1, 2)),
        upgrade=dice.random() < 0.05,
        restores=tuple(moment() for _ in some(0.04)),
        accept_lazily=dice.random() < 0.5,
    )  # fmt: skip

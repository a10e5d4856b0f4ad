"""What is certain about the order in which steps run. Sets of steps are ints, one bit for each place in the order."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from batuta.spec.shape import StepShape

__all__ = ["Certainty"]


class Certainty:
    """What has ended, begun or been skipped for certain when a step runs.

    Attributes:
        bit: the set of each step alone.
    """

    def __init__(self, shapes: Mapping[str, StepShape], order: Sequence[str]) -> None:
        self._shapes = shapes
        self._order = order
        self.bit = {name: 1 << place for place, name in enumerate(order)}

    def bits(self, names: Iterable[str]) -> int:
        """The set of these steps."""
        found = 0
        for name in names:
            found |= self.bit[name]
        return found

    def latest(self, bits: int) -> str:
        """The last step of a set that is not empty."""
        return self._order[bits.bit_length() - 1]

    @cached_property
    def above(self) -> dict[str, int]:
        """All that each step waits for, certainly or not, if by way of others."""
        found: dict[str, int] = {}
        for name in self._order:
            found[name] = 0
            for other in self._shapes[name].deps:
                found[name] |= self.bit[other] | found[other]
        return found

    @cached_property
    def maybe_skipped(self) -> frozenset[str]:
        """Steps that may be skipped: by their own condition, as they may fail, or as something they need was."""
        found: set[str] = set()
        for name in self._order:
            shape = self._shapes[name]
            if shape.step.may_fail or (shape.when is not None and not shape.when_per_item):
                found.add(name)
            elif not shape.quorum and not found.isdisjoint(shape.needs):
                found.add(name)
        return frozenset(found)

    @cached_property
    def _before(self) -> dict[str, int]:
        started: dict[str, int] = {}
        done: dict[str, int] = {}
        ended: dict[str, int] = {}
        for name in self._order:
            deps = self._shapes[name].deps
            started[name], done[name], ended[name] = self.certain_of(name, deps, done, ended)
        return started

    def before(self, name: str) -> int:
        """The steps that have ended for certain when step `name` is called."""
        return self._before[name]

    def certain_of(
        self,
        name: str,
        deps: tuple[str, ...],
        done: Mapping[str, int],
        ended: Mapping[str, int],
    ) -> tuple[int, int, int]:
        """What has ended for certain when step `name` is called, when it is done, and when it has ended, if it
        waits for `deps`, about which `done` and `ended` say the same.
        """
        shape = self._shapes[name]
        if shape.quorum:
            # The others may still be under way.
            return 0, 0, 0
        started = over = 0
        for other in deps:
            started |= self.bit[other] | (done[other] if other in shape.needs else ended[other])
            over |= self.bit[other] | ended[other]
        # As soon as one thing it needs was skipped, so is it; nobody waits for the rest.
        early = len(deps) > 1 and not self.maybe_skipped.isdisjoint(shape.needs)
        return started, started, 0 if early else over

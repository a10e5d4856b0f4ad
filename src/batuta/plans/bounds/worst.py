"""The figures of a bound: so many calls, so much money, so much time at most."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from batuta.spec.budget import Budget

__all__ = ["UNBOUNDED", "Worst", "least", "total"]


class Worst(msgspec.Struct, frozen=True, gc=False):
    """At most so many calls, nano-dollars and seconds; None is no bound."""

    calls: int | None = 0
    cost_nusd: int | None = 0
    time_s: float | None = 0.0

    @property
    def figures(self) -> tuple[Any, Any, Any]:
        """Calls, nano-dollars, seconds."""
        return self.calls, self.cost_nusd, self.time_s

    def times(self, number: int) -> "Worst":
        """One after the other, `number` times."""
        if number == 1:
            return self
        return Worst(*(None if figure is None else figure * number for figure in self.figures))

    def plus(self, other: "Worst") -> "Worst":
        """One after the other."""
        return self._with(other, lambda a, b: None if a is None or b is None else a + b)

    def or_else(self, other: "Worst") -> "Worst":
        """Either of them, nobody knows which: the larger figures."""
        return self._with(other, lambda a, b: None if a is None or b is None else max(a, b))

    def and_also(self, other: "Worst") -> "Worst":
        """What both of them bound: the smaller figures."""
        return self._with(other, least)

    def within(self, budget: Budget | None, call: "Worst", pause_s: float) -> "Worst":
        """The same under `budget`, where no single call comes to more than `call`, the pause behind it included.

        A pause that began in time may end behind it, by `pause_s` seconds at most.
        """
        if budget is None:
            return self
        seconds = None if budget.seconds is None else budget.seconds + pause_s
        bounded = self.and_also(Worst(budget.calls, budget.limit_nusd, seconds))
        return bounded if budget.calls is None else bounded.and_also(call.times(budget.calls))

    def _with(self, other: "Worst", combine: Callable[[Any, Any], Any]) -> "Worst":
        return Worst(*map(combine, self.figures, other.figures))


UNBOUNDED = Worst(None, None, None)


def total(parts: Iterable[Worst]) -> Worst:
    """All of them, one after the other."""
    columns = zip(*(part.figures for part in parts), strict=True)
    return Worst(*(None if None in column else sum(column) for column in columns))


def least(one: Any, other: Any) -> Any:
    """The smaller of two figures; None is larger than any."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)

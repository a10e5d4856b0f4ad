"""Budgets, and the money they are in."""

import math
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Self, TypeVar

import msgspec

from batuta.spec.figures import dollars

__all__ = ["NUSD_PER_USD", "Budget", "Purse", "nusd", "usd"]

# Money is an integer of nano-US-dollars: exact under addition, and a token at $0.15 per million is 150 of them.
NUSD_PER_USD = 1_000_000_000


@lru_cache(maxsize=1_024)
def nusd(amount_usd: float | str | Decimal) -> int:
    """`amount_usd` dollars in nano-dollars, exact for every amount written with up to 9 decimals."""
    return int((Decimal(str(amount_usd)) * NUSD_PER_USD).to_integral_value(ROUND_HALF_EVEN))


def usd(amount_nusd: int) -> float:
    """`amount_nusd` nano-dollars in dollars, for display."""
    return amount_nusd / NUSD_PER_USD


class Budget(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Bounds on a run or a step and all that happens inside it; None is no bound.

    Attributes:
        usd: money, in dollars.
        calls: attempts of any capability. One that asks somebody and goes on with the answer is one call; what asks
            again is another.
        seconds: wall time since the start, waiting included.
    """

    usd: float | None = None
    calls: int | None = None
    seconds: float | None = None

    @property
    def limit_nusd(self) -> int | None:
        """The money bound in nano-dollars."""
        return None if self.usd is None else nusd(self.usd)

    def narrowed(self, other: "Budget | None") -> "Budget":
        """The smaller of both bounds in each respect: what is inside never gets more."""
        if other is None:
            return self
        return Budget(
            usd=_least(self.usd, other.usd),
            calls=_least(self.calls, other.calls),
            seconds=_least(self.seconds, other.seconds),
        )


class Purse:
    """What a budget has left: spent, and reserved by calls that are under way. Part of the fold of a run."""

    __slots__ = (
        "budget",
        "calls",
        "ends_at",
        "limit_nusd",
        "opened_at",
        "reserved_nusd",
        "spent_nusd",
        "whose",
    )

    def __init__(self, budget: Budget, opened_at: float, whose: str = "the") -> None:
        """`whose` budget it is, for messages: "the run's"."""
        # When its time is over, in seconds of the Unix epoch; infinity if it has no bound.
        self.ends_at = opened_at + (math.inf if budget.seconds is None else budget.seconds)
        self.budget = budget
        self.limit_nusd = budget.limit_nusd
        self.opened_at = opened_at
        self.whose = whose
        self.spent_nusd = 0
        self.reserved_nusd = 0
        self.calls = 0

    def refuses(self, price_nusd: int | None, now: float, *, new: bool = True) -> str:
        """Why one more call of at most `price_nusd` does not fit at time `now`, or "" if it does.

        `price_nusd`: None if nobody knows, so that no bound could be kept. `new`: False for an attempt that goes on
        with an answer, and is no further call.
        """
        budget = self.budget
        if new and budget.calls is not None and self.calls >= budget.calls:
            return f"the budget of {budget.calls} calls is used up"
        limit = self.limit_nusd
        if limit is not None and price_nusd is None:
            return f"nobody knows what the call costs, and the budget is {dollars(limit)}"
        if limit is not None and price_nusd is not None:
            left = limit - self.spent_nusd - self.reserved_nusd
            if price_nusd > left:
                return (
                    f"the call may cost {dollars(price_nusd)}, and {dollars(max(left, 0))} "
                    f"of {dollars(limit)} is left"
                )
        return self.out_of_time(now)

    def out_of_time(self, now: float) -> str:
        """That its time is over at `now`, in words; "" if it is not."""
        if now < self.ends_at:
            return ""
        return f"{self.whose} time budget of {self.budget.seconds:g} s is used up"

    def reserve(self, price_nusd: int, *, new: bool = True) -> None:
        """Set `price_nusd` aside for an attempt, and count it if it is a `new` call."""
        self.calls += new
        self.reserved_nusd += price_nusd

    def settle(self, reserved_nusd: int, cost_nusd: int) -> Self:
        """Give the reservation back and count what the call really cost."""
        self.reserved_nusd -= reserved_nusd
        self.spent_nusd += cost_nusd
        return self


_Number = TypeVar("_Number", int, float)


def _least(one: _Number | None, other: _Number | None) -> _Number | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)

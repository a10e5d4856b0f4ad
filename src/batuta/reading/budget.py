"""Budgets as plans and workspaces write them."""

from batuta.reading.shapes import duration, integer, number, record
from batuta.spec.budget import Budget

__all__ = ["YEAR_S", "read_budget"]

# A year, in seconds: longer than anybody waits for an answer, short enough for every clock.
YEAR_S = 366 * 86_400.0
# In nano-dollars it still fits into 64 bits.
_USD_MAX = 1_000_000_000
_CALLS_MAX = 1_000_000_000

read_budget = record(
    Budget,
    {
        "usd": number(0, _USD_MAX),
        "calls": integer(0, _CALLS_MAX),
        "seconds": duration(0.001, YEAR_S),
    },
)

"""Money is exact, and budgets never give more than they have."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.spec.budget import Budget, Purse, nusd, usd

amounts = st.integers(0, 10**15)
budgets = st.builds(
    Budget,
    usd=st.none() | st.integers(0, 10**9).map(lambda n: n / 100),
    calls=st.none() | st.integers(0, 100),
    seconds=st.none() | st.floats(0, 1e6),
)


class TestMoney:
    @pytest.mark.parametrize(
        ("dollars", "nano"),
        [
            (1, 10**9), (0.1, 10**8), ("0.000000001", 1), (0.15e-6, 150), (Decimal("2.5"), 25 * 10**8),
            ("0.0000000005", 0), ("0.0000000015", 2), (1e-10, 0), (10**9, 10**18),
        ],
    )  # fmt: skip
    def test_dollars_are_whole_nano_dollars(
        self, dollars: float | str | Decimal, nano: int
    ) -> None:
        assert nusd(dollars) == nano

    @given(amounts)
    def test_what_is_shown_reads_back_exactly(self, amount: int) -> None:
        assert nusd(usd(amount)) == amount

    @given(st.lists(st.integers(0, 10**6), max_size=50))
    def test_sums_of_cents_are_exact(self, cents: list[int]) -> None:
        assert sum(nusd(cent / 100) for cent in cents) == sum(cents) * 10**7


class TestBudget:
    @given(budgets, budgets)
    def test_narrowed_is_never_wider_than_either(self, one: Budget, other: Budget) -> None:
        both = one.narrowed(other)
        for name in ("usd", "calls", "seconds"):
            given = [getattr(b, name) for b in (one, other) if getattr(b, name) is not None]
            assert getattr(both, name) == min(given, default=None)

    @given(budgets)
    def test_narrowed_by_nothing_it_is_itself(self, budget: Budget) -> None:
        assert budget.narrowed(None) == budget
        assert budget.narrowed(Budget()) == budget


class TestPurse:
    def test_without_bounds_refuses_nothing(self) -> None:
        assert Purse(Budget(), 0.0).refuses(10**18, 1e18) == ""

    def test_counts_calls(self) -> None:
        purse = Purse(Budget(calls=1), 0.0)
        assert purse.refuses(0, 0.0) == ""
        purse.reserve(0)
        assert purse.refuses(0, 0.0) == "the budget of 1 calls is used up"
        # What goes on with an answer is no further call.
        assert purse.refuses(0, 0.0, new=False) == ""

    def test_refuses_what_would_not_fit_beside_what_is_reserved(self) -> None:
        purse = Purse(Budget(usd=1), 0.0)
        purse.reserve(600_000_000)
        assert purse.refuses(400_000_000, 0.0) == ""
        assert (
            purse.refuses(400_000_001, 0.0) == "the call may cost $0.40, and $0.40 of $1.00 is left"
        )
        purse.settle(600_000_000, 0)
        assert purse.refuses(1_000_000_000, 0.0) == ""

    def test_refuses_when_its_time_is_over(self) -> None:
        purse = Purse(Budget(seconds=5), 100.0)
        assert purse.refuses(0, 104.9) == ""
        assert purse.refuses(0, 105.0) == "the time budget of 5 s is used up"

    def test_of_nothing_refuses_what_costs_and_lets_free_calls_pass(self) -> None:
        purse = Purse(Budget(usd=0), 0.0)
        assert purse.refuses(0, 0.0) == ""
        assert purse.refuses(1, 0.0) != ""

    @given(
        st.integers(0, 1_000),
        st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.booleans()), max_size=60),
    )
    def test_never_spends_more_than_it_has_if_calls_keep_to_their_price(
        self, limit: int, moves: list[tuple[int, int, bool]]
    ) -> None:
        purse = Purse(Budget(usd=usd(limit)), 0.0)
        under_way: list[int] = []
        for price, cost, ends in moves:
            if ends and under_way:
                reserved = under_way.pop(0)
                purse.settle(reserved, min(cost, reserved))
            elif not purse.refuses(price, 0.0):
                purse.reserve(price)
                under_way.append(price)
            assert purse.reserved_nusd == sum(under_way)
            assert purse.spent_nusd + purse.reserved_nusd <= limit

from collections.abc import Iterator

import pytest

from batuta.testing.ledger import Ledger

OPENING_CENTS = 100_00


@pytest.fixture(scope="module")
def running() -> Iterator[Ledger]:
    """One process for a whole module; its tests use keys and accounts of their own."""
    with Ledger(accounts={"A1": OPENING_CENTS}) as ledger:
        yield ledger


@pytest.fixture
def ledger(running: Ledger) -> Iterator[Ledger]:
    yield running
    running.clear()
    running.release()

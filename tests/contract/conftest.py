import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batuta.testing.ledger import Ledger
from tests.contract.world import World, tidy

collect_ignore_glob = ["*"] if sys.platform == "win32" else []  # there is no kill -9 to survive


@pytest.fixture(scope="session")
def running() -> Iterator[Ledger]:
    """One ledger for all tests of a process; their references differ."""
    with Ledger() as ledger:
        yield ledger


@pytest.fixture
def ledger(running: Ledger) -> Iterator[Ledger]:
    with tidy(running):
        yield running


@pytest.fixture
def world(tmp_path: Path, ledger: Ledger) -> World:
    return World(tmp_path / "workspace", ledger)

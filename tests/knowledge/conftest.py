"""A shelf for every test that wants one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.knowledge.rooms import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path)
    yield made
    made.store.close()

"""An open memory for every test that wants one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from batuta.memory.database import open_memory
from batuta.memory.memories import Memories, make_collection
from batuta.memory.threads import Threads
from batuta.memory.workspace import MEMORY_FILE
from batuta.storage.connection import Connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    opened = open_memory(tmp_path / MEMORY_FILE, create=True)
    yield opened
    opened.close()


@pytest.fixture
def threads(connection: Connection) -> Threads:
    return Threads(connection)


@pytest.fixture
def memories(connection: Connection) -> Memories:
    return Memories(connection, make_collection(connection, "customers"))

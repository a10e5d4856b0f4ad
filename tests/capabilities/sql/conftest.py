"""A shop in SQLite and one in Postgres, fresh for every test; the server is started once."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.capabilities.sql.servers import postgres, programs
from tests.capabilities.sql.stores import SHOP, Shop, Store


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if programs() is None:
        pytest.skip("no Postgres server is installed here: apt-get install postgresql")
    with postgres() as url:
        yield url


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Store:
    store = Store("sqlite", "sqlite:///shop.db", tmp_path)
    store.execute(SHOP)
    return store


@pytest.fixture
def postgres_store(server: str, tmp_path: Path) -> Store:
    store = Store("postgres", server, tmp_path)
    store.execute("drop schema public cascade; create schema public;" + SHOP)
    return store


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """Each kind of database in turn."""
    return request.getfixturevalue(f"{request.param}_store")


class Opening:
    """Opens shops, and closes them when the test is over."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def __call__(self, store: Store, **config: Any) -> Shop:
        shop = await store.open(**config)
        self._stack.push_async_callback(shop.close)
        return shop


@pytest.fixture
async def opening() -> AsyncIterator[Opening]:
    async with AsyncExitStack() as stack:
        yield Opening(stack)

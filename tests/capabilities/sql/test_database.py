"""Slow, lost, missing and secret databases: statements are stopped, failures have words, secrets are kept."""

import asyncio
import time
from pathlib import Path

import pytest

from batuta.spec.call import Done, Failed
from tests.capabilities.calls import call_with
from tests.capabilities.sql.conftest import Opening
from tests.capabilities.sql.servers import PASSWORD
from tests.capabilities.sql.stores import ENDLESS, Store

FOR_EVER = ENDLESS + "select max(i) as i from n"


async def test_a_statement_that_takes_too_long_is_stopped(store: Store, opening: Opening) -> None:
    shop = await opening(store, timeout=1)
    began = time.monotonic()
    failure = await shop.failure("query", sql=FOR_EVER)
    assert (failure.code, failure.may_retry, failure.in_doubt) == ("timeout", True, False)
    assert time.monotonic() - began < 30
    assert await shop.rows("query", sql="select 1 as a") == [{"a": 1}]


async def test_the_deadline_of_the_call_counts_too(store: Store, opening: Opening) -> None:
    shop = await opening(store, timeout=60)
    call = call_with({"sql": FOR_EVER}, deadline=time.time() + 0.6)
    outcome = await shop.by_name["shop.query"](call)
    assert isinstance(outcome, Failed)
    assert outcome.code == "timeout"
    late = call_with({"sql": "select 1 as a"}, deadline=time.time() - 1)
    outcome = await shop.by_name["shop.query"](late)
    assert isinstance(outcome, Failed)
    assert outcome.code == "timeout"


@pytest.mark.postgres
async def test_cancelling_a_call_stops_the_statement_in_the_server(
    postgres_store: Store, opening: Opening
) -> None:
    shop = await opening(postgres_store, timeout=60)
    active = "application_name = 'batuta' and state = 'active' and wait_event = 'PgSleep'"
    running = f"select count(*) from pg_stat_activity where {active}"
    task = asyncio.create_task(shop.call("query", sql="select pg_sleep(61)"))
    await until(lambda: postgres_store.one(running) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: postgres_store.one(running) == 0)


async def test_cancelling_gives_the_connection_back(store: Store, opening: Opening) -> None:
    # More than there are connections: each has to come back before the last call can be answered.
    shop = await opening(store, timeout=60)
    for _ in range(6):
        task = asyncio.create_task(shop.call("query", sql=FOR_EVER))
        await asyncio.sleep(0.05)  # some have begun by then, and some have not
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await shop.rows("query", sql="select 1 as a") == [{"a": 1}]


async def test_closing_stops_what_runs(store: Store, opening: Opening) -> None:
    shop = await opening(store, timeout=60)
    task = asyncio.create_task(shop.call("query", sql=FOR_EVER))
    await asyncio.sleep(0.2)
    began = time.monotonic()
    await shop.close()
    outcome = await task
    assert isinstance(outcome, Failed)
    assert time.monotonic() - began < 30


async def test_more_calls_than_connections_wait_their_turn(store: Store, opening: Opening) -> None:
    shop = await opening(store)
    calls = [shop.rows("customers", where={"id": 1}, columns=["id"]) for _ in range(50)]
    assert await asyncio.gather(*calls) == [[{"id": 1}]] * 50


@pytest.mark.postgres
async def test_a_connection_that_was_lost_meanwhile_is_replaced(
    postgres_store: Store, opening: Opening
) -> None:
    shop = await opening(postgres_store)
    assert await shop.rows("query", sql="select 1 as a") == [{"a": 1}]
    postgres_store.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'batuta'"
    )
    assert await shop.rows("query", sql="select 1 as a") == [{"a": 1}]


@pytest.mark.postgres
async def test_a_connection_that_is_lost_under_way_may_be_tried_again(
    postgres_store: Store, opening: Opening
) -> None:
    shop = await opening(postgres_store)
    failure = await shop.failure("query", sql="select pg_terminate_backend(pg_backend_pid())")
    assert (failure.code, failure.may_retry, failure.in_doubt) == ("unavailable", True, False)


@pytest.mark.postgres
async def test_nothing_of_the_address_is_told(postgres_store: Store, opening: Opening) -> None:
    url = postgres_store.url
    wrong = url.replace(PASSWORD, "not-the-password-27182")
    dead = url.replace("127.0.0.1", "localhost").rpartition(":")[0] + ":1/postgres"
    missing = url.rpartition("/")[0] + "/no_such_database"
    told: list[str] = []
    for address, code in ((wrong, "forbidden"), (dead, "unavailable"), (missing, "not_found")):
        shop = await opening(postgres_store, environment={"SHOP_URL": address})
        failure = await shop.failure("query", sql="select 1")
        assert failure.code == code
        told += [repr(failure), repr(shop.databases.troubles), repr(shop.by_name)]
    shop = await opening(postgres_store)
    await shop.call("query", sql="select nonsense")
    told += [repr([one.card for one in shop.by_name.values()])]
    told += [path.read_text() for path in (postgres_store.root / ".batuta" / "sql").iterdir()]
    everything = "\n".join(told)
    for secret in (PASSWORD, "not-the-password-27182", "owner", "no_such_database", "127.0.0.1"):
        assert secret not in everything


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "unavailable"),
        ("mysql://root:secret-31415@localhost/shop", "unsupported"),
        ("sqlite://", "invalid"),
        ("sqlite:///:memory:", "invalid"),
        ("sqlite:///.batuta/journal.sqlite", "forbidden"),
        ("sqlite:///x/../.batuta/journal.sqlite", "forbidden"),
        ("sqlite:///nowhere.db", "unavailable"),
        ("sqlite:///batuta.yaml", "broken"),
        ("postgresql://[bad", "unavailable"),
        ("no address: secret-31415", "unsupported"),
    ],
)
async def test_addresses_that_lead_nowhere_have_a_code(
    tmp_path: Path, opening: Opening, address: str, code: str
) -> None:
    (tmp_path / "batuta.yaml").write_text("this is no database, and it is longer than a header" * 9)
    store = Store("sqlite", address, tmp_path)
    shop = await opening(store, environment={"SHOP_URL": address} if address else {})
    failure = await shop.failure("query", sql="select name from sqlite_master")
    assert failure.code == code
    assert "secret-31415" not in failure.message
    assert list(shop.databases.troubles) == ["shop"]
    assert not (tmp_path / "nowhere.db").exists()


async def test_a_write_waits_for_nobody_for_long(sqlite_store: Store, opening: Opening) -> None:
    import sqlite3

    add = {"sql": "insert into customers (id, name) values (9, 'x')", "write": True}
    shop = await opening(sqlite_store, write=True, queries={"add": add})
    other = sqlite3.connect(sqlite_store.root / "shop.db", isolation_level=None)
    other.execute("begin immediate")
    failure = await shop.failure("add")
    other.close()
    assert (failure.code, failure.may_retry) == ("unavailable", True)
    outcome = await shop.call("add")
    assert isinstance(outcome, Done)
    assert outcome.value["changed"] == 1


async def until(true: object) -> None:
    """Return as soon as `true()` is; fail after a minute."""
    assert callable(true)
    end = time.monotonic() + 60
    while not await asyncio.to_thread(true):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)

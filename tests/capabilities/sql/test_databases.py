"""What is known of a database between starts: kept, and looked at anew when it has changed."""

import asyncio
import sys
from pathlib import Path
from subprocess import run

import pytest

from tests.capabilities.sql.conftest import Opening
from tests.capabilities.sql.stores import Store


async def test_a_changed_schema_is_seen_at_the_next_start(
    sqlite_store: Store, opening: Opening
) -> None:
    await opening(sqlite_store)
    sqlite_store.execute("create table more (a integer)")
    assert "shop.more" in (await opening(sqlite_store)).by_name


async def test_rows_that_come_and_go_change_no_card(store: Store, opening: Opening) -> None:
    before = (await opening(store)).card("customers").digest()
    store.execute("insert into customers (id, name) values (8, 'new')")
    assert (await opening(store)).card("customers").digest() == before


@pytest.mark.postgres
async def test_a_server_that_is_down_has_the_tables_that_were_last_seen(
    postgres_store: Store, opening: Opening
) -> None:
    cards = {name: one.card for name, one in (await opening(postgres_store)).by_name.items()}
    memory = postgres_store.root / ".batuta" / "sql" / "shop.json"
    text = memory.read_text()
    at = text.index('"at":')
    memory.write_text(text[:at] + '"at":0' + text[text.index(",", at) :])
    down = postgres_store.url.replace("owner:", "owner:x")
    shop = await opening(postgres_store, environment={"SHOP_URL": down})
    assert {name: one.card for name, one in shop.by_name.items()} == cards
    assert "refuses the user or the password" in shop.databases.troubles["shop"]


async def test_another_database_has_another_memory(sqlite_store: Store, opening: Opening) -> None:
    await opening(sqlite_store)
    (sqlite_store.root / "other.db").write_bytes(b"")
    other = await opening(sqlite_store, environment={"SHOP_URL": "sqlite:///other.db"})
    assert sorted(other.by_name) == ["shop.query"]


async def test_without_its_variable_a_database_has_the_tables_that_were_last_seen(
    store: Store, opening: Opening
) -> None:
    before = sorted((await opening(store)).by_name)
    shop = await opening(store, environment={})
    assert sorted(shop.by_name) == before
    assert await shop.code("customers") == "unavailable"


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"of": 1}', "\0", '{"of":"x"}' * 1_000])
async def test_a_damaged_memory_is_as_good_as_none(
    sqlite_store: Store, opening: Opening, damage: str
) -> None:
    before = sorted((await opening(sqlite_store)).by_name)
    (sqlite_store.root / ".batuta" / "sql" / "shop.json").write_text(damage)
    assert sorted((await opening(sqlite_store)).by_name) == before


async def test_where_nothing_can_be_kept_nothing_is(sqlite_store: Store, opening: Opening) -> None:
    (sqlite_store.root / ".batuta").write_text("a file where the folder would be")
    assert "shop.customers" in (await opening(sqlite_store)).by_name


async def test_tables_make_way_for_queries_and_for_one_another(
    sqlite_store: Store, opening: Opening
) -> None:
    sqlite_store.execute('create table query (a int); create table "Order-Details" (b int);')
    sqlite_store.execute(
        'create table "Order.Details!" (c int); create table "Order.Details?" (d int);'
    )
    shop = await opening(sqlite_store, queries={"names": {"sql": "select 1 as one"}})
    assert sorted(shop.by_name) == [
        "shop.Order-Details",
        "shop.Order.Details_",
        "shop.Order.Details__table",
        "shop.Order_Details",
        "shop.customers",
        "shop.names",
        "shop.names_table",
        "shop.query",
        "shop.query_table",
    ]


async def test_reach_is_local_for_a_named_file_and_else_what_is_said(
    sqlite_store: Store, opening: Opening
) -> None:
    reaches = [
        (await opening(sqlite_store, **config)).card("query").reach
        for config in ({}, {"url": "sqlite:///shop.db"}, {"reach": "local"})
    ]
    assert reaches == ["egress", "local", "local"]


async def test_a_start_that_knows_the_database_does_not_load_sqlalchemy(
    sqlite_store: Store, opening: Opening, tmp_path: Path
) -> None:
    await opening(sqlite_store, url="sqlite:///shop.db")
    (tmp_path / "batuta.yaml").write_text("sql: {shop: {url: 'sqlite:///shop.db'}}")
    code = (
        "import asyncio, sys; from batuta.app import App\n"
        "async def main():\n"
        "    async with await App.open('.') as app: print('shop.customers' in app.cards, 'sqlalchemy' in sys.modules)\n"
        "asyncio.run(main())"
    )
    done = await asyncio.to_thread(
        run, [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False"]

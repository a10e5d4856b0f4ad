"""Tables as typed look-ups: the same in every kind of database, whatever their names and values are."""

from typing import Any

import pytest

from batuta.capabilities.answers import checker_of
from batuta.spec.card import Card
from tests.capabilities.sql.conftest import Opening
from tests.capabilities.sql.stores import ANN, Store


def without_credit(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "credit"} for row in rows]


async def test_every_table_and_view_is_a_lookup_with_a_card(store: Store, opening: Opening) -> None:
    shop = await opening(store)
    assert sorted(shop.by_name) == [
        "shop.Order_Details",
        "shop.customers",
        "shop.names",
        "shop.query",
    ]
    card = shop.card("customers")
    assert card == Card(
        name="shop.customers",
        description="Rows of customers, by id",
        input=card.input,
        output=card.output,
        effect="read",
        reach="egress",
        timeout_s=15.0,
        kind="sql",
    )
    assert card.output is not None
    assert card.output["properties"]["rows"]["items"]["properties"] == {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "credit": {"type": ["string", "null"], "format": "decimal"},
        "since": {"type": ["string", "null"], "format": "date"},
        "vip": {"type": ["boolean", "null"]},
    }


async def test_rows_come_in_the_order_of_the_key_and_as_the_card_promises(
    store: Store, opening: Opening
) -> None:
    shop = await opening(store)
    value = await shop.value("customers")
    assert [row["name"] for row in value["rows"]] == ["ann", "bob", "eve"]
    assert without_credit(value["rows"])[0] == ANN
    assert [row["credit"] and float(row["credit"]) for row in value["rows"]] == [12.5, None, 3.0]
    assert value["truncated"] is False
    output = shop.card("customers").output
    assert output is not None
    assert checker_of(output)(value) is None


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ({"where": {"name": "bob"}}, ["bob"]),
        ({"where": {"vip": False, "name": "bob"}}, ["bob"]),
        ({"where": {"name": ["eve", "ann", "nobody"]}}, ["ann", "eve"]),
        ({"where": {"credit": None}}, ["bob"]),
        ({"where": {"credit": [None, 12.5]}}, ["ann", "bob"]),
        ({"where": {"credit": "12.50"}}, ["ann"]),
        ({"where": {"since": "2024-02-02"}}, ["eve"]),
        ({"where": {"id": [1, 2, 3]}, "order": ["-id"], "limit": 2}, ["eve", "bob"]),
        ({"order": ["vip", "-name"]}, ["eve", "bob", "ann"]),
        ({"where": {"name": "ann' or '1'='1"}}, []),
        ({"where": {"name": "'; drop table customers; --"}}, []),
    ],
)
async def test_filters_are_equalities(
    store: Store, opening: Opening, args: dict[str, Any], names: list[str]
) -> None:
    shop = await opening(store)
    assert [row["name"] for row in await shop.rows("customers", **args)] == names
    assert store.one("select count(*) from customers") == 3


async def test_odd_names_of_tables_and_columns_are_names(store: Store, opening: Opening) -> None:
    shop = await opening(store)
    odd = 'a "b" %(c)s :d'
    row = {"order": 1, "limit": 2, odd: "odd"}
    assert await shop.rows("Order_Details", where=row, order=["-limit", odd]) == [row]


async def test_columns_are_chosen_and_a_limit_says_whether_there_is_more(
    store: Store, opening: Opening
) -> None:
    shop = await opening(store, rows_max=2)
    assert await shop.value("customers", columns=["name"], limit=1) == {
        "rows": [{"name": "ann"}],
        "truncated": True,
    }
    assert await shop.value("names") == {
        "rows": [{"name": "ann"}, {"name": "bob"}],
        "truncated": True,
    }


@pytest.mark.parametrize(
    "args",
    [
        {"where": {"nope": 1}},
        {"where": {"id": "1 or 1=1"}},
        {"where": {"id": {"a": 1}}},
        {"columns": ["id; drop table customers"]},
        {"columns": []},
        {"order": ["name desc"]},
        {"limit": 0},
        {"limit": "1; drop table customers"},
        {"limit": 10**30},
        {"offset": 1},
    ],
)
async def test_what_does_not_fit_the_card_never_reaches_the_database(
    store: Store, opening: Opening, args: dict[str, Any]
) -> None:
    shop = await opening(store)
    assert await shop.code("customers", **args) == "invalid"


@pytest.mark.parametrize("value", [2**70, -(2**63) - 1, "x" * 10_000, "nul\0inside", "\ud800"])
async def test_values_that_no_column_holds_find_nothing_or_are_refused(
    store: Store, opening: Opening, value: Any
) -> None:
    shop = await opening(store)
    column = "name" if isinstance(value, str) else "id"
    outcome = await shop.call("customers", where={column: value})
    assert getattr(outcome, "code", "") in ("", "invalid", "invalid_data")
    assert getattr(outcome, "value", {}).get("rows", []) == []


async def test_a_table_that_vanished_is_told_and_the_next_start_does_without_it(
    store: Store, opening: Opening
) -> None:
    shop = await opening(store)
    store.execute("drop view names; drop table customers")
    failure = await shop.failure("customers")
    assert (failure.code, failure.may_retry) == ("not_found", False)
    assert "has changed since it was looked at; start again" in failure.message
    assert "shop.customers" not in (await opening(store)).by_name


async def test_only_the_tables_that_are_named_are_there(store: Store, opening: Opening) -> None:
    shop = await opening(store, tables=["customers", "not there"])
    assert sorted(shop.by_name) == ["shop.customers"]


async def test_a_column_that_json_cannot_say_is_told_and_can_be_left_out(
    store: Store, opening: Opening
) -> None:
    store.execute("create table odd (id integer primary key, x double precision)")
    value = "9e999" if store.kind == "sqlite" else "'NaN'::float8"
    store.execute(f"insert into odd values (1, {value})")
    shop = await opening(store)
    failure = await shop.failure("odd")
    assert failure.code == "invalid_data"
    assert "row 1, column 'x'" in failure.message
    assert await shop.rows("odd", columns=["id"]) == [{"id": 1}]


async def test_bytes_travel_in_base64(store: Store, opening: Opening) -> None:
    kind, value = ("blob", "x'00ff'") if store.kind == "sqlite" else ("bytea", "'\\x00ff'")
    store.execute(f"create table files (body {kind}); insert into files values ({value})")
    shop = await opening(store)
    assert await shop.rows("files") == [{"body": "AP8="}]


async def test_what_sqlite_keeps_in_the_wrong_column_is_shown_as_it_is(
    sqlite_store: Store, opening: Opening
) -> None:
    sqlite_store.execute(
        "create table loose (n integer, price decimal, day date, ok boolean, meta json, t text);"
        "insert into loose values ('many', 'cheap', 12, 7, '{no', cast(x'ff41' as text))"
    )
    shop = await opening(sqlite_store)
    assert await shop.rows("loose") == [
        {"n": "many", "price": "cheap", "day": 12, "ok": 7, "meta": "{no", "t": "\ufffdA"}
    ]


@pytest.mark.postgres
async def test_types_of_postgres_are_json(postgres_store: Store, opening: Opening) -> None:
    postgres_store.execute(
        "create type mood as enum ('sad', 'ok');"
        "create table rich (m mood, tags text[], u uuid, d interval, at timestamptz, doc jsonb, ip inet,"
        " span int4range);"
        "insert into rich values ('ok', '{a,b}', '12345678-1234-5678-1234-567812345678', '1 day 2 sec',"
        " '2024-01-01T12:00+02', '{\"a\": [1]}', '10.0.0.1', '[1,5)')"
    )
    shop = await opening(postgres_store)
    row = {
        "m": "ok",
        "tags": ["a", "b"],
        "u": "12345678-1234-5678-1234-567812345678",
        "d": "P1DT2S",
        "at": "2024-01-01T10:00:00+00:00",
        "doc": {"a": [1]},
        "ip": "10.0.0.1",
        "span": "[1, 5)",
    }
    where = {"m": "ok", "u": row["u"], "at": "2024-01-01T10:00Z"}
    assert await shop.rows("rich", where=where) == [row]
    assert await shop.code("rich", where={"m": "angry"}) == "invalid"
    assert await shop.code("rich", where={"u": "no uuid"}) == "invalid"


@pytest.mark.postgres
async def test_a_table_of_another_schema_is_named_with_it(
    postgres_store: Store, opening: Opening
) -> None:
    postgres_store.execute(
        "drop schema if exists past cascade; create schema past; create table past.orders (id int);"
        "insert into past.orders values (7)"
    )
    shop = await opening(postgres_store, tables=["past.orders", "nowhere.orders"])
    assert await shop.rows("past.orders") == [{"id": 7}]

"""Named queries and the free one: bound values, bounded answers, and no way to change anything that was not opened."""

from typing import Any

import pytest

from tests.capabilities.sql.conftest import Opening
from tests.capabilities.sql.stores import ENDLESS, Store

BY_NAME = {
    "sql": "select id, name from customers where name = :name -- :not",
    "description": "Customers of that name.",
    "params": {"name": "string"},
}
ADD = {"sql": "insert into customers (id, name) values (:id, :name) returning id", "write": True}


async def test_a_named_query_has_its_parameters_and_columns_on_its_card(
    store: Store, opening: Opening
) -> None:
    shop = await opening(store, queries={"by_name": BY_NAME})
    card = shop.card("by_name")
    assert (card.description, card.effect, card.input) == (
        "Customers of that name.",
        "read",
        {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        },
    )
    assert card.output is not None
    columns = card.output["properties"]["rows"]["items"]["properties"]
    assert list(columns) == ["id", "name"]
    if store.kind == "postgres":
        assert columns["id"] == {"type": ["integer", "null"]}
    assert await shop.rows("by_name", name="bob") == [{"id": 2, "name": "bob"}]


@pytest.mark.parametrize(
    "name", ["' or '1'='1", "x'; drop table customers; --", "%", ":name", "\\", "/*", '"']
)
async def test_what_is_bound_is_never_read_as_sql(
    store: Store, opening: Opening, name: str
) -> None:
    shop = await opening(store, queries={"by_name": BY_NAME})
    assert await shop.rows("by_name", name=name) == []
    found = await shop.rows("query", sql="select :name as n", params={"name": name})
    assert found == [{"n": name}]
    assert store.one("select count(*) from customers") == 3


async def test_declared_columns_and_defaults_are_taken_at_their_word(
    store: Store, opening: Opening
) -> None:
    query = {
        "sql": "select count(*) as n from customers where id >= :low",
        "params": {"low": {"type": "integer", "default": 2}},
        "output": {"n": "integer"},
    }
    shop = await opening(store, queries={"many": query})
    card = shop.card("many")
    assert card.output is not None
    assert card.output["properties"]["rows"]["items"]["properties"] == {"n": {"type": "integer"}}
    assert await shop.rows("many") == [{"n": 2}]
    assert await shop.rows("many", low=3) == [{"n": 1}]
    assert await shop.code("many", low="3") == "invalid"
    assert await shop.code("many", high=3) == "invalid"


# -- reading only -----------------------------------------------------------------------------------

HARMFUL = [
    "drop table customers",
    "select 1; drop table customers",
    "select 1; commit; drop table customers; --",
    "select 1 /* ; */ ; delete from customers",
    "insert into customers (id, name) values (9, 'x') returning id",
    "update customers set name = 'x'",
    "delete from customers returning id",
    "with x as (select 1) delete from customers",
    "create table more (a integer)",
    "create temp table more as select * from customers",
    "select * into more from customers",
    "commit",
    "begin; delete from customers; commit",
    "rollback",
    "savepoint a",
    "vacuum",
    "explain analyze delete from customers",
    "",
]
HARMFUL_TO_SQLITE = [
    "update sqlite_master set sql = ''",
    "pragma query_only = off",
    "pragma writable_schema = on",
    "select * from pragma_table_info('customers')",
    "attach 'other.db' as other",
    "select load_extension('x')",
    "vacuum into 'copy.db'",
    "select writefile('x', 'y')",
    "create virtual table t using fts5(a)",
    "detach main",
]
HARMFUL_TO_POSTGRES = [
    "reindex table customers",
    "with x as (insert into customers (id, name) values (9, 'x') returning id) select * from x",
    "copy customers to program 'true'",
    "copy (select 1) to '/tmp/batuta-was-here'",
    "do $$ begin delete from customers; end $$",
    "set transaction read write",
    "set session characteristics as transaction read write",
    "select set_config('transaction_read_only', 'off', false), txid_current()",
    "declare other cursor for select 1",
    "listen x",
    "lock table customers",
    "prepare p as delete from customers",
    "grant all on customers to public",
    "select * from customers for update",
    "select 1 into temp x",
]


def harmful() -> list[Any]:
    marked = pytest.mark.postgres
    pairs = [("sqlite", sql) for sql in [*HARMFUL, *HARMFUL_TO_SQLITE]]
    return pairs + [
        pytest.param("postgres", sql, marks=marked) for sql in [*HARMFUL, *HARMFUL_TO_POSTGRES]
    ]


@pytest.mark.parametrize(("kind", "sql"), harmful())
async def test_a_free_query_can_only_read(
    request: pytest.FixtureRequest, opening: Opening, kind: str, sql: str
) -> None:
    store: Store = request.getfixturevalue(f"{kind}_store")
    shop = await opening(store)
    before = tables_of(store)
    assert await shop.code("query", sql=sql) in ("forbidden", "invalid", "not_found")
    # The same connection is good for the next one, and still reads only.
    assert await shop.rows("query", sql="select count(*) as n from customers") == [{"n": 3}]
    assert await shop.code("query", sql="delete from customers") in ("forbidden", "invalid")
    assert (tables_of(store), store.one("select count(*) from customers")) == (before, 3)
    assert store.one("select min(name) from customers") == "ann"
    assert sorted(path.name for path in store.root.iterdir() if path.suffix == ".db") == (
        ["shop.db"] if kind == "sqlite" else []
    )


def tables_of(store: Store) -> int:
    if store.kind == "sqlite":
        return store.one("select count(*) from sqlite_master")
    return store.one("select count(*) from pg_class where relkind in ('r', 'v', 'i')")


async def test_a_named_query_that_does_not_say_so_cannot_write_either(
    store: Store, opening: Opening
) -> None:
    shop = await opening(store, queries={"sly": {"sql": "delete from customers returning id"}})
    assert await shop.code("sly") in ("forbidden", "invalid")
    assert store.one("select count(*) from customers") == 3


@pytest.mark.postgres
async def test_what_a_function_of_postgres_does_on_the_side_is_rolled_back(
    postgres_store: Store, opening: Opening
) -> None:
    shop = await opening(postgres_store)
    await shop.call("query", sql="select lo_create(0)")
    await shop.call("query", sql="select pg_advisory_lock(7)")
    await shop.call("query", sql="select set_config('statement_timeout', '0', false)")
    shown = await shop.rows("query", sql="select current_setting('transaction_read_only') as r")
    assert shown == [{"r": "on"}]
    assert postgres_store.one("select count(*) from pg_largeobject_metadata") == 0
    assert postgres_store.one("select count(*) from pg_locks where locktype = 'advisory'") == 0


async def test_the_allow_list_holds_for_free_queries_where_the_database_can_keep_it(
    store: Store, opening: Opening
) -> None:
    assert "shop.query" not in (await opening(store, tables=["names"])).by_name
    shop = await opening(store, tables=["names"], free_query=True)
    outcome = await shop.call("query", sql="select name from names order by 1")
    if store.kind == "postgres":
        assert getattr(outcome, "code", "") == "unsupported"
        return
    assert getattr(outcome, "value", {}).get("rows") == [
        {"name": one} for one in ("ann", "bob", "eve")
    ]
    among = "select value as v from json_each(:ids)"
    assert await shop.rows("query", sql=among, params={"ids": [1]}) == [{"v": 1}]
    for sql in (
        "select * from customers",
        "select (select name from customers)",
        "select name from names union select name from customers",
        "select sql from sqlite_master",
        "select count(*) from customers",
    ):
        assert await shop.code("query", sql=sql) == "forbidden"


# -- bounds -----------------------------------------------------------------------------------------


async def test_rows_and_bytes_are_capped_however_many_there_are(
    store: Store, opening: Opening
) -> None:
    shop = await opening(store, rows_max=5, bytes_max=2_000)
    many = await shop.value("query", sql=ENDLESS + "select i from n")
    assert (many["rows"], many["truncated"]) == ([{"i": i} for i in range(1, 6)], True)
    wide = await shop.value(
        "query", sql=ENDLESS + "select i, :text as t from n", params={"text": "x" * 900}
    )
    assert ([row["i"] for row in wide["rows"]], wide["truncated"]) == ([1, 2], True)
    exact = await shop.value("query", sql=ENDLESS + "select i from n limit 5")
    assert (len(exact["rows"]), exact["truncated"]) == (5, False)


async def test_a_row_that_is_too_large_alone_is_refused(store: Store, opening: Opening) -> None:
    shop = await opening(store, bytes_max=1_000)
    failure = await shop.failure("query", sql="select :t as t", params={"t": "x" * 5_000})
    assert (failure.code, "bytes_max" in failure.message) == ("too_large", True)


async def test_a_giant_value_is_never_made(sqlite_store: Store, opening: Opening) -> None:
    shop = await opening(sqlite_store)
    assert await shop.code("query", sql="select zeroblob(1000000000)") == "too_large"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"sql": "selec 1"}, "invalid"),
        ({"sql": "select * from nowhere"}, "not_found"),
        ({"sql": "select nope from customers"}, "not_found"),
        ({"sql": "select :a"}, "invalid"),
        ({"sql": "select 1", "params": {"a": 1}}, "invalid"),
        ({"sql": "select 1", "params": [1]}, "invalid"),
        ({"sql": "select :a as a", "params": {"a": "\ud800"}}, "invalid"),
        ({"sql": "select " + "abs(" * 200_000}, "invalid"),
        ({"sql": 7}, "invalid"),
        ({}, "invalid"),
    ],
)
async def test_what_is_wrong_with_a_query_has_a_code(
    store: Store, opening: Opening, args: dict[str, Any], code: str
) -> None:
    shop = await opening(store)
    failure = await shop.failure("query", **args)
    assert (failure.code, failure.may_retry, failure.in_doubt) == (code, False, False)


async def test_odd_statements_that_read_are_understood(store: Store, opening: Opening) -> None:
    shop = await opening(store)
    value = await shop.value(
        "query",
        sql='select \'100% :no\' as a, 5 % 3 as a, "name" as ":no" /* \':no */'
        " from customers where id = :id; -- it's :no",
        params={"id": 1},
    )
    assert value == {
        "rows": [{"a": "100% :no", "a_2": 2, ":no": "ann"}],
        "columns": ["a", "a_2", ":no"],
        "truncated": False,
    }


async def test_lists_can_be_asked_for(store: Store, opening: Opening) -> None:
    shop = await opening(store)
    among = "in (select value from json_each(:ids))" if store.kind == "sqlite" else "= any(:ids)"
    sql = f"select name from customers where id {among} order by id"
    assert await shop.rows("query", sql=sql, params={"ids": [1, 3]}) == [
        {"name": "ann"},
        {"name": "eve"},
    ]


# -- writing ----------------------------------------------------------------------------------------


async def test_a_query_that_writes_is_committed_when_it_answers(
    store: Store, opening: Opening
) -> None:
    shop = await opening(store, write=True, queries={"add": ADD})
    card = shop.card("add")
    assert (card.effect, card.in_doubt) == ("write", "ask")
    assert await shop.value("add", id=4, name="joe") == {
        "rows": [{"id": 4}],
        "truncated": False,
        "changed": 1,
    }
    assert store.one("select name from customers where id = 4") == "joe"


async def test_a_write_that_fails_has_left_nothing(store: Store, opening: Opening) -> None:
    both = {
        "sql": "insert into customers (id, name) select id + 2, name from customers",
        "write": True,
    }
    slow = {
        "sql": f"delete from customers where id < ({ENDLESS} select max(i) from n)",
        "write": True,
    }
    shop = await opening(store, write=True, queries={"both": both})
    conflict = await shop.failure("both")
    assert (conflict.code, conflict.may_retry, conflict.in_doubt) == ("conflict", False, False)
    hasty = await opening(store, write=True, timeout=0.5, queries={"slow": slow})
    timeout = await hasty.failure("slow")
    assert (timeout.code, timeout.may_retry, timeout.in_doubt) == ("timeout", True, False)
    assert store.one("select count(*) from customers") == 3


@pytest.mark.parametrize("sql", ["delete from customers; select 1", "commit", "attach 'x.db' as x"])
async def test_a_write_is_one_statement_in_one_transaction(
    store: Store, opening: Opening, sql: str
) -> None:
    shop = await opening(store, write=True, queries={"odd": {"sql": sql, "write": True}})
    outcome = await shop.call("odd")
    if not (store.kind == "postgres" and sql == "commit"):
        assert getattr(outcome, "code", "") in ("invalid", "forbidden")
    assert store.one("select count(*) from customers") == 3

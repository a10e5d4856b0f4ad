"""`sql:` in a workspace is read into databases and queries; what is wrong is told at its place."""

import pytest

from batuta.config import workspace_from_yaml
from batuta.errors import WorkspaceError
from batuta.reading.databases import Database, NamedQuery


def test_a_database_has_its_queries_and_its_bounds() -> None:
    text = """
    sql:
      orders:
        url: env:ORDERS_URL
        tables: [orders]
        timeout: 500ms
        write: true
        queries:
          late:
            sql: select :day
            params: {day: string}
            output: {n: {type: integer, minimum: 0}, any: any}
            write: true
    """
    query = NamedQuery(
        "select :day",
        params={"day": {"type": "string"}},
        output={"n": {"type": "integer", "minimum": 0}, "any": {}},
        write=True,
    )
    assert workspace_from_yaml(text).sql == {
        "orders": Database(
            "env:ORDERS_URL",
            tables=("orders",),
            queries={"late": query},
            timeout=0.5,
            write=True,
        )
    }


@pytest.mark.parametrize(
    ("database", "told"),
    [
        ("{}", "B021"),
        ("{url: 7}", "B022"),
        ("{url: orders.db}", "B025"),
        ("{url: 'mysql://h/d'}", "B025"),
        ("{url: 'sqlite://'}", "B025"),
        ("{url: 'postgresql://u:secret-31415@h/d'}", "B025"),
        ("{url: 'postgresql://h/d?password=secret-31415'}", "B025"),
        ("{url: env:X, tables: orders}", "B022"),
        ("{url: env:X, rows_max: 0}", "B023"),
        ("{url: env:X, timeout: 2h}", "B023"),
        ("{url: env:X, reach: far}", "B024"),
        ("{url: env:X, password: x}", "B020"),
        ("{url: env:X, queries: {query: {sql: select 1}}}", "B025"),
        ("{url: env:X, queries: {q: {}}}", "B021"),
        ("{url: env:X, queries: {q: {sql: select 1, params: {a: string}}}}", "B025"),
        ("{url: env:X, queries: {q: {sql: 'select :a', params: {a: strin}}}}", "B024"),
        ("{url: env:X, queries: {q: {sql: 'select :a', params: {a: {type: 7}}}}}", "B027"),
        ("{url: env:X, queries: {q: {sql: delete from t, write: true}}}", "B025"),
    ],
)
def test_what_is_wrong_with_a_database_is_told(database: str, told: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        workspace_from_yaml(f"sql: {{orders: {database}}}")
    assert [finding.code for finding in caught.value.findings] == [told]
    assert caught.value.findings[0].place.line == 1
    assert "secret-31415" not in str(caught.value)

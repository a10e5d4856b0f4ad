"""What a workspace names is in its catalog, is called by its plans, and is closed with it."""

import sqlite3
from pathlib import Path

import pytest

from batuta.app import App
from batuta.errors import PlanError, WorkspaceError
from batuta.plans.build import plan_from_yaml

WORKSPACE = """
sql:
  shop:
    url: sqlite:///shop.db
    write: true
    queries:
      add: {sql: insert into items (name) values (:name) returning id, write: true}
"""
PLAN = """
name: stock
inputs: {names: list}
steps:
  add: {use: shop.add, each: "${inputs.names}", with: {name: "${item}"}}
  found: {use: shop.items, with: {where: {name: "${inputs.names}"}, order: [name], columns: [name]}, after: add}
  many: {use: shop.query, with: {sql: select count(*) as n from items}, after: add}
result: {found: "${steps.found.rows}", many: "${steps.many.rows[0].n}"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shop = sqlite3.connect(tmp_path / "shop.db")
    shop.execute("create table items (id integer primary key, name text not null)")
    shop.commit()
    shop.close()
    (tmp_path / "batuta.yaml").write_text(WORKSPACE)
    return tmp_path


async def test_a_plan_asks_a_database_and_writes_to_it(folder: Path) -> None:
    plan = plan_from_yaml(PLAN, "stock.yaml")[0]
    async with await App.open(folder) as app:
        document = await app.run(plan, {"names": ["a'; drop table items; --", "b"]})
    assert document["result"] == {
        "found": [{"name": "a'; drop table items; --"}, {"name": "b"}],
        "many": 2,
    }


async def test_a_plan_with_a_column_that_is_not_there_is_refused(folder: Path) -> None:
    wrong = PLAN.replace("where: {name:", "where: {title:")
    async with await App.open(folder) as app:
        with pytest.raises(PlanError) as caught:
            await app.start(plan_from_yaml(wrong, "stock.yaml")[0], {"names": []})
    assert "title" in str(caught.value)


async def test_who_only_looks_opens_no_database(folder: Path) -> None:
    async with await App.open(folder, modules=False) as app:
        assert [name for name in app.cards if name.startswith("shop.")] == []


async def test_a_vanished_file_keeps_nobody_from_the_rest(folder: Path) -> None:
    (folder / "shop.db").unlink()
    plan = plan_from_yaml(
        "name: p\nsteps: {a: {use: value, with: {value: 7}}}\nresult: '${steps.a}'"
    )
    async with await App.open(folder) as app:
        assert (await app.run(plan[0], {}))["result"] == 7
        assert sorted(name for name in app.cards if name.startswith("shop.")) == [
            "shop.add",
            "shop.query",
        ]


async def told(folder: Path, text: str) -> list[tuple[int, str]]:
    """The lines and messages of what is wrong with the workspace."""
    (folder / "batuta.yaml").write_text(text)
    with pytest.raises(WorkspaceError) as caught:
        await App.open(folder)
    return [(one.place.line, one.message) for one in caught.value.findings]


async def test_a_name_that_is_taken_is_told_where_it_stands(folder: Path) -> None:
    text = (
        "capabilities:\n  shop.query: {kind: human}\n  check: {kind: human}\n"
        "models:\n  vote: openai:gpt-5-mini\n"
    )
    assert await told(folder, text) == [
        (5, "vote is built in"),
        (3, "check is built in"),
    ]
    assert await told(folder, text[: text.index("  check")] + WORKSPACE) == [
        (2, "there are two capabilities called shop.query")
    ]


async def test_wrong_headers_of_models_are_told_where_the_models_stand(folder: Path) -> None:
    text = (
        "models:\n  a: openai:gpt-5-mini\n"
        "  b: {provider: openai, model: m, headers: {x y: z}}\n"
        "  c: {provider: openai, model: m, headers: {Host: z}}\n"
    )
    assert await told(folder, text) == [
        (3, "models.b: headers: 'x y' is no name of a header"),
        (4, "models.c: headers.Host: it is set for you"),
    ]

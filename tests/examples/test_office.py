"""The office: requests that nobody wrote a plan for are planned and run on it, without a key and with a model."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.desk import Desk
from batuta.planning.understood import Understood
from batuta.spec.value import plain
from batuta.testing.providers import Answer, Asked, Providers

OFFICE = Path(__file__).parents[2] / "examples" / "office"
INVOICE = (OFFICE / "invoices" / "acme.txt").read_text("utf-8")

# What is asked for, what is called for it, what the words do not say, and what stands in the result.
SEEDS: list[tuple[str, list[str], dict[str, Any], str]] = [
    ("analyse sales", ["file.rows", "table.totals"], {"file": "sales.csv"}, "2026-10"),
    (
        "generate a report",
        ["file.read", "report.write"],
        {"file": "sales.csv", "title": "Sales", "path": "out/sales.html"},
        "out/sales.html",
    ),
    (
        "answer customer questions",
        ["handbook.search", "local.answer"],
        {"query": "How long does a refund take?"},
        "five working days",
    ),
    ("process invoices", ["paper.read_invoice"], {"text": INVOICE}, "AC-2041"),
    ("create marketing content", ["text.write_copy"], {"product": "Dusk"}, "Dusk: made for"),
]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[App]:
    shutil.copytree(OFFICE, tmp_path / "office")
    async with await App.open(tmp_path / "office") as app:
        yield app


def uses(understood: Understood) -> list[str]:
    assert understood.sourced is not None
    return [step.use for step in understood.sourced.plan.steps.values()]


async def run(app: App, understood: Understood, inputs: dict[str, Any]) -> Any:
    desk = Desk(app)
    approved = await desk.approval(understood, inputs)
    document = await app.resume(await desk.accept(understood, inputs, who="ada", approved=approved))
    assert document["status"] == "succeeded", document["error"]
    return document["result"]


@pytest.mark.parametrize(("words", "called", "said", "held"), SEEDS)
async def test_a_seed_request_is_composed_of_what_is_there_and_runs(
    office: App, words: str, called: list[str], said: dict[str, Any], held: str
) -> None:
    understood = await Desk(office).understand(words)
    assert (understood.planner, uses(understood)) == ("compose", called)
    assert set(understood.inputs.missing) == set(said)
    assert held in json.dumps(await run(office, understood, said), default=plain)


async def test_a_seed_request_that_says_more_is_composed_of_the_same(office: App) -> None:
    desk = Desk(office)
    for words, called, read in [
        ("create marketing content for the lamp", SEEDS[4][1], {}),
        ("Hello,\n\nplease analyse sales.csv.\n\nBest\nAnna", SEEDS[0][1], {"file": "sales.csv"}),
        ("Generate a report.\nThanks!", SEEDS[1][1], {}),
        (
            "process the invoice invoices/acme.txt",
            ["file.read", *SEEDS[3][1]],
            {"file": "invoices/acme.txt"},
        ),
    ]:
        understood = await desk.understand(words)
        assert (uses(understood), understood.inputs.values) == (called, read), words
        assert not understood.route.also
    both = "analyse sales and create marketing content and answer how long a refund takes"
    understood = await desk.understand(both)
    assert sorted(uses(understood)) == sorted([*SEEDS[0][1], *SEEDS[2][1], *SEEDS[4][1]])
    assert understood.inputs.values == {"query": "answer how long a refund takes"}
    wanted = await desk.understand(
        "use books.enter with vendor=Acme and amount=90", planner="compose"
    )
    assert wanted.inputs.values == {"vendor": "Acme", "amount": 90}


def step(name: str, use: str, **with_: str) -> dict[str, Any]:
    return {"name": name, "use": use, "with": with_}


# What the model says to each request: it names things as it likes, and says nothing of what it does not know.
DRAFTS: dict[str, list[dict[str, Any]]] = {
    "analyse sales": [
        step("read", "file_rows", file="${inputs.file}"),
        step("sum", "table.totals", rows="${steps.read.rows}"),
    ],
    "generate a report": [
        step("read", "file.read", file="${inputs.file}"),
        {
            **step("write", "report.write", path="${inputs.path}", title="${inputs.title}"),
            "with": {
                "path": "${inputs.path}",
                "title": "${inputs.title}",
                "sections": [{"text": "${steps.read.text}"}],
            },
        },
    ],
    "answer customer questions": [
        step("search", "search_handbook", query="${inputs.query}"),
        step("answer", "local.answer", question="${inputs.query}", passages="${steps.search.hits}"),
    ],
    "process invoices": [step("read", "paper.read_invoice", text="${inputs.text}")],
    "create marketing content": [step("write", "text.write_copy", product="${inputs.product}")],
}


def drafted(asked: Asked) -> Answer:
    words = next(one for one in DRAFTS if one in asked.text)
    said = next(said for one, _, said, _ in SEEDS if one == words)
    steps = DRAFTS[words]
    inputs = {name: {"type": "file" if name == "file" else "string"} for name in said}
    draft = {"name": words.replace(" ", "-"), "inputs": inputs, "steps": steps}
    return Answer(json.dumps({**draft, "result": f"${{steps.{steps[-1]['name']}}}"}))


async def test_a_model_drafts_a_plan_for_each_seed_request_and_it_runs(tmp_path: Path) -> None:
    with Providers(drafted) as providers:
        folder = Path(shutil.copytree(OFFICE, tmp_path / "office"))
        model = f"{{provider: openai-compatible, url: '{providers.url()}', model: m, prices: free}}"
        with (folder / "batuta.yaml").open("a", encoding="utf-8") as file:
            file.write(f"models: {{strong: {model}}}\nplanning: {{model: strong}}\n")
        async with await App.open(folder) as app:
            for words, called, said, held in SEEDS:
                understood = await Desk(app).understand(words, planner="draft")
                assert (understood.planner, sorted(uses(understood))) == ("draft", sorted(called))
                assert set(understood.inputs.missing) == set(said)
                assert held in json.dumps(await run(app, understood, said), default=plain)

"""A collection of a workspace, searched by a plan."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.errors import WorkspaceError
from batuta.knowledge.capability import KNOWLEDGE_FILE, Searches
from batuta.knowledge.ingest import ingest
from batuta.knowledge.store import Store
from batuta.plans.build import plan_from_yaml
from batuta.reading.knowledge import KnowledgeConfig
from tests.knowledge.rooms import EMBEDDER

PLAN = plan_from_yaml(
    """
name: ask
inputs: {question: text, filters: {type: map, default: {}}}
steps:
  find: {use: handbook.search, with: {query: "${inputs.question}", limit: 2, filters: "${inputs.filters}"}}
result: {none: "${steps.find.none}", found: "${steps.find.hits}"}
""".replace("text,", "string,").replace("map,", "object,")
).plan


def workspace(tmp_path: Path) -> Path:
    (tmp_path / "batuta.yaml").write_text("knowledge: {handbook: {paths: [docs/**]}}\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/returns.md").write_text("# Returns\n\nReturn unused goods within 30 days.\n")
    (tmp_path / "docs/fees.md").write_text("# Fees\n\nExpress delivery costs nine euros.\n")
    return tmp_path


async def ingested(tmp_path: Path) -> Path:
    root = workspace(tmp_path)
    store = Store(root / KNOWLEDGE_FILE, create=True)
    await ingest(store, "handbook", root, ["docs/**"], EMBEDDER)
    store.close()
    return root


async def ask(root: Path, question: str, **more: Any) -> dict[str, Any]:
    async with await App.open(root) as app:
        return await app.run(PLAN, {"question": question, **more})


async def test_a_step_finds_pieces_with_their_places(tmp_path: Path) -> None:
    document = await ask(await ingested(tmp_path), "how long do I have to return goods?")
    hit = document["result"]["found"][0]
    assert (document["status"], document["result"]["none"], 0.5 <= hit.pop("score") <= 1) == (
        "succeeded", False, True
    )  # fmt: skip
    assert hit == {
        "text": "# Returns\n\nReturn unused goods within 30 days.",
        "source": "docs/returns.md",
        "heading": "Returns",
        "page": None,
        "start": 0,
        "end": 46,
    }


async def test_nothing_relevant_is_an_answer(tmp_path: Path) -> None:
    document = await ask(await ingested(tmp_path), "who won the world cup?")
    assert document["result"] == {"none": True, "found": []}


async def test_filters_are_passed_on_and_a_wrong_one_fails_the_step(tmp_path: Path) -> None:
    root = await ingested(tmp_path)
    document = await ask(root, "return goods", filters={"source": "docs/fees.md"})
    assert document["result"]["none"] is True
    document = await ask(root, "return goods", filters={"source": {"a": 1}})
    assert (document["status"], "filters" in document["error"]["message"]) == ("failed", True)


async def test_a_small_collection_is_read_at_its_first_search_and_once(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    document = await ask(root, "how long do I have to return goods?")
    assert document["result"]["found"][0]["source"] == "docs/returns.md"
    (root / "docs/late.md").write_text("# Gifts\n\nGifts are wrapped in red paper.\n")
    document = await ask(root, "in which paper are gifts wrapped?")
    assert document["result"]["none"] is True


async def test_it_is_said_how_far_the_first_reading_is(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    (root / "docs/bad.pdf").write_text("hello")
    searches = Searches(root, {"handbook": KnowledgeConfig(("docs/**",))})
    said: list[str] = []
    try:
        found = await searches.search(
            "handbook", "return goods", limit=1, filters={}, report=said.append
        )
        await searches.search("handbook", "fees", limit=1, filters={}, report=said.append)
    finally:
        await searches.close()
    assert found["none"] is False
    assert said == [
        *(f"reading handbook for the first time: {at} of 3 files" for at in range(4)),
        "1 file of handbook cannot be read: batuta knowledge status handbook says why",
    ]


async def test_a_first_reading_that_was_cut_off_goes_on_at_the_next_search(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    store = Store(root / KNOWLEDGE_FILE, create=True)
    store.make("handbook")
    store.close()
    document = await ask(root, "return goods")
    assert document["result"]["none"] is False


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("many", "the collection handbook was never ingested: 1,003 files; batuta knowledge add handbook"),
        ("large", "the collection handbook was never ingested: 3 files, 9 MiB; batuta knowledge add handbook"),
        ("hosted", "the collection handbook was never ingested; batuta knowledge add handbook"),
        ("none", "the collection handbook is empty: nothing fits docs/**; correct `paths` in batuta.yaml"),
    ],
)  # fmt: skip
async def test_what_takes_long_or_costs_is_read_only_by_who_asks_for_it(
    tmp_path: Path, change: str, says: str
) -> None:
    root = workspace(tmp_path)
    match change:
        case "many":
            for number in range(1_001):
                (root / f"docs/{number}.txt").touch()
        case "large":
            (root / "docs/long.txt").write_bytes(b"fees\n" * 1_900_000)
        case "hosted":
            embedder = "{url: 'http://127.0.0.1:1/v1', model: m}"
            text = f"knowledge: {{handbook: {{paths: [docs/**], embedder: {embedder}}}}}\n"
            (root / "batuta.yaml").write_text(text)
        case _:
            for file in (root / "docs").iterdir():
                file.unlink()
    document = await ask(root, "return goods")
    assert (document["status"], document["error"]["message"]) == ("failed", says)
    assert not (tmp_path / KNOWLEDGE_FILE).exists()


async def test_a_damaged_store_fails_the_step_and_nothing_else(tmp_path: Path) -> None:
    root = await ingested(tmp_path)
    (root / KNOWLEDGE_FILE).write_bytes(b"SQLite format 3\0" + b"x" * 8_000)
    document = await ask(root, "return goods")
    assert (document["status"], "damaged" in document["error"]["message"]) == ("failed", True)


async def test_its_card_says_that_it_reads_here_and_what_it_gives(tmp_path: Path) -> None:
    async with await App.open(workspace(tmp_path)) as app:
        card = app.cards["handbook.search"]
    assert (card.effect, card.reach, card.kind, card.intent_first) == (
        "read", "local", "knowledge", False
    )  # fmt: skip
    assert card.output is not None and set(card.output["properties"]) == {"hits", "none", "note"}


async def test_a_name_that_is_taken_is_a_flaw(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").write_text(
        "knowledge: {a: {paths: x}}\ncapabilities: {a.search: {kind: human, who: [ops]}}\n"
    )
    with pytest.raises(WorkspaceError, match=r"two capabilities called a\.search"):
        await App.open(tmp_path)


def test_a_run_that_searches_nothing_pays_nothing_for_it(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from batuta.app import App\n"
        "async def main():\n"
        "    async with await App.open(sys.argv[1]) as app: assert 'handbook.search' in app.cards\n"
        "asyncio.run(main())\n"
        "heavy = {'numpy', 'tokenizers', 'pypdf', 'wordllama', 'batuta.knowledge.store'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()"
    )
    root = workspace(tmp_path)
    done = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")

"""`batuta knowledge`: documents of a folder, added, searched, looked at."""

from pathlib import Path

import pytest

from tests.doors.cli.command import Folder

FILES = {
    "batuta.yaml": "knowledge:\n  handbook: {paths: [docs/**]}\n  other: {paths: [more]}\n",
    "docs/returns.md": "# Returns\n\nReturn unused goods within 30 days.\n",
    "docs/fees.html": "<h1>Fees</h1><p>Express delivery costs nine euros.",
}


@pytest.fixture
def shop(folder: Folder) -> Folder:
    for name, text in FILES.items():
        path = Path(folder.path) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def test_what_was_added_is_found_with_its_place(shop: Folder) -> None:
    said = shop.batuta("knowledge", "add", "handbook", "--json")
    told = said.document["collections"][0]
    assert (said.code, told["name"], told["added"], told["chunks"], told["findings"]) == (
        0, "handbook", 2, 2, []
    )  # fmt: skip
    said = shop.batuta("knowledge", "search", "handbook", "how long can I return goods?", "--json")
    hit = said.document["hits"][0]
    assert (said.code, said.document["none"], 0.5 <= hit.pop("score") <= 1) == (0, False, True)
    assert hit == {
        "text": "# Returns\n\nReturn unused goods within 30 days.",
        "source": "docs/returns.md",
        "heading": "Returns",
        "page": None,
        "start": 0,
        "end": 46,
    }
    said = shop.batuta("knowledge", "search", "handbook", "who won the world cup?", "--json")
    assert (said.code, said.document) == (0, {"hits": [], "none": True})


def test_the_first_search_reads_a_small_collection_and_says_so(shop: Folder) -> None:
    said = shop.batuta("knowledge", "search", "handbook", "what does express delivery cost")
    assert "nine euros" in said.out
    assert said.err.splitlines()[0] == "reading handbook for the first time: 0 of 2 files"
    again = shop.batuta("knowledge", "search", "handbook", "express delivery", "--json")
    assert (again.err, again.document["none"]) == ("", False)


def test_people_see_pieces_and_where_they_stand(shop: Folder) -> None:
    shop.batuta("knowledge", "add")
    said = shop.batuta("knowledge", "search", "handbook", "what does express delivery cost")
    assert "docs/fees.html, 0-" in said.out and "nine euros" in said.out
    said = shop.batuta("knowledge", "search", "handbook", "delivery", "--filter", "format=pdf")
    assert (said.code, said.out) == (0, "nothing relevant\n")


def test_status_says_what_is_there_and_what_waits(shop: Folder) -> None:
    said = shop.batuta("knowledge", "status", "handbook", "--json").document["collections"][0]
    assert (said["ingested_at"], said["pending"]) == (None, {"new": 2, "changed": 0, "gone": 0})
    shop.batuta("knowledge", "add")
    path = Path(shop.path)
    (path / "docs/fees.html").unlink()
    (path / "docs/returns.md").write_text("# Returns\n\nNone.\n")
    (path / "docs/bad.pdf").write_text("hello")
    said = shop.batuta("knowledge", "status", "handbook", "--json").document["collections"][0]
    assert (said["documents"], said["pending"]) == (2, {"new": 1, "changed": 1, "gone": 1})
    added = shop.batuta("knowledge", "add", "handbook")
    assert (added.code, "docs/bad.pdf: damaged" in added.err) == (0, True)
    said = shop.batuta("knowledge", "status")
    assert "handbook: 1 document, 1 piece" in said.out and "other: 0 documents" in said.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["search", "other", "x"], "nothing fits more"),
        (["search", "handbok", "x"], "handbook"),
        (["search", "handbook"], "needs a collection and a question"),
        (["add", "handbook", "a.md"], "one word too many"),
        (["search", "handbook", "x", "--filter", "nothing"], "KEY=VALUE"),
        (["search", "handbook", "x", "--limit", "0"], "1 to 100"),
        (["forget"], "forget"),
    ],
)
def test_what_is_wrong_is_said_with_a_remedy(shop: Folder, words: list[str], says: str) -> None:
    said = shop.batuta("knowledge", *words)
    assert (said.code in (1, 2), says in said.err, "→" in said.err) == (True, True, True)


def test_a_workspace_without_collections_says_how_to_name_one(folder: Folder) -> None:
    said = folder.batuta("knowledge", "add", "--json")
    assert (said.code, "knowledge:" in said.document["error"]["remedy"]) == (2, True)


def test_a_plan_searches_what_was_added(shop: Folder) -> None:
    (Path(shop.path) / "ask.yaml").write_text(
        "name: ask\ninputs: {q: string}\n"
        'steps: {find: {use: handbook.search, with: {query: "${inputs.q}"}}}\n'
        'result: "${steps.find.hits[0].source}"\n'
    )
    shop.batuta("knowledge", "add")
    said = shop.batuta("run", "--plan", "ask.yaml", "--input", "q=return goods", "--json")
    assert (said.code, said.document["result"]) == (0, "docs/returns.md")


def test_files_wait_for_an_embedder_that_may_not_be_asked(shop: Folder) -> None:
    embedder = "{url: 'http://127.0.0.1:9/v1', model: tiny}"
    (shop.path / "batuta.yaml").write_text(
        f"knowledge: {{handbook: {{paths: docs, embedder: {embedder}}}}}\n"
    )
    said = shop.batuta("knowledge", "add", "--json")
    told = said.document["collections"][0]
    assert (said.code, told["waiting"], "allow_private" in told["trouble"]) == (1, 2, True)
    said = shop.batuta("knowledge", "add")
    assert "2 waiting" in said.out and "later: batuta knowledge add handbook" in said.err
    said = shop.batuta("knowledge", "search", "handbook", "return goods")
    assert (said.code, "found by words alone" in said.err) == (0, True)

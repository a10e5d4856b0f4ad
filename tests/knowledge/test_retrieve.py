"""What a search gives, and that it gives nothing where there is nothing."""

import asyncio

import pytest

from batuta.errors import InputError
from batuta.knowledge.retrieve import Collection
from tests.knowledge.pages import pdf
from tests.knowledge.rooms import EMBEDDER, Shelf

HANDBOOK = {
    "returns.md": "---\naudience: customers\n---\n# Returns\n\nYou may return unused goods within 30 days of delivery."
    " We refund the price to the card you paid with.\n\n## Broken on arrival\n\nIf a parcel arrives damaged,"
    " send us a photograph. A replacement leaves the next day.\n",
    "shipping.html": "<h1>Shipping</h1><p>Standard delivery takes three working days and is free above 40 euros."
    "<h2>Express</h2><p>Express delivery costs nine euros and arrives the next morning.",
    "codes.csv": "code,meaning\nE-4711,The pump is blocked by ice\nE-4712,The door is not closed\n",
    "staff.txt": "Night shifts are paid one and a half times.\n\n"
    "Holidays are asked for by mail to the office in Porto.",
}
MANUAL = ("The lamp has a warranty of two years.", "Replace the bulb only when it is cold.")


async def filled(shelf: Shelf) -> Shelf:
    for name, text in HANDBOOK.items():
        shelf.write(name, text)
    shelf.write("manual.pdf", pdf(*MANUAL))
    await shelf.ingest()
    return shelf


@pytest.mark.parametrize(
    ("question", "source", "words"),
    [
        ("how long do I have to send something back?", "returns.md", "30 days"),
        ("my package came broken", "returns.md", "photograph"),
        ("what does fast delivery cost", "shipping.html", "nine euros"),
        ("E-4711", "codes.csv", "blocked by ice"),
        ("the display shows e-4712, what now?", "codes.csv", "not closed"),
        ('"half times"', "staff.txt", "Night shifts"),
        ("Porto", "staff.txt", "Holidays"),
        ("how long is the guarantee on the lamp", "manual.pdf", "two years"),
    ],
)
async def test_a_question_finds_its_piece_first(
    shelf: Shelf, question: str, source: str, words: str
) -> None:
    hits = await (await filled(shelf)).search(question)
    assert (hits[0].hit.source, words in hits[0].hit.text) == (source, True)
    assert [one.score for one in hits] == sorted((one.score for one in hits), reverse=True)


@pytest.mark.parametrize(
    "question",
    [
        "who won the world cup in 1998",
        "best pizza in Naples",
        "treatment of diabetes",
        "Z-99871-QX",
        "Wie lange kann ich die Ware zurückgeben?",
        "¿Cuándo llega mi pedido?",
        "返品できますか",
        "?!",
        "🎈",
        "the of and",
        "\u0000",
        "x" * 5_000,
        '"never written anywhere"',
        "a OR b NOT c* NEAR(d e) ^f {g}: h",
    ],
)
async def test_what_is_not_there_is_not_found(shelf: Shelf, question: str) -> None:
    assert await (await filled(shelf)).search(question) == []


async def test_a_citation_is_the_place_in_the_file(shelf: Shelf) -> None:
    await filled(shelf)
    hit = (await shelf.search("my package came broken"))[0].hit
    text = (shelf.root / "returns.md").read_text()
    assert (text[hit.start : hit.end], hit.page) == (hit.text, 0)
    assert (await shelf.search("guarantee on the lamp"))[0].hit.page == 1
    assert (await shelf.search("when to replace the bulb"))[0].hit.page == 2


async def test_filters_narrow_and_an_unknown_one_leaves_nothing(shelf: Shelf) -> None:
    await filled(shelf)
    asked = "what does express delivery cost"
    assert (await shelf.sources(asked))[0] == "shipping.html"
    assert set(await shelf.sources(asked, filters={"format": "html"})) == {"shipping.html"}
    assert await shelf.sources(asked, filters={"audience": "staff"}) == []
    assert await shelf.sources("return goods", filters={"audience": "customers"}) == ["returns.md"]
    assert await shelf.sources(asked, filters={"source": "*.pdf"}) == []


async def test_what_another_process_ingests_is_found_at_once(shelf: Shelf) -> None:
    await filled(shelf)
    reader = Collection(shelf.store.index(shelf.number), EMBEDDER)
    assert (await reader.search("opening hours on Sunday")).hits == []
    shelf.write("hours.md", "# Opening hours\n\nOn Sunday we are closed.\n")
    (shelf.root / "staff.txt").unlink()
    await shelf.ingest()
    assert (await reader.search("opening hours on Sunday")).hits[0].hit.source == "hours.md"
    assert (await reader.search("Porto")).hits == []


async def test_the_limit_holds_and_is_checked(shelf: Shelf) -> None:
    await filled(shelf)
    assert len(await shelf.search("delivery", limit=1)) == 1
    for wrong in (0, 101, -1):
        with pytest.raises(InputError, match="limit"):
            await shelf.search("delivery", limit=wrong)
    with pytest.raises(InputError, match="empty"):
        await shelf.search("  \n ")


async def test_what_stands_in_many_files_is_given_once(shelf: Shelf) -> None:
    for at in range(8):
        shelf.write(f"{at}.txt", "Permission to copy this work is granted to everybody.")
    await shelf.ingest()
    assert await shelf.sources("permission to copy this work") == ["0.txt"]


async def test_an_empty_collection_has_nothing(shelf: Shelf) -> None:
    await shelf.ingest()
    assert await shelf.search("anything") == []


async def test_many_searches_at_once_find_what_one_does(shelf: Shelf) -> None:
    await filled(shelf)
    questions = ["E-4711", "my package came broken", "Porto", "best pizza in Naples"]
    alone = [await shelf.sources(one) for one in questions]
    together = await asyncio.gather(*(shelf.sources(one) for one in questions * 5))
    assert together == alone * 5


async def test_a_larger_collection_is_searched_by_bm25(shelf: Shelf) -> None:
    await filled(shelf)
    rows = "".join(f"P-{at:04},spare part number {at} for the pump\n" for at in range(3_000))
    shelf.write("parts.csv", "id,name\n" + rows)
    await shelf.ingest()
    assert len(shelf.store.index(shelf.number).chunk_ids(0)) > 200
    hit = (await shelf.search("P-2345"))[0].hit
    assert (hit.source, "P-2345" in hit.text) == ("parts.csv", True)
    assert (await shelf.sources("how long do I have to send something back?"))[0] == "returns.md"
    assert await shelf.sources("who won the world cup in 1998") == []


async def test_an_empty_collection_and_filters_that_fit_nothing_are_told(shelf: Shelf) -> None:
    assert "nothing in this collection" in (await shelf.collection.search("return goods")).note
    await filled(shelf)
    found = await shelf.collection.search("return goods", filters={"source": "*.docx"})
    assert (found.hits, found.note) == ([], "no document fits the filters")

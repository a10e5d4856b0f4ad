"""A workspace of thousands of imported tools: opened, searched, compared. See benchmarks/README.md."""

import argparse
import asyncio
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

from batuta.app import App
from batuta.capabilities.openapi.offering import manifest_of_file
from batuta.capabilities.twins import alike_cards
from batuta.desk import Desk
from batuta.imports.difference import difference
from batuta.imports.manifest import Entry, made
from batuta.imports.pin import Pin, read_pin, write_pin
from batuta.imports.quarantine import quarantined
from batuta.journal.memory import MemoryJournal
from batuta.planning.shortlist import Shortlist

TOOLS = 5_000
ROUNDS = 5
REQUESTS = (
    "find the open orders of a customer and refund them",
    "archiv draft invoces",
    "what does a shipment cost",
    "update a",
)
VERBS = "find get list create update delete archive restore count export".split()
KINDS = "open closed overdue daily weekly internal external archived shared draft".split()
NOUNS = (
    "order customer invoice payment product ticket note shipment refund address user team".split()
)
FIELDS = {f"field_{at}": {"type": "string", "description": "A field of it"} for at in range(8)}


def entries(count: int) -> Iterator[Entry]:
    """Tools as APIs have them: a name, a sentence, ten arguments."""
    dice = random.Random(7)
    for at in range(count):
        verb, kind, noun = dice.choice(VERBS), dice.choice(KINDS), dice.choice(NOUNS)
        yield Entry(
            f"{verb}_{kind}_{noun}_{at}",
            description=f"{verb.title()}s the {kind} {noun} with all that belongs to it, of department {at}.",
            input={
                "type": "object",
                "properties": {f"{noun}_id": {"type": "integer"}, **FIELDS},
                "required": [f"{noun}_id"],
            },
            output={"type": "object", "properties": {"id": {"type": "integer"}, **FIELDS}},
        )


def document(count: int) -> dict[str, Any]:
    """The same as a description of a service."""
    paths: dict[str, Any] = {}
    for one in entries(count):
        content = {"application/json": {"schema": one.input}}
        answer = {"application/json": {"schema": one.output}}
        paths[f"/{one.name}"] = {
            "post": {
                "operationId": one.name,
                "summary": one.description,
                "requestBody": {"content": content},
                "responses": {"200": {"description": "it", "content": answer}},
            }
        }
    return {"openapi": "3.1.0", "info": {"title": "s", "version": "1"}, "paths": paths}


def best_s(work: Callable[[], object]) -> float:
    """The processor time of the fastest of some rounds, in seconds."""
    times: list[float] = []
    for _ in range(ROUNDS):
        began = process_time()
        work()
        times.append(process_time() - began)
    return min(times)


async def measured(folder: Path, count: int) -> dict[str, float]:
    """Seconds of processor time, by what was done."""
    found: dict[str, float] = {}
    manifest = made("mcp", entries(count), origin={"command": ["x"]})
    found["write the pin"] = best_s(lambda: write_pin(folder, "tools", manifest))
    (folder / "batuta.yaml").write_text("mcp: {tools: {command: [x]}}\n")
    (folder / "service.json").write_text(json.dumps(document(count // 5)))
    found["read the pin"] = best_s(lambda: read_pin(folder, "tools"))
    pin = read_pin(folder, "tools")
    assert isinstance(pin, Pin)
    found["compare with what is offered now"] = best_s(lambda: quarantined(pin, manifest))
    found["say what is different"] = best_s(lambda: difference(pin.manifest, manifest))
    found[f"read a description of {count // 5:,} operations"] = best_s(
        lambda: manifest_of_file("service.json", folder)
    )
    async with await App.open(folder, journal=MemoryJournal()):
        pass  # what is imported for it is not what is asked about
    began = process_time()
    async with await App.open(folder, journal=MemoryJournal()) as app:
        found["open the workspace"] = process_time() - began
        began = process_time()
        cards = list(app.cards.values())
        found["make all cards"] = process_time() - began
        shortlist = Shortlist()
        began = process_time()
        shortlist.of(REQUESTS[0], app.cards)
        found["take in their words"] = process_time() - began
        searches = [best_s(lambda one=one: shortlist.of(one, app.cards)) for one in REQUESTS]
        found["search (the slowest of four)"] = max(searches)
        desk = Desk(app)
        for at, one in enumerate(REQUESTS):
            began = process_time()
            await desk.understand(one, planner="compose")
            what = (
                "compose a plan (a later request, at most)" if at else "compose a plan (the first)"
            )
            found[what] = max(found.get(what, 0.0), process_time() - began)
        found["look for twins"] = best_s(lambda: alike_cards(cards))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=int, default=TOOLS)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measured(Path(folder), args.tools))
    print(f"{args.tools:,} tools, milliseconds of processor time")
    for what, seconds in found.items():
        print(f"{what:<45}{seconds * 1_000:>10.1f}")
    if args.json:
        args.json.write_text(json.dumps({"tools": args.tools, "seconds": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""A draft out of more capabilities than a model can read: it is shown the right ones, and its slips are put right."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.desk import Desk
from batuta.journal.memory import MemoryJournal
from batuta.planning.proposal import Proposal
from batuta.testing.providers import Answer, Asked, Providers

THINGS = "order invoice parcel refund customer device room vehicle claim".split()
VERBS = "list get count archive approve export merge assign".split()
WORDS = "get the parcel of the customer 17, and then archive the claim of the vehicle 3"
# Of one body, as large as those of well-known services.
_FIELDS = {f"field_{n}": {"type": "string", "description": "what is to be known. " * 8} for n in range(60)}  # fmt: skip


def document() -> dict[str, Any]:
    """A service of 648 operations that all take and give a lot."""
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}}
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}}
    text = {"type": "string"}
    paths: dict[str, Any] = {}
    for verb, one, other in product(VERBS, THINGS, THINGS):
        number = {"name": "number", "in": "path", "required": True, "schema": text}
        operation: dict[str, Any] = {
            "operationId": f"{verb}_{one}_of_{other}",
            "summary": f"{verb.capitalize()} the {one} of a {other}",
            "parameters": [number],
            "responses": {"200": {"description": "it", **answer}},
        }
        reads = verb in ("list", "get", "count")
        if not reads:
            operation["requestBody"] = {**body, "required": True}
        paths[f"/{other}/{{number}}/{one}/{verb}"] = {"get" if reads else "post": operation}
    schemas = {
        "Body": {"type": "object", "required": ["note"], "properties": {"note": text, **_FIELDS}},
        "Answer": {"type": "object", "properties": {"state": text, **_FIELDS}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "all", "version": "1"},
        "servers": [{"url": "http://127.0.0.1:9"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    with Providers() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, providers: Providers) -> Path:
    made = tmp_path_factory.mktemp("many")
    (made / "all.json").write_text(json.dumps(document()))
    model = f"{{provider: openai-compatible, url: '{providers.url()}', model: m, prices: {{input: 1, output: 1}}}}"
    (made / "batuta.yaml").write_text(
        f"models: {{strong: {model}}}\nplanning: {{model: strong}}\nopenapi: {{all: {{document: all.json}}}}\n"
    )
    return made


def draft(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": "get-and-archive",
        "inputs": {"number": {"type": "string"}, "claim": {"type": "string"}, "note": {"type": "string"}},
        "values": {"number": "17", "claim": "3"},
        "steps": [*steps],
    }  # fmt: skip
    return {**said, **changes}


def step(name: str, use: str, **args: Any) -> dict[str, Any]:
    return {"name": name, "use": use, "with": args}


GET = step("get", "all.get_parcel_of_customer", number="${inputs.number}")
ARCHIVE = step(
    "archive",
    "all.archive_claim_of_vehicle",
    number="${inputs.claim}",
    body={"note": "${inputs.note}"},
)


def shown_in(asked: Asked) -> list[str]:
    """The capabilities that a model was shown."""
    data = asked.text[asked.text.index('{"capabilities":') :]
    found, _ = json.JSONDecoder().raw_decode(data)
    return [one["name"] for one in found["capabilities"]]


# What a model writes, and how it is meant: the wrong name, argument or reference of a draft, and the plan's own.
SLIPS = {
    "a misspelt name": (draft({**GET, "use": "get_parcel_of_custommer"}, ARCHIVE), GET["with"]),
    "another way to write a name": (draft({**GET, "use": "getParcelOfCustomer"}, ARCHIVE), GET["with"]),
    "an argument of another name": (draft(step("get", GET["use"], parcel="${inputs.number}"), ARCHIVE), GET["with"]),
    "nothing handed on": (draft(step("get", GET["use"]), ARCHIVE), GET["with"]),
    "an expression that is none": (draft(step("get", GET["use"], number="{{inputs.number}}"), ARCHIVE), GET["with"]),
}  # fmt: skip


async def test_slips_are_put_right_among_thousands_and_what_may_mean_two_is_asked_for_again(
    folder: Path, providers: Providers
) -> None:
    async with await App.open(folder, journal=MemoryJournal()) as app:
        desk = Desk(app)

        async def drafted(words: str, *said: dict[str, Any]) -> Proposal:
            providers.requests.clear()
            providers.say([Answer(json.dumps(one)) for one in said])
            return (await desk.understand(words, planner="draft")).chosen

        first = await drafted(WORDS, draft(GET, ARCHIVE))
        (asked,) = providers.requests
        assert len(asked.text.encode()) < 40_000
        shown = shown_in(asked)
        assert {GET["use"], ARCHIVE["use"]} <= {*shown}
        assert first.inputs.values == {"number": "17", "claim": "3"}
        assert first.inputs.missing == ("note",)
        for at, (slip, (said, meant)) in enumerate(SLIPS.items()):
            found = await drafted(f"{WORDS} ({at})", said)
            assert found.sourced is not None, (slip, found.route.why)
            step = found.sourced.plan.steps["get"]
            assert (step.use, step.with_) == (GET["use"], meant), slip
            assert len(providers.requests) == 1, slip
        # "archive.claim" may be that of each of them.
        invented = draft(GET, {**ARCHIVE, "use": "all.archive_claim"})
        again = await drafted(f"{WORDS} again", invented, draft(GET, ARCHIVE))
        assert "at attempt 2" in again.route.why
        assert "there is no capability 'all.archive_claim'" in providers.requests[1].text
        assert len(providers.requests[1].text.encode()) < 64_000

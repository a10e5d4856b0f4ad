"""The same laws where the calls are HTTP requests that `batuta.yaml` describes, and nobody has written any code."""

import asyncio
import json
from typing import Any

import pytest

from tests.contract.world import World, steps_of
from tests.hurry import LATER_S, hurry

USES = ("read", "idempotent", "write", "found")
# Described by itself, or by an OpenAPI document.
KINDS = ("http", "openapi")


def configure(world: World, kind: str = "http") -> None:
    if kind == "openapi":
        configure_service(world)
        return
    url = f"{world.ledger.url}/effects"
    world.configure(
        "network: {allow_private: ['127.0.0.1']}\n"
        "capabilities:\n"
        f"  http_read: {{kind: http, method: POST, effect: read, price_usd: 0.25, url: '{url}/read'}}\n"
        f"  http_idempotent: {{kind: http, method: POST, effect: idempotent, url: '{url}/put'}}\n"
        f"  http_write: {{kind: http, method: POST, url: '{url}/pay'}}\n"
        "  http_found:\n"
        "    kind: http\n"
        "    method: POST\n"
        f"    url: {url}/find\n"
        f"    reconcile: {{url: '{url}/find?key={{key}}', field: entries}}\n"
    )


def configure_service(world: World) -> None:
    """The same four as operations of one document."""
    schema = {"type": "object", "properties": {"reference": {"type": "string"}}}
    body = {"content": {"application/json": {"schema": schema}}, "required": True}
    paths = {"read": "read", "idempotent": "put", "write": "pay", "found": "find"}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Ledger", "version": "1"},
        "paths": {
            f"/{path}": {"post": {"operationId": name, "requestBody": body, "responses": {}}}
            for name, path in paths.items()
        },
    }
    (world.folder / "ledger.json").write_text(json.dumps(document))
    world.configure(
        "openapi:\n"
        "  ledger:\n"
        "    document: ledger.json\n"
        f"    server: {world.ledger.url}/effects\n"
        "    operations:\n"
        "      read: {effect: read, price_usd: 0.25}\n"
        "      idempotent: {effect: idempotent}\n"
        "      found: {reconcile: {url: '/find?key={key}', field: entries}}\n"
    )


def plan_of(policy: str = "", kind: str = "http") -> str:
    use, form = {
        "http": ("http_{}", '{{reference: "{}"}}'),
        "openapi": ("ledger.{}", '{{body: {{reference: "{}"}}}}'),
    }[kind]
    steps = "".join(
        f"  {name}: {{use: {use.format(name)}, with: "
        f"{form.format(f'${{inputs.token}}-{name}')}{policy}}}\n"
        for name in USES
    )
    return f"steps:\n{steps}result: ok\n"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("do", "happened"), [("stall_before", 0), ("stall_after", 1)])
async def test_killed_while_the_requests_are_out(
    world: World, do: str, happened: int, kind: str
) -> None:
    configure(world, kind)
    world.plan(plan_of("", kind))
    run = world.killed(do, *USES)

    document = await world.resumed(run)

    assert document["status"] == "waiting"
    assert [one["step"] for one in document["waiting"]] == ["write"]
    assert [world.count(name) for name in USES] == [1 + happened, 1 + happened, happened, 1]
    assert len(world.keys("idempotent")) == 1
    assert steps_of(document)["read"]["cost_usd"] == 0.5
    document = await world.answered(run, "write", "retry")
    assert document["status"] == "succeeded"
    # Every key that was sent is the key of a step.
    shown = {step.get("key") for step in document["steps"]}
    assert {key for name in USES[1:] for key in world.keys(name)} <= shown


@pytest.mark.parametrize(
    ("do", "happened"),
    [("stall_before", 0), ("stall_after", 1), ("drop_before", 0), ("drop_after", 1)],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_not_answered_in_time_or_hung_up_on(
    world: World, do: Any, happened: int, kind: str
) -> None:
    configure(world, kind)
    world.plan(plan_of(f", timeout: {LATER_S}, retry: {{at_most: 1, backoff: 0.01}}", kind))
    for name in USES:
        world.ledger.faults(do, {"reference": world.ref(name)})
    async with await world.open() as app:
        running = asyncio.create_task(app.run(world.read_plan(), {"token": world.token}))
        if do.startswith("stall"):
            await asyncio.to_thread(world.wait_stalled, *USES)
            hurry()
        document = await running

    assert document["status"] == "waiting"
    assert [one["step"] for one in document["waiting"]] == ["write"]
    assert [world.count(name) for name in USES] == [1 + happened, 1 + happened, happened, 1]
    assert steps_of(document)["read"]["cost_usd"] == 0.5


@pytest.mark.parametrize("kind", KINDS)
async def test_cancelled_while_the_requests_are_out(world: World, kind: str) -> None:
    configure(world, kind)
    world.plan(plan_of("", kind))
    document = world.cancelled("stall_after", *USES)

    assert document["status"] == "cancelled"
    states = {path: step["state"] for path, step in steps_of(document).items()}
    assert states == {
        "read": "cancelled",
        "idempotent": "cancelled",
        "write": "failed",
        "found": "done",
    }
    assert world.counts() == dict.fromkeys(USES, 1)


async def test_a_service_that_is_not_there_leaves_nothing_in_doubt(world: World) -> None:
    world.configure(
        "network: {allow_private: ['127.0.0.1']}\n"
        "capabilities: {http_write: {kind: http, method: POST, url: 'http://127.0.0.1:9/pay'}}\n"
    )
    world.plan('steps:\n  pay: {use: http_write, with: {reference: "x"}}\nresult: ok\n')
    async with await world.open() as app:
        document = await app.run(world.read_plan(), {"token": world.token})

    assert (document["status"], document["error"]["path"]) == ("failed", "pay")
    assert document["error"]["code"] != "in_doubt"

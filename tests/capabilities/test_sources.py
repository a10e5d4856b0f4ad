"""A source is asked what it offers: within its time, and with a clear word where it does not say."""

import asyncio
import json
import os
import sys
from pathlib import Path

import msgspec
import pytest

from batuta.capabilities.sources import kind_of, offered, sources_of
from batuta.capabilities.workspace import open_catalog
from batuta.config import Workspace, workspace_from_yaml
from batuta.errors import InputError, NotFound, WorkspaceError
from batuta.imports.manifest import Entry, made
from batuta.imports.pin import write_pin
from tests.outbound.servers import reply, serving

SERVICE = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "2"},
    "servers": [{"url": "https://shop.example"}],
    "paths": {
        "/orders": {
            "get": {"operationId": "orders", "responses": {"200": {"description": "all"}}},
            "post": {"operationId": "order", "responses": {"201": {"description": "made"}}},
        }
    },
}


def workspace(folder: Path, text: str) -> Workspace:
    return msgspec.structs.replace(workspace_from_yaml(text), root=str(folder))


def test_sources_are_known_by_name_and_kind(tmp_path: Path) -> None:
    both = workspace(tmp_path, "mcp: {crm: {command: [x]}}\nopenapi: {shop: {document: a.json}}\n")
    assert sources_of(both) == {"crm": "mcp", "shop": "openapi"}
    with pytest.raises(NotFound) as error:
        kind_of(both, "shup")
    assert "shop" in error.value.remedy


def test_two_sources_of_one_name_are_a_flaw(tmp_path: Path) -> None:
    text = "mcp: {shop: {command: [x]}}\nopenapi:\n  shop: {document: a.json}\n"
    with pytest.raises(WorkspaceError) as error:
        workspace(tmp_path, text)
    (found,) = error.value.findings
    assert (found.code, found.place.line) == ("B608", 3)


async def test_what_cannot_be_called_because_its_name_is_taken_is_told(tmp_path: Path) -> None:
    write_pin(tmp_path, "file", made("mcp", [Entry("read"), Entry("rows"), Entry("own")]))
    opened = await open_catalog(workspace(tmp_path, "mcp: {file: {command: [x]}}\n"))
    cards = opened.catalog.cards()
    await opened.catalog.close()
    assert opened.flaws["file"].message.startswith(
        "file.read and 1 more of 'file' cannot be called"
    )
    assert (cards["file.read"].kind, cards["file.own"].kind) == ("file", "mcp")


async def test_a_service_is_read_from_where_its_pin_says(tmp_path: Path) -> None:
    shop = workspace(
        tmp_path, "openapi: {shop: {server: 'https://shop.example', only: [orders]}}\n"
    )
    async with serving(reply(200, SERVICE)) as server:
        url = f"{server.url}/api.json"
        offer = await offered(shop, "shop", origin={"url": url})
    assert offer.manifest.origin == {"url": url}
    assert offer.taken == ("orders",)
    assert (offer.card("orders").name, offer.card("orders").effect) == ("shop.orders", "read")


@pytest.mark.parametrize(
    ("url", "said", "remedy"),
    [
        ("http://10.0.0.1/api.json", "not public", "network.allow_private"),
        ("http://127.0.0.1:9/api.json", "cannot be reached", "check the address"),
    ],
)
async def test_a_description_that_cannot_be_reached_is_told_with_what_to_do(
    tmp_path: Path, url: str, said: str, remedy: str
) -> None:
    shop = workspace(tmp_path, "openapi: {shop: {server: 'https://shop.example'}}\n")
    with pytest.raises(InputError) as error:
        await offered(shop, "shop", origin={"url": url})
    assert said in error.value.message
    assert remedy in error.value.remedy


@pytest.mark.parametrize(
    "body", [b"<html>no</html>", b"{", b"[1]", json.dumps({"openapi": "9"}).encode(), b"\xff\xfe"]
)
async def test_what_is_no_description_is_an_error_of_input(tmp_path: Path, body: bytes) -> None:
    shop = workspace(tmp_path, "openapi: {shop: {server: 'https://shop.example'}}\n")
    async with serving(reply(200, body)) as server:
        with pytest.raises(InputError):
            await offered(shop, "shop", origin={"url": f"{server.url}/api.json"})


MUTE = "import os, time; open('pid', 'w').write(f'{os.getpid()}.'); time.sleep(99)"


def mute(folder: Path) -> Workspace:
    """A server that says nothing, and writes down which process it is."""
    return workspace(
        folder, f"mcp: {{mute: {{command: {json.dumps([sys.executable, '-c', MUTE])}}}}}\n"
    )


async def test_a_server_that_does_not_say_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"did not say what it offers within 0\.1 s"):
        await offered(mute(tmp_path), "mute", listen_s=0.1)


async def test_who_stops_asking_leaves_no_process(tmp_path: Path) -> None:
    asking = asyncio.create_task(offered(mute(tmp_path), "mute"))
    async with asyncio.timeout(60):
        while not (pid := _pid(tmp_path)):  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.02)
    asking.cancel()
    await asyncio.wait([asking])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _pid(folder: Path) -> int:
    file = folder / "pid"
    said = file.read_text() if file.exists() else ""
    return int(said[:-1]) if said.endswith(".") else 0


async def test_a_secret_that_is_not_set_is_named(tmp_path: Path) -> None:
    text = (
        "mcp: {crm: {url: 'http://127.0.0.1:9/mcp', headers: {X-Key: 'env:NO_SUCH_KEY_OF_MINE'}}}\n"
    )
    with pytest.raises(InputError) as error:
        await offered(workspace(tmp_path, text), "crm")
    assert "NO_SUCH_KEY_OF_MINE" in error.value.message
    assert "export" in error.value.remedy

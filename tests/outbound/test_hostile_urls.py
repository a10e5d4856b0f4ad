"""Nobody is let in: whatever an address says, and however somebody is led there."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import batuta
from batuta.capabilities.http import HttpCapability
from batuta.errors import WorkspaceError
from batuta.outbound.exchange import LazyConnections, Request, Trouble
from batuta.outbound.redirects import send_following
from batuta.spec.call import Done, Failed
from tests.capabilities.calls import call_with
from tests.outbound.hostile_urls import ALL, NAMES
from tests.outbound.names import resolving
from tests.outbound.servers import Server, listening_with, reply, serving

NO_TIME_LIMIT = 2_000_000_000_000


@pytest.fixture
async def canary() -> AsyncIterator[Server]:
    """A server that nobody may reach."""
    async with serving(reply(200, "you are in")) as one:
        yield one
        assert one.connections == 0


def test_there_are_enough_of_them_and_no_two_alike() -> None:
    assert len(set(ALL)) == len(ALL) >= 120


@pytest.mark.parametrize("url", ALL)
async def test_no_configured_address_leads_inside(
    canary: Server, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    resolving(monkeypatch, **NAMES)
    connections = LazyConnections((), {})
    try:
        hostile = HttpCapability("x", {"url": url.replace("PORT", str(canary.port))}, connections)
    except WorkspaceError:
        return
    outcome = await hostile(call_with({}))
    await connections.close()
    assert isinstance(outcome, Failed)
    assert outcome.code in ("denied", "unavailable", "invalid")
    assert not outcome.in_doubt


async def test_no_redirect_leads_inside(canary: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    names = resolving(monkeypatch, **NAMES)
    location = ""

    async def lead(_: object, writer) -> None:
        # A header cannot carry what would end it.
        safe = location.replace("\r", "%0d").replace("\n", "%0a").encode()
        writer.write(b"HTTP/1.1 302 X\r\nLocation: " + safe + b"\r\nContent-Length: 0\r\n\r\n")

    async with serving(lead) as server:
        names.known["api.example"] = [["127.0.0.1"]]
        connections = LazyConnections([f"api.example:{server.port}"], {})
        for url in ALL:
            location = url.replace("PORT", str(canary.port))
            with pytest.raises(Trouble) as error:
                await send_following(
                    connections,
                    Request("GET", f"http://api.example:{server.port}/", {}),
                    until=NO_TIME_LIMIT,
                    answer_bytes_max=1_000,
                )
            # What is no URL is a path on the same server, which only leads on and on.
            assert error.value.code in ("denied", "unavailable", "redirected"), url
        await connections.close()


# -- rebinding --------------------------------------------------------------------------------------


async def test_a_name_is_looked_up_once_for_a_connection_and_that_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, canary: Server
) -> None:
    async with serving(reply(200, "public")) as public:
        # The first look-up gives what may be reached; the second, if there were one, the canary.
        names = resolving(monkeypatch, turning_example=[["127.0.0.1"], ["127.0.0.2"]])
        connections = LazyConnections([f"127.0.0.1:{public.port}"], {})
        url = f"http://turning.example:{public.port}/"
        assert await _get(connections, url) == b'"public"'
        assert names.asked == ["turning.example"]
        # Kept open, it is the same connection: nobody is asked again.
        assert await _get(connections, url) == b'"public"'
        assert names.asked == ["turning.example"]
        await connections.close()


async def test_a_name_that_turned_to_the_inside_is_refused_at_the_next_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(reply(200, "public", connection="close")) as public:
        names = resolving(monkeypatch, turning_example=[["127.0.0.1"], ["10.0.0.1"]])
        connections = LazyConnections([f"127.0.0.1:{public.port}"], {})
        url = f"http://turning.example:{public.port}/"
        await _get(connections, url)
        with pytest.raises(Trouble, match=r"10\.0\.0\.1, which is not public") as error:
            await _get(connections, url)
        await connections.close()
    assert (error.value.code, error.value.sent) == ("denied", False)
    assert len(names.asked) == 2


async def test_of_many_addresses_only_those_that_may_be_reached_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(reply(200, "public")) as public:
        inside: list[int] = []

        async def within(reader, writer) -> None:
            inside.append(1)
            writer.close()

        try:
            async with listening_with(within, host="127.0.0.2", port=public.port):
                resolving(monkeypatch, both_example=[["127.0.0.2", "127.0.0.1"]])
                connections = LazyConnections(["127.0.0.1"], {})
                said = await _get(connections, f"http://both.example:{public.port}/")
                await connections.close()
        except OSError:
            pytest.skip("this system has one loopback address only")
    assert said == b'"public"'
    assert inside == []


async def _get(connections: LazyConnections, url: str) -> bytes:
    request = Request("GET", url, {"Host": url.split("/")[2]})
    return (await connections.send(request, timeout_s=5, answer_bytes_max=1_000)).body


async def test_a_permission_for_a_name_opens_it_where_it_is_private_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, canary: Server
) -> None:
    async with serving(reply(200, "ours")) as ours:
        resolving(monkeypatch, ours_example=[["127.0.0.1"]], theirs_example=[["127.0.0.1"]])
        connections = LazyConnections([f"ours.example:{ours.port}"], {})
        for host, port, reached in (
            ("ours.example", ours.port, True),
            ("ours.example", canary.port, False),
            ("theirs.example", ours.port, False),
            ("127.0.0.1", ours.port, False),
        ):
            one = HttpCapability("x", {"url": f"http://{host}:{port}/"}, connections)
            assert isinstance(await one(call_with({})), Done) is reached
        await connections.close()


# -- one door ---------------------------------------------------------------------------------------

# What opens connections, and who may: the door itself, databases (their own protocol), servers that take requests, and
# the stand-ins for tests.
_CLIENTS = {
    "aiohttp", "ftplib", "http.client", "httpcore", "httpx", "httpx2", "imaplib", "poplib", "requests", "smtplib",
    "socket", "socketserver", "ssl", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
_OPENERS = {
    "create_connection", "create_datagram_endpoint", "getaddrinfo", "open_connection", "open_unix_connection",
    "sock_connect", "urlopen", "urlretrieve", "streamablehttp_client", "sse_client", "websocket_client",
}  # fmt: skip
_DOORS = ("outbound/", "testing/")
# It listens, and opens nothing.
_LISTENS = {"doors/http/server.py"}
# For programs elsewhere that ask a served workspace: it goes to the one address that they name, and no run uses it.
_FROM_OUTSIDE = {"client/exchange.py"}
# They make a client that is given a transport of the door, which a test of each shows.
_GIVEN_A_TRANSPORT = {"capabilities/model/providers.py", "capabilities/mcp/address.py"}


def test_nothing_but_the_door_opens_a_connection() -> None:
    root = Path(batuta.__file__).parent
    words = {one.rpartition(".")[2] for one in _CLIENTS | _OPENERS}
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith(_DOORS) or name in _LISTENS | _FROM_OUTSIDE or "/templates/" in name:
            continue
        text = path.read_text()
        # To read all of them as Python takes four seconds.
        if any(word in text for word in words) and (used := _clients_in(ast.parse(text))):
            found[name] = used
    assert {name: used for name, used in found.items() if name not in _GIVEN_A_TRANSPORT} == {}
    assert {one for name in _GIVEN_A_TRANSPORT for one in found.get(name, ())} <= {"httpx2"}


def test_the_look_for_clients_finds_them() -> None:
    for line in (
        "import urllib.request", "from http import client", "import httpx as h", "from socket import socket",
        "asyncio.open_connection('x', 1)", "def f():\n    import requests.adapters",
    ):  # fmt: skip
        assert _clients_in(ast.parse(line)), line
    assert not _clients_in(ast.parse("from urllib.parse import quote\nfrom http import HTTPStatus"))


def _clients_in(tree: ast.AST) -> set[str]:
    used = set[str]()
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        elif isinstance(node, ast.Attribute) and node.attr in _OPENERS:
            used.add(node.attr)
        for name in names:
            used |= {one for one in _CLIENTS if name == one or name.startswith(f"{one}.")}
            if name.rpartition(".")[2] in _OPENERS:
                used.add(name.rpartition(".")[2])
    return used

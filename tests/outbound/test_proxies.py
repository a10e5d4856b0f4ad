"""Which proxy a request goes through, and what a real one sees of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from batuta.outbound.exchange import Answer, LazyConnections, Request, Trouble
from batuta.outbound.proxies import Proxies, Unusable
from batuta.outbound.redirects import send_following
from tests.outbound.certificates import certificate_of
from tests.outbound.names import resolving
from tests.outbound.servers import Server, listening_with, reply, serving

PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


@pytest.mark.parametrize(
    ("environment", "encrypted", "host", "shown"),
    [
        ({}, True, "api.example", None),
        (PROXY, True, "api.example", "the proxy proxy.example:3128 (HTTPS_PROXY)"),
        (PROXY, False, "api.example", None),
        ({**PROXY, "https_proxy": "p:1"}, True, "a.example", "the proxy p:1 (https_proxy)"),
        ({"https_proxy": "  "}, True, "a.example", None),
        ({"ALL_PROXY": "https://p"}, False, "a.example", "the proxy p:443 (ALL_PROXY)"),
        ({"http_proxy": "http://u:p%40@p:8/"}, False, "a.example", "the proxy p:8 (http_proxy)"),
        ({"HTTP_PROXY": "p", "REQUEST_METHOD": "GET"}, False, "a.example", None),
        ({"HTTP_PROXY": "p"}, False, "localhost", None),
        ({"HTTP_PROXY": "p"}, False, "x.localhost.", None),
        ({"HTTP_PROXY": "p"}, False, "127.8.0.1", None),
        ({"HTTP_PROXY": "p"}, False, "::1", None),
    ],
)
def test_the_environment_says_which_proxy(environment, encrypted, host, shown) -> None:
    proxy = Proxies(environment).of(encrypted, host, 80)
    assert (proxy and proxy.shown) == shown


@pytest.mark.parametrize(
    ("word", "host", "direct"),
    [
        ("*", "a.example", True),
        ("a.example", "A.example.", True),
        ("example", "a.example", True),
        (".example", "a.example", True),
        ("*.example", "a.example", True),
        ("a.example", "ba.example", False),
        ("a.example:443", "a.example", True),
        ("a.example:444", "a.example", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("[fd00::1]:443", "fd00::1", True),
        ("10.0.0.0/8", "a.example", False),
        ("x, a.example", "a.example", True),
        ("", "a.example", False),
    ],
)
def test_no_proxy_names_what_is_reached_without(word: str, host: str, direct: bool) -> None:
    assert (Proxies({**PROXY, "NO_PROXY": word}).of(True, host, 443) is None) is direct


@pytest.mark.parametrize(
    "said", ["socks5://p:1", "http://", "http://p:x", "http://[", "http://a b"]
)
def test_what_is_no_proxy_is_refused_and_not_repeated(said: str) -> None:
    with pytest.raises(Unusable) as error:
        Proxies({"HTTPS_PROXY": said}).of(True, "a.example", 443)
    assert "HTTPS_PROXY" in str(error.value)
    assert "p:" not in str(error.value).partition("like")[0]


class Tunnels:
    """A proxy that hands tunnels, and requests in the whole form, to one server; `heads` are what it was asked."""

    def __init__(self, port: int, refusal: bytes = b"") -> None:
        self.heads: list[str] = []
        self.open: set[asyncio.Task[None]] = set()
        self._port = port
        self._refusal = refusal

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.decode())
        if self._refusal:
            writer.write(self._refusal)
        else:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
            if head.startswith(b"CONNECT "):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                there_writer.write(head)
            with suppress(ConnectionError):
                await asyncio.gather(copy(reader, there_writer), copy(there_reader, writer))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65_536):
        writer.write(piece)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def proxied(
    port: int, *, refusal: bytes = b"", user: str = ""
) -> AsyncIterator[tuple[Tunnels, LazyConnections]]:
    """A proxy before the server on `port`, and connections that the environment sends through it."""
    tunnels = Tunnels(port, refusal)
    async with listening_with(tunnels.serve) as at:
        url = f"http://{user}127.0.0.1:{at}"
        connections = LazyConnections((), {"HTTP_PROXY": url, "HTTPS_PROXY": url})
        yield tunnels, connections
        await connections.close()
        await asyncio.gather(*tunnels.open)


async def asked(connections: LazyConnections, url: str, *, named: bool = True) -> Answer:
    request = Request("GET", url, {"Host": url.split("/")[2]}, named=named)
    return await connections.send(request, timeout_s=5, answer_bytes_max=10_000)


async def refused(connections: LazyConnections, url: str, *, named: bool = True) -> Trouble:
    with pytest.raises(Trouble) as error:
        await asked(connections, url, named=named)
    assert error.value.sent is False
    return error.value


async def test_a_plain_request_is_handed_over_whole_with_what_the_proxy_wants_to_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = resolving(monkeypatch, api_example=[["93.184.215.14"]])
    user = "me:secret%20word@"
    async with (
        serving(reply(200, 1)) as server,
        proxied(server.port, user=user) as (proxy, connections),
    ):
        assert (await asked(connections, "http://api.example/a?b=c")).body == b"1"
    first, *lines = proxy.heads[0].split("\r\n")
    assert first == "GET http://api.example/a?b=c HTTP/1.1"
    assert "Host: api.example" in lines
    assert "Proxy-Authorization: Basic bWU6c2VjcmV0IHdvcmQ=" in lines
    assert names.asked == ["api.example"]


async def test_an_encrypted_request_goes_through_a_tunnel_that_cannot_read_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = certificate_of("api.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file.with_suffix(".crt")))
    resolving(monkeypatch, api_example=[["93.184.215.14"]])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)

    async def say_one(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, 1))

    server = Server(say_one)
    async with (
        listening_with(server.serve, ssl=context) as port,
        proxied(port) as (proxy, connections),
    ):
        assert (await asked(connections, "https://api.example/a")).body == b"1"
        # A host that a server chose is asked for by the address that was vetted.
        assert (await asked(connections, "https://api.example/b", named=False)).body == b"1"
    lines = [head.split("\r\n")[0] for head in proxy.heads]
    assert lines == ["CONNECT api.example:443 HTTP/1.1", "CONNECT 93.184.215.14:443 HTTP/1.1"]
    assert [seen.target for seen in server.seen] == ["/a", "/b"]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_private_address_is_refused_before_any_proxy_is_asked(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    resolving(monkeypatch, inner_example=[["10.0.0.1"]])
    async with serving(reply(200, 1)) as server, proxied(server.port) as (proxy, connections):
        for host in ("10.0.0.1", "inner.example", "169.254.169.254", "0xA9FEA9FE"):
            assert (await refused(connections, f"{scheme}://{host}/")).code == "denied"
    assert proxy.heads == []


async def test_only_a_name_of_the_operators_is_left_for_the_proxy_to_look_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch)
    async with serving(reply(200, 1)) as server, proxied(server.port) as (proxy, connections):
        assert (await asked(connections, "http://only.there.example/")).body == b"1"
        trouble = await refused(connections, "http://only.there.example/", named=False)
    assert "which a server leads to" in trouble.message
    assert len(proxy.heads) == 1


async def test_a_redirect_to_somewhere_else_is_nothing_the_operator_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch, api_example=[["93.184.215.14"]])
    there = reply(302, b"", location="http://only.there.example/")
    async with serving(there) as server, proxied(server.port) as (proxy, connections):
        with pytest.raises(Trouble, match="which a server leads to"):
            await send_following(
                connections,
                Request("GET", "http://api.example/", {}),
                until=2_000_000_000_000,
                answer_bytes_max=1_000,
            )
    assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    ("refusal", "code", "said"),
    [
        (b"HTTP/1.1 407 Who\r\n\r\n", "denied", "wants to know who asks"),
        (b"HTTP/1.1 403 No\r\n\r\n", "denied", "does not connect to api.example:443 (it says 403)"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "unavailable", "does not answer as a proxy does"),
        (b"HTTP/1.1 200 OK\r\n\r\nand more", "unavailable", "does not answer as a proxy does"),
        (b"x" * 20_000, "unavailable", "does not answer as a proxy does"),
        (b"HTTP/1.1 2", "unavailable", "does not answer as a proxy does"),
    ],
)
async def test_a_proxy_that_will_not_or_is_none_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, refusal: bytes, code: str, said: str
) -> None:
    resolving(monkeypatch, api_example=[["93.184.215.14"]])
    async with proxied(1, refusal=refusal, user="me:hunter22@") as (_, connections):
        trouble = await refused(connections, "https://api.example/")
    assert (trouble.code, said in trouble.message) == (code, True)
    assert "hunter22" not in trouble.message

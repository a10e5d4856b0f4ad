"""An HTTP request as a capability, against servers that behave and servers that do not."""

import asyncio
import gzip
import socket
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from batuta.capabilities.http import HttpCapability
from batuta.errors import WorkspaceError
from batuta.outbound.exchange import LazyConnections
from batuta.spec.call import Done, Failed, Outcome
from tests.capabilities.calls import call_with
from tests.hurry import LATER_S, hurry
from tests.outbound.certificates import certificate_of
from tests.outbound.servers import Seen, Server, listening_with, reply, serving

ENVIRONMENT = {"TOKEN": "secret-canary-31415", "EMPTY": ""}


class Web:
    """Makes HTTP capabilities that share connections, with permission for the loopback network."""

    def __init__(self, allow: tuple[str, ...] = ("127.0.0.0/8",), **environment: str) -> None:
        self.connections = LazyConnections(allow, ENVIRONMENT | environment)

    def capability(self, url: str, method: str = "GET", **settings: Any) -> HttpCapability:
        data = {"kind": "http", "url": url, "method": method, **settings}
        return HttpCapability("web", data, self.connections)

    async def call(
        self, url: str, method: str = "GET", /, *, args: Any = None, **settings: Any
    ) -> Outcome:
        return await self.capability(url, method, **settings)(call_with(args or {}))


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    one = Web()
    yield one
    await one.connections.close()


def verdict(outcome: Outcome) -> tuple[str, str]:
    """The code of a failure, and what may be done about it."""
    assert isinstance(outcome, Failed)
    assert not (outcome.may_retry and outcome.in_doubt)
    what = "again" if outcome.may_retry else "in doubt" if outcome.in_doubt else "final"
    return outcome.code, what


# -- what is sent -----------------------------------------------------------------------------------


async def test_a_get_puts_its_arguments_into_path_and_query(web: Web) -> None:
    async with serving(reply(200, {"hits": [1]})) as server:
        args = {"id": "a/b c?", "q": "x&y", "n": [1, 2], "on": True, "none": None}
        outcome = await web.call(server.url + "/docs/{id}?v=1", args=args)
    assert outcome == Done({"hits": [1]})
    assert server.seen[0].target == "/docs/a%2Fb%20c%3F?v=1&q=x%26y&n=1&n=2&on=true"
    assert server.seen[0].body == b""
    assert "idempotency-key" not in server.seen[0].headers


async def test_a_post_puts_its_arguments_into_a_json_body_under_its_key(web: Web) -> None:
    async with serving(reply(201, {"n": 1})) as server:
        args = {"account": "a1", "amount": 12.5, "note": "für dich"}
        outcome = await web.call(server.url + "/accounts/{account}/payments", "POST", args=args)
    assert outcome == Done({"n": 1})
    seen = server.seen[0]
    assert (seen.method, seen.target) == ("POST", "/accounts/a1/payments")
    assert seen.json() == {"amount": 12.5, "note": "für dich"}
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["idempotency-key"] == "key-1"
    assert seen.headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("method", "effect", "keyed"),
    [
        ("GET", None, False),
        ("HEAD", None, False),
        ("GET", "write", True),
        ("POST", "read", False),
        ("POST", "idempotent", True),
        ("DELETE", None, True),
        ("PUT", None, True),
    ],
)
async def test_the_key_goes_with_everything_that_is_not_a_read(
    web: Web, method: str, effect: Any, keyed: bool
) -> None:
    async with serving(reply(204, b"", content_length="")) as server:
        await web.call(server.url, method, effect=effect)
    assert ("idempotency-key" in server.seen[0].headers) == keyed


async def test_one_argument_may_be_the_whole_body(web: Web) -> None:
    async with serving(reply()) as server:
        await web.call(server.url + "/{id}", "PUT", body="rows", args={"id": 3, "rows": [1, 2]})
        wrong = await web.call(server.url, "PUT", body="rows", args={"rows": [], "more": 1})
    assert server.seen[0].body == b"[1,2]"
    assert wrong == Failed("invalid", "more: the body is rows alone")


async def test_headers_take_values_from_the_environment(web: Web) -> None:
    async with serving(reply()) as server:
        headers = {"Authorization": "Bearer env:TOKEN", "accept": "text/csv", "X-Plain": "yes"}
        await web.call(server.url, headers=headers)
    seen = server.seen[0].headers
    assert seen["authorization"] == "Bearer secret-canary-31415"
    assert (seen["accept"], seen["x-plain"]) == ("text/csv", "yes")


async def test_a_missing_variable_is_named_and_nothing_is_sent(web: Web) -> None:
    async with serving(reply()) as server:
        for name in ("MISSING", "EMPTY"):
            outcome = await web.call(server.url, headers={"X-Key": f"env:{name}"})
            assert outcome == Failed(
                "invalid", f"the environment has no {name}, which a header needs"
            )
    assert server.seen == []


async def test_a_url_may_begin_with_a_variable() -> None:
    async with serving(reply(200, {})) as server:
        web = Web(BASE=server.url + "/v1/")
        assert await web.call("env:BASE/x/{id}", args={"id": 7}) == Done({})
        assert server.seen[0].target == "/v1/x/7"
        bad = Web(BASE="file:///etc/passwd")
        assert verdict(await bad.call("env:BASE/x")) == ("invalid", "final")
        await web.connections.close()


@pytest.mark.parametrize("value", ["..", ".", "", "../admin", "a/../b", "..\\x", "a\nb", "a\0"])
async def test_no_argument_changes_the_path(web: Web, value: str) -> None:
    async with serving(reply()) as server:
        outcome = await web.call(server.url + "/users/{id}/posts", args={"id": value})
    assert verdict(outcome) == ("invalid", "final")
    assert server.seen == []


@pytest.mark.parametrize("value", [None, {"a": 1}, [1]])
async def test_a_path_takes_texts_and_numbers_only(web: Web, value: Any) -> None:
    assert verdict(await web.call("http://127.0.0.1:1/{id}", args={"id": value})) == (
        "invalid",
        "final",
    )


async def test_arguments_are_checked_against_the_stated_schema(web: Web) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    async with serving(reply(200, 1)) as server:
        capability = web.capability(server.url, "POST", input=schema)
        assert capability.card.input == schema
        assert await capability(call_with({"n": 1})) == Done(1)
        outcome = await capability(call_with({"n": "x"}))
    assert outcome == Failed("invalid", 'n: "x" is not of type "integer"')


async def test_a_body_above_one_mebibyte_is_not_sent(web: Web) -> None:
    async with serving(reply()) as server:
        outcome = await web.call(server.url, "POST", args={"text": "x" * 1_048_576})
    assert verdict(outcome) == ("invalid", "final")
    assert server.seen == []


# -- what comes back ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (reply(200, {"a": 12345678901234567}), {"a": 12345678901234567}),
        (reply(200, [1], content_type="application/problem+json; charset=utf-8"), [1]),
        (reply(200, [1], content_type=""), [1]),
        (reply(204, b"", content_length=""), None),
        (reply(200, b" "), None),
        (reply(200, b"<p>hi</p>", content_type="text/html"), "<p>hi</p>"),
        (reply(200, b"gr\xfc\xdfe", content_type="text/plain; charset=latin-1"), "grüße"),
        (reply(200, b"\xff\xfe", content_type="text/plain; charset=nonsense"), "��"),
        (reply(200, b"not json", content_type=""), "not json"),
        (reply(200, gzip.compress(b'{"a": 1}'), content_encoding="gzip"), {"a": 1}),
    ],
)
async def test_an_answer_becomes_the_value(web: Web, answer: bytes, value: Any) -> None:
    async with serving(answer) as server:
        assert await web.call(server.url) == Done(value)


async def test_a_long_text_is_cut_and_says_so(web: Web) -> None:
    async with serving(reply(200, b"x" * 300_000, content_type="text/plain")) as server:
        outcome = await web.call(server.url)
    assert isinstance(outcome, Done)
    assert outcome.value[262_144:] == "… [cut: 300,000 characters]"


async def test_head_gives_status_and_headers(web: Web) -> None:
    async with serving(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nETag: x\r\nSet-Cookie: a=b\r\n\r\n"
    ) as server:
        outcome = await web.call(server.url, "HEAD")
    assert outcome == Done({"status": 200, "headers": {"content-length": "9", "etag": "x"}})


async def test_no_cookie_is_kept_between_calls(web: Web) -> None:
    async with serving(reply(200, 1, set_cookie="session=1; Path=/")) as server:
        await web.call(server.url)
        await web.call(server.url)
    assert ["cookie" in seen.headers for seen in server.seen] == [False, False]
    assert server.connections == 1


# -- refusals ---------------------------------------------------------------------------------------

REFUSALS = [
    (400, {}, "http_400", "final", "final"),
    (401, {}, "denied", "final", "final"),
    (404, {}, "http_404", "final", "final"),
    (408, {}, "timeout", "again", "again"),
    (409, {}, "http_409", "final", "final"),
    (425, {}, "unavailable", "again", "again"),
    (429, {}, "rate_limited", "again", "again"),
    (500, {}, "unavailable", "in doubt", "again"),
    (502, {}, "unavailable", "in doubt", "again"),
    (503, {}, "unavailable", "in doubt", "again"),
    (503, {"retry_after": "2"}, "unavailable", "again", "again"),
    (504, {}, "unavailable", "in doubt", "again"),
    (300, {}, "redirected", "final", "final"),
]


@pytest.mark.parametrize(("status", "headers", "code", "write", "read"), REFUSALS)
async def test_what_may_be_done_after_a_refusal_depends_on_the_effect(
    web: Web, status: int, headers: dict[str, str], code: str, write: str, read: str
) -> None:
    async with serving(reply(status, {"error": "because"}, **headers)) as server:
        assert verdict(await web.call(server.url, "POST")) == (code, write)
        assert verdict(await web.call(server.url, "GET")) == (code, read)
        assert verdict(await web.call(server.url, "POST", effect="idempotent")) == (code, read)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2", 2.0), ("0.5", 0.5), ("-3", 0.0), ("9e9", 86_400.0), ("nan", None), ("soon", None)],
)
async def test_retry_after_is_read_in_seconds_within_bounds(
    web: Web, text: str, seconds: float | None
) -> None:
    async with serving(reply(429, {}, retry_after=text)) as server:
        outcome = await web.call(server.url)
    assert isinstance(outcome, Failed)
    assert outcome.retry_after_s == seconds


async def test_retry_after_may_be_a_date(web: Web) -> None:
    at = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    async with serving(reply(503, {}, retry_after=at)) as server:
        outcome = await web.call(server.url, "POST")
    assert isinstance(outcome, Failed)
    assert outcome.retry_after_s is not None
    assert 50 < outcome.retry_after_s <= 60


async def test_a_refusal_quotes_what_the_server_said(web: Web) -> None:
    async with serving(reply(422, {"error": "no such account", "more": "x" * 9_000})) as server:
        outcome = await web.call(server.url, "POST")
    assert isinstance(outcome, Failed)
    assert outcome.message.startswith('it answered 422: {"error": "no such account"')
    assert len(outcome.message) < 600


# -- lost, late and broken answers --------------------------------------------------------------------


async def hang_up(_: Seen, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(_: Seen, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def garbage(_: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 smtp.example ready\r\n")
    writer.close()


@pytest.mark.parametrize("handler", [hang_up, reset, garbage])
async def test_a_connection_lost_after_sending_leaves_a_write_in_doubt(
    web: Web, handler: Any
) -> None:
    async with serving(handler) as server:
        assert verdict(await web.call(server.url, "POST")) == ("unavailable", "in doubt")
        assert verdict(await web.call(server.url, "POST", effect="idempotent")) == (
            "unavailable",
            "again",
        )
        assert verdict(await web.call(server.url, "GET")) == ("unavailable", "again")
    assert len(server.seen) == 3


async def test_a_late_answer_is_a_time_out_that_leaves_a_write_in_doubt(web: Web) -> None:
    release = asyncio.Event()

    async def stall(_: Seen, writer: asyncio.StreamWriter) -> None:
        hurry()
        await release.wait()
        writer.close()

    async with serving(stall) as server:
        for method, expected in (("POST", "in doubt"), ("GET", "again")):
            call = call_with({}, deadline=time.time() + LATER_S)
            outcome = await web.capability(server.url, method)(call)
            assert verdict(outcome) == ("timeout", expected)
        release.set()


async def test_a_request_that_was_sent_may_have_cost_all_it_can(web: Web) -> None:
    async with serving(hang_up) as server:
        lost = await web.call(server.url, price_usd=1)
    refused = await web.call("http://no-such-host.invalid/", price_usd=1)
    assert isinstance(lost, Failed)
    assert isinstance(refused, Failed)
    assert (lost.cost_nusd, refused.cost_nusd) == (-1, 0)


async def test_without_time_left_nothing_is_sent(web: Web) -> None:
    async with serving(reply()) as server:
        call = call_with({}, deadline=time.time())
        outcome = await web.capability(server.url, "POST")(call)
    assert verdict(outcome) == ("timeout", "again")
    assert server.seen == []


async def test_a_refused_connection_promises_that_nothing_happened(web: Web) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert verdict(await web.call(url, "POST")) == ("unavailable", "again")


async def test_an_unknown_name_promises_that_nothing_happened(web: Web) -> None:
    outcome = await web.call("http://no-such-host.invalid/", "POST")
    assert verdict(outcome) == ("unavailable", "again")
    assert isinstance(outcome, Failed)
    assert "no-such-host.invalid is not known" in outcome.message


async def test_a_server_that_does_not_speak_tls_promises_that_nothing_happened(web: Web) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with listening_with(plain) as port:
        outcome = await web.call(f"https://127.0.0.1:{port}", "POST")
    assert verdict(outcome) == ("unavailable", "again")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate of `localhost`, in one file."""
    return certificate_of("localhost", tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize(
    ("trusted", "host", "reached"),
    [(True, "localhost", True), (True, "127.0.0.1", False), (False, "localhost", False)],
)
async def test_tls_checks_the_name_of_the_host_at_the_vetted_address(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, host: str, reached: bool
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    web = Web()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = Server(_say_one)
    async with listening_with(server.serve, ssl=context) as port:
        outcome = await web.call(f"https://{host}:{port}", "POST")
    await web.connections.close()
    assert outcome == Done(1) if reached else verdict(outcome) == ("unavailable", "again")
    assert len(server.seen) == reached


async def _say_one(_: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(reply(200, 1))


TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[1, 2"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n"
BOMB = gzip.compress(b"[" + b" " * 64 * 1_048_576 + b"]")
BROKEN_ANSWERS = [
    (TRUNCATED, "its answer broke off"),
    (CHUNKED, "its answer broke off"),
    (reply(200, b"[1, 2"), "its answer is not the JSON it says it is"),
    (reply(200, b'{"a": NaN}'), "its answer is not the JSON it says it is"),
    (reply(200, b"[" * 100_000), "its answer is not the JSON it says it is"),
    (reply(200, b"x" * (8 * 1_048_576 + 1)), "its answer exceeds 8,388,608 bytes"),
    (reply(200, BOMB, content_encoding="gzip"), "its answer exceeds 8,388,608 bytes"),
    (reply(200, b"zz", content_encoding="gzip"), "its answer is packed wrongly"),
    (reply(200, gzip.compress(b"[1]" * 999)[:-9], content_encoding="gzip"), "its answer broke off"),
    (reply(200, b"zz", content_encoding="br"), "its answer is packed as 'br'"),
]


@pytest.mark.parametrize(("answer", "why"), BROKEN_ANSWERS)
async def test_a_success_whose_answer_cannot_be_read_leaves_a_write_in_doubt(
    web: Web, answer: bytes, why: str
) -> None:
    async def say(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with serving(say) as server:
        outcome = await web.call(server.url, "POST")
        assert isinstance(outcome, Failed)
        assert outcome.message.startswith(f"it answered 200, but {why}")
        assert verdict(outcome) == ("invalid_answer", "in doubt")
        assert verdict(await web.call(server.url)) == ("invalid_answer", "again")


async def test_a_refusal_whose_text_breaks_off_is_still_a_refusal(web: Web) -> None:
    async def say(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(TRUNCATED.replace(b"200 OK", b"422 No"))
        await writer.drain()
        writer.close()

    async with serving(say) as server:
        outcome = await web.call(server.url, "POST")
    assert outcome == Failed("http_422", "it answered 422: [1, 2")


@pytest.mark.parametrize("size", [0, 1, 262_143, 262_144, 262_145, 524_288, 1_000_003])
async def test_an_answer_is_unpacked_whole(web: Web, size: int) -> None:
    text = b'"' + b"ab" * (size // 2) + b'"'
    async with serving(reply(200, gzip.compress(text), content_encoding="gzip")) as server:
        outcome = await web.call(server.url)
    assert outcome == Done("ab" * (size // 2))


async def test_a_bomb_is_noticed_before_it_goes_off(web: Web) -> None:
    async with serving(reply(200, BOMB, content_encoding="gzip")) as server:
        tracemalloc.start()
        try:
            await web.call(server.url)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak_bytes < 32 * 1_048_576


async def test_an_endless_answer_ends_at_its_bound(web: Web) -> None:
    async def pour(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        for _part in range(1_000):
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with serving(pour) as server:
        outcome = await web.call(server.url)
    assert verdict(outcome) == ("invalid_answer", "again")


async def test_cancelling_closes_the_connection(web: Web) -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await reader.read()
        gone.set()
        writer.close()

    async with listening_with(watch) as port:
        task = asyncio.create_task(web.call(f"http://127.0.0.1:{port}"))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(gone.wait(), 60)


# -- where it may go --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow", "host", "reached"),
    [
        ((), "127.0.0.1", False),
        ((), "localhost", False),
        ((), "127.1", False),
        ((), "2130706433", False),
        ((), "0x7f000001", False),
        ((), "[::ffff:127.0.0.1]", False),
        ((), "0.0.0.0", False),
        (("127.0.0.1",), "127.0.0.1", True),
        (("127.0.0.0/8",), "localhost", True),
        (("localhost",), "localhost", True),
        (("localhost",), "127.0.0.1", False),
        (("10.0.0.0/8",), "127.0.0.1", False),
        (("127.0.0.1:1",), "127.0.0.1", False),
    ],
)
async def test_private_addresses_are_reached_by_permission_only(
    allow: tuple[str, ...], host: str, reached: bool
) -> None:
    web = Web(allow)
    async with serving(reply(200, "in")) as server:
        outcome = await web.call(f"http://{host}:{server.port}/", "POST")
    await web.connections.close()
    if reached:
        assert outcome == Done("in")
    else:
        assert verdict(outcome) == ("denied", "final")
        assert server.seen == []


async def test_a_permission_may_be_for_one_port() -> None:
    async with serving(reply(200, "in")) as server:
        web = Web((f"127.0.0.1:{server.port}",))
        assert await web.call(server.url) == Done("in")
        await web.connections.close()


async def test_this_machine_is_reached_without_the_proxy_of_the_environment(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(reply(200, "direct")) as server, serving(reply(200, "proxy")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert await web.call(server.url) == Done("direct")


# -- redirects --------------------------------------------------------------------------------------


def to(location: str, status: int = 302) -> bytes:
    return reply(status, b"", location=location)


async def test_a_read_follows_a_redirect(web: Web) -> None:
    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, seen.target) if seen.target == "/b?c=d" else to("/b?c=d"))

    async with serving(answer) as server:
        assert await web.call(server.url + "/a") == Done("/b?c=d")


async def test_a_redirect_to_another_server_takes_no_configured_header_along(web: Web) -> None:
    async with serving(reply(200, "there")) as other, serving(to(other.url)) as server:
        headers = {"Authorization": "Bearer env:TOKEN", "X-Api-Key": "k"}
        assert await web.call(server.url, headers=headers) == Done("there")
    assert "authorization" in server.seen[0].headers
    assert not {"authorization", "x-api-key"} & other.seen[0].headers.keys()
    assert other.seen[0].headers["host"] == f"127.0.0.1:{other.port}"


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    async with serving(reply(200, "in")) as inner, serving(to(inner.url)) as server:
        web = Web((f"127.0.0.1:{server.port}",))
        assert verdict(await web.call(server.url)) == ("denied", "final")
        await web.connections.close()
    assert inner.seen == []


@pytest.mark.parametrize(
    "location",
    ["", "file:///etc/passwd", "ftp://x/", "http://u:p@127.0.0.1/", "//", "http://[::1", "\\\\x"],
)
async def test_a_redirect_to_something_else_is_refused(web: Web, location: str) -> None:
    async with serving(to(location)) as server:
        assert verdict(await web.call(server.url)) == ("redirected", "final")


async def test_a_redirect_from_https_to_http_is_refused(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    web = Web()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with serving(reply(200, "plain")) as plain:

        async def away(_: Seen, writer: asyncio.StreamWriter) -> None:
            writer.write(to(plain.url))

        async with listening_with(Server(away).serve, ssl=context) as port:
            outcome = await web.call(f"https://localhost:{port}")
    await web.connections.close()
    assert verdict(outcome) == ("redirected", "final")
    assert plain.seen == []


async def test_what_a_read_has_sent_is_not_sent_on_to_another_server(web: Web) -> None:
    async with serving(reply(200, "there")) as other, serving(to(other.url, 307)) as server:
        outcome = await web.call(server.url, "POST", effect="read", args={"a": "private"})
    assert verdict(outcome) == ("redirected", "final")
    assert other.seen == []


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST")])
async def test_a_read_that_sends_something_is_redirected_as_browsers_do(
    web: Web, status: int, method: str
) -> None:
    async def answer(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, "there") if seen.target == "/b" else to("/b", status))

    async with serving(answer) as server:
        assert await web.call(server.url + "/a", "POST", effect="read", args={"a": 1}) == Done(
            "there"
        )
    followed = server.seen[1]
    assert (followed.method, bool(followed.body)) == (method, method == "POST")
    assert ("content-type" in followed.headers) == (method == "POST")


async def test_redirects_in_a_circle_end(web: Web) -> None:
    async with serving(to("/")) as server:
        assert verdict(await web.call(server.url)) == ("redirected", "final")
    assert len(server.seen) == 6


@pytest.mark.parametrize(
    ("status", "expected"), [(301, "final"), (307, "final"), (302, "in doubt"), (303, "in doubt")]
)
async def test_a_write_follows_no_redirect(web: Web, status: int, expected: str) -> None:
    async with serving(to("/b", status)) as server:
        assert verdict(await web.call(server.url + "/a", "POST")) == ("redirected", expected)
        assert verdict(await web.call(server.url + "/a", "PUT", effect="idempotent")) == (
            "redirected",
            "final",
        )
    assert [seen.target for seen in server.seen] == ["/a", "/a"]


# -- secrets ----------------------------------------------------------------------------------------


async def test_a_secret_that_comes_back_is_scrubbed(web: Web) -> None:
    async def echo(seen: Seen, writer: asyncio.StreamWriter) -> None:
        status = int(seen.target.removeprefix("/"))
        writer.write(reply(status, {"you sent": dict(seen.headers)}))

    headers = {"Authorization": "Bearer env:TOKEN"}
    async with serving(echo) as server:
        shown = [
            repr(await web.call(f"{server.url}/{status}", headers=headers))
            for status in (200, 400, 500)
        ]
    assert ["secret-canary" in text for text in shown] == [False, False, False]
    assert ["Bearer [secret]" in text for text in shown] == [True, True, True]


async def test_a_secret_is_in_no_card_and_no_log(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with serving(hang_up) as server:
        capability = web.capability(server.url, headers={"Authorization": "Bearer env:TOKEN"})
        outcome = await capability(call_with({}))
    assert "secret-canary" not in repr(capability.card) + repr(outcome) + caplog.text


# -- reconciliation ---------------------------------------------------------------------------------


async def reconciled(web: Web, answer: bytes, **settings: Any) -> tuple[Outcome, Server]:
    async with serving(answer) as server:
        asking = {"url": server.url + "/payments/{account}?key={key}", **settings}
        capability = web.capability(server.url, "POST", reconcile=asking)
        assert capability.card.in_doubt == "reconcile"
        outcome = await capability.reconcile(call_with({"account": "a/1"}, key="k&1"))
    return outcome, server


@pytest.mark.parametrize(
    ("answer", "settings", "expected"),
    [
        (reply(200, {"n": 1}), {}, Done({"n": 1})),
        (reply(200, [{"n": 1}, {"n": 2}]), {}, Done({"n": 1})),
        (reply(200, {"entries": [{"n": 1}]}), {"field": "entries"}, Done({"n": 1})),
        (reply(200, {"a": {"b": {"n": 1}}}), {"field": "a.b"}, Done({"n": 1})),
    ],
)
async def test_reconcile_finds_what_happened_under_the_key(
    web: Web, answer: bytes, settings: dict[str, str], expected: Outcome
) -> None:
    outcome, server = await reconciled(web, answer, **settings)
    assert outcome == expected
    assert (server.seen[0].method, server.seen[0].target) == ("GET", "/payments/a%2F1?key=k%261")


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        (reply(404, {"error": "none"}), {}),
        (reply(200, []), {}),
        (reply(200, {"entries": []}), {"field": "entries"}),
        (reply(200, {"payment": None}), {"field": "payment"}),
    ],
)
async def test_reconcile_finds_that_nothing_happened(
    web: Web, answer: bytes, settings: dict[str, str]
) -> None:
    outcome, _ = await reconciled(web, answer, **settings)
    assert verdict(outcome) == ("not_done", "again")


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        (reply(500, []), {}),
        (reply(429, []), {}),
        (reply(403, {}), {}),
        (reply(302, b"", location="/"), {}),
        (reply(204, b"", content_length=""), {}),
        (reply(200, b"null"), {}),
        (reply(200, b"no", content_type="text/plain"), {}),
        (reply(200, [1]), {}),
        (reply(200, b"[1,"), {}),
        (reply(200, {"items": []}), {"field": "entries"}),
        (reply(200, []), {"field": "entries"}),
    ],
)
async def test_any_other_answer_to_reconcile_means_that_nobody_knows(
    web: Web, answer: bytes, settings: dict[str, str]
) -> None:
    outcome, _ = await reconciled(web, answer, **settings)
    assert verdict(outcome) == ("unknown", "in doubt")


async def test_an_answer_that_broke_off_says_nothing_about_what_happened(web: Web) -> None:
    async def say(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[]")
        await writer.drain()
        writer.close()

    async with serving(say) as server:
        asking = {"url": server.url + "/?key={key}"}
        capability = web.capability(server.url, "POST", reconcile=asking)
        assert verdict(await capability.reconcile(call_with({}))) == ("unknown", "in doubt")


async def test_a_server_that_is_down_says_nothing_about_what_happened(web: Web) -> None:
    asking = {"url": "http://127.0.0.1:9/?key={key}"}
    capability = web.capability("http://127.0.0.1:9", "POST", reconcile=asking)
    assert verdict(await capability.reconcile(call_with({}))) == ("unknown", "in doubt")


# -- settings ---------------------------------------------------------------------------------------


def test_the_card_says_what_the_settings_say(web: Web) -> None:
    card = web.capability("https://x.example/{id}", "PUT", description="d", timeout="5s").card
    assert (card.effect, card.reach, card.kind, card.in_doubt) == ("write", "egress", "http", "ask")
    assert (card.description, card.timeout_s, card.declared) == ("d", 5.0, True)
    assert card.input == {
        "type": "object",
        "properties": {"id": {"type": ["string", "number", "boolean"]}},
        "required": ["id"],
        "additionalProperties": True,
    }
    assert web.capability("https://x.example").card.effect == "read"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "ftp://x.example/"}, "does not begin with http:// or https:// and a host"),
        ({"url": "x.example"}, "does not begin with http:// or https:// and a host"),
        ({"url": "https://"}, "does not begin with http:// or https:// and a host"),
        ({"url": "https://{host}/x"}, "no argument may choose scheme, host or port"),
        ({"url": "https://x.example:{port}/"}, "is wrong"),
        ({"url": "https://u:p@x.example/"}, "credentials in a URL end up in logs"),
        ({"url": "https://x.example/#a"}, "has a fragment"),
        ({"url": "https://x.example/{a"}, "has a brace that is not around a name"),
        ({"url": "https://x.example/{a-b}"}, "has a brace that is not around a name"),
        ({"url": "https://x.example/\n"}, "has characters that no URL has"),
        ({"url": "https://x.example:99999/"}, "is wrong"),
        ({"method": "FETCH"}, "method: invalid enum value 'FETCH'"),
        ({"headers": {"a b": "c"}}, "is no name of a header"),
        ({"headers": {"Host": "c"}}, "headers.Host: it is set for you"),
        ({"headers": {"Idempotency-Key": "c"}}, "it is set for you"),
        ({"headers": {"A": "b\r\nC: d"}}, "it has characters no header can carry"),
        ({"headers": {"A": 1}}, "headers[...]: expected a text, got a whole number"),
        ({"body": "x"}, "body: the method sends none"),
        ({"in_doubt": "reconcile"}, "in_doubt: reconcile needs reconcile"),
        ({"reconcile": {"url": "x"}}, "does not begin with http:// or https:// and a host"),
        ({"input": {"type": "objekt"}}, "input: the schema itself is wrong"),
        ({"retries": 3}, "unknown key retries"),
        ({"timeout": "soon"}, "timeout: 'soon' is not a duration"),
    ],
)
def test_wrong_settings_are_refused_when_they_are_read(
    web: Web, settings: dict[str, Any], message: str
) -> None:
    data = {"kind": "http", "url": "https://x.example/"} | settings
    with pytest.raises(WorkspaceError) as caught:
        HttpCapability("web", data, web.connections)
    assert message in caught.value.message

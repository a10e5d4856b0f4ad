"""A connection: what leaves together, what is read though nobody listens any more, and what is not used again."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from batuta.outbound.addresses import permissions_from
from batuta.outbound.exchange import Answer, Request, Trouble
from batuta.outbound.net import VettedConnections
from batuta.outbound.streams import leaving, open_stream
from tests.outbound.certificates import certificate_of
from tests.outbound.servers import Seen, Server, listening_with, reply, serving

MIB = 1_024 * 1_024


@contextlib.asynccontextmanager
async def connections() -> AsyncIterator[VettedConnections]:
    made = VettedConnections(permissions_from(["127.0.0.1", "::1", "localhost"]), {})
    try:
        yield made
    finally:
        await made.close()


@contextlib.asynccontextmanager
async def peer(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """The port of a server that hands its one connection to `serve`, and ends after it has ended."""
    ended = asyncio.Event()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                await serve(reader, writer)
        finally:
            writer.close()
            ended.set()

    async with listening_with(one) as port:
        yield port
        async with asyncio.timeout(90):
            await ended.wait()


async def over(reader: asyncio.StreamReader) -> None:
    """Read until the other side has gone."""
    while await reader.read(MIB):
        pass


async def post(
    out: VettedConnections, url: str, body: bytes = b"{}", within_s: float = 20
) -> Answer:
    headers = {"Host": "x", "Content-Length": str(len(body))}
    request = Request("POST", url, headers, body)
    return await out.send(request, timeout_s=within_s, answer_bytes_max=8 * MIB)


async def test_head_and_body_of_a_request_leave_together() -> None:
    pieces: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pieces.append(await reader.read(MIB))
        writer.write(reply())

    async with peer(serve) as port, connections() as out:
        await post(out, f"http://127.0.0.1:{port}/", b'{"a": 1}')
    (whole,) = pieces
    assert whole.endswith(b'\r\n\r\n{"a": 1}')


@pytest.mark.parametrize("size", [1, 64 * 1_024, 64 * 1_024 + 1, 5 * MIB])
async def test_bodies_of_any_size_arrive_as_they_were_sent_both_ways(size: int) -> None:
    async def back(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, seen.body))

    body = (bytes(range(251)) * (size // 251 + 1))[:size]
    async with serving(back) as server, connections() as out:
        for _ in range(2):
            assert (await post(out, server.url, body)).body == body
        assert server.connections == 1


async def test_who_answers_before_the_end_of_a_request_and_closes_is_understood() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply(413, b"too much", content_type="text/plain", connection="close"))
        await over(reader)

    async with peer(serve) as port, connections() as out:
        answer = await post(out, f"http://127.0.0.1:{port}/", b"x" * 100_000)
    assert (answer.status, answer.body) == (413, b"too much")


async def test_an_encrypted_connection_is_kept_for_the_next_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_of("localhost", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def back(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, seen.body))

    server = Server(back)
    async with listening_with(server.serve, ssl=context) as port, connections() as out:
        for size in (2, 200_000, 2):
            answer = await post(out, f"https://localhost:{port}/", b"x" * size)
            assert len(answer.body) == size
    assert (len(server.seen), server.connections) == (3, 1)


@pytest.mark.parametrize("stray", [b"?", b""])
async def test_a_connection_on_which_something_came_unasked_is_of_no_use_any_more(
    stray: bytes,
) -> None:
    now = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await now.wait()
        writer.write(stray)
        if stray:
            await over(reader)

    async with peer(serve) as port:
        stream = await open_stream("127.0.0.1", port)
        assert not stream.get_extra_info("is_readable")
        now.set()
        async with asyncio.timeout(90):
            while not stream.get_extra_info("is_readable"):  # noqa: ASYNC110 - it does not tell
                await asyncio.sleep(0.001)
        await stream.aclose()
        assert stream.get_extra_info("is_readable")


async def test_what_is_written_to_a_connection_that_is_gone_has_not_left() -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await over(reader)

    async with peer(serve) as port:
        stream = await open_stream("127.0.0.1", port)
        sent = [False]
        token = leaving.set(sent)
        await stream.aclose()
        await stream.write(b"x")
        async with asyncio.timeout(90):
            assert (await stream.read(1), sent) == (b"", [False])
        leaving.reset(token)


async def test_a_peer_that_never_reads_costs_the_time_of_the_call_and_may_have_got_it() -> None:
    over_there = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await over_there.wait()
        await over(reader)

    async with peer(serve) as port, connections() as out:
        with pytest.raises(Trouble) as caught:
            await post(out, f"http://127.0.0.1:{port}/", b"x" * 30 * MIB, within_s=2)
        over_there.set()
    assert (caught.value.code, caught.value.sent) == ("timeout", True)


async def test_an_answer_that_nobody_reads_is_not_taken_from_the_peer_without_bound() -> None:
    taken, full = 0, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while taken < 1_000:
            taken += 1
            writer.write(b"x" * MIB)
            try:
                async with asyncio.timeout(1):
                    await writer.drain()
            except TimeoutError:
                break
        full.set()

    async with peer(serve) as port, connections() as out:
        request = Request("GET", f"http://127.0.0.1:{port}/", {"Host": "x"})
        arriving = await out.begin(request, timeout_s=20)
        async with asyncio.timeout(60):
            await full.wait()
        await arriving.close()
    assert taken < 100

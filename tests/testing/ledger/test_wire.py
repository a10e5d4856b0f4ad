import asyncio
import json
import socket
from urllib.parse import urlsplit

import pytest

from batuta.testing.ledger import Ledger
from batuta.testing.ledger.wire import BODY_BYTES_MAX, HEAD_BYTES_MAX


def connect(ledger: Ledger) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(ledger.url).port or 0), timeout=90)


def say(ledger: Ledger, raw: bytes) -> tuple[int, dict[str, object]]:
    """Send bytes, end the sending, and return status and JSON of the one answer."""
    with connect(ledger) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(body)


def posting(body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST /effects/raw HTTP/1.1", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"NaN",
        b"[1e999]",
        b"-Infinity",
        b"[" * 100_000,
        b"1" * 5_000,
        b"{} {}",
    ],
)
def test_a_body_that_is_no_json_is_refused_and_not_applied(ledger: Ledger, body: bytes) -> None:
    before = ledger.path.read_bytes()
    status, answer = say(ledger, posting(body))
    assert (status, sorted(answer)) == (400, ["error", "remedy"])
    assert ledger.path.read_bytes() == before


def test_deep_json_is_kept_or_refused_but_never_breaks_the_ledger(ledger: Ledger) -> None:
    for depth in (100, 500, 900, 980, 1_000, 5_000):
        status, _ = say(ledger, posting(b"[" * depth + b"]" * depth))
        assert status in (201, 400), depth
    assert ledger.request("GET", "/book") == (200, {"entries": ledger.book()})


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /payments HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /payments HTTP/1.1\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_BYTES_MAX + b"\r\n\r\n", 431),
    ],
)
def test_a_broken_request_is_answered_with_its_fault(
    ledger: Ledger, raw: bytes, status: int
) -> None:
    answered, answer = say(ledger, raw)
    assert (answered, sorted(answer)) == (status, ["error", "remedy"])


def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_refused(ledger: Ledger) -> None:
    text = "x" * (BODY_BYTES_MAX - 2)
    assert ledger.request("POST", "/effects/large", text)[0] == 201
    assert ledger.request("POST", "/effects/large", text + "x")[0] == 413
    assert ledger.request("POST", "/effects/large", text * 8)[0] == 413


def test_half_a_request_is_not_applied(ledger: Ledger) -> None:
    before = ledger.path.read_bytes()
    with connect(ledger) as connection:
        connection.sendall(posting(b'{"a": 1}')[:-1])
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert ledger.path.read_bytes() == before


def test_a_client_that_asks_before_sending_its_body_is_told_to_go_on(ledger: Ledger) -> None:
    request = posting(b"[1]", b"Expect: 100-continue", b"Connection: close")
    with connect(ledger) as connection:
        connection.sendall(request[:-3])
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(request[-3:])
        assert connection.recv(100).startswith(b"HTTP/1.1 201 Created\r\n")


def test_sixty_four_kept_connections_apply_every_request_once(ledger: Ledger) -> None:
    before = len(ledger.book())

    async def talk(number: int) -> None:
        port = urlsplit(ledger.url).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for index in range(10):
            writer.write(posting(b"1", b"Idempotency-Key: many-%d-%d" % (number, index)))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 201")
            await reader.readexactly(int(head.split(b"Content-Length: ")[1].split()[0]))
        writer.close()
        await writer.wait_closed()

    async def talk_all() -> None:
        await asyncio.gather(*(talk(number) for number in range(64)))

    asyncio.run(talk_all())
    new = ledger.book()[before:]
    assert {entry["key"] for entry in new} == {
        f"many-{number}-{index}" for number in range(64) for index in range(10)
    }
    assert len(new) == 640

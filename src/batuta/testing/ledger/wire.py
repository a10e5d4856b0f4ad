"""HTTP/1.1 as the ledger speaks it: small requests with JSON bodies in, JSON answers out."""

import asyncio
import json
import math
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

BODY_BYTES_MAX = 1024 * 1024
HEAD_BYTES_MAX = 32 * 1024
# After a refusal that leaves the body unread we go on reading this much, so that a client which
# is still sending sees our answer instead of a reset connection.
LINGER_BYTES_MAX = 16 * BODY_BYTES_MAX
LINGER_S = 2.0


class Refusal(Exception):
    """A request that is answered with an error: status, what is wrong and what to do about it."""

    def __init__(self, status: int, what: str, remedy: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived. `path` is decoded, header names are in lower case."""

    method: str
    path: str
    segments: tuple[str, ...]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    keep_alive: bool

    @property
    def key(self) -> str | None:
        """The `Idempotency-Key`, or None."""
        return self.headers.get("idempotency-key") or None

    def json(self) -> Any:
        """Return the body as JSON, None if it is empty; `Refusal` 400 if it is not JSON."""
        if not self.body:
            return None
        try:
            return json.loads(self.body, parse_float=_finite, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Refusal(
                400, f"the body is not JSON: {error}", "send one UTF-8 JSON document"
            ) from None

    def object(self) -> dict[str, Any]:
        """Return the body as a JSON object, {} if it is empty; `Refusal` 400 otherwise."""
        body = self.json()
        if body is None:
            return {}
        if not isinstance(body, dict):
            raise Refusal(400, "the body is not a JSON object", 'send {"name": value, ...}')
        return body  # pyright: ignore[reportUnknownVariableType]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON body, further headers."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def refusing(cls, refusal: Refusal) -> "Reply":
        """Return the answer that tells `refusal`."""
        return cls(refusal.status, {"error": refusal.what, "remedy": refusal.remedy})

    def encode(self, keep_alive: bool) -> bytes:
        """Return the bytes of the whole answer."""
        body = json.dumps(self.body, allow_nan=False).encode() + b"\n"
        head = [
            f"HTTP/1.1 {self.status} {_phrase(self.status)}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            *(() if keep_alive else ("Connection: close",)),
        ]
        return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    """Return the next request, or None if the client has gone; `Refusal` if it is not valid."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise Refusal(
            431, f"the head is larger than {HEAD_BYTES_MAX} bytes", "send fewer headers"
        ) from None
    start, *lines = head[:-4].decode("latin-1").split("\r\n")
    method, target, version = _start(start)
    headers = _headers(lines)
    length_bytes = _length_bytes(headers)
    if length_bytes and headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        body = await reader.readexactly(length_bytes) if length_bytes else b""
    except asyncio.IncompleteReadError:
        return None
    path, _, query = target.partition("?")
    return Request(
        method=method,
        path=unquote(path),
        segments=tuple(unquote(segment) for segment in path[1:].split("/")),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=body,
        keep_alive=version == "HTTP/1.1" and headers.get("connection", "").lower() != "close",
    )


async def linger(reader: asyncio.StreamReader) -> None:
    """Read and forget what a refused client still sends, within bounds."""
    left_bytes = LINGER_BYTES_MAX
    try:
        async with asyncio.timeout(LINGER_S):
            while left_bytes > 0 and (chunk := await reader.read(64 * 1024)):
                left_bytes -= len(chunk)
    except (TimeoutError, ConnectionError):
        pass


def _start(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not parts[1].startswith("/") or not parts[2].startswith("HTTP/1."):
        raise Refusal(400, "the request line is not HTTP/1.1", "send METHOD /path HTTP/1.1")
    return parts[0], parts[1], parts[2]


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name or name != name.strip():
            raise Refusal(400, f"header line {line[:80]!r} is not valid", "send Name: value")
        if name in headers and name in {"content-length", "idempotency-key"}:
            raise Refusal(400, f"header {name} is given twice", "send it once")
        headers[name] = value.strip()
    return headers


def _length_bytes(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise Refusal(411, "the body has no stated length", "send Content-Length, not chunks")
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()):
        raise Refusal(400, f"Content-Length {text[:80]!r} is not a number", "send bytes as digits")
    # Compared as text first: int() refuses absurdly long digit strings with an error of its own.
    if len(text) > 18 or int(text) > BODY_BYTES_MAX:
        raise Refusal(413, f"the body is larger than {BODY_BYTES_MAX} bytes", "send a smaller body")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"number {text[:40]} is out of range")
    return number


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON value")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Scripted"

"""What an SDK sends, and what comes back: without secrets, within bounds."""

from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest

from batuta.outbound.exchange import Answer, Request, Streamed
from batuta.outbound.headers import HeaderTemplates
from batuta.outbound.transport import OutboundTransport, Untransported

SECRET = "sk-12345678"


class Told:
    """An answer in given pieces."""

    def __init__(self, status: int, headers: Mapping[str, str], pieces: list[bytes]) -> None:
        self.status, self.headers, self._pieces = status, headers, pieces
        self.closed = False

    async def pieces(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    async def close(self) -> None:
        self.closed = True


class Wire:
    """Connections that give one answer, and remember what was sent."""

    def __init__(self, pieces: list[bytes], status: int = 200, packed: str = "") -> None:
        self.told = Told(status, {"content-encoding": packed} if packed else {}, pieces)
        self.sent: list[Request] = []

    async def send(self, request: Request, *, timeout_s: float, answer_bytes_max: int) -> Answer:
        raise AssertionError("models are answered piece by piece")

    async def begin(self, request: Request, *, timeout_s: float) -> Streamed:
        self.sent.append(request)
        return self.told

    async def close(self) -> None: ...


def client_of(wire: Wire, bytes_max: int = 1_000) -> httpx2.AsyncClient:
    headers = HeaderTemplates({"Authorization": "Bearer env:KEY"})
    transport = OutboundTransport(wire, "http://m/v1", headers, {"KEY": SECRET}, bytes_max)
    return httpx2.AsyncClient(transport=transport, trust_env=False)


@pytest.mark.parametrize("at", range(1, len(SECRET)))
async def test_a_secret_that_comes_back_in_two_pieces_is_taken_out(at: int) -> None:
    wire = Wire([b"key " + SECRET[:at].encode(), SECRET[at:].encode() + b" sk-1234 end sk-"])
    async with client_of(wire) as client:
        answer = await client.post("http://m/v1/x")
    assert answer.text == "key [secret] sk-1234 end sk-"
    assert wire.told.closed


async def test_what_cannot_be_a_secret_does_not_wait() -> None:
    wire = Wire([b"data: hello\n\n", b"data: s", b"data: x"])
    async with client_of(wire) as client, client.stream("POST", "http://m/v1/x") as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert pieces == [b"data: hello\n\n", b"data: ", b"sdata: x"]


async def test_only_our_key_and_plain_answers_are_asked_for() -> None:
    wire = Wire([b""])
    async with client_of(wire) as client:
        theirs = {"x-api-key": "theirs", "Authorization": "theirs", "Cookie": "theirs"}
        await client.post("http://m/v1/x", headers=theirs, content=b"{}")
    (sent,) = wire.sent
    assert "theirs" not in sent.headers.values()
    assert sent.headers["Authorization"] == f"Bearer {SECRET}"
    assert sent.headers["Accept-Encoding"] == "identity"
    assert (sent.method, sent.url, sent.body) == ("POST", "http://m/v1/x", b"{}")


async def test_nothing_goes_to_another_server() -> None:
    wire = Wire([b""])
    async with client_of(wire) as client:
        with pytest.raises(Untransported) as caught:
            await client.post("http://elsewhere/v1/x")
    assert (caught.value.trouble.code, wire.sent) == ("redirected", [])


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (Wire([b"x" * 600, b"x" * 600]), "exceeds 1,000 bytes"),
        (Wire([b"x"], packed="gzip"), "packed as 'gzip'"),
    ],
)
async def test_what_is_too_large_or_packed_is_refused(wire: Wire, said: str) -> None:
    async with client_of(wire) as client:
        with pytest.raises(Untransported) as caught:
            await client.post("http://m/v1/x")
    assert said in str(caught.value)
    assert caught.value.trouble.code == "invalid_answer"
    assert wire.told.closed


async def test_a_refusal_is_there_whole_and_without_secrets() -> None:
    wire = Wire([f'{{"error": "no key {SECRET}"}}'.encode()], status=401)
    async with client_of(wire) as client:
        answer = await client.post("http://m/v1/x")
    assert (answer.status_code, answer.text) == (401, '{"error": "no key [secret]"}')


async def test_a_token_of_the_sdk_goes_out_only_where_it_is_its_own_to_send() -> None:
    headers = HeaderTemplates({"X-Team": "env:KEY"})
    wire = Wire([b"token-12345 and sk-12345678"])
    transport = OutboundTransport(
        wire,
        "http://m/v1",
        headers,
        {"KEY": SECRET},
        1_000,
        elsewhere=["http://issuer/x"],
        authorizes=True,
    )
    async with httpx2.AsyncClient(transport=transport, trust_env=False) as client:
        answer = await client.post("http://m/v1", headers={"Authorization": "Bearer token-12345"})
        await client.post("http://issuer/token")
        with pytest.raises(Untransported):
            await client.post("http://another/token")
    assert answer.text == "[secret] and [secret]"
    own, elsewhere = [
        {k: v for k, v in one.headers.items() if k in ("authorization", "X-Team")}
        for one in wire.sent
    ]
    assert own == {"authorization": "Bearer token-12345", "X-Team": SECRET}
    assert elsewhere == {}

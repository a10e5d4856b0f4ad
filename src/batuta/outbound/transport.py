"""The HTTP client that the SDKs are given: everything they send goes through `batuta.outbound`.

Keys never reach an SDK: they get a placeholder, and the real one is put into the request when nothing else is done with
it any more. What comes back is read without it. Imported with the SDKs, at the first call.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Mapping
from urllib.parse import urlsplit

import httpx2

from batuta.errors import InputError
from batuta.outbound.exchange import Connections, Request, Streamed, Trouble
from batuta.outbound.headers import HeaderTemplates, removed

__all__ = ["OutboundTransport", "Untransported"]

_REQUEST_BYTES_MAX = 64 * 1_024 * 1_024
_REFUSAL_BYTES_MAX = 64 * 1_024
_BEGIN_S = 86_400.0  # the call has a deadline of its own, and is cancelled then
# What an SDK would send of its own: keys it found in the environment, or our placeholder.
_NOT_THEIRS = frozenset(
    {"authorization", "x-api-key", "x-goog-api-key", "api-key", "accept-encoding", "host", "cookie"}
)
_THEIRS_TO_LEAVE = frozenset({"connection", "transfer-encoding"})


class Untransported(httpx2.TransportError):
    """There is no answer; `trouble` says why."""

    def __init__(self, trouble: Trouble, request: httpx2.Request) -> None:
        super().__init__(trouble.message, request=request)
        self.trouble = trouble


class OutboundTransport(httpx2.AsyncBaseTransport):
    """Carries requests to the one server at `base_url`, with `headers` filled from `environment`.

    `answer_bytes_max`: a longer answer breaks off. `elsewhere`: other servers that may be asked, without `headers`.
    `authorizes`: the SDK has a token of its own, which goes where it wants it to go.
    """

    def __init__(
        self,
        connections: Connections,
        base_url: str,
        headers: HeaderTemplates,
        environment: Mapping[str, str],
        answer_bytes_max: int,
        *,
        elsewhere: Collection[str] = (),
        authorizes: bool = False,
    ) -> None:
        self._connections = connections
        self._origin = _origin(base_url)
        self._elsewhere = {_origin(url) for url in elsewhere}
        self._not_theirs = _NOT_THEIRS - {"authorization"} if authorizes else _NOT_THEIRS
        self._headers = headers
        self._environment = environment
        self._answer_bytes_max = answer_bytes_max

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to `request`, its body still coming unless it is a refusal."""
        try:
            return await self._answer(request, await request.aread())
        except Trouble as trouble:
            raise Untransported(trouble, request) from None

    async def _answer(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        url = str(request.url)
        origin = _origin(url)
        if origin != self._origin and origin not in self._elsewhere:
            raise Trouble("it leads to another server", code="redirected", sent=False)
        if len(body) > _REQUEST_BYTES_MAX:
            text = f"the request has {len(body):,} bytes, at most {_REQUEST_BYTES_MAX:,}"
            raise Trouble(text, code="too_long", sent=False)
        try:
            own, secrets = self._headers.fill(self._environment)
        except InputError as error:
            raise Trouble(error.message, code="no_key", sent=False) from None
        if origin != self._origin:
            own = {}
        headers = {"Host": urlsplit(url).netloc, "Accept-Encoding": "identity"}
        for name, value in request.headers.items():
            if name.lower() not in self._not_theirs | _THEIRS_TO_LEAVE:
                headers[name] = value
        if "authorization" not in self._not_theirs:
            secrets.append(request.headers.get("authorization", "").partition(" ")[2])
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        answer = await self._connections.begin(
            Request(request.method, url, headers | own, body),
            timeout_s=limits.get("read") or _BEGIN_S,
        )
        try:
            return await self._response(request, answer, secrets)
        except BaseException:
            await answer.close()
            raise

    async def _response(
        self, request: httpx2.Request, answer: Streamed, secrets: list[str]
    ) -> httpx2.Response:
        packed = answer.headers.get("content-encoding", "identity").strip().lower()
        if packed not in ("", "identity"):
            text = f"its answer is packed as {packed[:40]!r}, though it was asked not to"
            raise Trouble(text, code="invalid_answer", sent=True)
        kept = {k: v for k, v in answer.headers.items() if k not in _THEIRS_TO_LEAVE}
        kept.pop("content-length", None)
        stream = _Body(answer, secrets, self._answer_bytes_max, request)
        if 200 <= answer.status < 300:
            return httpx2.Response(answer.status, headers=kept, stream=stream, request=request)
        stream.bytes_max = _REFUSAL_BYTES_MAX
        said = b"".join([piece async for piece in stream])
        await stream.aclose()
        return httpx2.Response(answer.status, headers=kept, content=said, request=request)


class _Body(httpx2.AsyncByteStream):
    """The body without secrets; what may be the beginning of one waits until it is sure that it is none."""

    def __init__(
        self, answer: Streamed, secrets: Iterable[str], bytes_max: int, request: httpx2.Request
    ) -> None:
        self._answer = answer
        self._secrets = tuple(secrets)
        self._encoded = [one.encode() for one in self._secrets if one]
        self._request = request
        self.bytes_max = bytes_max
        # One for all who iterate: an SDK that has read to the end of its events goes on to the end of the body.
        self._pieces = self._without_secrets()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._pieces.aclose()
        await self._answer.close()

    async def _without_secrets(self) -> AsyncGenerator[bytes]:
        held, count = b"", 0
        try:
            async for piece in self._answer.pieces():
                count += len(piece)
                if count > self.bytes_max:
                    text = f"its answer exceeds {self.bytes_max:,} bytes"
                    raise Trouble(text, code="invalid_answer", sent=True)
                piece = removed(held + piece, self._secrets)
                cut = len(piece) - _begun(piece, self._encoded)
                piece, held = piece[:cut], piece[cut:]
                if piece:
                    yield piece
            if held:
                yield held
        except Trouble as trouble:
            raise Untransported(trouble, self._request) from None


def _begun(piece: bytes, secrets: Iterable[bytes]) -> int:
    """How many bytes at the end of `piece` may be the beginning of a secret."""
    longest = 0
    for secret in secrets:
        at = max(0, len(piece) - len(secret) + 1)
        while (at := piece.find(secret[:1], at)) >= 0:
            if secret.startswith(piece[at:]):
                longest = max(longest, len(piece) - at)
                break
            at += 1
    return longest


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc

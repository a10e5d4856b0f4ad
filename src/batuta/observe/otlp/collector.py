"""The collector: one request with spans, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from batuta.errors import InputError, WorkspaceError
from batuta.observe.otlp.spans import Span
from batuta.observe.otlp.wire import encoded, rejected
from batuta.outbound.exchange import LazyConnections, Request, Trouble
from batuta.outbound.headers import HeaderTemplates, removed, retry_after_s
from batuta.outbound.urls import UrlTemplate
from batuta.reading.observe import OtlpConfig

__all__ = ["Collector", "Told"]

_PATH = "/v1/traces"
_TIMEOUT_S = 10.0
_ANSWER_BYTES_MAX = 64 * 1_024
_QUOTED_CHARS = 200
# What it says of the spans themselves: they would be refused again.
_ABOUT_THE_SPANS = frozenset({400, 413, 422})


class Told(NamedTuple):
    """`word`: "taken"; "refused", the same spans would be again; or "later". `why`: what there is to say of it.

    `dropped`: spans that it did not take. `wait_s`: it wants to be left alone for so long.
    """

    word: Literal["taken", "refused", "later"]
    why: str = ""
    dropped: int = 0
    wait_s: float = 0.0


class Collector:
    """The one that `config` names. Raises `WorkspaceError` if a header is wrong."""

    def __init__(self, config: OtlpConfig, connections: LazyConnections, version: str) -> None:
        url = config.url.rstrip("/")
        url = url if url.endswith(_PATH) else url + _PATH
        try:
            self._url = UrlTemplate(url)
        except InputError as error:
            raise WorkspaceError(f"observe.otlp: {error.message}", remedy=error.remedy) from None
        self._headers = HeaderTemplates(config.headers)
        self._connections = connections
        self._version = version
        self._resource = {
            "service.name": config.service,
            "service.version": version,
            "telemetry.sdk.name": "batuta",
            "telemetry.sdk.language": "python",
            "telemetry.sdk.version": version,
        }

    async def close(self) -> None:
        """Let go of the connection."""
        await self._connections.close()

    async def tell(self, spans: Sequence[tuple[Span, Mapping[str, str]]]) -> Told:
        """Send `spans`, with the content that goes with each. Never raises what a collector can cause."""
        environment = self._connections.environment
        try:
            url = self._url.fill({}, environment)
            headers, secrets = self._headers.fill(environment)
        except InputError as error:
            return Told("later", error.message)
        body = encoded(spans, self._resource, self._version)
        headers = {
            "Host": urlsplit(url).netloc,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Accept-Encoding": "identity",
            **headers,
        }
        try:
            answer = await self._connections.send(
                Request("POST", url, headers, body),
                timeout_s=_TIMEOUT_S,
                answer_bytes_max=_ANSWER_BYTES_MAX,
            )
        except Trouble as trouble:
            return Told("later", trouble.message)
        said = removed(answer.body, secrets)
        if 200 <= answer.status < 300:
            dropped, why = rejected(said)
            return Told("taken", why[:_QUOTED_CHARS], dropped)
        why = f"it answers {answer.status}: {_quoted(said)}".rstrip(": ")
        if answer.status in _ABOUT_THE_SPANS:
            return Told("refused", why)
        return Told(
            "later", why, wait_s=retry_after_s(answer.headers.get("retry-after", "")) or 0.0
        )


def _quoted(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_QUOTED_CHARS]

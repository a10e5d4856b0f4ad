"""A collector of OpenTelemetry on the loopback: takes OTLP in JSON, as strictly as its description, and keeps it.

with Collector() as collector:
    ...                     # a workspace with observe: {otlp: {url: collector.url}}
    collector.spans         # what came, in order
"""

import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, NamedTuple, Self, cast

import msgspec

__all__ = ["Collector", "Reply", "Taken", "spans_in"]

_BODY_BYTES_MAX = 64 * 1_024 * 1_024


class Reply(NamedTuple):
    """What it answers: `pause_s` goes by first."""

    status: int = 200
    body: bytes = b'{"partialSuccess":{}}'
    headers: Mapping[str, str] = {}
    pause_s: float = 0.0


class Taken(NamedTuple):
    """A span that came; times in seconds of the Unix epoch. `parent` is "" without one, `status` 0, 1 or 2 (error)."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    begin: float
    end: float
    attributes: dict[str, Any]
    status: int
    message: str
    service: str


class Collector:
    """Listens as soon as it is made. `say` changes what it answers; only what it answers with 200 is kept.

    Attributes:
        bodies: every request, whatever was answered. headers: those of each, by lower-case name.
        flaws: what was no OTLP; a test is done when there are none.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.flaws: list[str] = []
        self._spans: list[Taken] = []
        self._reply: Callable[[], Reply] = Reply
        self._came = threading.Condition()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.collector = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """What a workspace writes."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def spans(self) -> list[Taken]:
        """What came so far."""
        with self._came:
            return list(self._spans)

    def say(self, *replies: Reply) -> None:
        """Answer with `replies`, one after the other; the last one for ever."""
        left = list(replies)
        self._reply = lambda: left.pop(0) if len(left) > 1 else left[0]

    def wait(self, enough: Callable[[list[Taken]], bool], timeout_s: float = 30.0) -> list[Taken]:
        """The spans, as soon as they are `enough`. Raises `TimeoutError`."""
        with self._came:
            if not self._came.wait_for(lambda: enough(self._spans), timeout_s):
                raise TimeoutError(
                    f"{len(self._spans)} spans came: {[s.name for s in self._spans]}"
                )
            return list(self._spans)

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Look at one request; what is answered."""
        with self._came:
            self.bodies.append(body)
            self.headers.append({name.lower(): value for name, value in headers.items()})
            reply = self._reply()
            if path != "/v1/traces":
                reply = Reply(404, b"no such path")
            try:
                spans = spans_in(body)
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                self.flaws.append(str(error))
                reply = Reply(400, str(error).encode())
            else:
                if reply.status == 200:
                    self._spans += spans
            self._came.notify_all()
            return reply

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    collector: Collector

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # who has gone, has gone


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = min(int(self.headers.get("content-length", "0")), _BODY_BYTES_MAX)
        body = self.rfile.read(size)
        collector = cast("_Server", self.server).collector
        reply = collector.take(self.path, dict(self.headers.items()), body)
        if reply.pause_s:
            time.sleep(reply.pause_s)
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(
        self, format: str, *args: Any
    ) -> None:  # its lines would stand in the middle of others'
        pass


# ── the wire, field by field, as opentelemetry-proto has it in JSON ───────────────────────────────────────────

_Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
_SpanId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
_Number = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,20}$")]


class _Strict(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    pass


class _Value(_Strict):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Annotated[str, msgspec.Meta(pattern="^-?[0-9]{1,19}$")] | None = None
    double_value: float | None = None
    array_value: "_Values | None" = None

    @property
    def plain(self) -> Any:
        if self.array_value is not None:
            return [one.plain for one in self.array_value.values]
        if self.int_value is not None:
            return int(self.int_value)
        said = (self.string_value, self.bool_value, self.double_value)
        return next(one for one in said if one is not None)


class _Values(_Strict):
    values: list[_Value]


class _Pair(_Strict):
    key: Annotated[str, msgspec.Meta(min_length=1)]
    value: _Value


class _Status(_Strict):
    code: Annotated[int, msgspec.Meta(ge=0, le=2)] = 0
    message: str = ""


class _Span(_Strict):
    trace_id: _Id
    span_id: _SpanId
    name: Annotated[str, msgspec.Meta(min_length=1)]
    kind: Annotated[int, msgspec.Meta(ge=1, le=5)]
    start_time_unix_nano: _Number
    end_time_unix_nano: _Number
    attributes: list[_Pair]
    parent_span_id: _SpanId | None = None
    status: _Status = msgspec.field(default_factory=_Status)


class _Scope(_Strict):
    name: str
    version: str = ""


class _Resource(_Strict):
    attributes: list[_Pair]


class _ScopeSpans(_Strict):
    scope: _Scope
    spans: list[_Span]


class _ResourceSpans(_Strict):
    resource: _Resource
    scope_spans: list[_ScopeSpans]


class _Request(_Strict):
    resource_spans: list[_ResourceSpans]


def spans_in(body: bytes) -> list[Taken]:
    """The spans of one request. Raises `msgspec.ValidationError`, `msgspec.DecodeError` if it is no OTLP."""
    found: list[Taken] = []
    for resource in msgspec.json.decode(body, type=_Request).resource_spans:
        service = _plain(resource.resource.attributes).get("service.name", "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                begin, end = int(span.start_time_unix_nano), int(span.end_time_unix_nano)
                if end < begin:
                    raise msgspec.ValidationError(f"{span.name} ends before it begins")
                found.append(
                    Taken(
                        trace=span.trace_id,
                        id=span.span_id,
                        parent=span.parent_span_id or "",
                        name=span.name,
                        kind=span.kind,
                        begin=begin / 1e9,
                        end=end / 1e9,
                        attributes=_plain(span.attributes),
                        status=span.status.code,
                        message=span.status.message,
                        service=service,
                    )
                )
    return found


def _plain(pairs: list[_Pair]) -> dict[str, Any]:
    said = {pair.key: pair.value.plain for pair in pairs}
    if len(said) != len(pairs):
        raise msgspec.ValidationError("an attribute is there twice")
    return said

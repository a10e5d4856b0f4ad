"""The server: threads on the loopback, so that synchronous tests, event loops and other processes can all ask it."""

import itertools
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self, cast

from batuta.testing.providers import anthropic, google, openai_chat, openai_responses
from batuta.testing.providers.schemas import flaws_of
from batuta.testing.providers.script import (
    Answer,
    Asked,
    Failure,
    Garbage,
    Reply,
    Script,
    input_count,
)

__all__ = ["Providers"]

_BODY_BYTES_MAX = 64 * 1_024 * 1_024
_GOOGLE = re.compile(r"/v1(?:beta)?/models/([^:/]+):(generateContent|streamGenerateContent)")


class _Wire(NamedTuple):
    text_of: Callable[[dict[str, Any]], str]
    whole: Callable[[Answer, str, int], dict[str, Any]]
    events: Callable[[Answer, str, int], Iterator[bytes]]
    error: Callable[[Failure], tuple[int, dict[str, Any]]]
    failed_event: Callable[[Failure], bytes]


_WIRES: Mapping[str, _Wire] = {
    name: _Wire(room.text_of, room.whole, room.events, room.error, room.failed_event)
    for name, room in {
        "openai-chat": openai_chat,
        "openai-responses": openai_responses,
        "anthropic": anthropic,
        "google": google,
    }.items()
}
_PATHS = {
    "/v1/chat/completions": "openai-chat",
    "/v1/responses": "openai-responses",
    "/v1/messages": "anthropic",
}
# What stands before the path of a request, for each provider.
_PREFIXES = {"openai": "/v1", "anthropic": "", "google": ""}


class Providers:
    """OpenAI, Anthropic and Google on one port of the loopback.

    `script`: replies in order, of which the last is given for ever; or a function that makes one of each request.
    `requests` are those that came, in order. `models` are named when it is asked what there is.
    """

    def __init__(
        self, script: Script = (Answer("ok"),), *, port: int = 0, models: Sequence[str] = ("tiny",)
    ) -> None:
        self.requests: list[Asked] = []
        self._models = tuple(models)
        self._lock = threading.Lock()
        self.say(script)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.providers = self
        self.port: int = self._server.server_address[1]

    def say(self, script: Script) -> None:
        """Answer by `script` from now on."""
        if not callable(script):
            if not script:
                raise ValueError("a script has at least one reply")
            replies = itertools.chain(script[:-1], itertools.repeat(script[-1]))
            self._next: Callable[[Asked], Reply] = lambda _: next(replies)
        else:
            self._next = script

    def url(self, provider: str = "openai") -> str:
        """What stands before the path of a request to `provider`: openai, anthropic or google."""
        return f"http://127.0.0.1:{self.port}{_PREFIXES[provider]}"

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply_to(self, asked: Asked) -> Reply:
        """The reply to a request, which is remembered."""
        with self._lock:
            self.requests.append(asked)
            return self._next(asked)

    @property
    def listing(self) -> dict[str, Any]:
        """The models there are, as OpenAI lists them."""
        found = [
            {"id": name, "object": "model", "created": 0, "owned_by": "script"}
            for name in self._models
        ]
        return {"object": "list", "data": found}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    providers: Providers

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is nothing to print; a flaw of ours is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a token that waits for the next is no stream

    @property
    def _providers(self) -> "Providers":
        assert isinstance(self.server, _Server)
        return self.server.providers

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests are in `Providers.requests`."""

    def do_GET(self) -> None:
        """What models there are."""
        if self.path.rstrip("/") == "/v1/models":
            self._send(200, self._providers.listing)
        else:
            self._send(404, {"error": {"message": f"there is no {self.path}"}})

    def do_POST(self) -> None:
        """One question to a model."""
        length = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(min(length, _BODY_BYTES_MAX))
        asked = self._asked(body)
        if asked is None:
            self._send(
                404, {"error": {"message": f"there is no {self.path}, or the body is no JSON"}}
            )
            return
        reply, wire = self._providers.reply_to(asked), _WIRES[asked.protocol]
        if isinstance(reply, Garbage):
            self._raw(reply.status, reply.body, reply.content_type)
        elif isinstance(reply, Failure) and not (asked.streams and reply.streamed is not None):
            self._fail(reply, wire)
        elif asked.streams:
            self._stream(reply, wire, asked)
        else:
            assert isinstance(reply, Answer)
            time.sleep(reply.first_s + reply.pause_s * len(reply.pieces))
            whole = wire.whole(reply, asked.model, input_count(reply, asked.text))
            self._send(200, whole, cut=reply.breaks_after is not None)

    def _asked(self, body: bytes) -> Asked | None:
        path, _, query = self.path.partition("?")
        found = _GOOGLE.fullmatch(path)
        protocol = "google" if found else _PATHS.get(path)
        try:
            data = json.loads(body)
        except ValueError:
            data = None
        if protocol is None or not isinstance(data, dict):
            return None
        read = cast("dict[str, Any]", data)
        return Asked(
            protocol=protocol,
            model=found[1] if found else str(read.get("model", "")),
            text=_text(protocol, read),
            body=read,
            headers={name.lower(): value for name, value in self.headers.items()},
            streams="alt=sse" in query if found else bool(read.get("stream")),
            tools=_tools(read),
            flaws=flaws_of(protocol, read),
        )

    def _fail(self, failure: Failure, wire: _Wire) -> None:
        status, body = wire.error(failure)
        wait = failure.retry_after_s
        headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
        self._send(status, body, headers)

    def _stream(self, reply: Answer | Failure, wire: _Wire, asked: Asked) -> None:
        said, left = reply, None
        if isinstance(reply, Failure):
            said, left = Answer("so far all is well"), (reply.streamed or 0) + 1
        assert isinstance(said, Answer)
        breaks = None if said.breaks_after is None else said.breaks_after + 1
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        time.sleep(said.first_s)
        for count, event in enumerate(
            wire.events(said, asked.model, input_count(said, asked.text))
        ):
            if count == breaks:
                self.close_connection = True
                self.connection.close()
                return
            if count == left:
                assert isinstance(reply, Failure)
                self._chunk(wire.failed_event(reply))
                break
            self._chunk(event)
            if said.pause_s:
                time.sleep(said.pause_s)
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _send(
        self, status: int, body: Any, headers: Mapping[str, str] | None = None, *, cut: bool = False
    ) -> None:
        self._raw(status, json.dumps(body).encode(), "application/json", headers, cut=cut)

    def _raw(
        self,
        status: int,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut


def _tools(body: dict[str, Any]) -> tuple[str, ...]:
    """The names of the tools that a request declares, in whichever format."""
    declared: list[Any] = []
    for tool in cast("list[dict[str, Any]]", body.get("tools") or []):
        declared += tool.get("functionDeclarations") or [tool.get("function") or tool]
    return tuple(str(one.get("name", "")) for one in declared)


def _text(protocol: str, body: dict[str, Any]) -> str:
    """What was said; nothing where the request is not of the form that its flaws will tell."""
    try:
        return _WIRES[protocol].text_of(body)
    except (TypeError, AttributeError, KeyError):
        return ""

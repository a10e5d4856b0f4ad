"""The outermost frame around every request: what it may bring, where it may come from, and what is said of it.

Each part is an ASGI application around the next one.
"""

import asyncio
import time
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from batuta.doors.cli.failures import as_ours
from batuta.doors.http.journal_of_requests import tell, tell_soon
from batuta.doors.http.metrics import Metrics
from batuta.doors.http.pace import Pace, origin_of
from batuta.doors.http.problems import Problem, document_of
from batuta.doors.http.settings import Settings
from batuta.outbound.tracing import asked_within
from batuta.spec.trace import read_traceparent

__all__ = ["SAFE_HEADERS", "Frame", "Origins"]

# Pages set a policy of their own; nothing else is ever shown.
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", _POLICY.encode()),
)
# The status that is logged of a request whose client went away before there was an answer.
_GONE = 499
# Who is told this would ask again at once.
_TOO_MUCH = (429, 503)


class Frame:
    """Bounds what a request brings and how slowly, sets the headers of every answer, and keeps account.

    What a client sends late ends its request; others do not notice.
    """

    def __init__(self, inner: ASGIApp, settings: Settings, metrics: Metrics, pace: Pace) -> None:
        self._inner = inner
        self._settings = settings
        self._metrics = metrics
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._settings, self._pace)
        token = asked_within.set(_trace_in(Headers(scope=scope)))
        self._metrics.begun()
        try:
            if exchange.too_large:
                await exchange.fail(exchange.refusal().response())
            else:
                await self._inner(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = exchange.status or _GONE
        except Problem as error:
            await exchange.fail(error.response())
        except Exception as error:
            found = as_ours(error)
            tell("bug", error=found.message, route=_route_of(scope))
            await exchange.fail(document_of(found))
        finally:
            asked_within.reset(token)
            took_s, route = time.perf_counter() - exchange.began, _route_of(scope)
            self._metrics.ended(scope["method"], route, exchange.status, took_s)
            tell_soon(
                "request",
                method=scope["method"],
                route=route,
                status=exchange.status,
                ms=round(took_s * 1_000, 1),
                caller=exchange.caller,
            )


def _route_of(scope: Scope) -> str:
    """Never the path itself: what somebody asks for would be in it."""
    return str(getattr(scope.get("route"), "path", "")) or "(none)"


class _Exchange:
    """One request and its answer, as bytes come and go."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, settings: Settings, pace: Pace
    ) -> None:
        self.began = time.perf_counter()
        self.status = 0
        self._pace = pace
        self._scope = scope
        self._receive = receive
        self._send = send
        self._patience_s = settings.body_s
        self._left = settings.body_bytes
        if scope["method"] in ("PUT", "POST") and "/knowledge/" in scope["path"]:
            self._left = settings.upload_bytes
        self._most = self._left
        self._whole = False

    @property
    def caller(self) -> str:
        """Who asks, as far as that is known."""
        principal = self._scope.get("state", {}).get("principal")
        return "" if principal is None else principal.caller

    @property
    def too_large(self) -> bool:
        """True if nothing of the body need be read to refuse it."""
        said = Headers(scope=self._scope).get("content-length", "0")
        return said.isdigit() and int(said[:18]) > self._most

    async def receive(self) -> Message:
        """The next piece of the body."""
        if self._whole or self.status:
            return await self._receive()  # only to hear that the client has gone
        try:
            async with asyncio.timeout(self._patience_s):
                message = await self._receive()
        except TimeoutError:
            if self.status:
                return await self._receive()
            raise Problem(
                408, "slow", "the body did not come", headers={"Connection": "close"}
            ) from None
        if message["type"] == "http.request":
            self._whole = not message.get("more_body", False)
            self._left -= len(message.get("body", b""))
            if self._left < 0 and not self.status:
                raise self.refusal()
        return message

    async def send(self, message: Message) -> None:
        """A piece of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if wait_s := self._wait_s():
                await asyncio.sleep(wait_s)
            given = message.get("headers", ())
            named = {name for name, _ in given}
            message["headers"] = [*given, *(one for one in SAFE_HEADERS if one[0] not in named)]
        await self._send(message)

    def _wait_s(self) -> float:
        """Strangers are answered when it is their turn, and who asks too much."""
        caller = self.caller
        if caller and self.status not in _TOO_MUCH:
            return 0.0
        origin = caller or origin_of(self._scope.get("client"))
        return self._pace.wait_s(origin, asyncio.get_running_loop().time())

    async def fail(self, response: Response) -> None:
        """Say what went wrong, if nothing was said yet; else what was said breaks off, and the connection with it."""
        if not self.status:
            await response(self._scope, self._receive, self.send)

    def refusal(self) -> Problem:
        """Why it is not read."""
        return Problem(
            413,
            "too_large",
            f"the body exceeds {self._most:,} bytes",
            remedy="send less, or store it as a document",
            headers={"Connection": "close"},
        )


class Origins:
    """Lets in what was sent to a name of ours, and what no other site's page has sent.

    On the own machine, too: a page in a browser can send requests there, and a name can be made to lead there.
    """

    def __init__(self, inner: ASGIApp, names: Iterable[str]) -> None:
        self._inner = inner
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (why := self._refused(Headers(scope=scope))):
            code, detail = why
            status = 421 if code == "host" else 403
            await Problem(status, code, detail).response()(scope, receive, send)
            return
        await self._inner(scope, receive, send)

    def _refused(self, headers: Headers) -> tuple[str, str] | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _name_in(hosts[0]) not in self._names:
            return "host", "this server is not asked under that name; --name adds one"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != hosts[0].lower():
            return "origin", "the page of another site has sent this"
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") not in (
            None,
            "navigate",
        ):
            return "origin", "the page of another site has sent this"
        return None


def _trace_in(headers: Headers) -> str:
    """The trace that a request is a part of, as its client says; "" if it does not say, or wrongly."""
    said = headers.getlist("traceparent")
    return said[0].strip() if len(said) == 1 and read_traceparent(said[0]) else ""


def _name_in(host: str) -> str:
    """The name in a `Host` header, without its port."""
    host = host.lower()
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[")
    return host.partition(":")[0]

"""What an exception that left a capability means. One function, used by the doorway; pure."""

import asyncio
from collections.abc import Iterator
from typing import cast

from batuta.errors import CallFailed, Denied, InputError
from batuta.spec.call import Failed
from batuta.spec.card import Effect

__all__ = ["LOST_MAX", "MESSAGE_CHARS_MAX", "UNSURE", "failure_from", "shown"]

# Exception texts may quote whole documents; a failure is one sentence in a log.
MESSAGE_CHARS_MAX = 1_000

# A call that was sent and not answered this often takes its driver, or the other side, with it; somebody should look.
# Not fewer, because whatever else was under way in a driver dies with it: under 6 kills a second, 5 hit an innocent
# read in one of 800 runs.
LOST_MAX = 10

# The codes of a write that has answered, and may have had its effect, or part of it, all the same: it has raised; a
# server says so of its tool; what it has answered is no value.
UNSURE = frozenset({"bad_answer", "raised", "tool_error"})

# Exceptions followed through `__cause__`, `__context__` and groups; more than anybody nests.
_CHAIN_MAX = 32

# Network errors of well-known clients that are no OSError, by the name of a class they inherit from. After any of
# these nobody knows whether the other side has acted. By name, because none of these libraries is ours to import.
_NETWORK = frozenset(
    {
        "aiohttp.client_exceptions.ClientConnectionError",
        "aiohttp.client_exceptions.ClientPayloadError",
        "botocore.exceptions.HTTPClientError",
        "concurrent.futures._base.CancelledError",
        "google.api_core.exceptions.RetryError",
        "google.api_core.exceptions.ServerError",
        "grpc.RpcError",
        "http.client.HTTPException",
        "httpcore.NetworkError",
        "httpcore.ProtocolError",
        "httpcore.TimeoutException",
        "httpx.TransportError",
        "psycopg.OperationalError",
        "pymongo.errors.ConnectionFailure",
        "redis.exceptions.ConnectionError",
        "redis.exceptions.TimeoutError",
        "requests.exceptions.RequestException",
        "sqlalchemy.exc.DBAPIError",
        "urllib3.exceptions.HTTPError",
        "websockets.exceptions.ConnectionClosed",
    }
)

_NOT_RETRIED = "not retried, for it may have had part of its effect"


def failure_from(error: BaseException, effect: Effect) -> Failed:
    """The failure that `error`, raised by a capability of `effect`, stands for.

    `CallFailed` is taken at its word. Otherwise a `pure`, `read` or `idempotent` call may be tried again. A `write`
    may not: a network error, time-out or cancellation anywhere in the chain of `error` leaves it in doubt, and
    anything else is its final answer, of the code `raised`. What a call has cost that raised, nobody knows, so it is
    settled as reserved. The text is cut to `MESSAGE_CHARS_MAX` and never holds a traceback of ours.
    """
    if isinstance(error, CallFailed):
        return _said(error, effect)
    code = _code(error)
    message = shown(error)
    if isinstance(error, (InputError, Denied)):
        # Our own refusal of what was given or returned; the same arguments will be refused again.
        return Failed(code=code, message=message)
    in_doubt = code in ("timeout", "unavailable", "cancelled")
    if effect != "write":
        return Failed(code=code, message=message, may_retry=True, cost_nusd=-1)
    if in_doubt:
        return Failed(code=code, message=message, in_doubt=True)
    room = MESSAGE_CHARS_MAX - len(_NOT_RETRIED) - 3
    return Failed(code="raised", message=f"{message[:room]} ({_NOT_RETRIED})", cost_nusd=-1)


def shown(error: BaseException) -> str:
    """`error` as one line for people: its type and its text, cut to `MESSAGE_CHARS_MAX` characters."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # somebody else's __str__
        text = ""
    text = text.encode("utf-8", "replace").decode("utf-8").strip()
    if isinstance(error, (CallFailed, InputError, Denied)):
        return _cut(text or name)
    return _cut(f"{name}: {text}" if text else name)


def _said(error: CallFailed, effect: Effect) -> Failed:
    in_doubt = error.in_doubt and effect == "write"
    return Failed(
        code=error.code,
        message=shown(error),
        may_retry=(error.may_retry or (error.in_doubt and not in_doubt)) and not in_doubt,
        in_doubt=in_doubt,
        cost_nusd=-1 if error.in_doubt else 0,
        retry_after_s=error.retry_after_s,
    )


def _code(error: BaseException) -> str:
    if isinstance(error, InputError):
        return "invalid"
    if isinstance(error, Denied):
        return "denied"
    found = "failed"
    for link in _chain(error):
        if isinstance(link, asyncio.CancelledError):
            return "cancelled"
        if isinstance(link, TimeoutError):
            return "timeout"
        if isinstance(link, OSError) or _is_network(link):
            found = "unavailable"
    return found


def _is_network(error: BaseException) -> bool:
    return any(f"{kind.__module__}.{kind.__qualname__}" in _NETWORK for kind in type(error).__mro__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error`, what caused it and what it groups, each once, at most `_CHAIN_MAX` of them."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending and len(seen) < _CHAIN_MAX:
        link = pending.pop(0)
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        pending += [link.__cause__, link.__context__]
        if isinstance(link, BaseExceptionGroup):
            pending += cast("tuple[BaseException, ...]", link.exceptions)


def _cut(text: str) -> str:
    return text if len(text) <= MESSAGE_CHARS_MAX else text[: MESSAGE_CHARS_MAX - 1] + "…"

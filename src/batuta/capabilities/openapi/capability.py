"""One operation of a service as a capability. What is sent and read goes through `batuta.capabilities.sending`."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from batuta.capabilities.answers import checker_of
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.openapi.bodies import BODY_BYTES_MAX, body_bytes
from batuta.capabilities.openapi.pages import Page, collected
from batuta.capabilities.openapi.security import Attached, Proof
from batuta.capabilities.openapi.shape import Operation, Parameter
from batuta.capabilities.openapi.styles import cookie_of, header_of, path_piece, query_of
from batuta.capabilities.openapi.tokens import Tokens
from batuta.capabilities.replies import failure_without_answer
from batuta.capabilities.sending import Outgoing, Sender
from batuta.errors import CallFailed, InputError
from batuta.outbound.exchange import Answer, LazyConnections, Trouble
from batuta.outbound.headers import HeaderTemplates
from batuta.outbound.urls import UrlTemplate
from batuta.reading.openapi import OperationConfig
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.card import Card

__all__ = ["OpenapiCapability", "Reached"]

_URL_CHARS_MAX = 16_000
# What may stand in a path as it is (RFC 3986); a % is somebody's own encoding.
_PLAIN = "/:@!$&'()*+,;=-._~%"
_TEMPLATED = re.compile(r"\{([^{}]+)\}")
_GRACE_S = 0.05


class Reached(msgspec.Struct, frozen=True):
    """What the operations of a source share, or nearly.

    Attributes:
        base: where to. refused: why nothing is sent there. named: the operator said so, and not the document.
        headers: those of the operator. proofs, tokens: who asks.
    """

    base: UrlTemplate
    refused: str
    named: bool
    headers: HeaderTemplates
    proofs: tuple[Proof, ...]
    tokens: Tokens | None
    connections: LazyConnections
    folder: Folder


class OpenapiCapability:
    """`operation`, with `card`, at `reached`. `config`: what the operator says of it."""

    def __init__(
        self, card: Card, operation: Operation, reached: Reached, config: OperationConfig
    ) -> None:
        self.card = card
        self.operation = operation
        self._reached = reached
        self._config = config
        self._path = _Path(operation)
        places: dict[str, list[Parameter]] = {}
        for one in operation.parameters:
            places.setdefault(one.where, []).append(one)
        self._query = places.get("query", []) + places.get("querystring", [])
        self._header_parameters = places.get("header", [])
        self._cookies = places.get("cookie", [])
        own = {"Authorization", "Cookie", *reached.headers.names}
        own |= {one.name for one in (*self._header_parameters, *reached.proofs)}
        key_header = config.key_header or operation.key_header or "Idempotency-Key"
        self._sender = Sender(reached.connections, own, key_header)
        self._asking = None
        if config.reconcile:
            url = config.reconcile.url
            self._asking = UrlTemplate(reached.base.text + url if url.startswith("/") else url)
        self._check: Callable[[Any], str | None] | None = None
        self._check_answer: Callable[[Any], str | None] | None = None

    async def __call__(self, call: Call) -> Outcome:
        """Send the request of `call` and read what comes back."""
        if self._reached.refused:
            return Failed("denied", self._reached.refused)
        if self._check is None:
            self._check = _checker(self.card.input)
        flaw = self._check(call.args)
        if flaw:
            return Failed("invalid", flaw)
        pages = self._config.pages
        if pages is None:
            return (await self._one(call, call.args, "")).outcome

        async def one(args: dict[str, Any], url: str) -> Page:
            return await self._one(call, args, url)

        return await collected(pages, call, one)

    async def reconcile(self, call: Call) -> Outcome:
        """What became of `call`: `Done`, `Failed(may_retry=True)` if it did not happen, else nobody knows."""
        asking, settings = self._asking, self._config.reconcile
        if asking is None or settings is None:
            return Failed("unknown", "there is no URL to ask", in_doubt=True)
        try:
            attached, _ = await self._attached(call)
            scalars = {k: v for k, v in call.args.items() if isinstance(v, str | int | float)}
            url = asking.fill(scalars | {"key": call.key}, self._environment)
        except (InputError, Trouble) as error:
            return Failed("unknown", error.message, in_doubt=True)
        outgoing = self._outgoing("GET", _with_query(url, [], attached), {}, [], attached)
        return await self._sender.reconciled(call, outgoing, settings.field)

    @property
    def base(self) -> str:
        """What its URLs begin with."""
        return self._reached.base.text

    @property
    def _environment(self) -> Mapping[str, str]:
        return self._reached.connections.environment

    async def _one(self, call: Call, args: dict[str, Any], url: str) -> Page:
        """One request, at `url` if there is one, and what it comes to; once more if its token was refused."""
        effect = self.card.effect
        try:
            for again in (False, True):
                attached, token = await self._attached(call)
                outgoing = await self._prepared(args, attached, url)
                answer = await self._sender.answer(call, effect, outgoing)
                if isinstance(answer, Failed):
                    return Page(outgoing.url, {}, answer)
                tokens = self._reached.tokens
                if answer.status != 401 or not token or tokens is None or again:
                    return Page(outgoing.url, answer.headers, self._read(outgoing, answer))
                tokens.refused(token)
        except InputError as error:
            return Page("", {}, Failed("invalid", error.message))
        except CallFailed as error:
            return Page("", {}, Failed(error.code, str(error), may_retry=error.may_retry))
        except Trouble as trouble:
            return Page("", {}, failure_without_answer(effect, trouble))
        raise AssertionError("the second round returns")

    def _read(self, outgoing: Outgoing, answer: Answer) -> Outcome:
        if self.operation.answer == "binary" and 200 <= answer.status < 300 and not answer.flaw:
            media = answer.headers.get("content-type", "application/octet-stream")
            return Done(
                {"content_type": media, "base64": base64.b64encode(answer.body).decode("ascii")}
            )
        outcome = self._sender.read(self.card.effect, outgoing, answer)
        # What was written is written: its answer is kept, whatever it looks like.
        if not isinstance(outcome, Done) or self.card.effect != "read":
            return outcome
        if self.card.output is None or self._config.pages is not None:
            return outcome
        if self._check_answer is None:
            self._check_answer = _checker(self.card.output)
        flaw = self._check_answer(outcome.value)
        if flaw is None:
            return outcome
        remedy = "`output: {}` beside the operation takes any answer"
        message = f"its answer is not what the document says: {flaw}; {remedy}"
        return Failed("invalid_answer", message, cost_nusd=-1)

    async def _attached(self, call: Call) -> tuple[Attached, str]:
        """What proves who asks, and the token in it. Raises `InputError`, `Trouble`."""
        reached = self._reached
        headers, found = reached.headers.fill(self._environment)
        query: dict[str, str] = {}
        cookies: dict[str, str] = {}
        secrets = list(found)
        for proof in reached.proofs:
            one = proof.attached(self._environment)
            headers = one.headers | headers
            query |= one.query
            cookies |= one.cookies
            secrets += one.secrets
        token = ""
        if reached.tokens is not None:
            token = await reached.tokens.token(call.deadline - _GRACE_S)
            headers = {"Authorization": f"Bearer {token}"} | headers
            secrets.append(token)
        # As they stand in a URL, too.
        secrets += [quote(one, safe="") for one in secrets if quote(one, safe="") != one]
        return Attached(headers, query, cookies, tuple(secrets)), token

    async def _prepared(self, args: dict[str, Any], attached: Attached, url: str) -> Outgoing:
        operation, parts = self.operation, list[str]()
        if not url:
            url = self._reached.base.fill({}, self._environment).rstrip("/") + self._path.fill(args)
            for one in self._query:
                if args.get(one.argument) is not None:
                    parts.append(_named(one, query_of, args))
        url = _with_query(url, parts, attached)
        if len(url) > _URL_CHARS_MAX:
            raise InputError(f"the URL has {len(url):,} characters, at most {_URL_CHARS_MAX:,}")
        headers = {
            one.name: _named(one, header_of, args)
            for one in self._header_parameters
            if args.get(one.argument) is not None
        }
        cookies = [
            _named(one, cookie_of, args)
            for one in self._cookies
            if args.get(one.argument) is not None
        ]
        outgoing = self._outgoing(operation.method, url, headers, cookies, attached)
        if operation.body is None or args.get("body") is None:
            if operation.method in ("POST", "PUT", "PATCH"):
                return msgspec.structs.replace(
                    outgoing, body=b"", content_type=operation.body.media if operation.body else ""
                )
            return outgoing
        body, media = await body_bytes(operation.body, args["body"], self._reached.folder)
        return msgspec.structs.replace(outgoing, body=body, content_type=media)

    def _outgoing(
        self, method: str, url: str, headers: dict[str, str], cookies: list[str], attached: Attached
    ) -> Outgoing:
        cookies = [*cookies, *(f"{name}={text}" for name, text in attached.cookies.items())]
        if cookies := [one for one in cookies if one]:
            headers = headers | {"Cookie": "; ".join(cookies)}
        return Outgoing(
            method,
            url,
            headers | attached.headers,
            secrets=attached.secrets,
            body_bytes_max=BODY_BYTES_MAX,
            named=self._reached.named,
        )


class _Path:
    """The path of an operation, cut at its parameters."""

    def __init__(self, operation: Operation) -> None:
        known = {one.name: one for one in operation.parameters if one.where == "path"}
        self._pieces: list[str | Parameter] = []
        end = 0
        for found in _TEMPLATED.finditer(operation.path):
            self._pieces += [quote(operation.path[end : found.start()], safe=_PLAIN + "?")]
            self._pieces.append(known[found[1]])
            end = found.end()
        self._pieces.append(quote(operation.path[end:], safe=_PLAIN + "?"))

    def fill(self, args: Mapping[str, Any]) -> str:
        """The path with `args` in it. Raises `InputError`."""
        return "".join(
            one if isinstance(one, str) else _named(one, path_piece, args) for one in self._pieces
        )


def _named(
    parameter: Parameter, write: Callable[[Parameter, Any], str], args: Mapping[str, Any]
) -> str:
    try:
        return write(parameter, args.get(parameter.argument))
    except InputError as error:
        raise InputError(f"{parameter.argument}: {error.message}") from None


def _with_query(url: str, parts: list[str], attached: Attached) -> str:
    parts = [one for one in parts if one]
    for name, text in attached.query.items():
        named = f"{quote(name, safe='')}="
        # The next page may be given with the key already in its URL.
        if f"?{named}" not in url and f"&{named}" not in url:
            parts.append(named + quote(text, safe=""))
    if not parts:
        return url
    return url + ("&" if "?" in url else "?") + "&".join(parts)


def _checker(schema: dict[str, Any]) -> Callable[[Any], str | None]:
    """What says how a value does not fit; a schema that cannot be compiled is left to the server."""
    try:
        return checker_of(schema)
    except InputError:
        return _anything


def _anything(_value: Any) -> str | None:
    return None

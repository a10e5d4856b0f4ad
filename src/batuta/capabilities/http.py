"""An HTTP request as a capability: JSON in, JSON out, to public addresses unless permitted otherwise.

    capabilities:
      pay:
        kind: http
        method: POST
        url: https://api.bank.example/accounts/{account}/payments
        headers: {Authorization: "Bearer env:BANK_TOKEN"}
        reconcile: {url: "https://api.bank.example/payments?key={key}", field: entries}

Arguments named in the URL go there, the others into the query (GET, HEAD, DELETE) or a JSON body. `GET` and `HEAD`
are `read`, everything else `write` unless `effect` says more; what is not a read carries its key as
`Idempotency-Key`. `env:NAME` in a header is looked up when the request is made, and scrubbed from what comes back.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from batuta.capabilities.answers import checker_of
from batuta.capabilities.sending import Outgoing, Sender
from batuta.capabilities.settings import CardSettings, read_settings
from batuta.errors import InputError, WorkspaceError
from batuta.outbound.exchange import LazyConnections
from batuta.outbound.headers import HeaderTemplates
from batuta.outbound.urls import UrlTemplate, query_of
from batuta.spec.call import Call, Failed, Outcome
from batuta.spec.value import encode

__all__ = ["HttpCapability", "HttpSettings", "ReconcileSettings"]

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_IN_QUERY = frozenset({"GET", "HEAD", "DELETE"})


class ReconcileSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How to ask what became of a call: GET `url`, in which `{key}` is its idempotency key.

    404, or an empty list: it did not happen. An object, or a list with something in it: it did. Anything else:
    nobody knows. `field` leads to the list or object inside the answer (dots go deeper).
    """

    url: str
    field: str = ""


class HttpSettings(CardSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `batuta.yaml` says of a capability of kind http.

    Attributes:
        url: where to; `{name}` in path or query stands for an argument; may begin with `env:NAME`.
        headers: further headers; `env:NAME` in a value is that environment variable.
        body: the one argument that is the whole body, instead of all of them as an object.
        reconcile: how to find out what became of a write that was not answered.
        input: JSON Schema of the arguments, checked before every request.
        output: JSON Schema of the answer, for the checks of plans.
    """

    url: str
    method: Method = "GET"
    headers: Annotated[dict[str, str], msgspec.Meta(max_length=50)] = msgspec.field(
        default_factory=dict[str, str]
    )
    body: str = ""
    reconcile: ReconcileSettings | None = None
    input: dict[str, Any] | None = None
    output: dict[str, Any] | None = None


class HttpCapability:
    """One HTTP request. Raises `WorkspaceError` if a setting is wrong."""

    def __init__(self, name: str, data: Mapping[str, Any], connections: LazyConnections) -> None:
        settings = read_settings(data, HttpSettings)
        self._connections = connections
        self._settings = settings
        try:
            self._url = UrlTemplate(settings.url)
            self._asking = UrlTemplate(settings.reconcile.url) if settings.reconcile else None
        except InputError as error:
            raise WorkspaceError(error.message, remedy=error.remedy) from None
        self._given = HeaderTemplates(settings.headers)
        self._sender = Sender(connections, self._given.names)
        if settings.body and (settings.method in _IN_QUERY or settings.body in self._url.names):
            raise WorkspaceError(
                "body: the method sends none, or the argument is in the URL already",
                remedy="leave `body` out",
            )
        if settings.in_doubt == "reconcile" and self._asking is None:
            raise WorkspaceError(
                "in_doubt: reconcile needs reconcile: {url: …}",
                remedy="say where to ask: reconcile: {url: …}",
            )
        self._check = None
        if settings.input is not None:
            try:
                self._check = checker_of(settings.input)
            except InputError as error:
                raise WorkspaceError(f"input: {error.message}", remedy=error.remedy) from None
        self.card = settings.card(
            name,
            effect="read" if settings.method in ("GET", "HEAD") else "write",
            reach="egress",
            input=settings.input or _input_schema(self._url.names, settings.body),
            output=settings.output,
            in_doubt="ask" if self._asking is None else "reconcile",
        )

    async def __call__(self, call: Call) -> Outcome:
        """Send the request of `call` and read what comes back."""
        flaw = self._check(call.args) if self._check else None
        if flaw:
            return Failed("invalid", flaw)
        try:
            url, body = self._target(call.args)
            headers, secrets = self._given.fill(self._connections.environment)
        except InputError as error:
            return Failed("invalid", error.message)
        outgoing = Outgoing(self._settings.method, url, headers, body, secrets=secrets)
        return await self._sender.outcome(call, self.card.effect, outgoing)

    async def reconcile(self, call: Call) -> Outcome:
        """What became of `call`: `Done`, `Failed(may_retry=True)` if it did not happen, else nobody knows."""
        asking, settings = self._asking, self._settings.reconcile
        if asking is None or settings is None:
            return Failed("unknown", "there is no URL to ask", in_doubt=True)
        environment = self._connections.environment
        try:
            url = asking.fill({**call.args, "key": call.key}, environment)
            headers, secrets = self._given.fill(environment)
        except InputError as error:
            return Failed("unknown", error.message, in_doubt=True)
        outgoing = Outgoing("GET", url, headers, secrets=secrets)
        return await self._sender.reconciled(call, outgoing, settings.field)

    def _target(self, args: Mapping[str, Any]) -> tuple[str, bytes | None]:
        settings = self._settings
        url = self._url.fill(args, self._connections.environment)
        rest = {name: value for name, value in args.items() if name not in self._url.names}
        if settings.method in _IN_QUERY:
            query = query_of(rest)
            if query:
                url += ("&" if "?" in url else "?") + query
            return url, None
        if settings.body:
            further = rest.keys() - {settings.body}
            if further:
                raise InputError(f"{min(further)}: the body is {settings.body} alone")
            body = encode(rest.get(settings.body))
        else:
            body = encode(rest)
        return url, body


def _input_schema(names: tuple[str, ...], body: str) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"type": ["string", "number", "boolean"]} for name in names}
    required = list(names)
    if body:
        properties[body] = {}
    # Whatever else is given goes into the query or the body, so nothing is surplus.
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": True,
    }
    if required:
        schema["required"] = required
    return schema

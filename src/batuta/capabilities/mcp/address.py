"""A server that has an address: the SDK's streamable HTTP, over `batuta.outbound`.

The SDK gives up a whole connection when one request of it fails. Here each request fails for itself: what the transport
says becomes an answer to that request, and what is known of it stands in its `Sending`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec
from mcp.client.auth import OAuthClientProvider, OAuthFlowError
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
)
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from mcp.types import CONNECTION_CLOSED

from batuta.capabilities.mcp.sending import Sending, current
from batuta.capabilities.mcp.signing import signer
from batuta.errors import InputError
from batuta.outbound.exchange import Answer, Connections, Trouble
from batuta.outbound.headers import HeaderTemplates, removed
from batuta.outbound.transport import OutboundTransport, Untransported
from batuta.outbound.urls import UrlTemplate
from batuta.reading.mcp import McpConfig, OAuthConfig

__all__ = ["Address", "looked_up"]

ANSWER_BYTES_MAX = 8 * 1_024 * 1_024
# For what nobody waits for: a note, a goodbye (s).
_ASIDE_S = 2.0
_STREAM_S = 86_400.0
# So much earlier than the caller does the transport give up, to say whether the request had left (s).
_GRACE_S = 0.02
# How an issuer wants to see a secret.
_BASIC, _FORM = "client_secret_basic", "client_secret_post"


class _Head(msgspec.Struct):
    id: int | str | None = None
    method: str = ""


class Address:
    """Where a server is, and what is sent with each request. Raises `Trouble` if a variable is missing or no key."""

    def __init__(
        self, config: McpConfig, connections: Connections, environment: Mapping[str, str]
    ) -> None:
        self._connections = connections
        self._environment = environment
        self._headers = HeaderTemplates(config.headers)
        try:
            self.url = UrlTemplate(config.url).fill({}, environment)
            self._auth = _auth_of(config.oauth, self.url, environment)
        except InputError as error:
            said = f"{error.message}: {error.remedy}" if error.remedy else error.message
            raise Trouble(said, code="no_key", sent=False) from None
        self._elsewhere = [config.oauth.issuer] if config.oauth else []
        self._secrets = (
            [
                looked_up(one, environment)
                for one in (config.oauth.client_secret, config.oauth.private_key)
                if one
            ]
            if config.oauth
            else []
        )

    @asynccontextmanager
    async def transport(self) -> AsyncGenerator[Any]:
        """Both directions, as the SDK wants them."""
        outbound = OutboundTransport(
            self._connections,
            self.url,
            self._headers,
            self._environment,
            ANSWER_BYTES_MAX,
            elsewhere=self._elsewhere,
            authorizes=self._auth is not None,
        )
        client = _Client(transport=outbound, auth=self._auth, trust_env=False)
        client.secrets = self._secrets
        async with client:
            streams = streamable_http_client(
                self.url, http_client=client, max_sse_event_size=ANSWER_BYTES_MAX
            )
            async with streams as both:
                yield both


class _Client(httpx2.AsyncClient):
    """Answers each message, whatever happens to it. `secrets` are in no failure of it."""

    secrets: Sequence[str] = ()

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        head = _head_of(request)
        # Notes and answers that are sent on behalf of a request are not the request.
        asks = head is not None and head.id is not None and head.method
        sending = (current.get() if asks else None) or Sending()
        request.extensions["timeout"] = {"read": _timeout_s(request.method, sending, head)}
        sending.left = True  # until somebody says that it has not; it may be cancelled any time
        try:
            response = await super().send(request, **options)
            if head is None:
                return response
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                await response.aread()
        except Untransported as error:
            trouble = error.trouble
        except (OAuthFlowError, httpx2.HTTPError, ValueError) as error:
            said = removed(str(error).encode("utf-8", "replace"), self.secrets).decode()
            text = f"no token was got: {' '.join(said.split())[:300]}"
            trouble = Trouble(text, code="denied", sent=False)
        else:
            trouble = _unheard(response, head, sending)
            if trouble is None:
                return response
        if head is None:
            raise Untransported(trouble, request)
        sending.left, sending.trouble = trouble.sent, trouble
        return _answered(request, head, trouble)


def _unheard(response: httpx2.Response, head: _Head, sending: Sending) -> Trouble | None:
    """Why `response` is no answer, if it is none."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code >= 300:
        text = response.text.encode("utf-8", "replace")
        sending.refusal = Answer(response.status_code, dict(response.headers), text)
    elif head.id is not None and (
        response.status_code == 202 or kind not in ("application/json", "text/event-stream")
    ):
        said = f"it answered {response.status_code} and {kind[:60] or 'nothing'}"
        return Trouble(f"{said}, which is none of MCP", code="invalid_answer", sent=True)
    return None


def _head_of(request: httpx2.Request) -> _Head | None:
    """What a message is; None if the request carries none."""
    if request.method != "POST" or "json" not in request.headers.get("content-type", ""):
        return None
    return msgspec.json.decode(request.content, type=_Head)


def _timeout_s(method: str, sending: Sending, head: _Head | None) -> float:
    if method == "GET" and head is None:
        return _STREAM_S
    if head is not None and head.method.startswith("subscriptions/"):
        return _STREAM_S
    if sending.until is None:
        return _ASIDE_S
    return max(sending.until - asyncio.get_running_loop().time() - _GRACE_S, 0.001)


def _answered(request: httpx2.Request, head: _Head, trouble: Trouble) -> httpx2.Response:
    """The failure as the SDK takes it: for this request, and no other."""
    if head.id is None:
        return httpx2.Response(202, request=request)
    error = {"code": CONNECTION_CLOSED, "message": trouble.message}
    return httpx2.Response(
        200, json={"jsonrpc": "2.0", "id": head.id, "error": error}, request=request
    )


def looked_up(value: str, environment: Mapping[str, str]) -> str:
    """`value`, or the variable that `env:NAME` stands for. Raises `InputError` if it is not there."""
    if not value.startswith("env:"):
        return value
    found = environment.get(value[4:])
    if not found:
        raise InputError(f"the environment has no {value[4:]}")
    return found


def _auth_of(
    config: OAuthConfig | None, url: str, environment: Mapping[str, str]
) -> OAuthClientProvider | None:
    if config is None:
        return None
    client_id = looked_up(config.client_id, environment)
    common: dict[str, Any] = {
        "server_url": url,
        "storage": _Tokens(),
        "client_id": client_id,
        "scope": config.scope or None,
        "issuer": UrlTemplate(config.issuer).fill({}, environment),
    }
    if config.private_key:
        key, name = looked_up(config.private_key, environment), config.private_key
        signed = signer(client_id, key, name.removeprefix("env:"))
        return _Key(**common, assertion_provider=signed)
    return _Secret(**common, client_secret=looked_up(config.client_secret, environment))


class _AtOnce(OAuthClientProvider):
    """With a token at hand requests do not wait for each other."""

    async def _auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        if self.context.current_tokens is not None and self.context.is_token_valid():
            self._add_auth_header(request)
            response = yield request
            if response.status_code not in (401, 403):
                return
        flow = super()._auth_flow(request)
        try:
            outgoing = await anext(flow)
            while True:
                response = yield outgoing
                outgoing = await flow.asend(response)
        except StopAsyncIteration:
            return
        finally:
            await flow.aclose()


class _Secret(_AtOnce, ClientCredentialsOAuthProvider):
    """A secret: in a header, or in the form where the issuer takes it nowhere else."""

    async def _exchange_token_client_credentials(self) -> httpx2.Request:
        metadata, client = self.context.oauth_metadata, self.context.client_info
        known = metadata.token_endpoint_auth_methods_supported if metadata is not None else None
        in_form = bool(known) and _BASIC not in known and _FORM in known
        if in_form and client is not None:
            self.context.client_info = client.model_copy(
                update={"token_endpoint_auth_method": _FORM}
            )
        return await super()._exchange_token_client_credentials()


class _Key(_AtOnce, PrivateKeyJWTOAuthProvider):
    """A statement that is signed with a key."""


class _Tokens:
    """Tokens, as long as the connection stands."""

    def __init__(self) -> None:
        self._tokens: OAuthToken | None = None
        self._client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self._tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self._client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._client = client_info

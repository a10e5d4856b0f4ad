"""Tokens by client credentials (OAuth 2, RFC 6749, 4.4): got when needed, kept while they hold."""

import asyncio
import base64
import time
from urllib.parse import quote, urlencode

import msgspec

from batuta.errors import InputError
from batuta.outbound.exchange import Answer, LazyConnections, Request, Trouble
from batuta.outbound.headers import HeaderTemplates, removed
from batuta.outbound.redirects import send_following
from batuta.outbound.urls import UrlTemplate
from batuta.reading.openapi import ClientConfig

__all__ = ["Tokens"]

_ANSWER_BYTES_MAX = 64 * 1_024
# A token that ends sooner is not used any more; of one that ends very soon, nine tenths of its time are (s).
_MARGIN_S = 30.0
# How long a token holds of which the server does not say it (s).
_UNSAID_S = 300.0


class _Granted(msgspec.Struct):
    access_token: str
    token_type: str = "Bearer"
    expires_in: float | str | None = None


class _Kept(msgspec.Struct, frozen=True):
    token: str
    until: float


class Tokens:
    """The token of one source, from `url`. Raises `InputError` if that is no URL."""

    def __init__(self, config: ClientConfig, url: str, connections: LazyConnections) -> None:
        self._config = config
        self._url = UrlTemplate(url)
        self._named = bool(config.token_url)
        self._connections = connections
        self._given = HeaderTemplates({"id": config.client_id, "secret": config.client_secret})
        self._kept: _Kept | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()

    @property
    def url(self) -> str:
        """Where the credentials go."""
        return self._url.text

    async def token(self, until: float) -> str:
        """A token that holds. `until`: when it is too late, in seconds since 1970.

        Raises:
            InputError: the environment lacks a variable. Trouble: there is none; nothing else has been sent.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._lock = loop, asyncio.Lock()
        async with self._lock:  # one asks, the others wait for the same token
            kept = self._kept
            if kept is None or time.time() >= kept.until:
                kept = self._kept = await self._granted(until)
            return kept.token

    def refused(self, token: str) -> None:
        """The service does not take `token` any more."""
        if self._kept is not None and self._kept.token == token:
            self._kept = None

    async def _granted(self, until: float) -> _Kept:
        filled, secrets = self._given.fill(self._connections.environment)
        pair = f"{quote(filled['id'], safe='')}:{quote(filled['secret'], safe='')}"
        basic = base64.b64encode(pair.encode()).decode()
        form = {"grant_type": "client_credentials"}
        if self._config.scopes:
            form["scope"] = " ".join(self._config.scopes)
        secrets = [*secrets, basic]
        answer = await self._asked(form, {"Authorization": f"Basic {basic}"}, until, secrets)
        if answer.status in (400, 401):
            # Some servers take the secret in the form only.
            inside = {"client_id": filled["id"], "client_secret": filled["secret"]}
            answer = await self._asked(form | inside, {}, until, secrets)
        return self._read(answer, secrets)

    async def _asked(
        self, form: dict[str, str], headers: dict[str, str], until: float, secrets: list[str]
    ) -> Answer:
        body = urlencode(form).encode()
        url = self._url.fill({}, self._connections.environment)
        own = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
            "User-Agent": "batuta",
        }
        request = Request("POST", url, own | headers, body, named=self._named)
        try:
            return await send_following(
                self._connections,
                request,
                until=until,
                answer_bytes_max=_ANSWER_BYTES_MAX,
                redirects_max=0,
            )
        except (Trouble, InputError) as error:
            code = error.code if isinstance(error, Trouble) else "invalid"
            raise _trouble(error.message, code, secrets) from None

    def _read(self, answer: Answer, secrets: list[str]) -> _Kept:
        if answer.status != 200:
            shown = " ".join(answer.body[:300].decode("utf-8", "replace").split())
            code = "unavailable" if answer.status >= 500 or answer.status == 429 else "denied"
            raise _trouble(f"no token: it answered {answer.status}: {shown}", code, secrets)
        try:
            granted = msgspec.json.decode(answer.body, type=_Granted)
            lasts_s = _UNSAID_S if granted.expires_in is None else float(granted.expires_in)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise _trouble("no token: its answer is none", "denied", secrets) from None
        token = granted.access_token
        if not token or not token.isascii() or not token.isprintable():
            raise _trouble("no token: no header can carry it", "denied", secrets)
        return _Kept(token, time.time() + max(lasts_s - _MARGIN_S, lasts_s * 0.9))


def _trouble(message: str, code: str, secrets: list[str]) -> Trouble:
    text = removed(message.encode("utf-8", "replace"), secrets).decode()
    # Of the call itself nothing has left.
    return Trouble(f"the token: {text}", code=code, sent=False)

"""Finds out who asks, before anything else looks at a request."""

from ipaddress import ip_address
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from batuta.doors.http.access.principal import LOCAL, Principal
from batuta.doors.http.problems import Problem, document_of
from batuta.doors.http.settings import Settings
from batuta.errors import BatutaError, InputError
from batuta.outbound.exchange import Connections
from batuta.ports import Clock
from batuta.serving.keys import Keys

__all__ = ["COOKIE", "Access", "Guard", "check_address"]

# What anybody may ask: a monitor has no key.
_PUBLIC = frozenset({"/health", "/ready"})
# Where a browser keeps its key; set with HttpOnly and SameSite=Strict.
COOKIE = "batuta_key"
_NOBODY = Principal("", "", frozenset())


class Accepting(Protocol):
    """Knows who has a token."""

    async def principal(self, text: str) -> Principal: ...


class Access:
    """Who may ask: holders of keys and tokens; where neither is asked for, whoever sits at this machine.

    `public`: exact paths that anybody may ask, and that tell nothing.
    """

    def __init__(
        self, folder: str, settings: Settings, clock: Clock, connections: Connections
    ) -> None:
        self.public = set(_PUBLIC)
        self.keys = Keys(folder)
        self._clock = clock
        self._local = is_loopback(settings.host)
        self._tokens = _tokens(settings, connections) if settings.issuer else None

    async def principal(self, headers: Headers) -> Principal:
        """Who has sent these headers. Raises `Problem`, `InputError` if the keys cannot be read."""
        text = _presented(headers)
        if not text:
            if self._local and self._tokens is None and not self.keys.all():
                return LOCAL
            raise self._refused("a key or a token is needed")
        if self._tokens is not None and text.count(".") == 2:  # a key has none
            return await self._tokens.principal(text)
        issued = self.keys.find(text, self._clock.now())
        if issued is None:
            if self._local and self._tokens is None and not self.keys.all():
                return LOCAL  # chat clients send some key always
            raise self._refused("this key does not count, or no longer")
        return Principal(issued.name, f"key:{issued.id}", frozenset(issued.scopes))

    def _refused(self, detail: str) -> Problem:
        return Problem(
            401,
            "key",
            detail,
            remedy="`batuta keys add` makes one; send it as `Authorization: Bearer KEY`",
            headers={"WWW-Authenticate": "Bearer"},
        )


class Guard:
    """Puts the `Principal` into the state of a request, or refuses it."""

    def __init__(self, inner: ASGIApp, access: Access) -> None:
        self._inner = inner
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = scope.setdefault("state", {})
            if scope["path"] in self._access.public:
                state["principal"] = _NOBODY
            else:
                try:
                    state["principal"] = await self._access.principal(Headers(scope=scope))
                except Problem as error:
                    await error.response()(scope, receive, send)
                    return
                except BatutaError as error:
                    await document_of(error)(scope, receive, send)
                    return
        await self._inner(scope, receive, send)


def _tokens(settings: Settings, connections: Connections) -> Accepting:
    from batuta.doors.http.access.tokens import Tokens  # joserfc and cryptography take 0.1 s

    return Tokens(settings.issuer, settings.audience, connections)


def is_loopback(host: str) -> bool:
    """True if only this machine can reach an address of that name."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(settings: Settings, folder: str, now: float) -> None:
    """Raises `InputError` where a server would be open to everybody, or nobody could be let in."""
    if bool(settings.issuer) != bool(settings.audience):
        raise InputError(
            "--issuer and --audience go together",
            remedy="say for whom the tokens have to be, and who makes them",
        )
    if settings.issuer and not settings.issuer.startswith(("https://", "http://")):
        raise InputError(
            f"{settings.issuer[:80]!r} is no address of an issuer", remedy="write https://…"
        )
    if is_loopback(settings.host) or settings.issuer:
        return
    valid = [
        one
        for one in Keys(folder).all()
        if not one.revoked_at and (not one.expires_at or one.expires_at > now)
    ]
    if not valid:
        raise InputError(
            f"{settings.host} can be reached by others, and nothing says who may ask",
            remedy="make a key first: batuta keys add NAME; or accept tokens: --issuer URL --audience NAME",
        )


def _presented(headers: Headers) -> str:
    """The key or token of a request."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return text.strip()
    return headers.get("x-api-key", "") or cookie_parser(headers.get("cookie", "")).get(COOKIE, "")

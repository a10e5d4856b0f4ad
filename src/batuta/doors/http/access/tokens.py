"""Bearer tokens of an OpenID Connect issuer: signed by its keys, meant for us, and not over.

What a token says of its own key (`jwk`, `jku`, `x5u`) is never used; the keys are those that the issuer publishes.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from batuta.doors.http.access.principal import EVERY_SCOPE, Principal
from batuta.doors.http.problems import Problem
from batuta.outbound.exchange import Connections, Request, Trouble

__all__ = ["Tokens"]

# Signatures that only the holder of a private key can make.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
# Clocks differ; in seconds.
_LEEWAY_S = 30
# What an issuer publishes is asked for again after so long, and for an unknown key at most so often; in seconds.
_KEYS_S, _AGAIN_S = 600.0, 30.0
_TIMEOUT_S = 10.0
_BYTES_MAX = 1 << 20
_TOKEN_CHARS_MAX = 16_384
# How a scope of ours is called in a token.
_PREFIX = "batuta:"


class Tokens:
    """Accepts the tokens of `issuer` for `audience`; `connections` fetch its keys."""

    def __init__(self, issuer: str, audience: str, connections: Connections) -> None:
        self._issuer = issuer.rstrip("/")
        self._connections = connections
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "values": [self._issuer, self._issuer + "/"]},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._keys: KeySet | None = None
        self._fetched_at = -_KEYS_S
        self._fetching = asyncio.Lock()

    async def principal(self, text: str) -> Principal:
        """Who has this token. Raises `Problem`."""
        if len(text) > _TOKEN_CHARS_MAX:
            raise _refused("it is too long")
        claims = await self._checked(text)
        name = str(claims["sub"])[:200]
        return Principal(name, f"token:{name}", _scopes(claims))

    async def _checked(self, text: str) -> Mapping[str, Any]:
        try:
            try:
                token = jwt.decode(text, await self._known(_KEYS_S), algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                # The issuer may have a new key.
                token = jwt.decode(text, await self._known(_AGAIN_S), algorithms=_ALGORITHMS)
            self._claims.validate(token.claims)
            return token.claims
        except (JoseError, ValueError, TypeError, KeyError, UnicodeError, RecursionError) as error:
            raise _refused(type(error).__name__) from None

    async def _known(self, age_s: float) -> KeySet:
        """The keys of the issuer, not older than `age_s`. Raises `Problem` if there are none."""
        async with self._fetching:
            if self._keys is None or time.monotonic() - self._fetched_at > age_s:
                try:
                    found = await self._json(f"{self._issuer}/.well-known/openid-configuration")
                    self._keys = KeySet.import_key_set(await self._json(str(found["jwks_uri"])))
                    self._fetched_at = time.monotonic()
                except (Trouble, JoseError, ValueError, KeyError, TypeError):
                    if self._keys is None:
                        raise Problem(
                            503,
                            "issuer",
                            "the keys of the issuer cannot be had now",
                            headers={"Retry-After": "5"},
                        ) from None
                    self._fetched_at = time.monotonic() - age_s + _AGAIN_S
            return self._keys

    async def _json(self, url: str) -> Any:
        headers = {"Host": urlsplit(url).netloc, "Accept": "application/json"}
        request = Request("GET", url, headers | {"User-Agent": "batuta"})
        answer = await self._connections.send(
            request, timeout_s=_TIMEOUT_S, answer_bytes_max=_BYTES_MAX
        )
        if answer.status != 200 or answer.flaw:
            raise ValueError("no document")
        return json.loads(answer.body)


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    said = claims.get("scope", claims.get("scp", ()))
    words = said.split() if isinstance(said, str) else [str(word) for word in said or ()]
    named = {word.removeprefix(_PREFIX) for word in words if word.startswith(_PREFIX)}
    return frozenset(named & EVERY_SCOPE.keys())


def _refused(why: str) -> Problem:
    return Problem(
        401,
        "token",
        f"this token is not accepted: {why}",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )

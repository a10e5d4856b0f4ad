"""Who asks: what goes with a request to prove it, looked up at the last moment, and which of it an operation wants."""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from batuta.capabilities.openapi.shape import Scheme
from batuta.errors import WorkspaceError
from batuta.outbound.headers import HeaderTemplates
from batuta.reading.openapi import AuthConfig

__all__ = ["Attached", "Proof", "Proofs", "missing_variable"]

_VARIABLE = re.compile(r"\benv:([A-Za-z_][A-Za-z0-9_]*)")


class Attached(msgspec.Struct, frozen=True):
    """What goes with one request. `secrets`: what of it may not be told, in every form that it has there."""

    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    cookies: dict[str, str] = {}
    secrets: tuple[str, ...] = ()


class Proof:
    """One way to prove who one is: `texts` are looked up, and stand in a header, the query or a cookie."""

    def __init__(
        self,
        kind: Literal["bearer", "basic", "header", "query", "cookie"],
        name: str,
        texts: Mapping[str, str],
    ) -> None:
        self.kind = kind
        self.name = name
        self.texts = tuple(texts.values())
        self._templates = HeaderTemplates(texts)

    def attached(self, environment: Mapping[str, str]) -> Attached:
        """It, with what `environment` has. Raises `InputError`: something is missing there."""
        filled, secrets = self._templates.fill(environment)
        match self.kind:
            case "basic":
                pair = f"{filled['user']}:{filled['password']}"
                text = base64.b64encode(pair.encode()).decode()
                return Attached({"Authorization": f"Basic {text}"}, secrets=(*secrets, text))
            case "query":
                return Attached(query={self.name: filled["value"]}, secrets=tuple(secrets))
            case "cookie":
                return Attached(cookies={self.name: filled["value"]}, secrets=tuple(secrets))
            case _:
                return Attached(filled, secrets=tuple(secrets))


class Proofs:
    """What the operator has given (`config`) for the `schemes` of a document.

    Raises:
        WorkspaceError: it is not clear where a key belongs, or a header is none.
    """

    def __init__(self, config: AuthConfig | None, schemes: Mapping[str, Scheme]) -> None:
        config = config or AuthConfig()
        self._given: dict[str, Proof | None] = {}
        self._always: list[Proof | None] = []
        self.token = config.oauth2
        keys = _keys(config, schemes)
        bearer = _bearer(config)
        basic = config.basic
        by_kind: dict[str, Proof | None] = {}
        if basic is not None:
            texts = {"user": basic.user, "password": basic.password}
            by_kind["basic"] = Proof("basic", "", texts)
        if bearer is not None:
            by_kind |= {"bearer": bearer, "oauth2": bearer, "other": bearer}
        if self.token is not None:
            # None stands for the token, which is got when it is needed.
            by_kind |= {"bearer": None, "oauth2": None}
        for name, scheme in schemes.items():
            if name in keys:
                self._given[name] = keys[name]
            elif scheme.kind in by_kind:
                self._given[name] = by_kind[scheme.kind]
        self._always = list(dict.fromkeys([*by_kind.values(), *keys.values()]))

    def of(self, security: Sequence[Sequence[str]] | None) -> tuple[list[Proof], bool]:
        """What an operation that wants `security` gets, and whether a token is among it.

        The first way for which everything is there; without one, all that the operator has given; where the document
        says that nothing is needed, nothing.
        """
        if security is not None and not any(security):
            return [], False
        chosen = self._always
        for names in security or ():
            if names and all(name in self._given for name in names):
                chosen = list(dict.fromkeys(self._given[name] for name in names))
                break
        return [one for one in chosen if one is not None], None in chosen


def missing_variable(texts: Sequence[str], environment: Mapping[str, str]) -> str:
    """What has to be in `environment` for `texts`, and is not; "" if all is there."""
    for name in _VARIABLE.findall("\n".join(texts)):
        if not environment.get(name):
            return f"the environment has no {name}"
    return ""


def _bearer(config: AuthConfig) -> Proof | None:
    if not config.bearer:
        return None
    return Proof("bearer", "Authorization", {"Authorization": f"Bearer {config.bearer}"})


def _keys(config: AuthConfig, schemes: Mapping[str, Scheme]) -> dict[str, Proof]:
    """The keys by the name of their scheme."""
    known = {name: one for name, one in schemes.items() if one.kind == "key"}
    given = config.api_key
    if isinstance(given, str):
        if not given:
            return {}
        if len(known) != 1:
            names = ", ".join(sorted(known)) or "none"
            raise WorkspaceError(
                f"auth.api_key: the document has {len(known)} keys: {names}",
                remedy="write `api_key: {SCHEME: env:NAME}`"
                if known
                else "write `headers: {X-Key: env:NAME}`",
            )
        given = dict.fromkeys(known, given)
    proofs: dict[str, Proof] = {}
    for name, text in given.items():
        scheme = known.get(name)
        if scheme is None:
            names = ", ".join(sorted(known)) or "none"
            raise WorkspaceError(
                f"auth.api_key: the document has no key {name[:80]!r}", remedy=f"it has {names}"
            )
        within = scheme.name if scheme.where == "header" else "value"
        proofs[name] = Proof(scheme.where, scheme.name, {within: text})
    return proofs

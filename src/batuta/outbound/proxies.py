"""Which proxy a request goes through, by what the environment says: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY. Pure.

The small letters win over the large ones, as everywhere. This machine itself is never reached through a proxy.
"""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

__all__ = ["Proxies", "Proxy", "Unusable"]

_PORTS = {"http": 80, "https": 443}


class Unusable(Exception):
    """What the environment says of a proxy cannot be followed; the message does not repeat it."""


class Proxy(msgspec.Struct, frozen=True):
    """Where a proxy is, how it is spoken to, what it wants to see, and which variable names it."""

    variable: str
    encrypted: bool
    host: str
    port: int
    authorization: str = ""

    @property
    def shown(self) -> str:
        """As it is named in messages: without credentials."""
        return f"the proxy {self.host}:{self.port} ({self.variable})"


class Proxies:
    """What `environment` says of proxies, looked up once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        every = _said(environment, "ALL_PROXY")
        # A web server hands the header `Proxy` of a stranger to its programs as HTTP_PROXY.
        plain = ("", "") if "REQUEST_METHOD" in environment else _said(environment, "HTTP_PROXY")
        self._said = {
            True: next(filter(_set, (_said(environment, "HTTPS_PROXY"), every)), ("", "")),
            False: next(filter(_set, (plain, every)), ("", "")),
        }
        _, direct = _said(environment, "NO_PROXY")
        self._direct = [word for word in re.split(r"[,\s]+", direct.lower()) if word]

    def of(self, encrypted: bool, host: str, port: int) -> Proxy | None:
        """The proxy for a request to `host`; None if it goes there itself. Raises `Unusable`."""
        variable, said = self._said[encrypted]
        if not said or _is_here(host) or any(_fits(word, host, port) for word in self._direct):
            return None
        return _proxy(variable, said)


def _said(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    for one in (name.lower(), name):
        if value := environment.get(one, "").strip():
            return one, value
    return "", ""


def _set(said: tuple[str, str]) -> bool:
    return bool(said[1])


def _proxy(variable: str, said: str) -> Proxy:
    try:
        parts = urlsplit(said if "://" in said else f"http://{said}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = None, "", None
    if parts is None or not re.fullmatch(r"[A-Za-z0-9_.:%-]+", host):
        raise Unusable(f"{variable} is not the address of a proxy, like http://proxy.example:3128")
    if parts.scheme not in _PORTS:
        raise Unusable(f"{variable} names a proxy that is not spoken to by http or https")
    who = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        who = f"Basic {b64encode(pair.encode()).decode()}"
    return Proxy(variable, parts.scheme == "https", host, port or _PORTS[parts.scheme], who)


def _is_here(host: str) -> bool:
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def _fits(word: str, host: str, port: int) -> bool:
    """True if `word` of NO_PROXY means `host`: `*`, a name and all below it, an address, a network, each `:port`."""
    name = host.lower().rstrip(".")
    if word == "*" or word == name:
        return True
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})", word)
    if found is not None:
        return int(found[3]) == port and _fits(found[1] or found[2], host, port)
    address = _address(name)
    if address is not None:
        try:
            return address in ipaddress.ip_network(word.strip("[]"), strict=False)
        except ValueError:
            return False
    return name == word.lstrip("*.") or name.endswith("." + word.lstrip("*."))


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return None

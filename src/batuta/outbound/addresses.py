"""Which addresses may be connected to: public ones, and others by permission. Pure."""

import ipaddress
import re
from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from batuta.errors import WorkspaceError

__all__ = ["Permissions", "permissions_from"]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Block: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# Not reachable from everywhere, by the IANA registries of special-purpose addresses. Written out, for what the
# standard library calls private differs between versions of Python.
_SPECIAL: tuple[Block, ...] = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/127",  # unspecified, loopback
        "100::/64",  # discarded
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, of old
        "ff00::/8",  # multicast
    )
)

# Here clouds hand out credentials. A permission for a name never opens these, only one for the address itself.
_METADATA: tuple[Block, ...] = tuple(
    ipaddress.ip_network(block)
    for block in (
        "169.254.0.0/16",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fe80::/10",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
        "fd00:42::42/128",
    )
)

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
# Where an IPv4 address stands inside a NAT64 one, by the length of the operator's prefix (RFC 6052); byte 8 is unused.
_NAT64_LOCAL_BYTES = ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), (12, 13, 14, 15))
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,252})")


class _Entry(msgspec.Struct, frozen=True):
    """One permission: a network or a host name, on one port or (0) on all."""

    block: Block | None
    name: str
    port: int


class Permissions(msgspec.Struct, frozen=True):
    """What may be reached besides public addresses."""

    entries: tuple[_Entry, ...] = ()

    def allow(self, host: str, port: int, address: str) -> bool:
        """True if `address`, which the name `host` stands for, may be connected to on `port`."""
        try:
            outer = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        name = host.lower().rstrip(".")
        return all(
            self._permit(name, port, target)
            for target in _targets(outer)
            if _within(target, _SPECIAL) or _within(target, _METADATA)
        )

    def _permit(self, name: str, port: int, target: Address) -> bool:
        by_name = not _within(target, _METADATA)
        return any(
            (target in entry.block if entry.block is not None else by_name and entry.name == name)
            for entry in self.entries
            if entry.port in (0, port)
        )


def permissions_from(entries: Iterable[str]) -> Permissions:
    """The permissions that `network.allow_private` states: "host", "host:port", an address, or a network.

    Raises:
        WorkspaceError: an entry is none of these.
    """
    return Permissions(tuple(_entry(text) for text in entries))


def _entry(text: str) -> _Entry:
    host, port = _split(text.strip().lower())
    try:
        return _Entry(ipaddress.ip_network(host, strict=False), "", port)
    except ValueError:
        pass
    name = host.rstrip(".")
    looks_like_a_number = name.replace(".", "").isdigit()
    if not _NAME.fullmatch(name) or looks_like_a_number or not 0 <= port <= 65_535:
        raise WorkspaceError(
            f"network.allow_private: {text[:80]!r} is no host, host:port or network",
            remedy="write for example localhost, db.internal:8080, 127.0.0.1 or 10.0.0.0/8",
        )
    return _Entry(None, name, port)


def _split(text: str) -> tuple[str, int]:
    """Host and port of `text`; port 0 if it states none, -1 if it is no number."""
    found = re.fullmatch(r"\[([^\]]*)\](?::(.*))?|([^:]*):([^:]*)", text)
    if found is None:
        return text, 0
    host, port = found[1] or found[3] or "", found[2] or found[4]
    if port is None:
        return host, 0
    return host, int(port) if port.isascii() and port.isdigit() and 0 < int(
        port[:6]
    ) < 65_536 else -1


def _targets(address: Address) -> list[Address]:
    """`address` and every IPv4 address that some network takes it for."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    packed = address.packed
    low = ipaddress.IPv4Address(packed[12:])
    if address.ipv4_mapped is not None:
        return [low]
    targets: list[Address] = [address]
    if address.sixtofour is not None:
        targets.append(address.sixtofour)
    if address.teredo is not None:
        targets += address.teredo
    if address in _NAT64_LOCAL:
        targets += (
            ipaddress.IPv4Address(bytes(packed[at] for at in places))
            for places in _NAT64_LOCAL_BYTES
        )
    # ::a.b.c.d is the form of old; :: and ::1 are themselves.
    if address in _NAT64 or packed[8:12] in _ISATAP or 1 < int(address) < 1 << 32:
        targets.append(low)
    return targets


def _within(address: Address, blocks: tuple[Block, ...]) -> bool:
    return any(address in block for block in blocks)

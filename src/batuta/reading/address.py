"""Private addresses as workspaces write them: `localhost:8080`, `127.0.0.1`, `[::1]:8080`, `10.0.0.0/8`."""

import re
from typing import Any

from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED, formed, text
from batuta.reading.tree import Node

__all__ = ["read_private_address"]

_HOST = r"(?=[^:]{1,253}(?::|\Z))[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_-]{1,63})*\.?(?::([0-9]{1,5}))?"


def read_private_address(node: Node, report: Report) -> Any:
    """A host, a host with a port, an address or a network."""
    name = text(1, 300)(node, report)
    if name is FLAWED or _is_address(name):
        return name
    report.flaw(
        "B202",
        f"{name!r} is not a host, an address or a network",
        at=node.start,
        remedy="write for example localhost:8080, 127.0.0.1, [::1]:8080 or 10.0.0.0/8",
    )
    return FLAWED


formed(read_private_address, "json", {"type": "string", "minLength": 1, "maxLength": 300})


def _is_address(name: str) -> bool:
    from ipaddress import ip_address, ip_network

    host, port = name, ""
    if name.startswith("["):
        host, closed, port = name[1:].partition("]")
        if not closed or (port and not re.fullmatch(r":[0-9]{1,5}", port)):
            return False
    elif found := re.fullmatch(_HOST, name):
        port = found[1] or ""
        host = name.rpartition(":")[0] if port else name
        if not re.fullmatch(r"[0-9.]+", host):
            return not port or 0 < int(port) < 65_536
    if port and not 0 < int(port.removeprefix(":")) < 65_536:
        return False
    try:
        ip_network(host, strict=False) if "/" in host and not port else ip_address(host)
    except ValueError:
        return False
    return True

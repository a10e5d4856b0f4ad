"""Servers that a workspace names: their address, and the variable that holds the key."""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED, Read, form_of, formed, mapping, matching, text
from batuta.reading.tree import Node

__all__ = ["VARIABLE", "is_loopback", "read_headers", "read_key", "read_url", "without_password"]

HEADERS_MAX = 50

VARIABLE = r"env:[A-Za-z_][A-Za-z0-9_]{0,127}"

_read_url = matching(
    rf"(?:https?://[^\s?#{{}}\\]{{1,1000}}|{VARIABLE}(?:/[^\s?#{{}}\\]{{0,1000}})?)",
    "the address of a server",
    "http://127.0.0.1:11434/v1, https://api.openai.com/v1 or env:MODEL_URL",
)
_read_key = matching(VARIABLE, "a variable of the environment that holds the key", "env:MODEL_KEY")
read_headers = mapping(text(1, 100), text(0, 4_096), HEADERS_MAX)


def _read_name_of_key(node: Node, report: Report) -> Any:
    if not isinstance(node.value, str) or re.fullmatch(VARIABLE, node.value):
        return _read_key(node, report)
    # It may be the key itself: that belongs neither here, in version control, nor into a message.
    said = "this is not a variable of the environment that holds the key"
    report.flaw("B025", said, at=node.start, remedy="write for example env:MODEL_KEY")
    return FLAWED


read_key = formed(_read_name_of_key, *form_of(_read_key))


def without_password(address: Read, password: re.Pattern[str], remedy: str) -> Read:
    """What `address` reads, unless `password` is found in it; `remedy` says where that belongs."""

    def read(node: Node, report: Report) -> Any:
        url = address(node, report)
        if url is FLAWED or not password.search(url):
            return url
        report.flaw("B025", "this address has a password in it", at=node.start, remedy=remedy)
        return FLAWED

    return formed(read, *form_of(address))


# `http://…`, `https://…`, or `env:NAME` with a path behind it.
read_url = without_password(
    _read_url,
    re.compile(r"^https?://[^/]*@", re.IGNORECASE),
    "put the key into a variable of the environment and write `key: env:NAME`",
)


def is_loopback(url: str) -> bool:
    """True if `url` names this machine itself."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False

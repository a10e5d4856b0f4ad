"""Servers that a workspace names: their address, and the variable that holds the key."""

import re
from typing import Any

from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED, form_of, formed, mapping, matching, text
from batuta.reading.tree import Node

__all__ = ["VARIABLE", "read_headers", "read_key", "read_url"]

HEADERS_MAX = 50

VARIABLE = r"env:[A-Za-z_][A-Za-z0-9_]{0,127}"
_CREDENTIALS = re.compile(r"https?://[^/]*@", re.IGNORECASE)

_read_url = matching(
    rf"(?:https?://[^\s?#{{}}\\]{{1,1000}}|{VARIABLE}(?:/[^\s?#{{}}\\]{{0,1000}})?)",
    "the address of a server",
    "http://127.0.0.1:11434/v1, https://api.openai.com/v1 or env:MODEL_URL",
)
# What stands here is in version control and in logs: a key does not belong there.
read_key = matching(VARIABLE, "a variable of the environment that holds the key", "env:MODEL_KEY")
read_headers = mapping(text(1, 100), text(0, 4_096), HEADERS_MAX)


def read_url(node: Node, report: Report) -> Any:
    """`http://…`, `https://…`, or `env:NAME` with a path behind it; never with a password."""
    url = _read_url(node, report)
    if url is FLAWED or not _CREDENTIALS.match(url):
        return url
    report.flaw(
        "B025",
        "this address has a password in it",
        at=node.start,
        remedy="put the key into a variable of the environment and write `key: env:NAME`",
    )
    return FLAWED


formed(read_url, *form_of(_read_url))

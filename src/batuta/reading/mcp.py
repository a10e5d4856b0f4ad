"""The MCP servers of a workspace: `mcp: {files: {command: […]}, crm: {url: https://…}}`."""

from typing import Any

import msgspec

from batuta.reading.declared import Declared, read_declared, read_pattern
from batuta.reading.report import Report
from batuta.reading.server import VARIABLE, read_headers, read_url
from batuta.reading.shapes import (
    FLAWED,
    duration,
    form_of,
    formed,
    integer,
    mapping,
    matching,
    one_or_more,
    record,
    sequence,
    text,
)
from batuta.reading.tree import Node

__all__ = ["McpConfig", "OAuthConfig", "read_mcp"]

SERVERS_MAX = 200
WORDS_MAX = 200
VARIABLES_MAX = 100
TOOLS_MAX = 10_000
PATTERNS_MAX = 1_000
_DAY_S = 86_400.0


class OAuthConfig(msgspec.Struct, frozen=True):
    """How a token is got by client credentials.

    Attributes:
        issuer: the authorization server; credentials go there and nowhere else, whatever the MCP server says.
        client_id: `env:NAME`, or as it is.
        client_secret, private_key: one of them, `env:NAME`; the key, in PEM, signs who it is.
        scope: what is asked for, words with spaces between them; "": what the server says it needs.
    """

    issuer: str
    client_id: str
    client_secret: str = ""
    private_key: str = ""
    scope: str = ""


class McpConfig(msgspec.Struct, frozen=True, rename={"timeout_s": "timeout", "answer_s": "answer"}):
    """One entry of `mcp`: a program (`command`) or an address (`url`).

    Attributes:
        command: the program and its arguments, word by word; no shell reads them.
        environment: what the program finds in its environment, besides PATH and HOME; `env:NAME` is that variable.
        folder: where the program runs, relative to the workspace.
        url: where the server is.
        headers: sent with each request; `env:NAME` in a value is that variable.
        only: names, or patterns of names, of what is taken over; empty: all.
        tools: what is declared of each tool, by its name.
        timeout_s: longest time of one call, in seconds, unless the tool says another.
        concurrency: calls at once; 0 for any number.
        answer_s: how long a question of a server that has to be kept waiting may stand, in seconds.
    """

    command: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    folder: str = "."
    url: str = ""
    headers: dict[str, str] = {}
    oauth: OAuthConfig | None = None
    only: tuple[str, ...] = ()
    tools: dict[str, Declared] = {}
    timeout_s: float = 60.0
    concurrency: int = 0
    answer_s: float = 600.0


_VARIABLE_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,127}"
_read_secret = matching(VARIABLE, "a variable of the environment", "env:CRM_SECRET")

_read_server = record(
    McpConfig,
    {
        "command": sequence(text(1, 4_096), WORDS_MAX),
        "environment": mapping(
            matching(_VARIABLE_NAME, "the name of a variable", "API_TOKEN"),
            text(0, 32_768),
            VARIABLES_MAX,
        ),
        "folder": text(1, 1_024),
        "url": read_url,
        "headers": read_headers,
        "oauth": record(
            OAuthConfig,
            {
                "issuer": read_url,
                "client_id": text(1, 1_024),
                "client_secret": _read_secret,
                "private_key": _read_secret,
                "scope": text(0, 1_024),
            },
            required=("issuer", "client_id"),
            what="oauth: a map with `issuer`, `client_id` and `client_secret` (or `private_key`)",
        ),
        "only": one_or_more(read_pattern, PATTERNS_MAX),
        "tools": mapping(text(1, 256), read_declared, TOOLS_MAX),
        "timeout": duration(0.001, _DAY_S),
        "concurrency": integer(0, 10_000),
        "answer": duration(1, _DAY_S),
    },
    what="an MCP server: a map with `command` or `url`",
)

_OF_COMMANDS = ("environment", "folder")
_OF_ADDRESSES = ("headers", "oauth")


def _server(node: Node, report: Report) -> Any:
    read = _read_server(node, report)
    if not isinstance(read, McpConfig) or node.map is None:
        return read
    if bool(read.command) == bool(read.url):
        both = "`command` and `url` exclude each other" if read.url else "the key 'url' is missing"
        remedy = "write `command: [program, argument]` or `url: https://…`"
        report.flaw("B021", both, at=node.start, remedy=remedy)
        return FLAWED
    for key in _OF_ADDRESSES if read.command else _OF_COMMANDS:
        if key in node.map:
            kind = "a program" if read.command else "an address"
            report.flaw(
                "B025", f"{key} is not for {kind}", at=node.map[key].start, remedy="leave it away"
            )
            return FLAWED
    if read.oauth and bool(read.oauth.client_secret) == bool(read.oauth.private_key):
        said = "`client_secret` and `private_key` exclude each other"
        if not read.oauth.client_secret:
            said = "the key 'client_secret' is missing"
        remedy = "write `client_secret: env:NAME`, or `private_key: env:NAME`"
        report.flaw("B021", said, at=node.map["oauth"].start, remedy=remedy)
        return FLAWED
    if read.oauth and any(name.lower() == "authorization" for name in read.headers):
        at = node.map["oauth"].start
        said = "a header Authorization and oauth exclude each other"
        report.flaw("B025", said, at=at, remedy="leave one of them away")
        return FLAWED
    return read


formed(_server, *form_of(_read_server))

read_mcp = mapping(
    matching(r"[A-Za-z_][A-Za-z0-9_]{0,63}", "the name of a source", "crm"), _server, SERVERS_MAX
)

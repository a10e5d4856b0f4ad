"""The words of the commands that bring in what others offer."""

import argparse
from collections.abc import Callable
from typing import Any

from batuta.doors.cli.words.command import Command

__all__ = ["COMMANDS"]


def _add(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    many: dict[str, Any] = {"action": "append", "default": []}
    add(
        "kind",
        choices=("mcp", "openapi"),
        metavar="KIND",
        help="mcp: a server of tools; openapi: a service",
    )
    add("name", metavar="NAME", help="what it is called here; its capabilities are NAME.…")
    add("document", nargs="?", default="", metavar="DOCUMENT",
        help="openapi: the description, a file or an address")  # fmt: skip
    add("--url", default="", metavar="URL",
        help="mcp: where the server is; else the command behind -- is started")  # fmt: skip
    add("--header", metavar="HEADER", **many,
        help="'NAME: VALUE', sent with each request; env:NAME in the value is that variable (repeatable)")  # fmt: skip
    add("--environment", metavar="VARIABLE", **many,
        help="NAME=VALUE, for a command; env:NAME is that variable of yours (repeatable)")  # fmt: skip
    add("--server", default="", metavar="URL",
        help="openapi: where the service is, whatever its description says")  # fmt: skip
    add("--auth", metavar="AUTH", **many,
        help="openapi: bearer=env:NAME, api_key=env:NAME, basic=USER:env:NAME or oauth2=CLIENT:env:NAME")  # fmt: skip
    add("--only", metavar="PATTERN", **many,
        help="take over what is called so; * stands for anything (repeatable)")  # fmt: skip
    add("--yes", action="store_true", help="do it without being asked")


def _trust(add: Callable[..., Any], _: argparse.ArgumentParser) -> None:
    add("name", metavar="SOURCE", help="the source: an entry of mcp or openapi in batuta.yaml")
    add("--yes", action="store_true", help="accept what it offers now without being asked")


COMMANDS: dict[str, Command] = {
    "add": Command(
        "add",
        "make the tools of an MCP server, or an API, capabilities",
        "mcp NAME (--url URL | -- COMMAND…)  |  openapi NAME DOCUMENT",
        "Ask a source what it offers, show it, and write it down: the entry in batuta.yaml, and\n"
        "what was accepted in imports/NAME.json. What is not declared counts as a write.\n"
        "Secrets stay in the environment: say env:NAME.",
        "batuta add mcp files -- npx -y @modelcontextprotocol/server-filesystem ./data\n"
        "batuta add mcp crm --url https://crm.example/mcp --header 'X-Api-Key: env:CRM_KEY'\n"
        "batuta add openapi shop https://shop.example/api.json --auth bearer=env:SHOP_TOKEN\n"
        "batuta add openapi shop shop.yaml --only 'order*'",
        _add,
        takes_program=True,
    ),
    "trust": Command(
        "trust",
        "show what a source changed since it was accepted, and accept it",
        "SOURCE [--yes]",
        "Ask a source what it offers now and compare that with imports/NAME.json. What differs\n"
        "is not called until it is accepted. Exits 3 if nobody is there to say yes.",
        "batuta trust crm\nbatuta trust crm --json\nbatuta trust crm --yes",
        _trust,
    ),
}

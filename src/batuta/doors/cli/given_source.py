"""A source as it was given on the command line: the entry that `batuta.yaml` gets for it."""

import argparse
import re
from pathlib import Path
from typing import Any

from batuta.errors import InputError
from batuta.reading.server import VARIABLE

__all__ = ["given_entry", "given_origin"]

_REFERENCE = re.compile(r"\benv:[A-Za-z_][A-Za-z0-9_]{0,127}")
# What is under such a name is a secret, and belongs neither into a file nor into a message.
_SECRET = re.compile(
    r"authorization|api[-_]?key|token|secret|passw|cookie|credential|_key\b|^key$", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def given_entry(args: argparse.Namespace, root: Path) -> dict[str, Any]:
    """The entry that the words of `add` stand for.

    Raises:
        InputError: they do not go together, or hold a secret as it is.
    """
    entry = _server(args) if args.kind == "mcp" else _service(args, root)
    if args.only:
        entry["only"] = list(args.only)
    return entry


def given_origin(args: argparse.Namespace) -> dict[str, Any]:
    """Where the description of a service was read from, as its pin has it."""
    address = _ADDRESS.match(args.document)
    return {"url": args.document} if address else {"document": args.document}


def _server(args: argparse.Namespace) -> dict[str, Any]:
    _refuse(args, ("document", "server", "auth"), "mcp")
    if bool(args.url) == bool(args.program):
        both = "--url and a command behind -- exclude each other"
        raise InputError(
            both if args.url else "where is the server?",
            remedy=f"say `batuta add mcp {args.name} --url https://…` or `… -- COMMAND ARGUMENT…`",
        )
    if args.url:
        _refuse(args, ("environment",), "a server with an address")
        return {"url": args.url, **_headers(args)}
    _refuse(args, ("header",), "a command")
    variables = dict(_variable(one) for one in args.environment)
    return {"command": args.program} | ({"environment": variables} if variables else {})


def _service(args: argparse.Namespace, root: Path) -> dict[str, Any]:
    _refuse(args, ("url", "environment", "program"), "openapi")
    if not args.document:
        raise InputError(
            "where is its description?",
            remedy=f"say `batuta add openapi {args.name} FILE`, or an https://… address",
        )
    entry: dict[str, Any] = {}
    # What is downloaded stands in the pin, and nowhere else in the folder.
    downloaded = _ADDRESS.match(args.document)
    entry["document"] = f"imports/{args.name}.json" if downloaded else _inside(args.document, root)
    if args.server:
        entry["server"] = args.server
    if args.auth:
        auth: dict[str, Any] = {}
        for one in args.auth:
            auth |= _auth(one)
        entry["auth"] = auth
    return entry | _headers(args)


def _refuse(args: argparse.Namespace, names: tuple[str, ...], what: str) -> None:
    for name in names:
        if getattr(args, name):
            shown = {"document": "a description", "program": "a command behind --"}.get(name)
            raise InputError(
                f"{shown or f'--{name}'} is not for {what}",
                remedy="`batuta add --help` shows how it is used",
            )


def _inside(document: str, root: Path) -> str:
    """The path of a file as seen from the workspace, in which it has to be."""
    path = Path(document)
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError, RuntimeError):
        raise InputError(
            f"{document!r} is not in the folder of the workspace",
            remedy="copy it there: what a workspace consists of is in its folder",
        ) from None


def _headers(args: argparse.Namespace) -> dict[str, Any]:
    headers = dict(_header(one) for one in args.header)
    return {"headers": headers} if headers else {}


def _header(given: str) -> tuple[str, str]:
    name, colon, value = given.partition(":")
    if not colon or not name.strip():
        raise InputError(
            "a header has a name, a colon and a value",
            remedy="write for example --header 'Authorization: Bearer env:CRM_TOKEN'",
        )
    name, value = name.strip(), value.strip()
    _no_secret(f"the header {name[:40]}", name, value, f"'{name[:40]}: … env:CRM_TOKEN'")
    return name, value


def _variable(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise InputError(
            "a variable has a name, = and a value",
            remedy="write for example --environment API_TOKEN=env:CRM_TOKEN",
        )
    _no_secret(f"the variable {name[:40]}", name, value, f"{name[:40]}=env:{name[:40]}")
    return name, value


def _auth(given: str) -> dict[str, Any]:
    kind, _, value = given.partition("=")
    pair = re.fullmatch(rf"(.+?):({VARIABLE})", value)
    match kind.partition("."):
        case ("bearer" | "api_key", "", "") if re.fullmatch(VARIABLE, value):
            return {kind: value}
        case ("api_key", ".", scheme) if re.fullmatch(VARIABLE, value):
            return {"api_key": {scheme: value}}
        case ("basic", "", "") if pair:
            return {"basic": {"user": pair[1], "password": pair[2]}}
        case ("oauth2", "", "") if pair:
            return {"oauth2": {"client_id": pair[1], "client_secret": pair[2]}}
        case _:
            # Without the value, which may be the secret itself.
            raise InputError(
                "--auth is bearer=env:NAME, api_key=env:NAME, basic=USER:env:NAME or oauth2=CLIENT:env:NAME",
                remedy="export the secret under that name; it is looked up when a request is made",
            )


def _no_secret(what: str, name: str, value: str, example: str) -> None:
    if _SECRET.search(name) and value and not _REFERENCE.search(value):
        raise InputError(
            f"{what} would put a secret into batuta.yaml",
            remedy=f"export it as a variable of the environment, and write {example}",
        )

"""One operation of a document: what it takes as JSON Schema, what becomes of that, what it gives. Pure.

Its arguments are its parameters by their names, and `body`. Where two parameters have the same name, or one is called
`body`, the later one is called after its place: `query_id`.
"""

import re
from collections.abc import Iterable
from typing import Any, get_args

from batuta.capabilities.openapi.media import kind_of, preferred
from batuta.capabilities.openapi.references import (
    References,
    Refused,
    as_list,
    as_map,
    as_text,
)
from batuta.capabilities.openapi.requests import body_of
from batuta.capabilities.openapi.schemas import Schemas, nullable
from batuta.capabilities.openapi.shape import Operation, Parameter, Server, Style, Where

__all__ = ["FOLLOWED", "Described", "Reader", "is_key_header"]

_STYLES: dict[str, Style] = {
    "simple": "simple",
    "label": "label",
    "matrix": "matrix",
    "form": "form",
    "spaceDelimited": "space",
    "pipeDelimited": "pipe",
    "tabDelimited": "tab",
    "deepObject": "deep",
    "cookie": "cookie",
}
_DEFAULT: dict[Where, Style] = {
    "path": "simple",
    "header": "simple",
    "query": "form",
    "cookie": "form",
    "querystring": "form",
}
_ALLOWED: dict[Where, frozenset[Style]] = {
    "path": frozenset({"simple", "label", "matrix"}),
    "header": frozenset({"simple"}),
    "query": frozenset({"form", "space", "pipe", "tab", "deep"}),
    "cookie": frozenset({"form", "cookie"}),
    "querystring": frozenset({"form"}),
}
# What the connection, the body or the way to prove who one is sets; documents are to leave it alone, and some do not.
_NOT_ARGUMENTS = frozenset(
    "accept accept-encoding authorization connection content-length content-type host te transfer-encoding"
    " upgrade user-agent".split()
)
_KEY_HEADERS = re.compile(r"(?:x-)?idempoten(?:cy|ce)-key", re.IGNORECASE)
# For checking only what an operation takes; 3.2 calls it the whole query.
FOLLOWED = ("get", "put", "post", "delete", "options", "head", "patch", "query")
_TEMPLATED = re.compile(r"\{([^{}]+)\}")


def is_key_header(name: str) -> bool:
    """True if the header `name` is where services take an idempotency key."""
    return _KEY_HEADERS.fullmatch(name) is not None


class Described:
    """One operation as it was read: what a call needs, the schemas of its arguments and of its answer."""

    def __init__(
        self, operation: Operation, input_: dict[str, Any], output: dict[str, Any] | None
    ) -> None:
        self.operation = operation
        self.input = input_
        self.output = output


class Reader:
    """Reads the operations of one document."""

    def __init__(self, references: References, schemas: Schemas) -> None:
        self._references = references
        self._schemas = schemas

    def read(
        self, method: str, path: str, operation: dict[str, Any], shared: list[dict[str, Any]]
    ) -> Described:
        """The operation as 3 describes it; `shared` are the parameters of its path. Raises `Refused`."""
        if not path.startswith("/"):
            raise Refused(f"its path is {path[:100]!r}, and a path begins with /")
        # What is behind a # is never sent; some documents tell operations on one path apart that way.
        path = path.partition("#")[0]
        if any(part in (".", "..") for part in re.split(r"[/?]", path)):
            raise Refused(f"its path is {path[:100]!r}, which is more than a path")
        if "requestBody" in operation:
            given = self._references.resolved(operation["requestBody"])
        else:
            given = {}
        content = self._content(given)
        parameters, schemas, required, key_header = self._parameters(path, shared, bool(content))
        body = None
        if content:
            media = preferred(list(content))
            one = self._references.resolved(content[media])
            body, schema = body_of(media, one, self._references, self._schemas)
            schemas["body"] = _with_description(schema, as_text(given.get("description")))
            if given.get("required") is True:
                required.append("body")
        answer, output = self._answer(method, as_map(operation.get("responses")))
        input_: dict[str, Any] = {"type": "object", "properties": schemas}
        if required:
            input_["required"] = required
        input_["additionalProperties"] = False
        security = security_of(operation, self._references.root)
        servers = servers_from(as_list(operation.get("servers")))
        return Described(
            Operation(method, path, tuple(parameters), body, security, servers, key_header, answer),
            input_,
            output,
        )

    def _content(self, holder: dict[str, Any]) -> dict[str, Any]:
        return {
            media: one
            for media, one in as_map(holder.get("content")).items()
            if isinstance(one, dict)
        }

    def _parameters(
        self, path: str, given: list[dict[str, Any]], has_body: bool
    ) -> tuple[list[Parameter], dict[str, Any], list[str], str]:
        parameters: list[Parameter] = []
        schemas: dict[str, Any] = {}
        required: list[str] = []
        key_header = ""
        templated = list(dict.fromkeys(_TEMPLATED.findall(path)))
        declared = {one.get("name") for one in given if one.get("in") == "path"}
        for name in templated:
            if name not in declared:
                schema = {"type": "string"}
                given = [*given, {"name": name, "in": "path", "required": True, "schema": schema}]
        for one in given:
            name, where = as_text(one.get("name")), as_text(one.get("in"))
            if where == "header" and is_key_header(name):
                key_header = name
                continue
            if where == "header" and name.lower() in _NOT_ARGUMENTS:
                continue
            if where == "path" and name not in templated:
                continue
            parameter, schema = self._parameter(one, name, where, schemas, has_body)
            parameters.append(parameter)
            schemas[parameter.argument] = schema
            if one.get("required") is True or where == "path":
                required.append(parameter.argument)
        return parameters, schemas, required, key_header

    def _parameter(
        self,
        given: dict[str, Any],
        name: str,
        where: str,
        taken: dict[str, Any],
        has_body: bool,
    ) -> tuple[Parameter, dict[str, Any]]:
        places: dict[str, Where] = {one: one for one in get_args(Where)}
        place = places.get(where)
        if not name or place is None:
            raise Refused(
                f"the parameter {name[:80]!r} is in {where[:40]!r}, which is no place for one"
            )
        if place == "header" and not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}", name):
            raise Refused(f"the parameter {name[:80]!r} is no name of a header")
        argument = name
        while argument in taken or (argument == "body" and has_body):
            argument = f"{where}_{argument}"
        content = self._content(given)
        if content:
            media = preferred(list(content))
            schema = self._references.resolved(content[media]).get("schema", {})
            parameter = Parameter(argument, name, place, media=media)
        else:
            schema = given.get("schema", {})
            default = _DEFAULT[place]
            style = _STYLES.get(as_text(given.get("style"))) if "style" in given else default
            if style not in _ALLOWED[place] or place == "querystring":
                said = as_text(given.get("style")) or "no content"
                raise Refused(
                    f"the parameter {name[:80]!r} in {where} has {said}, which is not for there"
                )
            explode = given.get("explode", style in ("form", "deep", "cookie"))
            reserved = given.get("allowReserved") is True
            parameter = Parameter(argument, name, place, style, explode is True, reserved)
        converted = self._schemas.converted(schema, "input")
        return parameter, _with_description(converted, as_text(given.get("description")))

    def _answer(self, method: str, responses: dict[str, Any]) -> tuple[Any, dict[str, Any] | None]:
        """What comes back where all goes well: is it bytes, and its schema, None if that is not known."""
        codes = sorted(
            one for one in responses if re.fullmatch(r"2(?:\d\d|XX)", one, re.IGNORECASE)
        )
        found: list[dict[str, Any]] = []
        empty = method == "HEAD"
        kinds: set[str] = set()
        for code in codes or [one for one in responses if one == "default"]:
            try:
                content = self._content(self._references.resolved(responses[code]))
            except Refused:
                return "json", None
            empty |= not content and code != "default"
            for media in sorted(content, key=kind_of):
                kinds.add(kind_of(media))
                if kind_of(media) == "json":
                    schema = as_map(content[media]).get("schema", {})
                    found.append(self._schemas.converted(schema, "output"))
                    break
        if method == "HEAD":
            return "json", None
        if not found:
            return ("binary" if kinds == {"binary"} else "json"), _of_kinds(kinds, empty)
        unique = [one for at, one in enumerate(found) if one not in found[:at]]
        if {} in unique or kinds - {"json"}:
            return "json", None
        schema = unique[0] if len(unique) == 1 else {"anyOf": unique}
        return "json", nullable(schema) if empty else schema


BYTES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"content_type": {"type": "string"}, "base64": {"type": "string"}},
    "required": ["content_type", "base64"],
}


def _of_kinds(kinds: set[str], empty: bool) -> dict[str, Any] | None:
    """The schema of an answer that is no JSON."""
    if kinds == {"text"} and not empty:
        return {"type": "string"}
    if kinds == {"binary"} and not empty:
        return BYTES_SCHEMA
    return None


def security_of(
    operation: dict[str, Any], root: dict[str, Any]
) -> tuple[tuple[str, ...], ...] | None:
    """The ways to prove who one is; () if none is needed, None if nothing is said."""
    holder = operation if "security" in operation else root
    if not isinstance(holder.get("security"), list):
        return None
    return tuple(tuple(as_map(one)) for one in as_list(holder["security"]))


def servers_from(given: Iterable[object]) -> tuple[Server, ...]:
    """Servers as they stand in a document."""
    found: list[Server] = []
    for one in given:
        server = as_map(one)
        variables = {
            name: str(as_map(value).get("default", ""))
            for name, value in as_map(server.get("variables")).items()
        }
        if isinstance(server.get("url"), str):
            found.append(Server(server["url"], variables))
    return tuple(found)


def _with_description(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return schema if not description else {**schema, "description": description[:1_000]}

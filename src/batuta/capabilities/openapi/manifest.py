"""A document as a manifest: every operation that can be called, and why another one cannot. Pure.

An operation is called by its `operationId`, or by method and path (`get_pets_petId`) where it has none or one that
another one has, too.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from batuta.capabilities.openapi.document import Document
from batuta.capabilities.openapi.operation import FOLLOWED, Reader, servers_from
from batuta.capabilities.openapi.references import (
    References,
    Refused,
    as_list,
    as_map,
    as_text,
    pointer_of,
)
from batuta.capabilities.openapi.schemas import Schemas
from batuta.capabilities.openapi.shape import Scheme, Service
from batuta.capabilities.openapi.swagger import flows_of, parameters_of, servers_of, upgraded
from batuta.imports.manifest import Entry, Manifest, made
from batuta.imports.names import local_names

__all__ = ["manifest_of"]

_DESCRIPTION_CHARS_MAX = 2_000
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}")


class _Found(msgspec.Struct, frozen=True):
    """An operation before it is read. `path` may be a template; `holder` is the map of its path."""

    name: str
    method: str
    path: str
    operation: dict[str, Any]
    holder: dict[str, Any]
    where: tuple[str, ...]


def manifest_of(
    document: Document, origin: dict[str, Any] | None = None, only: Iterable[str] = ()
) -> Manifest:
    """The manifest of `document`, which was read from `origin`. `only`: patterns of names; empty for all.

    Raises:
        InputError: it is out of bounds.
    """
    references = References(document.data)
    schemas = Schemas(references)
    reader = Reader(references, schemas)
    left_out: dict[str, str] = {}
    found = list(_found(document, references, left_out))
    names = local_names(one.name for one in found)
    patterns = tuple(only)
    entries: list[Entry] = []
    for one in found:
        if patterns and not any(fnmatchcase(names[one.name], pattern) for pattern in patterns):
            continue
        try:
            entries.append(_entry(one, names[one.name], document, references, reader))
        except Refused as refused:
            left_out[f"{one.method} {one.path}"[:200]] = _reason(document, one.where, refused)
    for reference, reason in schemas.dangling.items():
        left_out[f"$ref {reference}"] = f"{reason}; anything is taken in its place"
    info = as_map(document.data.get("info"))
    protocol = {
        "openapi": document.version,
        "title": as_text(info.get("title"))[:200],
        "version": str(info.get("version", ""))[:100],
    }
    service = _service(document, references)
    return made(
        "openapi",
        entries,
        origin=origin,
        protocol=protocol,
        details=service.plain(),
        definitions=schemas.definitions,
        left_out=left_out,
    )


def _found(
    document: Document, references: References, left_out: dict[str, str]
) -> Iterator[_Found]:
    """All operations with names of their own."""
    every: list[_Found] = []
    if not isinstance(document.data.get("paths", {}), dict):
        left_out["paths"] = f"{document.place('paths')}: expected a map of paths"
    for path, item in as_map(document.data.get("paths")).items():
        if path.startswith("x-"):
            continue
        try:
            holder = references.resolved(item)
        except Refused as refused:
            left_out[path[:200]] = _reason(document, ("paths", path), refused)
            continue
        every.extend(_of_path(document, path, holder, left_out))
    ids = Counter(one.name for one in every)
    names = [one.name if ids[one.name] == 1 and one.name else _spelled(one) for one in every]
    taken = Counter(names)
    for one, name in zip(every, names, strict=True):
        alike = taken[name] > 1 and name != one.name
        yield msgspec.structs.replace(one, name=f"{one.method} {one.path}" if alike else name)


def _of_path(
    document: Document, path: str, holder: dict[str, Any], left_out: dict[str, str]
) -> Iterator[_Found]:
    methods = {one: holder[one] for one in FOLLOWED if one in holder}
    methods |= as_map(holder.get("additionalOperations"))
    if "trace" in holder:
        where = document.place("paths", path, "trace")
        left_out[f"TRACE {path}"[:200]] = f"{where}: TRACE sends back what proves who one is"
    for method, operation in methods.items():
        where = ("paths", path, method)
        given = as_map(operation)
        if not given or not _METHOD.fullmatch(method):
            refused = Refused("an operation is a map with something in it")
            left_out[f"{method.upper()[:40]} {path}"[:200]] = _reason(document, where, refused)
            continue
        name = as_text(given.get("operationId")).strip()
        spelled = method.upper() if method in FOLLOWED else method
        yield _Found(name, spelled, path, given, holder, where)


def _spelled(one: _Found) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{one.method.lower()}{one.path}").strip("_")


def _entry(
    one: _Found, name: str, document: Document, references: References, reader: Reader
) -> Entry:
    shared = as_list(one.holder.get("parameters"))
    if document.version == "2.0":
        operation = upgraded(references, one.operation, shared)
        given = as_list(operation.get("parameters"))
    else:
        operation = dict(one.operation)
        given = parameters_of(references, shared, as_list(operation.get("parameters")))
        operation.setdefault("servers", one.holder.get("servers"))
    described = reader.read(one.method, one.path, operation, given)
    summary = as_text(operation.get("summary") or one.holder.get("summary")).strip()
    description = as_text(operation.get("description")).strip()
    called = as_text(one.operation.get("operationId")).strip() or f"{one.method} {one.path}"
    return Entry(
        name,
        kind="operation",
        called="" if called == name else called[:500],
        title=summary[:500],
        description=(description or summary)[:_DESCRIPTION_CHARS_MAX],
        input=described.input,
        output=described.output,
        details=msgspec.to_builtins(described.operation),
    )


def _reason(document: Document, where: tuple[str, ...], refused: Refused) -> str:
    at = document.place(*where)
    shown = f"{at}: " if at.line else f"{document.file} {pointer_of(*where)}: ".lstrip()
    return shown + refused.reason


def _service(document: Document, references: References) -> Service:
    root = document.data
    components = as_map(root.get("components"))
    if document.version == "2.0":
        servers = servers_from(servers_of(root))
        given = as_map(root.get("securityDefinitions"))
    else:
        servers = servers_from(as_list(root.get("servers")))
        given = as_map(components.get("securitySchemes"))
    schemes: dict[str, Scheme] = {}
    for name, one in given.items():
        try:
            schemes[name] = _scheme(references.resolved(one))
        except Refused:
            schemes[name] = Scheme("other")
    return Service(servers, schemes)


def _scheme(given: dict[str, Any]) -> Scheme:
    where = given.get("in", "header")
    match given.get("type"), as_text(given.get("scheme")).lower():
        case "apiKey", _ if where in ("header", "query", "cookie") and given.get("name"):
            return Scheme("key", str(given["name"]), where)
        case ("http", "basic") | ("basic", _):
            return Scheme("basic")
        case "http", "bearer":
            return Scheme("bearer")
        case "oauth2", _:
            flows = as_map(given.get("flows")) if "flows" in given else flows_of(given)
            flow = as_map(flows.get("clientCredentials"))
            scopes = tuple(as_map(flow.get("scopes")))
            return Scheme("oauth2", token_url=as_text(flow.get("tokenUrl")), scopes=scopes)
        case "openIdConnect", _:
            return Scheme("bearer")
        case _:
            return Scheme("other")

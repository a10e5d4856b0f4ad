"""What a request brings, read as a Struct: JSON, of a bounded depth, with a message that says where it is wrong."""

from typing import Any, TypeVar

import msgspec
from fastapi import Request, Response

from batuta.doors.http.problems import Problem
from batuta.reading.repeated import repeated_key

__all__ = ["answered", "asks_for", "body_of", "json_answer"]

S = TypeVar("S", bound=msgspec.Struct)

_DEPTH_MAX = 64


async def body_of(request: Request, kind: type[S]) -> S:
    """The body of `request`. Raises `Problem` if it is not what `kind` says."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Problem(415, "media_type", "the body is not application/json")
    body = await request.body() or b"{}"
    if _depth(body) > _DEPTH_MAX:
        raise Problem(400, "input", f"the body is nested more than {_DEPTH_MAX} deep")
    try:
        read = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        long = (
            "put what is long into a file of the workspace, and name it"
            if "length <=" in str(error)
            else ""
        )
        raise Problem(
            400, "input", f"the body is not understood: {error}"[:1_000], remedy=long
        ) from None
    twice = repeated_key(body)
    if twice is not None:
        raise Problem(
            400,
            "input",
            f"the body has the key {twice[:64]!r} twice in one map",
            remedy="which of the two is meant? send it once",
        )
    return read


def _depth(body: bytes) -> int:
    """How deep the brackets are nested, those in texts included; only a body with very many is looked at closely."""
    if body.count(b"[") + body.count(b"{") <= _DEPTH_MAX:
        return 0
    depth = deepest = 0
    quoted = escaped = False
    for byte in body:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def json_answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`data` as JSON."""
    return Response(msgspec.json.encode(data), status, headers, media_type="application/json")


def asks_for(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The description of a route whose body is a `kind`."""
    schema = msgspec.json.schema(kind, ref_template="#/$defs/{name}")
    defined = schema.pop("$defs", {})
    shape = defined[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": shape}}},
    }


def answered(description: str, *properties: str) -> dict[int | str, dict[str, Any]]:
    """The responses of a route: a document with these properties, at least, or a problem."""
    shape = {"type": "object", "required": list(properties)}
    return {200: {"description": description, "content": {"application/json": {"schema": shape}}}}

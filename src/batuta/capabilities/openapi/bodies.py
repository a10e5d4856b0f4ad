"""The argument `body` as the bytes of a request: JSON, forms, text, files of the workspace."""

import asyncio
import base64
import binascii
import json
import secrets
from typing import Any, NamedTuple, cast
from urllib.parse import quote

import msgspec

from batuta.capabilities.files.content import whole
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.openapi.references import as_map
from batuta.capabilities.openapi.shape import Body, Field, Parameter
from batuta.capabilities.openapi.styles import form_pairs, spelled
from batuta.errors import InputError
from batuta.spec.value import encode

__all__ = ["BODY_BYTES_MAX", "body_bytes"]

BODY_BYTES_MAX = 32 * 1_024 * 1_024
_PLAIN = Field()


class _File(NamedTuple):
    content: bytes
    name: str
    media: str


async def body_bytes(body: Body, value: Any, folder: Folder) -> tuple[bytes, str]:
    """The bytes of `value`, and their type.

    Raises:
        InputError: it cannot be written so. CallFailed: a file cannot be read.
    """
    match body.kind:
        case "json":
            return encode(value), body.media
        case "text":
            return spelled(value).encode(), f"{body.media.partition(';')[0]}; charset=utf-8"
        case "binary":
            file = await _file(value, folder)
            media = body.media if "*" not in body.media else file.media
            return file.content, media or "application/octet-stream"
        case "form":
            return _form(body, _map(value)).encode(), body.media
        case "multipart":
            return await _multipart(body, _map(value), folder)


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError("body: a form is a map")
    return cast("dict[str, Any]", value)


def _form(body: Body, value: dict[str, Any]) -> str:
    pairs: list[tuple[str, str]] = []
    for name, one in value.items():
        field = body.fields.get(name, _PLAIN)
        try:
            pairs += _form_field(name, one, field)
        except InputError as error:
            raise InputError(f"body.{name}: {error.message}") from None
    return "&".join(f"{name}={text}" for name, text in pairs)


def _form_field(name: str, value: Any, field: Field) -> list[tuple[str, str]]:
    def encoded(text: str) -> str:
        return quote(text, safe=":/?[]@!$'()*,;" if field.reserved else "")

    if field.style is None and (isinstance(value, dict) or "json" in field.media):
        value = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    parameter = Parameter(name, name, "query", field.style or "form", field.explode)
    return form_pairs(parameter, value, encoded)


async def _multipart(body: Body, value: dict[str, Any], folder: Folder) -> tuple[bytes, str]:
    boundary = secrets.token_hex(16)
    content = bytearray()
    for name, one in value.items():
        field = body.fields.get(name, _PLAIN)
        items = cast("list[Any]", one) if isinstance(one, list) else [one]
        for item in items:
            if item is None:
                continue
            try:
                part = await _part(item, field, folder)
            except InputError as error:
                raise InputError(f"body.{name}: {error.message}") from None
            content += _head(boundary, name, part) + part.content + b"\r\n"
    content += f"--{boundary}--\r\n".encode()
    return bytes(content), f"multipart/form-data; boundary={boundary}"


async def _part(value: Any, field: Field, folder: Folder) -> _File:
    if field.file:
        file = await _file(value, folder)
        return file._replace(name=file.name or "file", media=file.media or field.media)
    if isinstance(value, dict | list) or "json" in field.media:
        return _File(msgspec.json.encode(value), "", field.media or "application/json")
    return _File(spelled(value).encode(), "", field.media)


def _head(boundary: str, name: str, part: _File) -> bytes:
    lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{_quoted(name)}"']
    if part.name:
        lines[1] += f'; filename="{_quoted(part.name)}"'
    media = part.media or ("application/octet-stream" if part.name else "")
    if media:
        if not media.isprintable() or not media.isascii():
            raise InputError(f"{media[:40]!r} is no type of a file")
        lines.append(f"Content-Type: {media}")
    return "\r\n".join([*lines, "", ""]).encode()


def _quoted(text: str) -> str:
    # As browsers do it (RFC 7578 and the HTML standard).
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def _file(value: Any, folder: Folder) -> _File:
    """The bytes that a text, a reference to a file, or base64 stands for."""
    if isinstance(value, str):
        return _File(value.encode("utf-8", "replace"), "", "")
    given = as_map(value)
    name, media = str(given.get("name", "")), str(given.get("type", ""))
    if "base64" in given:
        try:
            return _File(base64.b64decode(str(given["base64"]), validate=True), name, media)
        except (binascii.Error, ValueError):
            raise InputError("it is not base64") from None
    if not given.get("path"):
        raise InputError("it is no text, no file ({path: …}) and no base64 ({base64: …})")
    # What file.write gave holds only as long as the file is the same.
    file = given if "sha256" in given else str(given["path"])
    content, _ = await asyncio.to_thread(whole, folder, file, BODY_BYTES_MAX)
    return _File(content, name or str(given["path"]).rpartition("/")[2], media)

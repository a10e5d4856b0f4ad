"""Arguments in URLs, headers and cookies, as the styles of OpenAPI (RFC 6570) write them. Pure.

What is null, and a list or map with nothing in it, is not sent. Numbers and booleans are as in JSON.
"""

from collections.abc import Callable, Iterator
from typing import Any, cast
from urllib.parse import quote

import msgspec

from batuta.capabilities.openapi.shape import Parameter, Style
from batuta.errors import InputError
from batuta.outbound.urls import check_piece

__all__ = ["cookie_of", "form_pairs", "header_of", "path_piece", "query_of", "spelled"]

# What may stay as it is where `allowReserved` is said (RFC 6570, 1.5); what would end a pair may not.
_RESERVED = ":/?[]@!$'()*,;"
_DELIMITERS: dict[Style, str] = {"space": "%20", "pipe": "%7C", "tab": "%09"}
_LEVELS_MAX = 20
_FORM = "application/x-www-form-urlencoded"

Encode = Callable[[str], str]


def spelled(value: object) -> str:
    """A value that is no list and no map as text. Raises `InputError`: it is one, or no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        try:
            return value.encode("utf-8").decode("utf-8")
        except UnicodeError:
            raise InputError("it is not text") from None
    if isinstance(value, int | float):
        return str(value)
    raise InputError("a list or a map inside of a list or a map cannot be written here")


def path_piece(parameter: Parameter, value: Any) -> str:
    """What stands in the path for `parameter`. Raises `InputError`: it is missing, or would change the path."""
    if parameter.media:
        value = _document(parameter.media, value)
    if value is None or value == "" or value == [] or value == {}:
        raise InputError("it is missing, and the path needs it")
    for text in _texts(value):
        check_piece(text)
    match parameter.style:
        case "label":
            return "." + _joined(
                value, parameter.explode, "." if parameter.explode else ",", _quoted
            )
        case "matrix":
            return _matrix(parameter, value)
        case _:
            return _joined(value, parameter.explode, ",", _quoted)


def header_of(parameter: Parameter, value: Any) -> str:
    """The value of a header. Raises `InputError`: no header can carry it."""
    if parameter.media:
        value = _document(parameter.media, value)
    text = _joined(value, parameter.explode, ",", _same)
    if not text.isprintable() or not text.isascii():
        raise InputError("it has characters no header can carry")
    return text


def cookie_of(parameter: Parameter, value: Any) -> str:
    """One or more cookies. Raises `InputError`."""
    if parameter.media:
        value = _document(parameter.media, value)
    encode = _bare_cookie if parameter.style == "cookie" else _quoted
    return "; ".join(f"{name}={text}" for name, text in form_pairs(parameter, value, encode))


def query_of(parameter: Parameter, value: Any) -> str:
    """The part of a query that carries `value`, "" if there is nothing to carry. Raises `InputError`."""
    encode = _reserved if parameter.reserved else _quoted
    if parameter.media:
        text = _document(parameter.media, value)
        if parameter.where == "querystring":
            return text if parameter.media.startswith(_FORM) else encode(text)
        return f"{_quoted(parameter.name)}={encode(text)}"
    return "&".join(f"{name}={text}" for name, text in form_pairs(parameter, value, encode))


def form_pairs(parameter: Parameter, value: Any, encode: Encode) -> list[tuple[str, str]]:
    """Names and values, both encoded, of a query or a form."""
    name = _quoted(parameter.name)
    if value is None or value == [] or value == {}:
        return []
    if parameter.style == "deep" and isinstance(value, dict | list):
        return list(_deep(name, value, encode, 0))
    if isinstance(value, list):
        items = [encode(spelled(one)) for one in cast("list[Any]", value) if one is not None]
        if parameter.explode:
            return [(name, item) for item in items]
        return [(name, _DELIMITERS.get(parameter.style, ",").join(items))]
    if isinstance(value, dict):
        pairs = _pairs(cast("dict[str, Any]", value), encode)
        if parameter.explode and parameter.style not in _DELIMITERS:
            return pairs
        flat = [part for pair in pairs for part in pair]
        return [(name, _DELIMITERS.get(parameter.style, ",").join(flat))]
    return [(name, encode(spelled(value)))]


def _matrix(parameter: Parameter, value: Any) -> str:
    name = _quoted(parameter.name)
    if isinstance(value, list) and parameter.explode:
        items = [_quoted(spelled(one)) for one in cast("list[Any]", value) if one is not None]
        return "".join(f";{name}={item}" for item in items)
    if isinstance(value, dict) and parameter.explode:
        pairs = _pairs(cast("dict[str, Any]", value), _quoted)
        return "".join(f";{key}={text}" for key, text in pairs)
    return f";{name}={_joined(value, False, ',', _quoted)}"


def _joined(value: Any, explode: bool, separator: str, encode: Encode) -> str:
    """A value, the items of a list, or the pairs of a map in one text."""
    if isinstance(value, list):
        items = [encode(spelled(one)) for one in cast("list[Any]", value) if one is not None]
        return separator.join(items)
    if isinstance(value, dict):
        pairs = _pairs(cast("dict[str, Any]", value), encode)
        if explode:
            return separator.join(f"{key}={text}" for key, text in pairs)
        return separator.join(part for pair in pairs for part in pair)
    return encode(spelled(value))


def _pairs(value: dict[str, Any], encode: Encode) -> list[tuple[str, str]]:
    return [(encode(key), encode(spelled(one))) for key, one in value.items() if one is not None]


def _deep(name: str, value: Any, encode: Encode, level: int) -> Iterator[tuple[str, str]]:
    if level > _LEVELS_MAX:
        raise InputError(f"it is more than {_LEVELS_MAX} levels deep")
    if isinstance(value, dict):
        inner = [(_quoted(key), one) for key, one in cast("dict[str, Any]", value).items()]
    elif isinstance(value, list):
        inner = [(str(at), one) for at, one in enumerate(cast("list[Any]", value))]
    else:
        if value is not None:
            yield name, encode(spelled(value))
        return
    for key, one in inner:
        yield from _deep(f"{name}%5B{key}%5D", one, encode, level + 1)


def _document(media: str, value: Any) -> str:
    if isinstance(value, str) and "json" not in media:
        return value
    if media.startswith(_FORM) and isinstance(value, dict):
        plain = Parameter("", "", "query", explode=True)
        pairs = form_pairs(plain, value, _quoted)
        return "&".join(f"{name}={text}" for name, text in pairs)
    return msgspec.json.encode(value).decode()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from (spelled(one) for one in cast("list[Any]", value) if one is not None)
    elif isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            yield key
            yield from (() if one is None else (spelled(one),))
    else:
        yield spelled(value)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _reserved(text: str) -> str:
    # What is encoded already stays so (RFC 6570, 3.2.3).
    kept = quote(text, safe=_RESERVED + "%")
    parts = kept.split("%")
    return parts[0] + "".join(
        f"%{part}"
        if len(part) > 1 and all(c in "0123456789abcdefABCDEF" for c in part[:2])
        else f"%25{part}"
        for part in parts[1:]
    )


def _same(text: str) -> str:
    return text


def _bare_cookie(text: str) -> str:
    if not text.isprintable() or not text.isascii() or any(one in text for one in ';, "\\'):
        raise InputError("it has characters no cookie can carry")
    return text

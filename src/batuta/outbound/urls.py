"""URLs with `{names}` in them, filled so that no value can leave its place. Pure."""

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote, urlsplit

from batuta.errors import InputError

__all__ = ["UrlTemplate", "check_piece", "query_of"]

_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_FROM_ENVIRONMENT = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)(.*)", re.DOTALL)
# What may stand in a path or query as it is (RFC 3986); a % is somebody's own encoding.
_PLAIN = "/?:@!$&'()*+,;=-._~%"

_URL_CHARS_MAX = 8_000


class UrlTemplate:
    """An http or https URL; `{name}` in its path or query stands for an argument.

    It may begin with `env:NAME`, for a base that differs from machine to machine. `names` are those in braces.

    Raises:
        InputError: it is no such URL.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        found = _FROM_ENVIRONMENT.fullmatch(text)
        self.variable = found[1] if found else ""
        if found:
            self._base, rest = "", found[2]
            if rest and rest[0] not in "/?":
                raise InputError(f"url: {text!r}: behind env:{self.variable} goes a path")
        else:
            self._base, rest = _split(text)
        if "#" in rest:
            raise InputError(f"url: {text!r} has a fragment, which is never sent")
        if re.search(r"[{}]", _NAME.sub("", rest)):
            raise InputError(f"url: {text!r} has a brace that is not around a name")
        self._rest = rest
        self.names = tuple(dict.fromkeys(_NAME.findall(rest)))

    def fill(self, args: Mapping[str, Any], environment: Mapping[str, str]) -> str:
        """The URL with every name replaced by its argument, percent-encoded as one piece.

        Raises:
            InputError: an argument is missing, is no text or number, or would change the path; or the environment
                lacks the base.
        """
        base = self._base
        if self.variable:
            value = environment.get(self.variable)
            if not value:
                raise InputError(
                    f"the environment has no {self.variable}, which the URL begins with"
                )
            try:
                base, path = _split(value)
            except InputError:
                # Without the value: who mistakes one variable for another may have put a key there.
                raise InputError(
                    f"{self.variable} in the environment is no base of a URL: http:// or https://,"
                    " a host, and no password"
                ) from None
            base += path.rstrip("/")
            if "?" in path or "#" in path:
                raise InputError(
                    f"{self.variable} in the environment is more than the base of a URL"
                )
        parts: list[str] = []
        end = 0
        for found in _NAME.finditer(self._rest):
            parts.append(quote(self._rest[end : found.start()], safe=_PLAIN))
            parts.append(_piece(found[1], args))
            end = found.end()
        parts.append(quote(self._rest[end:], safe=_PLAIN))
        url = base + "".join(parts)
        if len(url) > _URL_CHARS_MAX:
            raise InputError(
                f"the URL would have {len(url):,} characters, at most {_URL_CHARS_MAX:,}"
            )
        return url


def query_of(args: Mapping[str, Any]) -> str:
    """`args` as a query: lists repeat their name, nulls are left out.

    Raises:
        InputError: a value is a map.
    """
    pairs: list[str] = []
    for name, value in args.items():
        items = cast("list[Any]", value) if isinstance(value, list) else [value]
        pairs += [
            f"{quote(name, safe='')}={quote(_text(name, item), safe='')}"
            for item in items
            if item is not None
        ]
    return "&".join(pairs)


def _split(text: str) -> tuple[str, str]:
    """Origin and rest of a URL, the origin in its plain form."""
    if not text.isprintable() or " " in text or "\\" in text:
        raise InputError(f"url: {text[:200]!r} has characters that no URL has")
    authority, slash, rest = re.fullmatch(
        r"((?:[^/]*//)?[^/?#]*)([/?#]?)(.*)", text, re.DOTALL
    ).groups()  # pyright: ignore[reportOptionalMemberAccess]
    try:
        parts = urlsplit(authority)
        host, port = parts.hostname or "", parts.port
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except ValueError as error:
        raise InputError(f"url: {text[:200]!r} is wrong: {error}") from None
    if parts.scheme not in ("http", "https") or not name:
        raise InputError(f"url: {text[:200]!r} does not begin with http:// or https:// and a host")
    if re.search(r"[{}]", authority):
        raise InputError(f"url: {text[:200]!r}: no argument may choose scheme, host or port")
    if "@" in authority:
        raise InputError("url: credentials in a URL end up in logs; use a header with env:NAME")
    shown = f"[{name}]" if ":" in name else name
    origin = f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")
    return origin, slash + rest if slash == "/" else "/" + slash + rest


def check_piece(text: str) -> None:
    """Raise `InputError` if `text`, though it were encoded, would change the path that it stands in."""
    # Some servers decode before they resolve dots, and some take \ for /.
    if not text or any(part in (".", "..") for part in re.split(r"[/\\]", text)):
        raise InputError(f"{text[:40]!r} would change the path of the URL")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise InputError("it has control characters in it")


def _piece(name: str, args: Mapping[str, Any]) -> str:
    if args.get(name) is None:
        raise InputError(f"{name}: it is missing, and the URL needs it")
    text = _text(name, args[name])
    try:
        check_piece(text)
    except InputError as error:
        raise InputError(f"{name}: {error.message}") from None
    return quote(text, safe="")


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        try:
            return str(value).encode("utf-8").decode("utf-8")
        except UnicodeError:
            raise InputError(f"{name}: it is not text") from None
    raise InputError(f"{name}: a URL takes a text or a number")

"""What a request has to be, and how it is told otherwise: each check raises `Refusal` 400."""

from collections.abc import Mapping
from typing import Any

from batuta.testing.ledger.wire import Refusal, Request

WAIT_S_MAX = 60.0
CENTS_MAX = 10**15
TEXT_CHARS_MAX = 256


def only(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return `body`, which may have these names alone."""
    if unknown := sorted(set(body) - set(names)):
        raise Refusal(
            400, f"unknown {unknown[0][:80]!r} in the body", f"use {', '.join(names) or 'no body'}"
        )
    return body


def text_of(body: Mapping[str, Any], name: str) -> str:
    """Return `body[name]`, a text of 1 to `TEXT_CHARS_MAX` characters."""
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= TEXT_CHARS_MAX:
        raise Refusal(
            400, f"{name} is missing or no text", f"give 1 to {TEXT_CHARS_MAX} characters"
        )
    return value


def cents_of(
    body: Mapping[str, Any], name: str, *, least: int, otherwise: int | None = None
) -> int:
    """Return `body[name]`, or `otherwise` without it: whole cents from `least` to `CENTS_MAX`."""
    value = body.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= CENTS_MAX:
        raise Refusal(
            400, f"{name} is no valid amount", f"give whole cents from {least} to {CENTS_MAX}"
        )
    return value


def is_number(text: str) -> bool:
    """Return whether `text` is a plain whole number of at most 15 digits."""
    return text.isascii() and text.isdigit() and len(text) <= 15


def query_number(request: Request, name: str) -> int:
    """Return the number `name` of the query, 1 without it."""
    text = request.query.get(name, "1")
    if not is_number(text):
        raise Refusal(400, f"{name} is {text[:40]!r}", "give a whole number")
    return int(text)


def wait_s_of(request: Request) -> float:
    """Return the seconds of `?wait=`, 0 without it."""
    text = request.query.get("wait", "0")
    try:
        wait_s = float(text)
    except ValueError:
        wait_s = -1.0
    if not 0 <= wait_s <= WAIT_S_MAX:
        raise Refusal(400, f"wait is {text[:40]!r}", f"give 0 to {WAIT_S_MAX:g} seconds")
    return wait_s

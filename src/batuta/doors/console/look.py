"""Templates and their words. Only templates of this package are rendered; data is escaped, and never a template."""

import secrets
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from batuta.doors.cli.terminal.text import ago as since
from batuta.doors.cli.terminal.text import clock, json_text
from batuta.doors.console.assets import asset_url
from batuta.spec.figures import duration, money

__all__ = ["VALUE_CHARS_MAX", "rendered", "shown", "slug"]

# What a page shows of one value; `batuta show --json` has all of it.
VALUE_CHARS_MAX = 20_000
# A text that stands in a row with others is not longer.
_SHORT_CHARS = 300
PAGES = (
    ("ask", "/", "Ask"),
    ("runs", "/runs", "Runs"),
    ("inbox", "/inbox", "Inbox"),
    ("plans", "/plans", "Plans"),
    ("capabilities", "/capabilities", "Capabilities"),
    ("knowledge", "/knowledge", "Knowledge"),
    ("monitor", "/monitor", "Monitor"),
    ("settings", "/settings", "Settings"),
)
_STATES = {"in doubt": "doubt", "unknown": "doubt", "open": "running", "dropped": "cancelled"}


def rendered(template: str, **values: Any) -> str:
    """The template of that name with `values`."""
    return _environment().get_template(template).render(**values)


def shown(value: Any) -> str:
    """A value as a page shows it: a text as it is, anything else as indented JSON; cut if it is very long."""
    text = value if isinstance(value, str) else json_text(value, indent=2)
    if len(text) <= VALUE_CHARS_MAX:
        return text
    return f"{text[:VALUE_CHARS_MAX]}\n… and {len(text) - VALUE_CHARS_MAX:,} characters more"


def plain_row(value: Mapping[str, Any]) -> bool:
    """True if nothing in `value` is more than a short text, a number, or nothing."""
    return all(
        one is None or isinstance(one, bool | int | float) or (isinstance(one, str) and len(one) <= _SHORT_CHARS)
        for one in value.values()
    )  # fmt: skip


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a document's piece, without its headings, which stand above it."""
    parts = [" ".join(part.split()) for part in text.replace("\r\n", "\n").split("\n\n")]
    said = [part for part in parts if part and not part.startswith("#")]
    return said or [text]


def slug(text: str) -> str:
    """`text` as a part of an id in a page: letters, digits and dashes; different texts may become the same."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in text)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("batuta.doors.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Any] = {
        "ago": _ago,
        "clock": clock,
        "duration": duration,
        "money": money,
        "paragraphs": paragraphs,
        "plain_row": plain_row,
        "shown": shown,
        "slug": slug,
    }
    words: dict[str, Any] = {
        "asset": asset_url,
        "pages": PAGES,
        "state_class": _state_class,
        "inbox_count": _inbox_count,
        "once": once,
    }
    environment.filters.update(filters)  # pyright: ignore[reportUnknownMemberType]
    environment.globals.update(words)  # pyright: ignore[reportUnknownMemberType]
    return environment


def once() -> Markup:
    """A field by which a form is known again that is sent a second time."""
    return Markup('<input type="hidden" name="~once" value="{}">').format(secrets.token_hex(6))


def _state_class(state: str) -> str:
    return slug(_STATES.get(state, state))


def _ago(at: float) -> Markup:
    """How long since `at` (or until then), with the time itself under the pointer."""
    seconds = time.time() - at
    words = since(seconds) if seconds >= 0 else f"in {duration(-seconds)}"
    return Markup('<time title="{}">{}</time>').format(clock(at), words)


def _inbox_count(count: int) -> Markup:
    if not count:
        return Markup()
    return Markup('<span class="count" title="{} open">{}</span>').format(count, count)

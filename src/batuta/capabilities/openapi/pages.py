"""Page after page of a list into one list."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import urljoin, urlsplit

from batuta.capabilities.openapi.references import as_map
from batuta.errors import InputError
from batuta.outbound.urls import UrlTemplate
from batuta.reading.openapi import PagesConfig
from batuta.spec.call import Call, Done, Failed, Outcome

__all__ = ["Page", "collected", "items_schema"]

_PAGES_MAX = 10_000
_LINK = re.compile(r"<([^>]*)>([^,<]*)")
_NEXT = re.compile(r""";\s*rel\s*=\s*"?[^";]*\bnext\b""", re.IGNORECASE)


class Page(NamedTuple):
    """One answer: the URL that was asked, its headers by lower-case name, and what it came to."""

    url: str
    headers: Mapping[str, str]
    outcome: Outcome


Ask = Callable[[dict[str, Any], str], Awaitable[Page]]


async def collected(pages: PagesConfig, call: Call, ask: Ask) -> Outcome:
    """The items of all pages, at most `pages.at_most`. `ask` gets the page of some arguments, or at a URL."""
    items: list[Any] = []
    args, url = dict(call.args), ""
    seen: set[str] = set()
    number = pages.first if pages.first is not None else int(pages.by == "page")
    if pages.by in ("offset", "page"):
        number = args.setdefault(pages.parameter, number)
    for _ in range(_PAGES_MAX):
        page = await ask(args, url)
        if not isinstance(page.outcome, Done):
            return page.outcome
        try:
            found = _list(page.outcome.value, pages.items)
            items += found
            if len(items) >= pages.at_most or (pages.by in ("offset", "page") and not found):
                break
            call.report({"items": len(items)})
            match pages.by:
                case "offset" | "page":
                    number += len(found) if pages.by == "offset" else 1
                    args[pages.parameter] = number
                    continue
                case "link":
                    following = _linked(page.headers.get("link", ""))
                case _:
                    following = _cursor(page.outcome.value, pages.next)
            if not following:
                break
            if following in seen:
                raise InputError("its pages go in a circle")
            seen.add(following)
            if pages.by == "link" or not pages.parameter:
                url = _at_home(page.url, following)
            else:
                args[pages.parameter] = following
        except InputError as error:
            return Failed("invalid_answer", error.message)
    return Done(items[: pages.at_most])


def items_schema(output: dict[str, Any] | None, leads: str) -> dict[str, Any]:
    """The schema of the list of all items, if `output` is that of a page."""
    schema = output or {}
    definitions = schema.get("$defs", {})

    def resolved(one: Any) -> dict[str, Any]:
        for _ in range(20):
            reference = as_map(one).get("$ref")
            if not isinstance(reference, str):
                break
            one = definitions.get(reference.rpartition("/")[2], {})
        return as_map(one)

    found = resolved(schema)
    for name in leads.split(".") if leads else ():
        found = resolved(resolved(found.get("properties", {})).get(name))
    items = found.get("items")
    if not items:
        return {"type": "array"}
    whole: dict[str, Any] = {"type": "array", "items": items}
    return {**whole, "$defs": definitions} if definitions else whole


def _list(value: Any, leads: str) -> list[Any]:
    found = _inside(value, leads)
    if not isinstance(found, list):
        where = f"at {leads}" if leads else "in its answer"
        raise InputError(f"there is no list {where}")
    return cast("list[Any]", found)


def _inside(value: Any, leads: str) -> Any:
    """What `leads` (`data.items`, `data.-1.id`) leads to, None if there is nothing."""
    for name in leads.split(".") if leads else ():
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(name)
        elif isinstance(value, list) and re.fullmatch(r"-?\d{1,9}", name):
            items = cast("list[Any]", value)
            value = items[int(name)] if -len(items) <= int(name) < len(items) else None
        else:
            return None
    return value


def _cursor(value: Any, leads: str) -> str:
    found = _inside(value, leads)
    if found is None or found is False or found == "":
        return ""
    if isinstance(found, bool | list | dict):
        raise InputError(f"what is at {leads} leads to no page")
    return str(found)


def _linked(header: str) -> str:
    for found in _LINK.finditer(header):
        if _NEXT.search(found[2]):
            return found[1]
    return ""


def _at_home(url: str, following: str) -> str:
    """The URL of the next page, which is of the same server: what proves who asks goes nowhere else."""
    try:
        target = urljoin(url, following).partition("#")[0]
        target = UrlTemplate(target.replace("{", "%7B").replace("}", "%7D")).fill({}, {})
        here, there = urlsplit(url), urlsplit(target)
    except (InputError, ValueError):
        raise InputError("the URL of its next page is none") from None
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise InputError("its next page is at another server")
    return target

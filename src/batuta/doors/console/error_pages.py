"""Whatever goes wrong before a page is reached is a page, too, for whoever asks for pages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from batuta.doors.console.look import rendered
from batuta.doors.console.routing import POLICY

__all__ = ["asks_for_pages", "page_of"]

# Where programs ask, whatever they say that they accept.
_OF_PROGRAMS = ("/api/", "/v1/")
_HEADINGS = {
    404: "Not found",
    413: "That is too large",
    429: "Too many requests",
    503: "Not now",
}


def page_of(problem: Mapping[str, Any]) -> tuple[bytes, Mapping[str, str]]:
    """A problem as a page."""
    status = problem["status"]
    heading = _HEADINGS.get(status) or HTTPStatus(status).phrase
    text = rendered(
        "error.html", heading=heading, message=problem["detail"], remedy=problem.get("remedy", "")
    )
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
    return text.encode(), headers


def asks_for_pages(scope: Scope) -> bool:
    """True if whoever sends this request wants to look at what comes back."""
    accepts = Headers(scope=scope).get("accept", "")
    return "text/html" in accepts and not scope["path"].startswith(_OF_PROGRAMS)

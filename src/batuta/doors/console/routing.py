"""How routes of pages answer: what goes wrong is a page too, and every page says what it may load."""

import gzip
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from batuta.doors.console.look import rendered
from batuta.doors.http.problems import Problem
from batuta.errors import BatutaError, NotFound

__all__ = ["POLICY", "PageRoute"]

# Nothing but what comes from this server. Words of models and tools are text, whatever they say.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What is smaller fits into a few packets; to pack it takes longer than to send it.
_LARGE_BYTES = 8_000


class PageRoute(APIRoute):
    """A route whose errors are pages, from the one tree of errors."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the frame around what it answers."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                response = await inner(request)
            except BatutaError as error:
                heading = "Not found" if isinstance(error, NotFound) else "That did not work"
                response = _page(error.http_status, heading, error.message, error.remedy)
            except Problem as error:
                response = _page(error.status, "That is not allowed", error.detail, error.remedy)
            _shrink(request, response)
            response.headers.setdefault("Content-Security-Policy", POLICY)
            # Without a referrer a browser says that a form comes from nowhere, and it would be refused.
            response.headers["Referrer-Policy"] = "same-origin"
            return response

        return handler


def _shrink(request: Request, response: Response) -> None:
    """Compress a large page; small ones are sooner sent."""
    body = bytes(getattr(response, "body", b""))
    accepted = request.headers.get("accept-encoding", "")
    if len(body) < _LARGE_BYTES or "gzip" not in accepted:
        return
    response.body = gzip.compress(body, 3)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))
    response.headers["Vary"] = "Accept-Encoding"


def _page(status: int, heading: str, message: str, remedy: str) -> HTMLResponse:
    text = rendered("error.html", heading=heading, message=message, remedy=remedy)
    return HTMLResponse(text, status)

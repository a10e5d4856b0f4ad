"""All pages as one router, with what they need from elsewhere: styles and the two scripts."""

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from batuta.doors.console.desk import Console
from batuta.doors.console.pages.ask import ask_router
from batuta.doors.console.pages.catalogue import catalogue_router
from batuta.doors.console.pages.monitor import monitor_router
from batuta.doors.console.pages.run import run_router
from batuta.doors.console.pages.runs import runs_router
from batuta.errors import BatutaError, NotFound
from batuta.plans.draw.paint.style import styles

__all__ = ["CONTENT_SECURITY_POLICY", "console_router", "error_page", "wants_page"]

# What a page may do: nothing but what comes from this server. Words of models and tools are text, whatever they say.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def console_router(console: Console) -> APIRouter:
    """The routes of the console."""
    router = APIRouter(include_in_schema=False)
    for one in (ask_router, runs_router, run_router, catalogue_router, monitor_router):
        router.include_router(one(console))

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        kind = _KINDS.get(name[name.rfind(".") :])
        text = _static(name) if kind else None
        if text is None:
            raise NotFound("there is no such file")
        return Response(text, media_type=kind, headers={"Cache-Control": "max-age=3600"})

    return router


def wants_page(request: Request) -> bool:
    """True if whoever asks is a browser that shows what it gets."""
    return "text/html" in request.headers.get("accept", "")


async def error_page(console: Console, error: BatutaError) -> HTMLResponse:
    """What a person sees of `error`."""
    return await console.page(
        "error.html",
        "",
        status=error.http_status,
        heading="Not found" if isinstance(error, NotFound) else "That did not work",
        message=error.message,
        remedy=error.remedy,
    )


@cache
def _static(name: str) -> bytes | None:
    if name == "drawing.css":
        return styles().encode()
    folder = files("batuta.doors.console") / "static"
    return next((one.read_bytes() for one in folder.iterdir() if one.name == name), None)

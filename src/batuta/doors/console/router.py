"""The console on a server: all pages, what they need from elsewhere, and the way in."""

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response

from batuta.doors.console.desk import Console
from batuta.doors.console.pages.ask import ask_router
from batuta.doors.console.pages.catalogue import catalogue_router
from batuta.doors.console.pages.knowledge import knowledge_router
from batuta.doors.console.pages.monitor import monitor_router
from batuta.doors.console.pages.run import run_router
from batuta.doors.console.pages.runs import runs_router
from batuta.doors.console.pages.settings import settings_router
from batuta.doors.console.routing import PageRoute
from batuta.doors.console.signing_in import login_router
from batuta.doors.http.access.guard import Access
from batuta.doors.http.access.principal import may
from batuta.errors import NotFound
from batuta.plans.draw.paint.style import styles
from batuta.serving.service import Service

__all__ = ["mount"]

_KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
_DRAWING = "drawing.css"


def mount(server: FastAPI, service: Service, access: Access) -> None:
    """Put the pages of the workspace of `service` on `server`. Call it before the guard is added."""
    console = Console(service)
    pages = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[may("read")])
    for one in (
        ask_router,
        runs_router,
        run_router,
        catalogue_router,
        knowledge_router,
        monitor_router,
    ):
        pages.include_router(one(console))
    pages.include_router(settings_router(console, access.keys))
    server.include_router(pages)
    server.include_router(login_router(access, service.app.engine.clock))
    server.include_router(_static_router(access))


def _static_router(access: Access) -> APIRouter:
    """Styles and scripts; they tell nothing of the workspace, so anybody may have them."""
    router = APIRouter(include_in_schema=False)
    folder = files("batuta.doors.console") / "static"
    access.public.update(f"/static/{one.name}" for one in folder.iterdir())
    access.public.add(f"/static/{_DRAWING}")

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        text = _static(name)
        kind = _KINDS.get(name[name.rfind(".") :], "application/octet-stream")
        return Response(text, media_type=kind, headers={"Cache-Control": "max-age=3600"})

    return router


@cache
def _static(name: str) -> bytes:
    if name == _DRAWING:
        return styles().encode()
    folder = files("batuta.doors.console") / "static"
    for one in folder.iterdir():
        if one.name == name:
            return one.read_bytes()
    raise NotFound("there is no such file")

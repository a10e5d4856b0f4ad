"""The console on a server: all pages, what they need from elsewhere, and the way in."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from batuta.doors.console.assets import asset, asset_names
from batuta.doors.console.desk import Console
from batuta.doors.console.pages.ask import ask_router
from batuta.doors.console.pages.catalogue import catalogue_router
from batuta.doors.console.pages.drawings import drawings_router
from batuta.doors.console.pages.knowledge import knowledge_router
from batuta.doors.console.pages.monitor import monitor_router
from batuta.doors.console.pages.run import run_router
from batuta.doors.console.pages.runs import runs_router
from batuta.doors.console.pages.settings import settings_router
from batuta.doors.console.routing import PageRoute
from batuta.doors.console.signing_in import login_router
from batuta.doors.http.access.guard import Access
from batuta.doors.http.access.principal import may
from batuta.serving.service import Service

__all__ = ["mount"]


def mount(server: FastAPI, service: Service, access: Access) -> None:
    """Put the pages of the workspace of `service` on `server`. Call it before the guard is added."""
    console = Console(service)
    pages = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[may("read")])
    for one in (
        ask_router,
        runs_router,
        run_router,
        catalogue_router,
        drawings_router,
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
    access.public.update(f"/static/{name}" for name in asset_names())

    @router.get("/static/{name}")
    async def static(name: str, request: Request, v: str = "") -> Response:
        found = asset(name)
        mark = f'"{found.mark}"'
        # Under an address with its mark, it never becomes another.
        kept = "public, max-age=31536000, immutable" if v == found.mark else "no-cache"
        headers = {"Cache-Control": kept, "ETag": mark, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == mark:
            return Response(status_code=304, headers=headers)
        packed = "gzip" in request.headers.get("accept-encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        text = found.packed if packed else found.text
        return Response(text, media_type=found.kind, headers=headers)

    return router

"""The server as an ASGI application: routes, and the frame around them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from batuta.app import App
from batuta.doors.console.error_pages import asks_for_pages, page_of
from batuta.doors.console.router import mount
from batuta.doors.console.signing_in import SignIn
from batuta.doors.http.access.guard import Access, Guard
from batuta.doors.http.admission import Admission
from batuta.doors.http.direct import Direct
from batuta.doors.http.frame import Frame, Origins
from batuta.doors.http.journal_of_requests import tell
from batuta.doors.http.metrics import Metrics
from batuta.doors.http.openai import chat, responses
from batuta.doors.http.openai.errors import is_for_openai, with_error
from batuta.doors.http.pace import Pace
from batuta.doors.http.problems import PROBLEM, answer_problems
from batuta.doors.http.retold import Retold
from batuta.doors.http.routes import (
    capabilities,
    events,
    health,
    knowledge,
    plans,
    runs,
    workspace,
)
from batuta.doors.http.settings import Settings
from batuta.errors import BatutaError
from batuta.outbound.exchange import LazyConnections
from batuta.serving.service import Service

__all__ = ["create_app"]

_ROUTES = (health, plans, runs, events, capabilities, knowledge, workspace, chat, responses)
# Under these this machine is meant wherever a server listens.
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
_DEFAULT = {
    "default": {
        "description": "A problem.",
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }
}


def create_app(app: App, settings: Settings) -> FastAPI:
    """The server of one workspace. `state.service` of what it returns is what other doors mount on.

    `app` stays open as long as the server runs, and is closed by whoever has opened it.
    """
    service = Service(
        app,
        of_row=events.of_row,
        of_progress=events.of_progress,
        said=_said,
        backlog_max=settings.backlog,
    )
    metrics, pace = Metrics(), Pace()
    connections = LazyConnections(app.workspace.network.allow_private)
    access = Access(app.workspace.root, settings, app.engine.clock, connections)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        try:
            async with service.running(settings.drain_s):
                yield
        finally:
            await connections.close()

    server = FastAPI(
        title="Batuta",
        summary="Plans run durably: what is done is written down, what waits can be answered.",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=_DEFAULT,  # type: ignore[arg-type]
    )
    server.state.service = service
    server.state.access = access
    server.state.metrics = metrics
    server.state.settings = settings
    server.state.pace = pace
    answer_problems(server)
    for module in _ROUTES:
        server.include_router(module.router)
    mount(server, service, access)
    server.add_middleware(Direct, route=runs.ROUTE)
    server.add_middleware(Admission, settings=settings)
    server.add_middleware(Guard, access=access)
    server.add_middleware(SignIn)
    server.add_middleware(Origins, names=(*_OWN_NAMES, settings.host, *settings.names))
    server.add_middleware(Frame, settings=settings, metrics=metrics, pace=pace)
    # Around the frame: what that refuses is read by people and by those clients, too.
    server.add_middleware(Retold, meant=asks_for_pages, tell=page_of)
    server.add_middleware(Retold, meant=is_for_openai, tell=with_error)
    return server


def _said(run: str, error: Exception) -> None:
    """What went wrong with a run that nobody waits for."""
    words = error.in_one_line if isinstance(error, BatutaError) else repr(error)
    tell("trouble", run=run, error=words)

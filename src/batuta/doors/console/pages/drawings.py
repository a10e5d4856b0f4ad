"""Large drawings, which pages fetch when they stand; and each as a picture alone, for browsers without scripts."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from batuta.doors.console.desk import Console
from batuta.doors.console.drawing import RunDrawing, plan_svg_of
from batuta.doors.console.following import Following
from batuta.doors.console.routing import PageRoute
from batuta.plans.draw.svg import run_svg, svg_of

__all__ = ["drawings_router"]

# It has its styles in it, and may load nothing and run nothing, whoever opens it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def drawings_router(console: Console) -> APIRouter:
    """The routes of them."""
    app = console.app
    router = APIRouter(route_class=PageRoute)

    @router.get("/drawings/{key}")
    async def of_plan(key: str) -> HTMLResponse:
        picture = console.drawings.picture(key)
        return HTMLResponse(await asyncio.to_thread(plan_svg_of, picture))

    @router.get("/drawings/{key}/alone")
    async def of_plan_alone(key: str) -> Response:
        picture = console.drawings.picture(key)
        return await _alone(lambda: svg_of(picture))

    @router.get("/runs/{run}/drawing")
    async def of_run(run: str) -> HTMLResponse:
        following = Following(app, run)
        await following.read()
        now, cards = app.engine.clock.now(), app.cards

        def drawn() -> str:
            drawing = RunDrawing(following.run, following.lines, now, cards)
            svg = drawing.svg(following.run, following.lines, now)
            # What the page is told of steps up to here stands in it already.
            return f'<div data-head="{following.head}">{svg}</div>'

        return HTMLResponse(await asyncio.to_thread(drawn))

    @router.get("/runs/{run}/drawing/alone")
    async def of_run_alone(run: str) -> Response:
        following = Following(app, run)
        await following.read()
        now, cards = app.engine.clock.now(), app.cards
        return await _alone(lambda: run_svg(following.run, following.lines, now, cards))

    return router


async def _alone(drawn: Callable[[], str]) -> Response:
    text = await asyncio.to_thread(drawn)
    headers = {"Content-Security-Policy": _POLICY}
    return Response(text, media_type="image/svg+xml", headers=headers)

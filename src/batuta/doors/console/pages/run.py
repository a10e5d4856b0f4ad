"""The page of one run, what comes to it live, and what is said to the run there."""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup

from batuta.doors.console.desk import Console
from batuta.doors.console.forms import key_of, read_form, texts_of
from batuta.doors.console.live_run import patches
from batuta.doors.console.questions import answer_of, questions_of
from batuta.doors.console.routing import PageRoute
from batuta.doors.console.run_page import facts_part, inputs_of, run_parts, step_part
from batuta.doors.http.access.principal import may
from batuta.doors.http.state import caller_of
from batuta.engine.past.fork import Wish
from batuta.errors import BatutaError, InputError

__all__ = ["run_router"]

_PATH = Annotated[str, Query(max_length=1_000)]


def run_router(console: Console) -> APIRouter:
    """The routes of this page."""
    app = console.app
    router = APIRouter(route_class=PageRoute)

    @router.get("/runs/{run}")
    async def run_page(run: str, step: _PATH = "") -> HTMLResponse:
        parts = await run_parts(app, run)
        inspected = ""
        if step:
            inspected = Markup(await step_part(app, run, step))
        return await console.page("run.html", "runs", inspected=inspected, **parts)

    async def known(run: str) -> None:
        await app.engine.read(run)  # says so if there is no such run, before anything is streamed

    @router.get(
        "/runs/{run}/live", response_class=EventSourceResponse, dependencies=[Depends(known)]
    )
    async def live(run: str, after: int = 0) -> AsyncIterator[ServerSentEvent]:
        async for patch in console.until_left(patches(app, run, after, console.follow)):
            if patch.kind:
                yield ServerSentEvent(event=patch.kind, raw_data=patch.text, id=str(patch.head))
            else:
                yield ServerSentEvent(comment="still there")
        yield ServerSentEvent(event="end", raw_data="")

    @router.get("/runs/{run}/steps")
    async def step_of(run: str, path: _PATH) -> HTMLResponse:
        return HTMLResponse(await step_part(app, run, path))

    @router.get("/runs/{run}/facts")
    async def facts(run: str) -> HTMLResponse:
        return HTMLResponse(await facts_part(app, run))

    @router.post("/runs/{run}/cancel", dependencies=[may("run")])
    async def cancel(run: str, request: Request) -> RedirectResponse:
        await app.cancel(run, who=console.who(request), why="from the console")
        console.drive(run, request)
        return RedirectResponse(f"/runs/{quote(run)}", 303)

    @router.post("/runs/{run}/fork", dependencies=[may("run")])
    async def again(run: str, request: Request) -> RedirectResponse:
        given = texts_of(await request.form())
        wish = await _wish(console, run, given)
        key = key_of(given, [run, msgspec.structs.asdict(wish)])
        caller = caller_of(request)
        forked = await app.fork(run, wish, author=caller.name, trusted=caller.trusted, key=key)
        console.drive(forked.run.id, request)
        return RedirectResponse(f"/runs/{quote(forked.run.id)}", 303)

    @router.post("/runs/{run}/answer", response_model=None, dependencies=[may("answer")])
    async def answer(run: str, request: Request) -> HTMLResponse | RedirectResponse:
        given = texts_of(await request.form())
        return await _answered(console, run, given, request)

    return router


async def _wish(console: Console, run_id: str, given: dict[str, str]) -> Wish:
    """What a form says of a fork: the step, and the inputs that are others now. Raises `InputError`."""
    run = await console.app.engine.read(run_id)
    before = await inputs_of(console.app, run)
    schemas = run.root.shape.plan.inputs if run.root is not None else {}
    values, flaws = read_form(schemas, given)
    if flaws:
        name, flaw = next(iter(flaws.items()))
        raise InputError(f"{name}: {flaw}", remedy="go back, and write it otherwise")
    changed = {name: value for name, value in values.items() if value != before.get(name)}
    return Wish(given.get("~at", ""), changed, unasked="~unasked" in given)


async def _answered(
    console: Console, run: str, given: dict[str, str], request: Request
) -> HTMLResponse | RedirectResponse:
    """Say to `run` what a form says; back to its page, with what is wrong if something is."""
    step = given.pop("~step", "")
    document = await console.app.show(run)
    try:
        if not step and given.get("~value") == "accept":
            await console.adopt(run, request)
        else:
            value, flaws = answer_of(document, step, given)
            if flaws:
                return await _again(console, run, step, given, flaws)
            await console.app.answer(run, step, value, who=console.who(request))
        console.drive(run, request)
    except BatutaError as error:
        return await _again(console, run, step, given, {"": error.message})
    return RedirectResponse(f"/runs/{quote(run)}", 303)


async def _again(
    console: Console, run: str, step: str, given: dict[str, str], flaws: dict[str, str]
) -> HTMLResponse:
    """The page of the run, with what was given and what is wrong with it."""
    parts = await run_parts(console.app, run)
    document = parts["doc"]
    parts["questions"] = questions_of(document, step=step, given=given, flaws=flaws)
    if all(one.step != step for one in parts["questions"]):
        parts["flaw"] = flaws.get("", "")
    return await console.page("run.html", "runs", status=422, inspected="", **parts)

"""One run: its drawing, its questions, its end, its timeline, a step under the glass, and its log."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from markupsafe import Markup

from batuta.app import App
from batuta.doors.cli.views.facts import essentials, kind_of
from batuta.doors.cli.views.one_step import step_of_document
from batuta.doors.console.drawing import RunDrawing
from batuta.doors.console.following import Following
from batuta.doors.console.look import rendered
from batuta.doors.console.questions import questions_of
from batuta.engine.document import document
from batuta.spec.figures import duration

__all__ = ["facts_part", "patches", "run_parts", "step_part"]

# How often a page is told of news at most, and how often it hears that nothing is new.
_PAUSE_S = 0.2
_BEAT_S = 15.0
_FACTS_MAX = 500
_ITEMS_MAX = 200


async def run_parts(app: App, run_id: str) -> dict[str, Any]:
    """What the page of a run shows. Raises `NotFound`."""
    following = Following(app, run_id)
    await following.read()
    now = app.engine.clock.now()
    drawing = RunDrawing(following.run, following.lines, now, app.cards)
    whole = await _parts(app, following, drawing)
    svg = drawing.svg(following.run, following.lines, now)
    live = whole["doc"]["ended_at"] is None
    return whole | {
        "drawing": Markup(svg),
        "large": drawing.large,
        "flaw": "",
        "head": following.head,
        "live": live,
    }


async def patches(app: App, run_id: str, after: int) -> AsyncGenerator[str]:
    """What changes on the page of a run from position `after` of its log on; "" now and then if nothing does.

    Ends with the run. Raises `NotFound`, `JournalError`.
    """
    following = Following(app, run_id)
    await following.read()
    drawing = RunDrawing(following.run, following.lines, app.engine.clock.now(), app.cards)
    boxes: Mapping[str, str] = {}
    behind = following.head > after
    while True:
        now = app.engine.clock.now()
        if behind:
            latest = drawing.boxes(following.run, following.lines, now)
            changed = [markup for name, markup in latest.items() if boxes.get(name) != markup]
            boxes = latest
            yield await _patch(app, following, drawing, changed)
        else:
            boxes = boxes or drawing.boxes(following.run, following.lines, now)
            yield ""
        if following.run.ended is not None:
            return
        await asyncio.sleep(_PAUSE_S)
        await following.moved(_BEAT_S)
        behind = await following.read()


async def _patch(app: App, following: Following, drawing: RunDrawing, changed: list[str]) -> str:
    parts = await _parts(app, following, drawing) | {"oob": True}
    marked = "".join(one.replace("<a ", '<a hx-swap-oob="true" ', 1) for one in changed)
    said = [f"<template><svg>{marked}</svg></template>"] if marked else []
    said += [
        rendered(name, **parts)
        for name in ("run_head.html", "run_questions.html", "run_end.html", "run_timeline.html")
    ]
    return "".join(said)


async def _parts(app: App, following: Following, drawing: RunDrawing) -> dict[str, Any]:
    # As far as the log was read for the drawing: the page is of one moment.
    shown = await document(following.run, app.engine)
    now = app.engine.clock.now()
    gantt, where = drawing.gantt(following.run, following.lines, now)
    lines = following.lines
    return {
        "doc": shown,
        "took": duration(lines.until(now) - lines.begin),
        "questions": questions_of(shown),
        "gantt": Markup(gantt),
        "where": where,
        "planned_words": planned_words(shown.get("routed")),
        "oob": False,
    }


def planned_words(routed: Mapping[str, Any] | None) -> str:
    """Who made the plan, how sure it was, and why."""
    if not routed:
        return ""
    why = routed.get("why", "")
    return f"{routed['planner']}, {routed['confidence']:.0%}" + (f": {why}" if why else "")


async def step_part(app: App, run_id: str, path: str) -> str:
    """A step for the inspector. Raises `NotFound`."""
    following = Following(app, run_id)
    await following.read()
    shown = await document(following.run, app.engine)
    step = step_of_document(shown, path)
    now = app.engine.clock.now()
    attempts = [
        {
            "kind": one.kind,
            "attempt": one.attempt,
            "outcome": one.outcome,
            "message": one.message,
            "took": one.until(now) - one.begin,
        }
        for one in following.lines.lines.get(path, ())
    ]
    begins = (f"{path}.", f"{path}~", f"{path}/")
    items = [one for one in shown["steps"] if one["path"].startswith(begins)]
    return rendered("step.html", step=step, attempts=attempts, items=items[:_ITEMS_MAX], run=run_id)


async def facts_part(app: App, run_id: str) -> str:
    """The log of a run, the latest facts of it. Raises `NotFound`."""
    following = Following(app, run_id)
    await following.read()
    shown = following.rows[-_FACTS_MAX:]
    facts = [
        {
            "seq": row.seq,
            "at": row.fact.at,
            "kind": kind_of(row.fact),
            "path": str(getattr(row.fact, "path", "")),
            "says": essentials(row.fact),
        }
        for row in shown
    ]
    return rendered("facts.html", facts=facts, more=len(following.rows) - len(shown), run=run_id)

"""One run: its drawing, its questions, its end, its timeline, a step under the glass, and its log."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from batuta.app import App
from batuta.doors.cli.views.facts import essentials, kind_of
from batuta.doors.cli.views.one_step import facts_of, step_of_document
from batuta.doors.console.answers import answer_of
from batuta.doors.console.drawing import RunDrawing
from batuta.doors.console.following import Following
from batuta.doors.console.forms import Field, fields_of
from batuta.doors.console.look import rendered
from batuta.doors.console.news import News, Spoken
from batuta.doors.console.questions import questions_of
from batuta.engine.document import document
from batuta.plans.draw.of_run import where_time_went
from batuta.plans.draw.svg import gantt_svg
from batuta.ports import Row
from batuta.serving.feeds import Frame
from batuta.spec.critical import Leg, critical_path
from batuta.spec.figures import duration
from batuta.spec.run import Run

__all__ = ["Patch", "facts_part", "inputs_of", "patches", "run_parts", "step_part"]

# How often a page is told of news at most, and how often it hears that nothing is new.
_PAUSE_S = 0.2
_BEAT_S = 15.0
# How often words of a model are sent on.
_WORDS_S = 0.05
# How often the timeline is drawn anew: it is the largest part of the page.
_TIMELINE_S = 1.0
# An input that is longer is not offered in the form of a fork.
_INPUT_CHARS_MAX = 4_000
_FACTS_MAX = 500
_FACTS_OF_STEP_MAX = 60
_ITEMS_MAX = 200


class Patch(NamedTuple):
    """News for a page: `boxes` of the drawing, each in place of the one of its id, or a `patch` as htmx takes it."""

    kind: str
    text: str


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
        "path": "",
        "text": "",
    }


async def patches(
    app: App, run_id: str, after: int, follow: Callable[[str, int], AsyncGenerator[Frame]]
) -> AsyncGenerator[Patch]:
    """What changes on the page of a run from position `after` of its log on; an empty one now and then.

    `follow` gives what happens in a run behind a position. Ends with the run. Raises `NotFound`, `JournalError`.
    """
    following = Following(app, run_id)
    await following.read()
    clock = app.engine.clock
    drawing = RunDrawing(following.run, following.lines, clock.now(), app.cards)
    boxes: Mapping[str, str] = {}
    behind, timed_at = following.head > after, 0.0
    news = News(follow(run_id, following.head))
    try:
        while True:
            now = clock.now()
            if behind:
                latest = drawing.boxes(following.run, following.lines, now)
                changed = [markup for name, markup in latest.items() if boxes.get(name) != markup]
                boxes = latest
                ended = following.run.ended is not None
                timed = ended or now - timed_at >= _TIMELINE_S
                timed_at = now if timed else timed_at
                if changed and (drawing.large or not ended):
                    yield Patch("boxes", "".join(changed))
                yield Patch("patch", await _patch(app, following, drawing, timed))
                if ended:
                    return
            else:
                boxes = boxes or drawing.boxes(following.run, following.lines, now)
                yield Patch("", "")
            if news.over and not news.grown:  # what came last was taken in
                return
            behind = False
            while not behind:
                await news.wait(_BEAT_S)
                grown, spoken = news.take()
                if spoken:
                    yield Patch("patch", "".join(map(_said, spoken)))
                    await asyncio.sleep(_WORDS_S)
                behind = grown and await following.read()
                if not spoken:
                    break
            await asyncio.sleep(_PAUSE_S)
    finally:
        await news.close()


def _said(piece: Spoken) -> str:
    """What a call says, behind what it has said before."""
    words = escape(piece.text)
    if piece.begins:
        return rendered("run_said.html", path=piece.path, text=piece.text, oob=True)
    return f'<span hx-swap-oob="beforeend:#said-text">{words}</span>'


async def _patch(app: App, following: Following, drawing: RunDrawing, timed: bool) -> str:
    """All but the boxes; `timed`: with the timeline."""
    parts = await _parts(app, following, drawing) | {"oob": True}
    names = ["run_head.html", "run_questions.html"]
    said: list[str] = []
    if timed:
        names.append("run_timeline.html")
    if following.run.ended is not None:
        names.append("run_end.html")
        said.append(rendered("run_said.html", path="", text="", oob=True))
        if not drawing.large:  # now it is known which way was the longest
            whole = drawing.svg(following.run, following.lines, app.engine.clock.now())
            said.append(f'<div hx-swap-oob="innerHTML:#drawing">{whole}</div>')
    return "".join([*said, *(rendered(name, **parts) for name in names)])


async def _parts(app: App, following: Following, drawing: RunDrawing) -> dict[str, Any]:
    # As far as the log was read for the drawing: the page is of one moment.
    shown = await document(following.run, app.engine)
    now = app.engine.clock.now()
    lines = following.lines
    legs = critical_path(following.run, lines, now)
    return {
        "doc": shown,
        "took": duration(lines.until(now) - lines.begin),
        "questions": questions_of(shown),
        "gantt": Markup(gantt_svg(following.run, lines, legs, now)),
        "where": where_time_went(legs),
        "legs": [_leg(leg) for leg in legs] if len(legs) > 1 else [],
        "whole": sum(leg.seconds for leg in legs),
        "answer": answer_of(shown["result"]),
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
    own = facts_of(following.rows, path)
    return rendered(
        "step.html",
        step=step,
        attempts=attempts,
        items=items[:_ITEMS_MAX],
        facts=[_fact(row) for row in own[-_FACTS_OF_STEP_MAX:]],
        more=max(len(own) - _FACTS_OF_STEP_MAX, 0),
        run=run_id,
        fields=await _inputs_again(app, following),
    )


async def _inputs_again(app: App, following: Following) -> Sequence[Field]:
    """Fields for what a run was given, for one that is forked from it."""
    inputs = await inputs_of(app, following.run)
    if following.run.root is None or not inputs:
        return ()
    schemas = following.run.root.shape.plan.inputs
    known = {name: schemas[name] for name in inputs if name in schemas}
    fields = fields_of(known, (), values=inputs, prefix="again")
    return [one for one in fields if len(one.value) <= _INPUT_CHARS_MAX]


async def inputs_of(app: App, run: Run) -> Mapping[str, Any]:
    """What `run` was given; nothing if that was erased."""
    assert run.accepted is not None
    slot = run.accepted.request.inputs
    if slot.erased:
        return {}
    await app.engine.load([slot])
    found: Mapping[str, Any] = app.engine.shelf.get(slot)
    return found


async def facts_part(app: App, run_id: str) -> str:
    """The log of a run, the latest facts of it. Raises `NotFound`."""
    following = Following(app, run_id)
    await following.read()
    rows = following.rows
    facts = [_fact(row) for row in rows[-_FACTS_MAX:]]
    return rendered("facts.html", facts=facts, more=len(rows) - len(facts), run=run_id)


def _fact(row: Row) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.fact.at,
        "kind": kind_of(row.fact),
        "path": str(getattr(row.fact, "path", "")),
        "says": essentials(row.fact),
    }


def _leg(leg: Leg) -> dict[str, Any]:
    parts = (
        ("calls", leg.calls_s),
        ("a person", leg.people_s),
        ("pauses", leg.pauses_s),
        ("waiting for its turn", leg.other_s),
    )
    return {
        "step": leg.step,
        "seconds": leg.seconds,
        "said": ", ".join(f"{words} {duration(took)}" for words, took in parts if took >= 0.001),
    }

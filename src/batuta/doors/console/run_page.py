"""One run: its drawing, its questions, its end, its timeline, a step under the glass, and its log."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from batuta.app import App
from batuta.doors.cli.views.facts import essentials, kind_of
from batuta.doors.cli.views.one_step import facts_of, step_of_document
from batuta.doors.console.answers import answer_of
from batuta.doors.console.drawing import DRAWN_WHOLE_MAX, RunDrawing
from batuta.doors.console.following import Following
from batuta.doors.console.forms import Field, fields_of
from batuta.doors.console.look import rendered
from batuta.doors.console.questions import questions_of
from batuta.engine.document import document
from batuta.plans.draw.of_run import where_time_went
from batuta.plans.draw.svg import gantt_svg
from batuta.ports import Row
from batuta.spec.critical import Leg, critical_path
from batuta.spec.figures import duration
from batuta.spec.run import Run

__all__ = ["facts_part", "head_parts", "inputs_of", "run_parts", "step_part", "time_parts"]

# An input that is longer is not offered in the form of a fork.
_INPUT_CHARS_MAX = 4_000
_FACTS_MAX = 500
_FACTS_OF_STEP_MAX = 60
_ITEMS_MAX = 200
# Of the critical path, the latest.
_LEGS_MAX = 50


async def run_parts(app: App, run_id: str) -> dict[str, Any]:
    """What the page of a run shows. Raises `NotFound`."""
    following = Following(app, run_id)
    await following.read()
    now, run, lines = app.engine.clock.now(), following.run, following.lines
    whole = await head_parts(app, following) | time_parts(following, now)
    large = run.root is not None and len(run.root.nodes) > DRAWN_WHOLE_MAX
    drawing = "" if large else RunDrawing(run, lines, now, app.cards).svg(run, lines, now)
    return whole | {
        "drawing": Markup(drawing),
        "drawn_at": f"/runs/{quote(run_id)}/drawing" if large else "",
        "flaw": "",
        "head": following.head,
        "live": run.ended is None,
        "path": "",
        "text": "",
    }


async def head_parts(app: App, following: Following) -> dict[str, Any]:
    """What stands above the drawing: the state, questions, and what came of it."""
    # As far as the log was read for the drawing: the page is of one moment.
    shown = await document(following.run, app.engine, steps=False)
    lines = following.lines
    return {
        "doc": shown,
        "took": duration(lines.until(app.engine.clock.now()) - lines.begin),
        "questions": questions_of(shown),
        "answer": answer_of(shown["result"]),
        "planned_words": planned_words(shown.get("routed")),
        "oob": False,
    }


def time_parts(following: Following, now: float) -> dict[str, Any]:
    """What stands below it: when what went on, and what the run waited for."""
    run, lines = following.run, following.lines
    legs = critical_path(run, lines, now)
    return {
        "gantt": Markup(gantt_svg(run, lines, legs, now)),
        "where": where_time_went(legs),
        "legs": [_leg(leg) for leg in legs[-_LEGS_MAX:]] if len(legs) > 1 else [],
        "legs_all": len(legs),
        "whole": sum(leg.seconds for leg in legs),
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
        more_items=max(len(items) - _ITEMS_MAX, 0),
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

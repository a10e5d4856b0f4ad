"""How it goes: runs by hour, what failed, how long calls take and what they cost."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from batuta.capabilities.agent.capability import KIND as AGENT
from batuta.capabilities.model.card import KIND as MODEL
from batuta.doors.cli.views.plan_words import budget_text
from batuta.doors.console.charts import Column, columns
from batuta.doors.console.desk import Console
from batuta.doors.console.pages.catalogue import measured_row
from batuta.doors.console.routing import PageRoute
from batuta.ports import RunRow
from batuta.serving.figures import Figures, day_of
from batuta.spec.card import Card
from batuta.spec.figures import dollars

__all__ = ["monitor_router"]

_DAY_S, _HOUR_S, _HOURS, _DAYS = 86_400.0, 3_600.0, 24, 14
_RUNS_MAX = 20_000
_LISTED_MAX = 50
# A log that was not counted before takes its time; the page comes without, and asks again.
_PATIENCE_S = 0.5
# States from the ground up.
_PAINT = (
    ("succeeded", "f-good"),
    ("failed", "f-bad"),
    ("cancelled", "f-idle"),
    ("waiting", "f-ask"),
    ("running", "f-run"),
)


def monitor_router(console: Console) -> APIRouter:
    """The route of this page."""
    router = APIRouter(route_class=PageRoute)
    app, figures = console.app, console.figures

    @router.get("/monitor")
    async def monitor() -> HTMLResponse:
        now = app.engine.clock.now()
        counting = asyncio.ensure_future(figures.look())
        rows = await app.runs(since=now - _DAY_S, limit=_RUNS_MAX)
        found = await console.statistics()
        await asyncio.wait({counting}, timeout=_PATIENCE_S)
        if counting.done():
            counting.result()  # raises what went wrong
        busiest = sorted(found.capabilities.items(), key=lambda one: -one[1].calls)
        return await console.page(
            "monitor.html",
            "monitor",
            figures=_figures(rows, now),
            counting=not counting.done(),
            looked_at=found.runs,
            rows=[measured_row(name, one) for name, one in busiest[:_LISTED_MAX]],
            chart=Markup(_by_hour(rows, now)) if rows else "",
            states=[name for name, _ in _PAINT],
            spent=dollars(figures.cost_nusd),
            today=dollars(_of_day(figures, day_of(now).isoformat())),
            bounds=budget_text(app.workspace.budget),
            days=Markup(_by_day(figures, now)) if figures.cost_nusd else "",
            costs=_by_capability(figures, app.cards),
            errors=figures.errors.most_common(_LISTED_MAX),
            ended=figures.ended.total(),
        )

    return router


def _figures(rows: Sequence[RunRow], now: float) -> Sequence[tuple[str, str]]:
    states = Counter(row.status for row in rows)
    ended = sum(states[name] for name in ("succeeded", "failed", "cancelled"))
    recent = sum(now - row.accepted_at <= _HOUR_S for row in rows)
    return (
        ("runs in the last day", f"{len(rows):,}"),
        ("runs a minute, in the last hour", f"{recent / 60:,.1f}"),
        ("of those that ended have failed", f"{states['failed'] / ended:.1%}" if ended else "–"),
        ("wait for a person or a time", f"{states['waiting']:,}"),
        ("go on now", f"{states['running']:,}"),
    )


def _by_hour(rows: Sequence[RunRow], now: float) -> str:
    """Columns, one an hour, of the runs that were accepted in it, by what they came to."""
    counts: list[Counter[str]] = [Counter() for _ in range(_HOURS)]
    for row in rows:
        back = int((now - row.accepted_at) / _HOUR_S)
        if 0 <= back < _HOURS:
            counts[_HOURS - 1 - back][row.status] += 1
    bars: list[Column] = []
    for index, one in enumerate(counts):
        hours = _HOURS - 1 - index
        said = ", ".join(f"{one[name]:,} {name}" for name, _ in _PAINT if one[name])
        foot = "" if hours % 6 else f"−{hours} h" if hours else "now"
        bars.append(
            Column([(one[name], style) for name, style in _PAINT], f"{hours} h ago: {said}", foot)
        )
    most = max(one.total() for one in counts)
    return columns(bars, f"{most:,}", "Runs by hour, the last day")


def _by_day(figures: Figures, now: float) -> str:
    """Columns, one a day, of what calls have cost."""
    last = day_of(now)
    days = [last - timedelta(days=back) for back in reversed(range(_DAYS))]
    spent = [_of_day(figures, day.isoformat()) for day in days]
    bars = [
        Column([(cost, "f-run")], f"{day.isoformat()}: {dollars(cost)}", f"{day.day}.{day.month}.")
        for day, cost in zip(days, spent, strict=True)
    ]
    return columns(bars, dollars(max(spent)), "Cost by day")


def _of_day(figures: Figures, day: str) -> int:
    return sum(cost for (one, _), cost in figures.costs.items() if one == day)


def _by_capability(figures: Figures, cards: Mapping[str, Card]) -> list[dict[str, Any]]:
    """What each capability has cost, the dearest first; models and agents say what they are."""
    spent: Counter[str] = Counter()
    for (_, name), cost in figures.costs.items():
        spent[name] += cost
    return [
        {
            "name": name,
            "known": name in cards,
            "kind": cards[name].kind if name in cards else "",
            "model": name in cards and cards[name].kind in (MODEL, AGENT),
            "cost": dollars(cost),
            "share": cost / max(figures.cost_nusd, 1),
        }
        for name, cost in spent.most_common(_LISTED_MAX)
    ]

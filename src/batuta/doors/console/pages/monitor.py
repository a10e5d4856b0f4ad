"""How it goes: runs by hour, what failed, how long calls take and what they cost."""

from collections import Counter
from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from batuta.doors.console.desk import Console
from batuta.doors.console.pages.catalogue import measured_row
from batuta.doors.console.routing import PageRoute
from batuta.observe.statistics import statistics
from batuta.plans.draw.paint.canvas import Canvas, number
from batuta.ports import RunRow

__all__ = ["monitor_router"]

_DAY_S, _HOUR_S, _HOURS = 86_400.0, 3_600.0, 24
_RUNS_MAX = 20_000
# Of the chart, in pixels; states from the ground up.
_WIDTH, _HEIGHT, _LEFT, _FOOT = 760.0, 150.0, 34.0, 22.0
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
    app = console.app

    @router.get("/monitor")
    async def monitor() -> HTMLResponse:
        now = app.engine.clock.now()
        rows = await app.runs(since=now - _DAY_S, limit=_RUNS_MAX)
        found = await statistics(app.engine.journal)
        states = Counter(row.status for row in rows)
        ended = sum(states[name] for name in ("succeeded", "failed", "cancelled"))
        share = f"{states['failed'] / ended:.1%}" if ended else "–"
        figures = (
            ("runs in the last day", f"{len(rows):,}"),
            ("of those that ended have failed", share),
            ("wait for a person or a time", f"{states['waiting']:,}"),
            ("go on now", f"{states['running']:,}"),
        )
        busiest = sorted(found.capabilities.items(), key=lambda one: -one[1].calls)
        return await console.page(
            "monitor.html",
            "monitor",
            figures=figures,
            looked_at=found.runs,
            rows=[measured_row(name, one) for name, one in busiest],
            chart=Markup(_by_hour(rows, now)),
        )

    return router


def _by_hour(rows: Sequence[RunRow], now: float) -> str:
    """Columns, one an hour, of the runs that were accepted in it, by what they came to."""
    counts: list[Counter[str]] = [Counter() for _ in range(_HOURS)]
    for row in rows:
        back = int((now - row.accepted_at) / _HOUR_S)
        if 0 <= back < _HOURS:
            counts[_HOURS - 1 - back][row.status] += 1
    most = max((sum(one.values()) for one in counts), default=0)
    canvas = Canvas()
    base, room = _HEIGHT - _FOOT, _HEIGHT - _FOOT - 14
    step = (_WIDTH - _LEFT) / _HOURS
    for at, words in ((0.0, "0"), (1.0, f"{most:,}")) if most else ((0.0, "0"),):
        y = base - at * room
        canvas.path(f"M{number(_LEFT)} {number(y)}H{number(_WIDTH)}", "l")
        canvas.text(_LEFT - 6, y + 4, words, "t mu", anchor="end")
    for index, one in enumerate(counts):
        x, y = _LEFT + index * step, base
        hours = _HOURS - 1 - index
        said = ", ".join(f"{one[name]:,} {name}" for name, _ in _PAINT if one[name])
        canvas.open_group(f"{hours} h ago: {said}" if said else "")
        for name, style in _PAINT:
            height = one[name] / most * room if most else 0.0
            if height:
                y -= height
                canvas.rect(x + 3, y, step - 6, height, style, round_=2)
        canvas.close_group()
        if hours % 6 == 0:
            canvas.text(
                x + step / 2,
                base + 16,
                "now" if not hours else f"−{hours} h",
                "t mu",
                anchor="middle",
            )
    body = "".join(canvas.parts)
    size = f'width="{number(_WIDTH)}" viewBox="0 0 {number(_WIDTH)} {number(_HEIGHT)}"'
    return f'<svg class="b" role="img" aria-label="Runs by hour" {size}>{body}</svg>'

"""A run in time, as text: a row per step, bars under a common axis; what waits for people shortened. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from batuta.doors.cli.terminal.table import Row, Span
from batuta.doors.cli.terminal.text import cells, fit, one_line
from batuta.plans.draw.layout.axis import Axis, axis_of
from batuta.plans.draw.tracks import Track, busy, note_of, tracks_of
from batuta.spec.critical import Leg
from batuta.spec.figures import duration
from batuta.spec.run import Run
from batuta.spec.timeline import Timeline

__all__ = ["path_lines", "timeline_data", "timeline_lines"]

_WIDTH_MAX = 200
_ROWS_MAX = 500
_NAME_SHARE = 0.3
_BARS_MIN = 12
# How a call ended that brought nothing: it failed, or nobody heard how it ended.
_ENDS = {"failed": ("✗", "bad"), "lost": ("!", "bad"), "doubt": ("!", "bad")}
# A long wait is cut down to the room of its length in words.
_CUT_CELLS = 13.0
_LEVELS = "▁▂▃▄▅▆▇█"
_WAITS = {"question": ("░", "ask"), "pause": ("·", "dim"), "doubt": ("▒", "bad")}
_LEGEND = (
    ("┃", "bold", "critical path"),
    ("█", "good", "call"),
    ("✗", "bad", "failed"),
    ("!", "bad", "no answer"),
    ("░", "ask", "a person is asked"),
    ("▒", "bad", "in doubt"),
    ("·", "dim", "pause"),
    ("┊", "dim", "time left out"),
)

Line = list[Span]
Cell = tuple[str, str]


def timeline_lines(
    head: Row, run: Run, lines: Timeline, legs: Sequence[Leg], now: float, width: int
) -> list[Line]:
    """The header, the axis, a row per step, and what the signs mean, in `width` columns."""
    width = max(min(width, _WIDTH_MAX) - 1, 40)
    said: list[Line] = [
        [Span(f"{head.mark} ", head.style), Span(one_line(head.name, 60), "bold"),
         Span(f"  {head.note}  {head.state}  {head.time}", "dim")]
    ]  # fmt: skip
    tracks, more = tracks_of(run, lines, legs, _ROWS_MAX)
    if not tracks:
        return [*said, [Span("  nothing has begun yet", "dim")]]
    notes = [_note(track, now) for track in tracks]
    note = max(map(cells, notes))
    longest = max(2 * track.depth + cells(track.label) for track in tracks)
    name = min(longest, int(width * _NAME_SHARE))
    bars = max(width - name - note - 5, _BARS_MIN)
    axis = axis_of(lines.begin, lines.until(now), busy(lines, now), float(bars), _CUT_CELLS)
    said.append([Span(" " * (name + 3) + _axis_line(axis, bars), "dim")])
    used: set[str] = set()
    for track, text in zip(tracks, notes, strict=True):
        row = _bars(track, axis, bars, now)
        used.update(sign for sign, _ in row)
        mark = "┃ " if track.critical else "  "
        label = fit("  " * track.depth + one_line(track.label), name)
        style = "bold" if track.critical else "plain"
        said.append(
            [Span(mark, "bold"), Span(label, style), Span(" "), *_joined(row),
             Span("  " + fit(text, note, right=True), "dim")]
        )  # fmt: skip
    if more:
        said.append([Span(f"  … and {more:,} more", "dim")])
    return [*said, [], _legend(used, any(track.critical for track in tracks))]


def path_lines(legs: Sequence[Leg]) -> list[Line]:
    """Where the time went: the steps of the critical path by their share; nothing if there is nothing to say."""
    whole = sum(leg.seconds for leg in legs)
    # Of a run that was over at once nobody asks.
    if whole < 1.0 or len(legs) < 2:
        return []
    lines: list[Line] = [
        [],
        [Span("where the time went", "bold"), Span("  (the critical path)", "dim")],
    ]
    longest = sorted(legs, key=lambda leg: -leg.seconds)[:5]
    name = max(cells(leg.step) for leg in longest)
    for leg in longest:
        share = leg.seconds / whole
        if share < 0.01:
            continue
        bar = "█" * max(round(share * 20), 1)
        lines.append(
            [Span(f"  {share:>4.0%} "), Span(fit(bar, 20), "run"),
             Span(f" {fit(one_line(leg.step), name)}  "), Span(_parts(leg), "dim")]
        )  # fmt: skip
    return lines


def timeline_data(run: Run, lines: Timeline, legs: Sequence[Leg]) -> dict[str, Any]:
    """The timeline as a document; times in seconds of the Unix epoch, null for what still goes on."""
    return {
        "run": run.id,
        "status": run.status,
        "begin": lines.begin,
        "end": lines.end,
        "critical_path": [
            {name: getattr(leg, name) for name in leg.__struct_fields__} for leg in legs
        ],
        "steps": [
            {
                "path": path,
                "stretches": [
                    {name: getattr(one, name) for name in ("kind", "begin", "end", "attempt", "outcome")}
                    for one in stretches
                ],
            }
            for path, stretches in lines.lines.items()
        ],
    }  # fmt: skip


def _parts(leg: Leg) -> str:
    parts = (
        ("calls", leg.calls_s),
        ("people", leg.people_s),
        ("pauses", leg.pauses_s),
        ("waiting for its turn", leg.other_s),
    )
    # Parts that round to nothing say nothing.
    said = [f"{name} {duration(part)}" for name, part in parts if part >= 0.05 * leg.seconds]
    return ", ".join(said)


def _note(track: Track, now: float) -> str:
    begin = min(one.begin for one in track.stretches)
    time = duration(max(one.until(now) for one in track.stretches) - begin)
    note = note_of(track)
    return f"{note}  {time}" if note else time


def _axis_line(axis: Axis, bars: int) -> str:
    line = [" "] * bars
    for piece in axis.pieces:
        if piece.cut:
            first, last = int(piece.left), min(int(piece.right), bars - 1)
            room = max(last - first - 1, 0)
            label = duration(piece.end - piece.begin)
            line[first : last + 1] = f"┊{label if len(label) <= room else '':┈^{room}}┊"
    for tick in axis.ticks(12.0):
        at = int(tick.x)
        if at + len(tick.label) <= bars and all(
            char == " " for char in line[at : at + len(tick.label) + 1]
        ):
            line[at : at + len(tick.label)] = tick.label
    return "".join(line).rstrip()


def _bars(track: Track, axis: Axis, bars: int, now: float) -> list[Cell]:
    """One sign per column: calls before waits, failures before all."""
    calls = [0] * (bars + 1)
    waits: list[Cell | None] = [None] * bars
    ends: dict[int, Cell] = {}
    for one in track.stretches:
        first = min(int(axis.at(one.begin)), bars - 1)
        last = max(min(int(axis.at(one.until(now)) - 1e-9), bars - 1), first)
        if one.kind != "call":
            sign = _WAITS[one.kind]
            for at in range(first, last + 1):
                if waits[at] is None or sign[1] != "dim":
                    waits[at] = sign
            continue
        calls[first] += 1
        calls[last + 1] -= 1
        if one.outcome in _ENDS and ends.get(last) != _ENDS["failed"]:
            ends[last] = _ENDS[one.outcome]
    peak, under_way, numbers = 0, 0, list[int]()
    for step in calls[:bars]:
        under_way += step
        numbers.append(under_way)
        peak = max(peak, under_way)
    return [
        ends[at] if at in ends else _sign(number, peak, waits[at], dense=track.dense)
        for at, number in enumerate(numbers)
    ]


def _sign(number: int, peak: int, wait: Cell | None, *, dense: bool) -> Cell:
    if number:
        level = _LEVELS[-1] if not dense else _LEVELS[-(-len(_LEVELS) * number // peak) - 1]
        return level, "good"
    return wait if wait is not None else (" ", "plain")


def _joined(row: Sequence[Cell]) -> list[Span]:
    """Neighbours of one style as one piece."""
    edges = [0, *(at for at in range(1, len(row)) if row[at][1] != row[at - 1][1]), len(row)]
    return [
        Span("".join(sign for sign, _ in row[first:last]), row[first][1])
        for first, last in pairwise(edges)
    ]


def _legend(used: set[str], critical: bool) -> Line:
    signs = used | ({"┃"} if critical else used) | ({"█"} if used & set(_LEVELS) else used)
    line: Line = []
    for sign, style, words in _LEGEND:
        if sign in signs:
            line += [Span("  " + sign, style), Span(f" {words}", "dim")]
    return line

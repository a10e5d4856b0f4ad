"""The timeline under the picture of a run: a row per step, bars for attempts, waits hatched. Lengths in pixels."""

from collections.abc import Sequence

from batuta.plans.draw.layout.axis import Axis
from batuta.plans.draw.paint.canvas import Canvas
from batuta.plans.draw.paint.text import clean, fit, width_of
from batuta.plans.draw.tracks import Track, note_of
from batuta.spec.figures import duration, round_duration
from batuta.spec.timeline import Stretch

__all__ = ["NOTE_WIDTH", "Chart", "label_width", "paint_gantt"]

_ROW = 23.0
_BAR = 11.0
_BAR_MIN = 2.0
_COLUMN = 2.0  # of a dense row
_LABEL_MAX = 190.0
NOTE_WIDTH = 144.0
# A row with more attempts shows how many there were at once, not each.
_BARS_MAX = 300
_CALLS = {
    "": "f-run",
    "failed": "f-bad",
    "lost": "f-bad",
    "doubt": "f-bad",
    "cancelled": "f-idle",
}
_BARS = (
    ("f-good", "call"),
    ("f-bad", "failed call"),
    ("f-idle", "cancelled call"),
    ("f-run", "under way"),
)
_WORDS = (("question", "a person is asked"), ("doubt", "in doubt"), ("pause", "pause"))
_WAITS = {"question": "f-ask", "pause": "f-idle", "doubt": "f-bad"}


class Chart:
    """Where the rows are painted: bars from `left` on, along `axis`, until `now`."""

    def __init__(self, canvas: Canvas, x: float, y: float, axis: Axis, label: float, now: float):
        self.canvas = canvas
        self.x, self.y = x, y
        self.left = x + label
        self.axis, self.now = axis, now

    def span(self, stretch: Stretch) -> tuple[float, float]:
        """From where to where the bar of `stretch` goes."""
        begin = self.axis.at(stretch.begin)
        end = self.axis.at(stretch.until(self.now))
        return self.left + begin, max(end - begin, _BAR_MIN)


def label_width(tracks: Sequence[Track]) -> float:
    """How much room the names take at the left."""
    widest = max((width_of(clean(t.label), 12) + 12 * t.depth for t in tracks), default=0.0)
    return min(widest, _LABEL_MAX) + 15


def paint_gantt(
    canvas: Canvas,
    tracks: Sequence[Track],
    axis: Axis,
    x: float,
    y: float,
    label: float,
    now: float,
) -> float:
    """The rows from (x, y) on; `axis` is as wide as the bars, `label` what names take. The height it takes."""
    _paint_signs(canvas, tracks, x + 84, y - 12)
    chart = Chart(canvas, x, y + 24, axis, label, now)
    height = _ROW * len(tracks)
    _paint_axis(chart, height)
    for index, track in enumerate(tracks):
        _paint_track(chart, track, chart.y + index * _ROW)
    return 24 + height + 6


def _paint_signs(canvas: Canvas, tracks: Sequence[Track], x: float, y: float) -> None:
    """What the bars mean, of those there are."""
    found = {(one.kind, one.outcome) for track in tracks for one in track.stretches}
    kinds = {kind for kind, _ in found}
    outcomes = {outcome for kind, outcome in found if kind == "call"}
    bars = {_CALLS.get(outcome, "f-good") for outcome in outcomes}
    for style, words in _BARS:
        if style in bars:
            canvas.rect(x, y - 9, 16, 9, style, round_=2.5)
            canvas.text(x + 21, y, words, "ts mu")
            x += 21 + width_of(words, 10.5) + 14
    for kind, words in _WORDS:
        if kind in kinds:
            _hatch(canvas, x, y - 10, 16, _WAITS[kind], thin=kind == "pause")
            canvas.text(x + 21, y, words, "ts mu")
            x += 21 + width_of(words, 10.5) + 14


def _paint_axis(chart: Chart, height: float) -> None:
    canvas, axis = chart.canvas, chart.axis
    for tick in axis.ticks(74.0):
        x = chart.left + tick.x
        canvas.path(f"M{x:.1f} {chart.y - 6:.1f}V{chart.y + height:.1f}", "l")
        canvas.text(x, chart.y - 11, tick.label, "x mu", anchor="middle" if tick.x else "start")
    for piece in axis.pieces:
        if not piece.cut:
            continue
        left, width = chart.left + piece.left, piece.right - piece.left
        canvas.rect(left, chart.y - 6, width, height + 6, "panel")
        words = fit(round_duration(piece.end - piece.begin), max(width, 66), 10.5)
        canvas.text(left + width / 2, chart.y + height + 9, words, "x mu", anchor="middle")


def _paint_track(chart: Chart, track: Track, top: float) -> None:
    canvas = chart.canvas
    seconds = _seconds(track, chart.now)
    note = note_of(track)
    words = f"{track.label}: {duration(seconds)}" + (f", {note}" if note else "")
    canvas.open_group(words + (", on the critical path" if track.critical else ""))
    indent = 12.0 * track.depth
    room = chart.left - chart.x - 14 - indent
    style = "t cr" if track.critical else "t tx"
    canvas.text(chart.x + indent, top + 15.5, fit(clean(track.label), room, 12), style)
    if track.critical:
        canvas.rect(chart.left - 7, top + 5, 3, _ROW - 10, "f-critical", round_=1.5)
    if track.dense or len(track.stretches) > _BARS_MAX:
        _paint_dense(chart, track, top + (_ROW - _BAR) / 2)
    else:
        for stretch in track.stretches:
            _paint_stretch(chart, stretch, top + (_ROW - _BAR) / 2)
    right = chart.left + chart.axis.width + NOTE_WIDTH
    said = f"{note} · {duration(seconds)}" if note else duration(seconds)
    canvas.text(right, top + 15.5, fit(said, NOTE_WIDTH - 10, 11.5), "t mu", anchor="end")
    canvas.close_group()


def _seconds(track: Track, now: float) -> float:
    begin = min(stretch.begin for stretch in track.stretches)
    return max(stretch.until(now) for stretch in track.stretches) - begin


def _paint_stretch(chart: Chart, stretch: Stretch, top: float) -> None:
    x, width = chart.span(stretch)
    if stretch.kind == "call":
        chart.canvas.rect(x, top, width, _BAR, _CALLS.get(stretch.outcome, "f-good"), round_=2.5)
    else:
        _hatch(chart.canvas, x, top, width, _WAITS[stretch.kind], thin=stretch.kind == "pause")


def _hatch(canvas: Canvas, x: float, top: float, width: float, style: str, *, thin: bool) -> None:
    """Slanted strokes in a frame; a pause is a row of points."""
    stroke = "s" + style[1:]
    if thin:
        canvas.path(
            f"M{x + 1:.1f} {top + _BAR / 2:.1f}H{x + max(width - 1, 1.5):.1f}",
            f"e optional {stroke}",
        )
        return
    canvas.rect(x, top, width, _BAR, f"tile {style}", round_=2.5)
    strokes: list[str] = []
    at, step = x - _BAR + 5, 6.0
    while at < x + width and len(strokes) < 400:
        # Each stroke is cut off where the frame ends.
        first, last = max(at, x), min(at + _BAR, x + width)
        if last > first:
            strokes.append(
                f"M{first:.1f} {top + _BAR - (first - at):.1f}L{last:.1f} {top + _BAR - (last - at):.1f}"
            )
        at += step
    canvas.path("".join(strokes), f"l {stroke}")


def _paint_dense(chart: Chart, track: Track, top: float) -> None:
    """How many calls were under way at each place, as strength of colour; waits where there was none."""
    count = int(chart.axis.width / _COLUMN) + 1
    under_way = {kind: [0] * (count + 1) for kind in ("call", "question", "doubt", "pause")}
    failures = [0] * count
    for stretch in track.stretches:
        first = min(int(chart.axis.at(stretch.begin) / _COLUMN), count - 1)
        last = min(int(chart.axis.at(stretch.until(chart.now)) / _COLUMN), count - 1)
        under_way[stretch.kind][first] += 1
        under_way[stretch.kind][last + 1] -= 1
        if stretch.outcome in ("failed", "lost", "doubt"):
            failures[last] += 1
    for steps in under_way.values():
        _sum_up(steps)
    peak = max(under_way["call"]) or 1
    levels: list[int | str] = [
        -(-6 * calls // peak) if calls else "doubt" if doubts else "question" if questions else 0
        for calls, questions, doubts in zip(
            under_way["call"], under_way["question"], under_way["doubt"], strict=True
        )
    ]
    at = 0
    while at < count:
        end = at + 1
        while end < count and levels[end] == levels[at]:
            end += 1
        x, width = chart.left + at * _COLUMN, (end - at) * _COLUMN
        level = levels[at]
        if isinstance(level, str):
            _hatch(chart.canvas, x, top, width, _WAITS[level], thin=False)
        elif level:
            chart.canvas.rect(x, top, width, _BAR, f"f-good o{level}")
        at = end
    for index, failed in enumerate(failures):
        if failed:
            chart.canvas.rect(
                chart.left + index * _COLUMN, top - 1, _COLUMN + 0.5, _BAR + 2, "f-bad"
            )


def _sum_up(steps: list[int]) -> None:
    total = 0
    for index, step in enumerate(steps):
        total += step
        steps[index] = total

"""Charts: the numbers that are in them, and that every one of them is a sound picture."""

import math
import re
import xml.etree.ElementTree as ET
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from batuta.capabilities.files.trouble import Trouble
from batuta.capabilities.report.charts.data import data_of
from batuta.capabilities.report.charts.fewer import outlined
from batuta.capabilities.report.charts.histogram import binned
from batuta.capabilities.report.charts.paint import Painted, painted
from batuta.capabilities.report.charts.scale import scale_of
from batuta.capabilities.report.model import Chart

SALES = [
    {"region": "north", "kind": "a", "n": 3, "day": "2026-11-02"},
    {"region": "south", "kind": "a", "n": 5.5, "day": "2026-11-01"},
    {"region": "north", "kind": "b", "n": "4", "day": "2026-11-02"},
    {"region": "", "kind": "b", "n": None, "day": "2026-11-05"},
]


def chart(**fields: Any) -> Painted:
    return painted(msgspec.convert(fields, Chart), 1)


def test_rows_are_counted_where_no_number_is_named_and_the_most_come_first() -> None:
    assert chart(kind="bar", rows=SALES, x="kind").rows == [["a", 2.0], ["b", 2.0]]
    assert chart(kind="bar", rows=SALES, x="region").rows == [
        ["north", 2.0],
        ["south", 1.0],
        ["–", 1.0],
    ]


def test_numbers_are_added_or_averaged_by_place() -> None:
    assert chart(kind="bar", rows=SALES, x="region", y="n").rows == [["north", 7.0], ["south", 5.5]]
    mean = chart(kind="bar", rows=SALES, x="region", y="n", measure="mean").rows
    assert mean == [["north", 3.5], ["south", 5.5]]


def test_a_column_makes_series_and_so_do_several_numbers() -> None:
    by = chart(kind="bar", rows=SALES, x="region", y="n", by="kind", stacked=True)
    assert (by.header, by.rows) == (
        ["region", "a", "b"],
        [["north", 3.0, 4.0], ["south", 5.5, None]],
    )
    several = chart(kind="line", rows=[{"x": 1, "a": 2, "b": 3}], x="x", y=["a", "b"])
    assert (several.header, several.rows) == (["x", "a", "b"], [["1", 2.0, 3.0]])


def test_days_stand_in_their_order_whatever_that_of_the_rows() -> None:
    assert [row[0] for row in chart(kind="line", rows=SALES, x="day").rows] == [
        "1 Nov 2026", "2 Nov 2026", "5 Nov 2026",
    ]  # fmt: skip
    assert [row[0] for row in chart(kind="bar", rows=SALES, x="day").rows] == [
        "2026-11-01", "2026-11-02", "2026-11-05",
    ]  # fmt: skip


def test_more_bars_and_series_than_can_be_read_become_one_and_it_is_said() -> None:
    rows = [{"x": f"name {n}", "n": n, "by": f"series {n}"} for n in range(50)]
    many = chart(kind="bar", rows=rows, x="x", y="n", sort="value")
    assert (len(many.rows), many.rows[0], many.rows[-1], many.note) == (
        30, ["name 49", 49.0], ["others", 210.0], "“others” are 21 of 50",
    )  # fmt: skip
    series = data_of(
        msgspec.convert({"kind": "line", "rows": rows, "x": "n", "y": "n", "by": "by"}, Chart)
    )
    assert (len(series.series), series.note) == (8, "“others” are 43 series")


def test_others_are_measured_together_not_measure_by_measure() -> None:
    rows = [{"x": f"name {n}", "n": n} for n in range(31)] + [{"x": "name 0", "n": 1}] * 2
    many = chart(kind="bar", rows=rows, x="x", y="n", measure="mean", sort="value")
    # 0, 1 and 1 of name 0, and the 1 of name 1.
    assert many.rows[-1] == ["others", 0.75]
    of = [{"x": 1, "n": n, "by": f"series {n}"} for n in range(1, 10)]
    series = chart(kind="line", rows=of, x="x", y="n", by="by", measure="mean")
    assert series.rows == [["1", 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 1.5]]


def test_points_of_more_series_than_can_be_told_apart_are_others_and_none_is_lost() -> None:
    rows = [{"x": n, "y": n, "by": f"series {n % 10}"} for n in range(30)]
    made = chart(kind="scatter", rows=rows, x="x", y="y", by="by")
    assert (len(made.rows), made.note) == (30, "“others” are 3 series")
    assert sum(row[2] == "others" for row in made.rows) == 9


def test_a_long_line_keeps_its_peaks_and_says_what_it_leaves_out() -> None:
    rows = [{"x": n, "y": 1_000 if n == 7_777 else n % 10} for n in range(20_000)]
    data = data_of(msgspec.convert({"kind": "line", "rows": rows, "x": "x", "y": "y"}, Chart))
    drawn = outlined(data)
    points = drawn.series[0].points
    assert (7_777.0, 1_000.0) in points
    assert (points[0], points[-1]) == (data.series[0].points[0], data.series[0].points[-1])
    assert points == sorted(points)
    assert len(points) <= 1_440
    made = chart(kind="line", rows=rows, x="x", y="y")
    assert made.note == (
        f"of 20,000 points the line has {len(points):,}: the lowest and the highest of each stretch; "
        "the table has every 40th of 20,000 rows"
    )
    assert [row[0] for row in made.rows][-1] == "19,960"


def test_of_many_points_every_so_many_th_is_drawn_and_it_is_said() -> None:
    rows = [{"x": n, "y": n % 7} for n in range(15_000)]
    made = chart(kind="scatter", rows=rows, x="x", y="y")
    assert made.note == (
        "the picture has every 3rd of 15,000 points; the table has every 30th of 15,000 rows"
    )
    assert (made.svg.count("<circle"), len(made.rows)) == (5_000, 500)


def test_what_fits_is_shown_whole_and_without_a_word() -> None:
    rows = [{"x": n, "y": n} for n in range(500)]
    for kind in ("line", "scatter"):
        made = chart(kind=kind, rows=rows, x="x", y="y")
        assert (len(made.rows), made.note) == (500, "")


def test_bins_hold_every_number_once() -> None:
    numbers = sorted(math.sin(n) * 10 for n in range(1_000))
    edges, counts = binned(numbers)
    assert sum(counts) == 1_000
    assert edges[0] <= numbers[0]
    assert numbers[-1] <= edges[-1]
    assert binned([]) == ([0.0, 1.0], [0])
    assert binned([5.0, 5.0]) == ([4.75, 5.25], [2])
    assert sum(binned([0.0, 1.0, 1e9])[1]) == 3


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 21, (0, 5, 10, 15, 20, 25)),
        (0, 0.3, (0, 0.1, 0.2, 0.3)),
        (-40, 90, (-50, -25, 0, 25, 50, 75, 100)),
        (5, 5, (4.4, 4.6, 4.8, 5.0, 5.2, 5.4, 5.6)),
        (0, 1e12, (0, 2e11, 4e11, 6e11, 8e11, 1e12)),
    ],
)
def test_marks_are_round_and_include_both_ends(
    low: float, high: float, ticks: tuple[float, ...]
) -> None:
    scale = scale_of(low, high, 0, 100)
    assert scale.ticks == ticks
    assert scale.low <= low
    assert high <= scale.high


def test_counts_have_whole_marks() -> None:
    assert scale_of(0, 2, 0, 1, whole=True).ticks == (0, 1, 2)
    assert scale_of(0, 7, 0, 1, whole=True).ticks == (0, 2, 4, 6, 8)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"kind": "bar", "x": "region", "y": "kind"},
            "chart: 'kind' of row 0 is 'a', which is no number",
        ),
        ({"kind": "histogram", "x": "kind"}, "chart: 'kind' of row 0 is 'a', which is no number"),
        (
            {"kind": "scatter", "x": "kind", "y": "n"},
            "chart: 'kind' is neither numbers nor dates in all rows",
        ),
    ],
)
def test_what_is_no_number_is_told_with_its_row(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(Trouble) as caught:
        chart(rows=SALES, **fields)
    assert caught.value.what == message


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a" * 10_000,
    "\x00\u202e",
    "名" * 200,
    "",
]
ODD: list[list[dict[str, Any]]] = [
    [{"x": 1, "y": 1}],
    [{"x": 1, "y": 0}, {"x": 2, "y": 0}],
    [{"x": n, "y": -n} for n in range(5)],
    [{"x": n, "y": (-1) ** n * 10.0**n} for n in range(15)],
    [{"x": 5, "y": None}, {"y": 3}],
    [{"x": name, "y": at} for at, name in enumerate(HOSTILE)],
    [{"x": f"2026-01-{at + 1:02}T10:00:00Z", "y": at / 7} for at in range(31)],
    [{"x": at, "y": at % 17, "by": at % 12} for at in range(6_000)],
    [{"x": 1e300, "y": 1e-300}, {"x": -1e300, "y": 1e300}],
    [{"x": True, "y": 1}, {"x": False, "y": 2}],
]


@pytest.mark.parametrize("kind", ["bar", "line", "histogram", "scatter"])
@pytest.mark.parametrize("rows", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize(
    "more", [{}, {"by": "by"}, {"stacked": True, "by": "by"}], ids=["", "by", "stacked"]
)
def test_whatever_is_in_the_rows_makes_a_sound_picture_or_a_clear_refusal(
    kind: str, rows: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    with suppress(Trouble):
        made = chart(
            kind=kind, rows=rows, x="x", y="y", title=HOSTILE[0], y_title=HOSTILE[1], **more
        )
        check_sound(made.svg)


def check_sound(svg: str) -> None:
    root = ET.fromstring(svg)
    tags = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert tags <= {"svg", "title", "text", "rect", "path", "circle", "g"}
    assert not re.search(r"\b(nan|inf)\b", svg)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    for one in root.iter("text"):
        assert -1 <= float(one.attrib["x"]) <= width + 1
        assert 0 <= float(one.attrib["y"]) <= height

"""What is alike is drawn in one panel, what is too much in waves, what follows from others not at all."""

import time
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from batuta.plans.draw.layout.crowd import crowded
from batuta.plans.draw.layout.group import Unit, grouped
from batuta.plans.draw.layout.panels import panel_of
from batuta.plans.draw.layout.placing import placed, readable
from batuta.plans.draw.layout.thin import without_implied
from batuta.plans.draw.picture import Box, Link
from batuta.plans.draw.svg import svg_of
from tests.plans.draw.examples import Edge, boxes, picture, random_edges
from tests.plans.draw.layout.test_layered import overlapping

FAN = [*((0, item) for item in range(1, 41)), *((item, 41) for item in range(1, 41))]


def links(edges: list[Edge]) -> list[Link]:
    return [Link(source, target) for source, target in edges]


def sizes(units: tuple[Unit, ...]) -> list[int]:
    return [sum(len(row) for row in unit.rows) for unit in units]


def test_a_small_plan_is_drawn_box_by_box() -> None:
    found = grouped(
        8, links([*((0, item) for item in range(1, 7)), *((item, 7) for item in range(1, 7))])
    )
    assert all(unit.single for unit in found.units)


def test_forty_steps_between_the_same_two_are_one_panel_with_two_lines() -> None:
    found = grouped(42, links(FAN))
    assert sizes(found.units) == [1, 40, 1]
    assert [(link.source, link.target) for link in found.links] == [(0, 1), (1, 2)]


def test_steps_that_are_waited_for_in_another_way_stand_apart() -> None:
    mixed = [Link(s, t, "after" if (s, t) == (7, 41) else "data") for s, t in FAN]
    assert sizes(grouped(42, mixed).units) == [1, 39, 1, 1]


def test_short_chains_side_by_side_are_rows_of_one_panel() -> None:
    edges = [
        edge for chain in range(12) for edge in ((0, 1 + 2 * chain), (1 + 2 * chain, 2 + 2 * chain))
    ]
    found = grouped(25, links(edges))
    assert [unit.rows[:2] for unit in found.units] == [((0,),), ((1, 2), (3, 4))]
    assert len(found.inside) == 12


def test_a_long_chain_winds_through_one_panel() -> None:
    found = grouped(60, links([(i, i + 1) for i in range(59)]))
    assert [(unit.winding, len(unit.rows[0])) for unit in found.units] == [(True, 60)]


def test_a_circle_is_drawn_box_by_box() -> None:
    found = grouped(30, links([(i, (i + 1) % 30) for i in range(30)]))
    assert sizes(found.units) == [1] * 30


@pytest.mark.parametrize(
    "unit",
    [
        Unit(tuple((i,) for i in range(40))),
        Unit(tuple((i, i + 1) for i in range(0, 40, 2))),
        Unit((tuple(range(37)),), winding=True),
    ],
    ids=["grid", "rows", "winding"],
)
def test_boxes_of_a_panel_neither_overlap_nor_leave_it_nor_are_crossed(unit: Unit) -> None:
    panel = panel_of(unit, [(100.0 + index % 3, 40.0 + 8 * (index % 2)) for index in range(40)])
    rects = tuple(panel.rects.values())
    assert overlapping(rects) == []
    for rect in rects:
        assert rect.x > 0 and rect.right < panel.width
        assert rect.y > 0 and rect.bottom < panel.height
    for ends, route in panel.routes.items():
        points = [curve.at(step / 20) for curve in route for step in range(21)]
        for box, rect in panel.rects.items():
            inside = [
                (x, y) for x, y in points if rect.x < x < rect.right and rect.y < y < rect.bottom
            ]
            assert box in ends or inside == []


def test_links_that_follow_from_others_are_left_out_of_large_pictures_and_counted() -> None:
    chain = [(i, i + 1) for i in range(69)]
    drawn = readable(picture(boxes(70), [*chain, (0, 69), (3, 30)]))
    assert [(link.source, link.target) for link in drawn.links] == chain
    assert drawn.notes == ("Not drawn: 2 links that follow from others.",)
    small = picture(boxes(3), [(0, 1), (1, 2), (0, 2)])
    assert readable(small) == small


def test_links_of_the_critical_path_are_never_left_out() -> None:
    edges = [Link(0, 1), Link(1, 2), Link(0, 2, "data", True)]
    assert without_implied(3, edges) == tuple(edges)


def test_reaching_stays_what_it_was_without_the_links_that_follow() -> None:
    def reach(edges: tuple[Link, ...]) -> set[Edge]:
        found = {(link.source, link.target) for link in edges}
        for middle in range(40):
            into = [s for s, t in found if t == middle]
            out = [t for s, t in found if s == middle]
            found |= {(s, t) for s in into for t in out}
        return found

    every = tuple(links(random_edges(40, 4, 12, seed=8)))
    assert reach(without_implied(40, every)) == reach(every)


def test_ten_thousand_steps_are_drawn_as_waves_and_said_to_be() -> None:
    edges = random_edges(10_000, 2, 60, seed=1)
    loud = [Box(name="x", use="y", effect="irreversible", state="failed")] * 10_000
    drawn = crowded(picture(loud, edges))
    assert len(drawn.boxes) <= 60
    assert {(box.effect, box.state) for box in drawn.boxes} == {("irreversible", "failed")}
    assert "Too many steps for a box each" in drawn.notes[0]
    assert sum(int(box.use.split()[0].replace(",", "")) for box in drawn.boxes) == 10_000


@pytest.mark.parametrize(
    "edges",
    [
        random_edges(10_000, 3, 60, seed=1),
        [(i, i + 1) for i in range(9_999)],
        [(0, i) for i in range(1, 10_000)],
        [],
    ],
    ids=["random", "chain", "fan", "loose"],
)
def test_ten_thousand_steps_take_neither_long_nor_much_room(edges: list[Edge]) -> None:
    whole = picture(boxes(10_000), edges)
    begin = time.process_time()
    document = svg_of(whole)
    assert time.process_time() - begin < 3.0  # 0.1 s where nothing else runs
    assert len(document) < 200_000
    assert ET.fromstring(document).get("role") == "img"


def test_a_dense_plan_does_not_blow_up() -> None:
    edges = list(combinations(range(300), 2))
    begin = time.process_time()
    svg_of(picture(boxes(300), edges))
    assert time.process_time() - begin < 5.0  # 0.2 s where nothing else runs


def test_three_hundred_steps_are_drawn_at_once() -> None:
    whole = picture(boxes(300), random_edges(300, 3, 40, seed=1))
    begin = time.process_time()
    svg_of(whole)
    assert time.process_time() - begin < 1.5  # 0.1 s where nothing else runs


def test_a_wide_fan_fits_the_window_better_than_a_column() -> None:
    drawn = placed(picture(boxes(42), FAN)).layout
    assert max(drawn.width, drawn.height) < 2_000

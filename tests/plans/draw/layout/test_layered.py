"""The layout: nothing overlaps, no line runs through a box, and the same graph is always drawn alike."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.plans.draw.layout.geometry import Layout, Rect
from batuta.plans.draw.layout.layered import Spacing, arrange, layout, passing_count
from batuta.plans.draw.layout.ordering import count_crossings, proper_graph
from tests.plans.draw.examples import Edge, random_edges

SIZE = (180.0, 60.0)
TIGHT = Spacing(16, 10, 30)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[Edge]]:
    count = draw(st.integers(1, 28))
    sizes = draw(
        st.lists(st.tuples(st.floats(20, 400), st.floats(20, 300)), min_size=count, max_size=count)
    )
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = draw(st.lists(ends, max_size=60, unique=True))
    return sizes, [(min(pair), max(pair)) for pair in edges if pair[0] != pair[1]]


def overlapping(rects: tuple[Rect, ...]) -> list[tuple[int, int]]:
    """Boxes that share more than a border."""
    return [
        (i, j)
        for (i, a), (j, b) in combinations(enumerate(rects), 2)
        if a.x < b.right - 0.01
        and b.x < a.right - 0.01
        and a.y < b.bottom - 0.01
        and b.y < a.bottom - 0.01
    ]


def pierced(drawn: Layout, edges: list[Edge]) -> list[tuple[Edge, int]]:
    """Lines that run through a box that is not one of their ends."""
    found: list[tuple[Edge, int]] = []
    for edge, route in zip(edges, drawn.routes, strict=True):
        points = [curve.at(step / 24) for curve in route for step in range(25)]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        low, high, top, bottom = min(xs), max(xs), min(ys), max(ys)
        for index, rect in enumerate(drawn.rects):
            if index in edge or rect.right < low or rect.x > high:
                continue
            if rect.bottom < top or rect.y > bottom:
                continue
            if any(rect.x < x < rect.right and rect.y < y < rect.bottom for x, y in points):
                found.append((edge, index))
    return found


@given(graphs(), st.booleans())
@settings(max_examples=120, deadline=None)
def test_no_two_boxes_overlap_and_no_line_runs_through_a_box(
    graph: tuple[list[tuple[float, float]], list[Edge]], down: bool
) -> None:
    sizes, edges = graph
    drawn = layout(arrange(len(sizes), edges), sizes, down=down)
    assert overlapping(drawn.rects) == []
    assert pierced(drawn, edges) == []


@given(graphs(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_everything_is_inside_the_drawing_and_of_its_size(
    graph: tuple[list[tuple[float, float]], list[Edge]], down: bool
) -> None:
    sizes, edges = graph
    drawn = layout(arrange(len(sizes), edges), sizes, down=down)
    assert [(rect.width, rect.height) for rect in drawn.rects] == sizes
    for rect in drawn.rects:
        assert rect.x >= -0.01 and rect.right <= drawn.width + 0.01
        assert rect.y >= -0.01 and rect.bottom <= drawn.height + 0.01


@pytest.mark.parametrize(
    ("count", "most", "reach"), [(60, 2, 8), (150, 3, 30), (300, 3, 40), (300, 2, 300)]
)
def test_large_graphs_neither_overlap_nor_pierce(count: int, most: int, reach: int) -> None:
    edges = random_edges(count, most, reach, seed=1)
    arranged = arrange(count, edges)
    for down in (True, False):
        drawn = layout(arranged, [SIZE] * count, down=down, spacing=TIGHT)
        assert overlapping(drawn.rects) == []
        assert pierced(drawn, edges) == []


def test_every_line_begins_and_ends_at_its_boxes_and_has_no_gap() -> None:
    edges = random_edges(40, 2, 12, seed=3)
    drawn = layout(arrange(40, edges), [SIZE] * 40)
    for (source, target), route in zip(edges, drawn.routes, strict=True):
        first, last = drawn.rects[source], drawn.rects[target]
        assert (route[0].x0, route[0].y0) == pytest.approx(
            (first.x + first.width / 2, first.bottom)
        )
        assert (route[-1].x3, route[-1].y3) == pytest.approx((last.x + last.width / 2, last.y))
        for one, other in pairwise(route):
            assert (one.x3, one.y3) == (other.x0, other.y0)


def test_a_graph_is_drawn_alike_every_time() -> None:
    edges = random_edges(80, 3, 20, seed=5)
    drawn = [layout(arrange(80, edges), [SIZE] * 80) for _ in range(2)]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("seed", range(12))
def test_sorting_never_makes_more_crossings_than_the_order_of_the_plan(seed: int) -> None:
    edges = random_edges(40, 3, 15, seed)
    arranged = arrange(40, edges)
    naive = proper_graph(arranged.layer, edges)
    for layer in naive.layers:
        layer.sort()
    position = [0] * len(naive.up)
    for layer in naive.layers:
        for index, vertex in enumerate(layer):
            position[vertex] = index
    assert arranged.crossings <= count_crossings(naive, position)


def test_a_tree_and_a_ladder_are_drawn_without_a_crossing() -> None:
    tree = [((node - 1) // 2, node) for node in range(1, 31)]
    rungs = [(i, i + 1) for i in range(0, 20, 2)]
    ladder = [*rungs, *((i, i + 2) for i in range(18))]
    assert (arrange(31, tree).crossings, arrange(20, ladder).crossings) == (0, 0)


def test_a_long_edge_is_straight_beside_the_steps_it_passes() -> None:
    chain = [(i, i + 1) for i in range(5)]
    drawn = layout(arrange(6, [*chain, (0, 5)]), [SIZE] * 6)
    out, along, into = drawn.routes[-1]
    assert out.x3 == along.x0 == along.x3 == into.x0


def test_a_circle_is_drawn_with_one_edge_led_backwards() -> None:
    drawn = layout(arrange(3, [(0, 1), (1, 2), (2, 0)]), [SIZE] * 3)
    assert overlapping(drawn.rects) == []
    last = drawn.routes[2]
    assert last[0].y0 > last[-1].y3


def test_nothing_is_drawn_of_nothing() -> None:
    assert layout(arrange(0, []), []).rects == ()


def test_what_passing_edges_cost_is_known_beforehand() -> None:
    edges = [(i, i + 1) for i in range(9)] + [(0, 9)]
    assert passing_count(10, edges) == 8

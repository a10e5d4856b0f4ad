"""The axis of time: places follow times, and long waits are cut out."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from batuta.plans.draw.layout.axis import axis_of


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e4)), max_size=20),
    st.floats(0, 2e6),
)
def test_places_follow_times_and_stay_on_the_axis(
    calls: list[tuple[float, float]], end: float
) -> None:
    axis = axis_of(0.0, end, [(begin, begin + length) for begin, length in calls], 600.0, 40.0)
    times = sorted([0.0, end, *(begin for begin, _ in calls), -5.0, 3e6])
    places = [axis.at(time) for time in times]
    assert all(later >= earlier - 1e-6 for earlier, later in pairwise(places))
    assert all(0.0 <= place <= 600.0001 for place in places)
    ticks = [tick.x for tick in axis.ticks(70.0)]
    assert ticks == sorted(ticks)
    assert len(ticks) <= 12


def test_a_wait_longer_than_all_work_is_cut_out() -> None:
    axis = axis_of(0.0, 7_202.0, [(0.0, 1.0), (7_201.0, 7_202.0)], 540.0, 40.0)
    assert [(round(piece.right - piece.left), piece.cut) for piece in axis.pieces] == [
        (250, False), (40, True), (250, False),
    ]  # fmt: skip
    labels = [tick.label for tick in axis.ticks(120.0)]
    assert labels == ["0", "500 ms", "2 h", "+500 ms", "+1 s"]


def test_a_run_that_only_waits_is_shown_as_long_as_it_is() -> None:
    assert [piece.cut for piece in axis_of(0.0, 3_600.0, [], 500.0, 40.0).pieces] == [False]

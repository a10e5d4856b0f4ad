"""How many calls run at once, and who is next."""

from hypothesis import given
from hypothesis import strategies as st

from batuta.engine.lanes import Lanes


def never() -> None:
    raise AssertionError("nobody is to be woken")


def test_there_is_room_up_to_the_bound_of_the_process() -> None:
    lanes = Lanes(2)
    assert [lanes.enter("a", 0, never) for _ in range(2)] == [True, True]
    assert not lanes.enter("b", 0, lambda: None)


def test_a_capability_may_have_a_bound_of_its_own() -> None:
    lanes = Lanes(9)
    assert lanes.enter("a", 1, never)
    assert not lanes.enter("a", 1, lambda: None)
    assert lanes.enter("b", 1, never)


def test_who_found_no_room_is_woken_once_when_there_is() -> None:
    lanes, woken = Lanes(1), []
    lanes.enter("a", 0, never)
    lanes.enter("a", 0, lambda: woken.append(1))
    lanes.leave("a", 0)
    assert woken == [1]
    lanes.enter("a", 0, never)
    lanes.leave("a", 0)
    assert woken == [1]


def test_the_first_to_wait_is_the_first_to_be_woken() -> None:
    lanes, woken = Lanes(1), []
    lanes.enter("a", 0, never)
    for name in "xyz":
        lanes.enter("a", 0, lambda name=name: woken.append(name))
    for _ in range(3):
        lanes.leave("a", 0)
        lanes.enter("a", 0, never)
    assert woken == ["x", "y", "z"]


def test_one_that_asks_again_keeps_its_place() -> None:
    lanes, woken = Lanes(1), []
    lanes.enter("a", 0, never)
    wakes = {name: (lambda name=name: woken.append(name)) for name in "xy"}
    for name in "xyx":
        lanes.enter("a", 0, wakes[name])
    for _ in range(2):
        lanes.leave("a", 0)
        lanes.enter("a", 0, never)
    assert woken == ["x", "y"]


def test_a_capability_that_is_full_takes_no_room_of_the_others() -> None:
    lanes = Lanes(2)
    assert lanes.enter("a", 1, never)
    for _ in range(5):
        assert not lanes.enter("a", 1, lambda: None)
    assert lanes.enter("b", 0, never)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())), st.integers(1, 4))
def test_no_bound_is_ever_exceeded_and_everything_comes_free_again(
    moves: list[tuple[str, bool]], calls_max: int
) -> None:
    bounds = {"a": 1, "b": 2, "c": 0}
    lanes, inside = Lanes(calls_max), list[str]()
    for name, enters in moves:
        if enters:
            room = len(inside) < calls_max and (
                not bounds[name] or inside.count(name) < bounds[name]
            )
            assert lanes.enter(name, bounds[name], lambda: None) == room
            if room:
                inside.append(name)
        elif name in inside:
            inside.remove(name)
            lanes.leave(name, bounds[name])
    for name in inside:
        lanes.leave(name, bounds[name])
    assert all(lanes.enter("c", 0, never) for _ in range(calls_max))

"""The arithmetic of the benchmark of requests."""

import json

from batuta.plans.build import plan_from_data
from benchmarks.routing import SLOTS, Answer, few, figures, majority, nearest, slots_read

ROWS = [("book a flight", "travel"), ("a seat on a plane", "travel"), ("play a song", "music")]


async def test_shares_are_of_requests_in_scope_and_out_of_scope_at_once() -> None:
    said: dict[str, Answer] = {
        "a": ("x", True),
        "b": ("y", False),
        "c": ("x", True),
        "d": ("", False),
    }

    async def say(text: str) -> Answer:
        return said.get(text, ("x", True))

    found = await figures([("a", "x"), ("b", "y"), ("c", "y"), ("d", "y")], ["odd", "d"], say)
    assert (found.inside, found.outside, found.sure) == (0.5, 0.5, 0.25)
    assert found.wrong == 2 / 6


async def test_the_baselines_take_the_nearest_example_and_the_commonest_workflow() -> None:
    data = {"val": ROWS, "oos_val": [("what is love", "oos")]}
    assert await nearest(data, ROWS)("play another song") == ("music", True)
    assert (await nearest(data, ROWS)("quantum chromodynamics"))[0] == ""
    assert await majority(ROWS)("anything") == ("travel", True)


def test_few_examples_are_drawn_alike_every_time() -> None:
    rows = [(str(n), "x") for n in range(100)]
    assert len(few(rows)) == 10
    assert few(rows) == few(rows)


def test_our_requests_are_of_plans_that_are_sound_and_what_is_expected_of_them_fits() -> None:
    ours = json.loads(SLOTS.read_text(encoding="utf-8"))
    for name, workflow in ours["workflows"].items():
        plan_from_data({"name": name, **workflow, "steps": {}})
    for plan, _, expected in ours["requests"]:
        assert expected.keys() <= ours["workflows"][plan]["inputs"].keys()


def test_nothing_is_made_up_in_them() -> None:
    read = slots_read()
    assert read.invented == 0
    assert read.precision >= 0.95

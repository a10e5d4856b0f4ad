"""Compiled plans are kept for runs to come, and compiled again when they are not kept any more."""

import pytest

from batuta.engine import shapes
from tests.engine.builders import House


async def test_plans_beyond_those_that_are_kept_are_compiled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shapes, "SHAPES_MAX", 2)
    house = House()
    for number in range(5):
        shown = await house.run(f"steps: {{a: {{use: echo}}}}\nresult: {number}")
        assert shown["result"] == number
    for number in range(5):
        assert (await house.engine.read(f"r{number + 1}")).status == "succeeded"


async def test_a_plan_is_compiled_once_for_all_its_runs() -> None:
    house = House()
    for _ in range(2):
        await house.run("steps: {a: {use: echo}}\nresult: 1")
    first, second = [await house.engine.read(f"r{number}") for number in (1, 2)]
    assert first.root is not None and second.root is not None
    assert first.root.shape is second.root.shape

"""Random plans are valid, run without a type failure, and are the same for the same dice."""

import random

import pytest

from batuta.plans.build import plan_from_data
from batuta.plans.check import check
from batuta.reading.schema import problems
from batuta.spec.plan import Step
from batuta.testing.play import play
from batuta.testing.random_plans import random_plan
from batuta.testing.random_values import fits, random_schema, random_value


def test_random_plans_are_valid() -> None:
    for seed in range(150):
        story = random_plan(random.Random(seed))
        plan = plan_from_data(story.plan).plan
        assert plan == story.plan
        findings = [f for f in check(plan, story.cards, inputs=story.inputs) if not f.warning]
        assert (seed, findings) == (seed, [])


def test_the_same_dice_give_the_same_plan() -> None:
    assert random_plan(random.Random(11)) == random_plan(random.Random(11))


async def test_the_same_plan_does_the_same_things() -> None:
    story = random_plan(random.Random(5), races=False, failing=True)
    first, second = await play(story), await play(story)
    assert (first.status, first.result, first.states) == (
        second.status,
        second.result,
        second.states,
    )


@pytest.mark.parametrize(
    "field", ["when", "after", "each", "repeat", "fallback", "undo", "may_fail"]
)
def test_every_part_of_the_language_occurs(field: str) -> None:
    steps = [
        step for seed in range(100) for step in random_plan(random.Random(seed)).plan.steps.values()
    ]
    usual = getattr(Step(use="x"), field)
    assert sum(getattr(step, field) != usual for step in steps) > 10


@pytest.mark.parametrize("name", ["${errors.", "has(errors.", "rounds"])
def test_every_name_of_expressions_occurs(name: str) -> None:
    assert any(name in str(random_plan(random.Random(seed)).plan) for seed in range(100))


def test_random_values_obey_their_schema() -> None:
    dice = random.Random(1)
    for _ in range(300):
        schema = random_schema(dice)
        assert problems(schema, random_value(dice, schema)) == []


def test_a_schema_fits_another_only_if_its_values_do() -> None:
    dice, fitting = random.Random(2), 0
    for _ in range(3_000):
        source, target = random_schema(dice, 1), random_schema(dice, 1)
        if fits(source, target):
            fitting += 1
            for _ in range(5):
                assert problems(target, random_value(dice, source)) == []
    assert fitting > 100

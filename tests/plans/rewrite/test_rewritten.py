"""Every rule, and all together, leave what a plan comes to as it was."""

import time
from collections import Counter

import pytest

from batuta.plans.rewrite import RULES, Rewritten, rewritten
from batuta.spec.plan import Plan, Step
from tests.plans.rewrite.cards import CARDS, read
from tests.plans.rewrite.laws import PLANS, check_equivalent, drawn, rewritten_plans


@pytest.mark.parametrize("rule", RULES)
async def test_a_plan_that_a_rule_has_changed_does_the_same(rule: str) -> None:
    counted: Counter[str] = Counter()
    for seed, story, after in rewritten_plans(rule, PLANS):
        try:
            counted[await check_equivalent(story, after)] += 1
        except AssertionError as error:
            raise AssertionError(f"{rule} {seed}: {after.changes}") from error
    assert counted["succeeded"] > PLANS // 3


async def test_a_plan_that_all_rules_have_changed_does_the_same() -> None:
    for seed in range(PLANS):
        story = drawn("all", seed)
        await check_equivalent(story, rewritten(story.plan, story.cards))


def test_what_was_rewritten_has_nothing_left_to_rewrite() -> None:
    for seed in range(3 * PLANS):
        story = drawn("again", seed)
        once = rewritten(story.plan, story.cards)
        assert rewritten(once.plan, story.cards) == Rewritten(once.plan)
        assert rewritten(story.plan, story.cards) == once


def test_a_plan_without_waste_stays_the_same_object() -> None:
    plan = read("  a: {use: look}\n  b: {use: pay, with: {x: '${steps.a}'}}")
    assert rewritten(plan, CARDS).plan is plan


@pytest.mark.parametrize(
    "steps",
    [
        {"a": Step("look", {"x": "${steps.b}"}), "b": Step("look", {"x": "${steps.a}"})},
        {"a": Step("look", {"x": "${steps.gone}"})},
        {"a": Step("look", {"x": "${1 +}"})},
        {"a": Step("look", join="some")},
    ],
)
def test_a_plan_with_flaws_is_left_alone(steps: dict[str, Step]) -> None:
    plan = Plan("flawed", steps=steps)
    assert rewritten(plan, CARDS) == Rewritten(plan)


@pytest.mark.parametrize("use", ["look", "calc"])
def test_a_long_chain_is_rewritten_soon(use: str) -> None:
    steps = {
        f"s{n}": Step(use, {"n": n % 3}, after=(f"s{n - 1}",) if n else ()) for n in range(1_000)
    }
    plan = Plan("chain", steps=steps, result={name: f"${{steps.{name}}}" for name in steps})
    began = time.process_time()
    assert len(rewritten(plan, CARDS).plan.steps) == 3
    assert time.process_time() - began < 5

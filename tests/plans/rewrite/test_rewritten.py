"""Every rule, and all together, leave what a plan comes to as it was."""

from collections import Counter

import pytest

from batuta.plans.rewrite import RULES
from tests.plans.rewrite.laws import PLANS, check_equivalent, rewritten_plans


@pytest.mark.parametrize("rule", RULES)
async def test_a_plan_that_a_rule_has_changed_does_the_same(rule: str) -> None:
    counted: Counter[str] = Counter()
    for seed, story, after in rewritten_plans(rule, PLANS):
        try:
            counted[await check_equivalent(story, after)] += 1
        except AssertionError as error:
            raise AssertionError(f"{rule} {seed}: {after.changes}") from error
    assert counted["succeeded"] > PLANS // 3

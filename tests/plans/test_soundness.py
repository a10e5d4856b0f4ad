"""A plan that passes the checker does not fail for its types; a plan that was made wrong does not pass."""

import os
import random

import pytest

from batuta.errors import PlanError
from batuta.plans.build import plan_from_data
from batuta.plans.check import check
from batuta.spec.plan import Plan
from batuta.testing.play import play
from batuta.testing.random_plans import RandomPlan, random_plan
from tests.plans.mutations import MUTATIONS, Subject

# Plans that are run, and mutants of each kind; BATUTA_SOUNDNESS_PLANS=2000 takes some minutes.
PLANS = int(os.environ.get("BATUTA_SOUNDNESS_PLANS", "60"))
# Failures that a type could have foretold: of an expression, of arguments, of a value that is no list.
TYPE_FAILURES = {"expression", "invalid", "bad_answer", "unknown_capability"}


def errors(story: RandomPlan, mutant: Plan) -> list[str]:
    """The codes of what stops the mutant."""
    try:
        plan = plan_from_data(mutant).plan
    except PlanError as error:
        return [finding.code for finding in error.findings]
    return [finding.code for finding in check(plan, story.cards) if not finding.warning]


@pytest.mark.parametrize("failing", [False, True])
async def test_a_plan_that_passes_never_fails_for_its_types(failing: bool) -> None:
    for seed in range(PLANS):
        dice = random.Random(f"sound {seed}")
        story = random_plan(dice, failing=failing)
        played = await play(story, moving=dice)
        assert (seed, played.code not in TYPE_FAILURES, played.message) == (
            seed,
            True,
            played.message,
        )


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_plan_that_was_made_wrong_does_not_pass(mutation: str) -> None:
    made = 0
    for seed in range(20 * PLANS):
        dice = random.Random(f"{mutation} {seed}")
        story = random_plan(dice)
        plan = MUTATIONS[mutation](Subject(story, dice))
        if plan is None or plan == story.plan:
            continue
        made += 1
        assert (seed, errors(story, plan) != []) == (seed, True), plan
        if made == max(PLANS // 10, 5):
            return
    raise AssertionError(f"only {made} mutants")

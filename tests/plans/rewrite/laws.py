"""What a rewrite may change, and what it may not: played on the real engine, in a world that moves."""

import os
import random
from collections import Counter
from typing import Any

import msgspec

from batuta.plans.check import check
from batuta.plans.rewrite import Rewritten, rewritten
from batuta.spec.plan import Plan, Step
from batuta.spec.shape import StepShape
from batuta.spec.value import canonical
from batuta.testing.play import Played, play
from batuta.testing.random_plans import RandomPlan, random_plan

__all__ = ["PLANS", "check_equivalent", "drawn", "rewritten_plans"]

# Plans per rule that are played; BATUTA_REWRITE_PLANS=2000 takes some minutes.
PLANS = int(os.environ.get("BATUTA_REWRITE_PLANS", "20"))
# How often each plan is played before and after, with other dice each time.
PLAYS = 3
_SEEDS_MAX = 200


def ordered(story: RandomPlan) -> RandomPlan:
    """The plan with so much `after` that no read races with an effect: what it comes to is certain.

    Each step waits for each earlier one itself: one between them that is skipped is skipped at once.
    """
    steps: dict[str, Step] = {}
    for name, step in story.plan.steps.items():
        assert step.join == "all", "one more step to wait for would change what a join means"
        deps = StepShape(name, step).deps
        rivals = (other for other in steps if _race(story, step, steps[other]))
        extra = [other for other in rivals if other not in deps]
        steps[name] = msgspec.structs.replace(step, after=(*step.after, *extra))
    plan = msgspec.structs.replace(story.plan, steps=steps)
    return msgspec.structs.replace(story, plan=plan)


def _race(story: RandomPlan, one: Step, other: Step) -> bool:
    mine, theirs = (
        {story.cards[use].effect for use in (step.use, *(else_.use for else_ in step.fallback))}
        for step in (one, other)
    )
    changing = {"write", "idempotent"}
    return bool(("read" in mine and changing & theirs) or ("read" in theirs and changing & mine))


def drawn(rule: str, seed: int) -> RandomPlan:
    """The plan of `seed` for `rule`; every third has calls that fail, every fourth may have joins."""
    dice = random.Random(f"{rule} {seed}")
    story = random_plan(dice, wasteful=True, races=seed % 4 == 0, failing=seed % 3 == 0)
    joins = any(step.join != "all" for step in story.plan.steps.values())
    return story if joins else ordered(story)


def rewritten_plans(rule: str, count: int) -> "list[tuple[int, RandomPlan, Rewritten]]":
    """The first `count` random plans that `rule` changes, with their seeds."""
    found: list[tuple[int, RandomPlan, Rewritten]] = []
    for seed in range(count * _SEEDS_MAX):
        story = drawn(rule, seed)
        after = rewritten(story.plan, story.cards, [rule])
        if after.changes:
            found.append((seed, story, after))
            if len(found) == count:
                break
    return found


async def check_equivalent(story: RandomPlan, after: Rewritten) -> str:
    """Assert that the plan and what became of it do the same; says what kind of plan it was."""
    assert [f for f in check(after.plan, story.cards, inputs=story.inputs) if not f.warning] == []
    before = [await _play(story, story.plan, dice) for dice in range(PLAYS)]
    later = [await _play(story, after.plan, dice) for dice in range(PLAYS, 2 * PLAYS)]
    if len({_outcome(one) for one in before}) > 1:
        return "uncertain"  # who is first decides, before as after
    if before[0].status == "succeeded":
        assert {_outcome(one) for one in later} == {_outcome(before[0])}
        for one in later:
            assert _calls(one) <= _calls(before[0])
        return "succeeded"
    spared = {
        step
        for change in after.changes
        if change.rule in ("dead", "condition")
        for step in change.steps
    }
    for one in later:
        culprit = before[0].path.split(".")[0].split("~")[0]
        assert one.status == "failed" or culprit in spared
    return "failed"


async def _play(story: RandomPlan, plan: Plan, dice: int) -> Played:
    """In a world that moves, unless a join lets chance in."""
    still = any(step.join != "all" for step in story.plan.steps.values())
    return await play(story, plan, moving=None if still else random.Random(dice))


def _outcome(played: Played) -> Any:
    """Status, result and effects; of a failed run, which effects it had still time for is chance."""
    if played.status != "succeeded":
        return (played.status, b"", ())
    effects = _calls(played, ("write", "idempotent"))
    return (played.status, canonical(played.result), tuple(sorted(effects.items())))


def _calls(played: Played, effects: tuple[str, ...] = ()) -> Counter[tuple[str, bytes]]:
    return Counter(
        (deed.capability, canonical(deed.args))
        for deed in played.deeds
        if not effects or deed.effect in effects
    )

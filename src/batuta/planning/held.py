"""What a plan has insisted on, the plan in its place insists on, too. Pure."""

from collections.abc import Callable, Collection

import msgspec

from batuta.planning.blame import REQUIRE
from batuta.plans.rewrite.names import Unclear, fresh, renamed_in_step
from batuta.spec.plan import Plan, Step
from batuta.spec.shape import PlanShape, StepShape

__all__ = ["held"]


def held(
    plan: Plan, before: PlanShape, without: Collection[str], changes: Callable[[str], bool]
) -> tuple[Plan, list[str]]:
    """`plan` with the conditions (`use: require`) of the plan `before`, and those that say nothing of it.

    `without`: what `before` called and `plan` may not. Whatever `changes` something waits for the conditions.
    """
    lost: list[str] = []
    for shape in before.steps.values():
        if shape.step.use != REQUIRE:
            continue
        step = _placed(plan, before, shape, without)
        if step is None:
            lost.append(shape.name)
        elif step not in plan.steps.values():
            plan = _with(plan, fresh(shape.name, plan.steps), step, changes)
    return plan, lost


def _placed(
    plan: Plan, before: PlanShape, shape: StepShape, without: Collection[str]
) -> Step | None:
    """A condition of `before` as one of `plan`; None if what it looks at has no one counterpart there."""
    names: dict[str, str] = {}
    for name in shape.deps:
        use = before.steps[name].step.use
        same = [other for other, step in plan.steps.items() if step.use == use]
        if use in without:
            same = [n for n, step in plan.steps.items() if step.use not in before.capabilities]
        if len(same) == 1:
            names[name] = same[0]
        elif name in shape.needs:
            return None
    given = {str(ref.path[0]) for ref in shape.references if ref.root == "inputs" and ref.path}
    if not given <= plan.inputs.keys():
        return None
    step = msgspec.structs.replace(
        shape.step, after=tuple(name for name in shape.step.after if name in names)
    )
    try:
        return renamed_in_step(step, names)
    except Unclear:
        return None


def _with(plan: Plan, name: str, step: Step, changes: Callable[[str], bool]) -> Plan:
    steps = {**plan.steps, name: step}
    shape = PlanShape(msgspec.structs.replace(plan, steps=steps))
    before = {name}
    waiting = [name]
    while waiting:
        deps = set(shape.steps[waiting.pop()].deps) - before
        before |= deps
        waiting.extend(deps)
    for other, one in plan.steps.items():
        if other not in before and any(changes(use) for use in one.uses):
            steps[other] = msgspec.structs.replace(one, after=(*one.after, name))
    return msgspec.structs.replace(plan, steps=steps)

"""Common sub-steps once: two steps that do the same with the same are one."""

import msgspec

from batuta.plans.explanation import Change
from batuta.plans.rewrite.draft import Draft
from batuta.plans.rewrite.names import Unclear, renamed_in_result, renamed_in_step
from batuta.spec.plan import Step
from batuta.spec.value import canonical

__all__ = ["once"]

# What a step calls itself when it is compared; no step can have this name.
_ITSELF = "_" * 65


def once(draft: Draft) -> tuple[Draft, list[Change]]:
    """Let one step stand for all that are equal to it."""
    steps = dict(draft.plan.steps)
    result = draft.plan.result
    first: dict[bytes, list[str]] = {}
    changes: list[Change] = []
    renamed: dict[str, str] = {}
    for name in draft.order:
        if not draft.is_free(name) or draft.shapes[name].quorum or draft.is_joined(name):
            continue
        try:
            key = _key(steps[name], name)
            twins = first.setdefault(key, [])
            twin = next((other for other in twins if _alike(draft, other, name, renamed)), None)
            if twin is None:
                twins.append(name)
                continue
            changed = {
                user: renamed_in_step(steps[user], name, twin)
                for user in _mentions(draft, name, renamed)
            }
            result = renamed_in_result(result, name, twin)
        except Unclear:
            continue
        steps.update(changed)
        del steps[name]
        renamed[name] = twin
        says = f"{name} does the same as {twin} with the same arguments: it is done once"
        changes.append(Change("common", (twin, name), says))
    if not changes:
        return draft, []
    return draft.changed(steps, result=result), changes


def _mentions(draft: Draft, name: str, renamed: dict[str, str]) -> list[str]:
    """The steps that mention `name`, or what was merged into it, and are still there."""
    merged = {name, *(old for old, new in renamed.items() if new == name)}
    found = dict.fromkeys(user for one in merged for user in draft.users[one])
    return [user for user in found if user not in renamed]


def _key(step: Step, name: str) -> bytes:
    """Equal for steps that differ in nothing but their names and in what they wait for without data."""
    bare = msgspec.structs.replace(step, after=())
    if step.repeat is not None:
        bare = renamed_in_step(bare, name, _ITSELF)
    return canonical(bare)


def _alike(draft: Draft, one: str, other: str, renamed: dict[str, str]) -> bool:
    """The order in which both stand allows one call in the place of two."""
    before_one, before_other = draft.before(one), draft.before(other)
    for name, before in ((one, before_other), (other, before_one)):
        waits = (renamed.get(after, after) for after in draft.plan.steps[name].after)
        if any(not draft.bit[after] & before for after in waits):
            return False
    if draft.is_pure(one):
        return True
    if draft.costs(one):
        # What costs money and is not pure is a model, or as changeable: asked twice, it is meant to answer twice.
        return False
    both = draft.bit[one] | draft.bit[other]
    between = draft.with_effects & ~(before_one & before_other)
    while between:
        effect = draft.latest(between)
        if draft.before(effect) & both != both:
            return False  # it may happen after one of them and before the other
        between &= ~draft.bit[effect]
    return True

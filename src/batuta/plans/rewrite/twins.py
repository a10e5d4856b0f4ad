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
    try:
        return _once(draft)
    except Unclear:
        return draft, []


def _once(draft: Draft) -> tuple[Draft, list[Change]]:
    steps = dict(draft.plan.steps)
    first: dict[bytes, list[str]] = {}
    names: dict[str, str] = {}
    changes: list[Change] = []
    for name in draft.order:
        mentions = (*draft.shapes[name].deps, *draft.undo_of(name))
        if not names.keys().isdisjoint(mentions):
            steps[name] = renamed_in_step(steps[name], names)
        if not draft.effects.is_free(name) or draft.shapes[name].quorum or draft.is_joined(name):
            continue
        twins = first.setdefault(_key(steps[name], name), [])
        twin = next((other for other in twins if _alike(draft, other, name, names)), None)
        if twin is None:
            twins.append(name)
            continue
        names[name] = twin
        says = f"{name} does the same as {twin} with the same arguments: it is done once"
        changes.append(Change("common", (twin, name), says))
    if not changes:
        return draft, []
    for name in names:
        del steps[name]
    return draft.changed(steps, result=renamed_in_result(draft.plan.result, names)), changes


def _key(step: Step, name: str) -> bytes:
    """Equal for steps that differ in nothing but their names and in what they wait for without data."""
    bare = msgspec.structs.replace(step, after=())
    if step.repeat is not None:
        bare = renamed_in_step(bare, {name: _ITSELF})
    return canonical(bare)


def _alike(draft: Draft, one: str, other: str, names: dict[str, str]) -> bool:
    """The order in which both stand allows one call in the place of two."""
    before_one, before_other = draft.certainty.before(one), draft.certainty.before(other)
    for name, before in ((one, before_other), (other, before_one)):
        waits = (names.get(after, after) for after in draft.plan.steps[name].after)
        if any(not draft.certainty.bit[after] & before for after in waits):
            return False
    if draft.effects.is_pure(one):
        return True
    if draft.effects.costs(one):
        # What costs money and is not pure is a model, or as changeable: asked twice, it is meant to answer twice.
        return False
    both = draft.certainty.bit[one] | draft.certainty.bit[other]
    between = draft.with_effects & ~(before_one & before_other)
    while between:
        effect = draft.certainty.latest(between)
        if draft.certainty.before(effect) & both != both:
            return False  # it may happen after one of them and before the other
        between &= ~draft.certainty.bit[effect]
    return True

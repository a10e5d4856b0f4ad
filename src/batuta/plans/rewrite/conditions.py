"""Conditions before expensive inputs: what is only wanted if a condition holds is only called if it holds."""

import msgspec

from batuta.plans.explanation import Change
from batuta.plans.rewrite.draft import Draft
from batuta.plans.rewrite.listing import listed
from batuta.spec.expr import Expression
from batuta.spec.shape import StepShape

__all__ = ["asked_early"]


def asked_early(draft: Draft) -> tuple[Draft, list[Change]]:
    """Give a step without effects the condition that everything that uses it has."""
    steps = dict(draft.plan.steps)
    shapes = dict(draft.shapes)
    skipped = set(draft.certainty.maybe_skipped)
    changes: list[Change] = []
    for name in reversed(draft.order):
        users = [shapes[user] for user in draft.users[name]]
        if not _may_ask(draft, name) or not _ask_alike(users):
            continue
        asked = users[0].when
        assert asked is not None, "all users have a condition"
        if not _can_wait(draft, name, asked):
            continue
        if not any(_asks_for_certain(skipped, shapes[name], user) for user in users):
            continue
        text = asked.text.strip()
        steps[name] = msgspec.structs.replace(steps[name], when=text)
        shapes[name] = StepShape(name, steps[name])
        skipped.add(name)
        names = [user.name for user in users]
        says = (
            f"{name} is called only if `{text}`: that is asked by all that use it ({listed(names)})"
        )
        changes.append(Change("condition", (name, *names), says))
    return (draft.changed(steps), changes) if changes else (draft, [])


def _may_ask(draft: Draft, name: str) -> bool:
    shape = draft.shapes[name]
    wanted = name in draft.in_result or name in draft.errors_in_result
    # A condition that fails is to fail where it did: it may be tolerated in one of them and not in the other.
    unlike = shape.when is not None or shape.quorum or shape.step.may_fail
    return not (wanted or unlike) and draft.effects.is_free(name)


def _ask_alike(users: list[StepShape]) -> bool:
    """All of them ask the same before they begin, once."""
    texts = {"" if user.when is None else user.when.text.strip() for user in users}
    plainly = all(not (user.quorum or user.when_per_item or user.step.may_fail) for user in users)
    return len(texts) == 1 and "" not in texts and plainly


def _can_wait(draft: Draft, name: str, asked: Expression) -> bool:
    """The condition does not hang on the step, and waiting for it is worth it."""
    used = {
        str(ref.path[0]) for ref in asked.references if ref.root in ("steps", "errors") and ref.path
    }
    if any(
        draft.certainty.bit[name] & (draft.certainty.bit[other] | draft.certainty.above[other])
        for other in used
    ):
        return False
    waits = draft.certainty.bits(used) & ~draft.certainty.before(name)
    # A call that costs nothing had better not start later.
    return not waits or draft.effects.costs(name) or draft.effects.leaves(name)


def _asks_for_certain(skipped: set[str], shape: StepShape, user: StepShape) -> bool:
    """Whenever the step could ask, this user asks too: an expression that fails, fails as before.

    A user that is skipped for want of something else would never have asked.
    """
    assert user.when is not None, "users without a condition are sorted out"
    asked = {
        str(ref.path[0])
        for ref in user.when.references
        if ref.root == "steps" and ref.path and not ref.optional
    }
    others = user.needs - {shape.name} - shape.needs - asked
    return skipped.isdisjoint(others)

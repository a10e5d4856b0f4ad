"""Dead steps dropped: what nothing needs, and what changes nothing, is not called."""

from batuta.plans.explanation import Change
from batuta.plans.rewrite.draft import Draft

__all__ = ["without_dead"]


def without_dead(draft: Draft) -> tuple[Draft, list[Change]]:
    """Drop pure and reading steps that neither the result nor any other step mentions."""
    users = {name: dict(found) for name, found in draft.users.items()}
    dead: dict[str, None] = {}
    for name in reversed(draft.order):
        if not users[name] and _may_go(draft, name, users):
            dead[name] = None
            for other in draft.shapes[name].deps:
                del users[other][name]
    if not dead:
        return draft, []
    steps = {name: step for name, step in draft.plan.steps.items() if name not in dead}
    return draft.changed(steps), [_change(draft, name) for name in dead]


def _may_go(draft: Draft, name: str, users: dict[str, dict[str, None]]) -> bool:
    shape = draft.shapes[name]
    shown = name in draft.in_result or name in draft.errors_in_result
    if shown or not draft.effects.is_free(name) or shape.quorum:
        return False
    # Without it, a failure of what it uses might be tolerated that was not: if only joins are left.
    for other in shape.deps:
        left = [user for user in users[other] if user != name]
        if left and not draft.matters(other, left):
            return False
    return True


def _change(draft: Draft, name: str) -> Change:
    does = "is pure" if draft.effects.is_pure(name) else "only reads"
    return Change("dead", (name,), f"{name} is not called: nothing uses its value, and it {does}")

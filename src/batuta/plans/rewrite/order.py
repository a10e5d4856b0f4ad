"""Needless order taken away: `after` that data implies, and `after` between steps that change nothing.

The order that counts stays, step by step: whatever was certain to have ended before a step with an effect (or one
that costs money) still is, and so are all effects before any step. Where a step that is freed stood between two of
those, the later one waits for the earlier one itself.
"""

import msgspec

from batuta.plans.explanation import Change
from batuta.plans.rewrite.draft import Draft

__all__ = ["freed"]


def freed(draft: Draft) -> tuple[Draft, list[Change]]:
    """Write the `after` of every step anew, as short as the order that counts allows."""
    users = {name: dict(found) for name, found in draft.users.items()}
    done: dict[str, int] = {}
    ended: dict[str, int] = {}
    after: dict[str, tuple[str, ...]] = {}
    for name in draft.order:
        kept = _after(draft, name, done, ended, users)
        deps = tuple(dict.fromkeys((*draft.data_of(name), *kept)))
        _, done[name], ended[name] = draft.certain_of(name, deps, done, ended)
        if set(kept) != set(draft.shapes[name].step.after):
            after[name] = kept
    if not after:
        return draft, []
    steps = {
        name: msgspec.structs.replace(step, after=after[name]) if name in after else step
        for name, step in draft.plan.steps.items()
    }
    changes = [_change(draft, name, kept) for name, kept in after.items()]
    return draft.changed(steps), changes


def _after(
    draft: Draft,
    name: str,
    done: dict[str, int],
    ended: dict[str, int],
    users: dict[str, dict[str, None]],
) -> tuple[str, ...]:
    """What the step has to name, if the steps before it have `done` and `ended` by now."""
    shape = draft.shapes[name]
    old = shape.step.after
    if shape.quorum:
        return old
    needed = draft.before(name)
    if draft.is_free(name) and not draft.costs(name):
        needed &= draft.with_effects
    data = draft.data_of(name)
    kept = [other for other in old if other in draft.undo_of(name) and other not in data]
    kept += [other for other in old if other not in kept and _is_held(draft, name, other, users)]
    missing = needed & ~draft.certain_of(name, (*data, *kept), done, ended)[0]
    while missing:
        other = draft.latest(missing)
        kept.append(other)
        missing &= ~(draft.bit[other] | ended[other])
    for other in old:
        if other not in kept and other not in data:
            del users[other][name]
    for other in kept:
        users[other][name] = None
    return (*(other for other in old if other in kept), *(o for o in kept if o not in old))


def _is_held(draft: Draft, name: str, other: str, users: dict[str, dict[str, None]]) -> bool:
    """Only this step is the reason why `other` is called at all, or why the run ends if it fails: it is a gate."""
    left = [user for user in users[other] if user != name]
    return other not in draft.data_of(name) and not draft.matters(other, left)


def _change(draft: Draft, name: str, kept: tuple[str, ...]) -> Change:
    old = draft.shapes[name].step.after
    gone = [other for other in old if other not in kept]
    new = [other for other in kept if other not in old]
    anyway = [other for other in gone if not draft.is_free(other) or not draft.is_free(name)]
    freed_from = [other for other in gone if other not in anyway]
    says: list[str] = []
    if freed_from:
        none = "neither" if len(freed_from) == 1 else "none of them"
        says.append(f"{name} need not wait for {', '.join(freed_from)}: {none} has an effect")
    if anyway:
        says.append(f"{name} need not name {', '.join(anyway)}: it waits for that anyway")
    if new:
        says.append(f"{name} waits for {', '.join(new)} itself, not by way of others")
    return Change("order", tuple(dict.fromkeys((name, *gone, *new))), "; ".join(says))

"""Needless order taken away: `after` that data implies, and `after` between steps that change nothing.

The order that counts stays, step by step: whatever was certain to have ended before a step with an effect (or one
that costs money) still is, and so are all effects before any step. Where a step that is freed stood between two of
those, the later one waits for the earlier one itself.
"""

import itertools
from collections.abc import Iterable

import msgspec

from batuta.plans.explanation import Change
from batuta.plans.rewrite.draft import Draft
from batuta.plans.rewrite.listing import listed

__all__ = ["freed"]


def freed(draft: Draft) -> tuple[Draft, list[Change]]:
    """Write the `after` of every step anew, as short as the order that counts allows."""
    users = {name: dict(found) for name, found in draft.users.items()}
    started: dict[str, int] = {}
    done: dict[str, int] = {}
    ended: dict[str, int] = {}
    after: dict[str, tuple[str, ...]] = {}
    for name in draft.order:
        kept = _after(draft, name, done, ended, users)
        deps = tuple(dict.fromkeys((*draft.data_of(name), *draft.asked_by(name), *kept)))
        started[name], done[name], ended[name] = draft.certainty.certain_of(name, deps, done, ended)
        if kept != tuple(dict.fromkeys(draft.shapes[name].step.after)):
            after[name] = kept
    if not after:
        return draft, []
    steps = {
        name: msgspec.structs.replace(step, after=after[name]) if name in after else step
        for name, step in draft.plan.steps.items()
    }
    changes = [_change(draft, name, kept, started[name]) for name, kept in after.items()]
    return draft.changed(steps), changes


def _after(
    draft: Draft,
    name: str,
    done: dict[str, int],
    ended: dict[str, int],
    users: dict[str, dict[str, None]],
) -> tuple[str, ...]:
    """What the step has to name under `after`, if the steps before it have `done` and `ended` by now."""
    shape = draft.shapes[name]
    old = shape.step.after
    if shape.quorum:
        return old
    needed = draft.certainty.before(name)
    if draft.effects.is_free(name) and not draft.effects.costs(name):
        needed &= draft.with_effects
    data = dict.fromkeys(draft.data_of(name))
    # Who is asked about is waited for; named under `after`, it is used as well, which may matter to others.
    asked = draft.asked_by(name)
    undone = draft.undo_of(name)
    # Dicts, because thousands may be named.
    named = dict.fromkeys(other for other in old if other not in data)
    gates = (other in undone or _is_gate(draft, name, other, users[other]) for other in named)
    kept = dict(itertools.compress(named.items(), gates))

    def lacking(besides: Iterable[str]) -> dict[str, None]:
        found: dict[str, None] = {}
        deps = (*data, *asked, *besides)
        missing = needed & ~draft.certainty.certain_of(name, deps, done, ended)[0]
        while missing:
            other = draft.certainty.latest(missing)
            found[other] = None
            missing &= ~(draft.certainty.bit[other] | ended[other])
        return found

    more = lacking(kept)
    if any(other not in old and not draft.matters(other, users[other]) for other in more):
        # Who is only asked about, or joined, would be needed from now on: the order stays as it was written.
        kept = named
        more = lacking(kept)
    kept |= more
    for other in named:
        if other not in kept:
            del users[other][name]
    for other in kept:
        users[other][name] = None
    before = dict.fromkeys(old)
    return (*(other for other in before if other in kept), *(o for o in kept if o not in before))


def _is_gate(draft: Draft, name: str, other: str, users: Iterable[str]) -> bool:
    """Only this step is the reason why `other` is called at all, or why the run ends if it fails."""
    return not draft.matters(other, (user for user in users if user != name))


def _change(draft: Draft, name: str, kept: tuple[str, ...], before: int) -> Change:
    """`before`: what has ended for certain when the step is called from now on."""
    old, names = dict.fromkeys(draft.shapes[name].step.after), frozenset(kept)
    gone = [other for other in old if other not in names]
    anyway = [other for other in gone if draft.certainty.bit[other] & before]
    free = [other for other in gone if not draft.certainty.bit[other] & before]
    new = [other for other in kept if other not in old]
    says: list[str] = []
    if free:
        none = "neither" if len(free) == 1 else "none of them"
        says.append(f"{name} need not wait for {listed(free)}: {none} has an effect")
    if anyway:
        says.append(f"{name} need not name {listed(anyway)}: it waits for that anyway")
    if new:
        says.append(f"{name} waits for {listed(new)} itself, not by way of others")
    return Change("order", (name, *gone, *new), "; ".join(says))

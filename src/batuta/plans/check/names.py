"""Names: of steps, inputs, items and rounds, wherever an expression or `after` uses one.

B102  no such step                B112  `after` names no step
B103  no such input               B113  `after` names a step twice
B105  a step uses its own value   B116  `item`, `index`, `previous` or `rounds` where there is none
B111  the expression is wrong     B118  `undo` uses a step that need not have ended
"""

from batuta.errors import ExpressionError
from batuta.plans.check.flaws import Flaws, Path
from batuta.plans.check.seen import Link, Walk
from batuta.reading.nearest import did_you_mean
from batuta.spec.plan import Step

__all__ = ["after", "in_key", "no_input", "no_step", "not_waited_for", "own_value", "wrong"]

# Where names exist that have a meaning only inside something.
_SCOPED = {
    "item": "`item` is the item of an `each`: add `each`, or write inputs. or steps. before the name",
    "index": "`index` counts the items of an `each` or the rounds of a `repeat`: add one of them",
    "previous": "`previous` is the value of the round before: add `repeat`",
    "rounds": "`rounds` are the values of the rounds before: add `repeat`",
}


def wrong(
    walk: Walk, step: str, where: Path, within: tuple[str, int], error: ExpressionError
) -> None:
    """An expression that does not compile. `within`: the words it is in, and where in them it begins."""
    flaws, plan = walk.flaws, walk.plan
    words, start = within
    place = (words, start + (error.offset or 0))
    name = error.message.removeprefix("unknown name ")
    remedy = _SCOPED.get(name)
    if remedy is None:
        remedy = error.remedy
        if name != error.message and (name in plan.steps or name in plan.inputs):
            remedy = f"did you mean {'steps' if name in plan.steps else 'inputs'}.{name}?"
        remedy = remedy or "correct it here; expressions are written in CEL"
        flaws.inside("B111", error.message, where, place, remedy)
        return
    around = f"step {step!r}" if step else "the result"
    if where[-1] == "each":
        around = "`each` itself, which is asked before there are items"
    flaws.inside("B116", f"there is no `{name}` in {around}", where, place, remedy)


def in_key(flaws: Flaws, where: Path, key: str) -> None:
    """An expression in a key."""
    flaws.key(
        "B111",
        f"an expression cannot be part of the key {key[:64]!r}",
        where,
        "keys are fixed: build the whole map inside one ${…}",
    )


def no_step(walk: Walk, link: Link) -> None:
    """A use of a step that is not there."""
    at = (link.words, link.at)
    if not link.path:
        walk.flaws.inside(
            "B102",
            f"`{link.root}` alone is no value",
            link.where,
            at,
            f"name a step: {link.root}.NAME",
        )
        return
    name = str(link.path[0])
    remedy = did_you_mean(name, walk.plan.steps, "steps")
    walk.flaws.inside("B102", f"there is no step {name[:64]!r}", link.where, at, remedy)


def no_input(walk: Walk, link: Link) -> None:
    """A use of an input that is not declared."""
    name = str(link.path[0])
    remedy = did_you_mean(name, walk.plan.inputs, "inputs")
    at = (link.words, link.at)
    walk.flaws.inside("B103", f"there is no input {name[:64]!r}", link.where, at, remedy)


def own_value(flaws: Flaws, link: Link, step: str) -> None:
    """A step that uses itself."""
    message = f"step {step!r} uses its own value, which is not there yet"
    remedy = "in a `repeat`, the value of the round before is `previous`"
    if link.root == "errors":
        message = f"step {step!r} asks why it failed itself: whatever reads that has not failed"
        remedy = "ask in another step, or in the result"
    flaws.inside("B105", message, link.where, (link.words, link.at), remedy)


def not_waited_for(flaws: Flaws, link: Link, step: str) -> None:
    """A compensation that uses what may not be there."""
    other = link.path[0]
    flaws.inside(
        "B118",
        f"`undo` of {step!r} uses step {other!r}, which {step!r} does not wait for",
        link.where,
        (link.words, link.at),
        f"add `after: [{other}]`",
    )


def after(walk: Walk, name: str, step: Step, index: int, *, again: bool) -> bool:
    """True if entry `index` of `after` names a step that can be waited for; `again`: an entry before it does, too."""
    other, place = step.after[index], ("steps", name, "after", index)
    flaws = walk.flaws
    if other not in walk.plan.steps:
        remedy = did_you_mean(other, walk.plan.steps, "steps")
        flaws.at("B112", f"there is no step {other!r}", place, remedy)
        return False
    if other == name:
        flaws.at("B105", f"step {name!r} waits for itself", place, "take it out of `after`")
        return False
    if again:
        flaws.at("B113", f"`after` names {other!r} twice", place, "keep one of the two")
    return True

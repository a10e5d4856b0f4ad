"""What is there for nothing: values nobody uses, questions nobody heeds, settings that change nothing.

B133  nobody uses what a step finds out    B141  `undo` of something that changes nothing
B134  nobody uses an input                 B144  `after` names a step that is waited for anyway
B138  `retry` of what comes out the same   B145  nobody looks at an answer
B139  a `fallback` makes the same call     B153  a budget larger than the one around it
B140  a `timeout` longer than the plan's   B157  an example has a place for no input
B159  `errors` of a step that must not fail
"""

from batuta.plans.check.seen import Seen, Walk
from batuta.reading.nearest import did_you_mean
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.plan import PLACEHOLDER, Plan, Step

__all__ = ["check_usefulness"]

_HARMLESS = frozenset({"pure", "read"})
_NO_RETRY = Step(use="").retry


def check_usefulness(walk: Walk) -> None:
    """Warn of what is there for nothing. The plan has no flaws in its names."""
    plan, flaws = walk.plan, walk.flaws
    if len(walk.used_inputs) < len(plan.inputs):
        for name in plan.inputs:
            if name not in walk.used_inputs:
                flaws.key(
                    "B134",
                    f"nobody uses the input {name!r}",
                    ("inputs", name),
                    f"use it (${{inputs.{name}}}), or take it out",
                )
    if plan.examples:
        _check_examples(walk)
    if walk.asked_steps:
        _check_errors(walk)
    for name, seen in walk.steps.items():
        if name not in walk.used_steps:
            _check_value(walk, seen)
        step, card = seen.step, seen.card
        assert step is not None
        if card is None:
            continue
        if step.after:
            _check_after(walk, seen, step)
        if step.retry is not _NO_RETRY and step.retry.at_most:
            _check_retry(walk, seen, step)
        if step.fallback:
            _check_fallback(walk, seen, step)
        if step.undo is not None and card.effect in _HARMLESS:
            _check_undo(walk, seen, card)
        if step.timeout_s is not None:
            _check_timeout(walk, seen, step)
        if step.budget is not None and plan.budget is not None:
            _check_budget(walk, seen, step.budget, plan.budget)
        if flaws.tired:
            return


def _check_examples(walk: Walk) -> None:
    inputs = walk.plan.inputs
    for index, example in enumerate(walk.plan.examples):
        for found in PLACEHOLDER.finditer(example):
            if found[1] not in inputs:
                walk.flaws.at(
                    "B157",
                    f"the example has a place for {found[1]!r}, and the plan has no such input",
                    ("examples", index),
                    did_you_mean(found[1], inputs, "inputs"),
                )


def _check_errors(walk: Walk) -> None:
    pointless = walk.asked_steps - walk.survivable
    for seen in walk.everything if pointless else ():
        for link in seen.links:
            if link.root == "errors" and link.path[0] in pointless:
                name = link.path[0]
                walk.flaws.inside(
                    "B159",
                    f"this is always null: if {name!r} fails, the run fails",
                    link.where,
                    (link.words, link.at),
                    f"add `may_fail: true` to {name!r}, or take this out",
                )


def _check_value(walk: Walk, seen: Seen) -> None:
    card, step, name = seen.card, seen.step, seen.name
    assert step is not None
    if card is None or card.expands:
        return
    served = (walk.cards.get(use) for use in step.uses)
    if any(one is None or one.effect not in _HARMLESS for one in served):
        return
    if card.waits:
        walk.flaws.key(
            "B145",
            f"nobody looks at the answer of {name!r}: whatever is said, the rest goes on",
            seen.path,
            f"use it: when: steps.{name}.approved, or ${{steps.{name}}} in the result",
        )
    elif name not in walk.waited_for and name not in walk.asked_steps:
        walk.flaws.key(
            "B133",
            f"nobody uses the value of {name!r}, and {card.name!r} changes nothing ({card.effect})",
            seen.path,
            f"use it (${{steps.{name}}}, in the result for example), or take the step out",
        )


def _check_after(walk: Walk, seen: Seen, step: Step) -> None:
    for index, other in enumerate(step.after):
        if other in seen.data:
            walk.flaws.at(
                "B144",
                f"{seen.name!r} uses the value of {other!r}, so it waits for it anyway",
                (*seen.path, "after", index),
                "take it out of `after`",
            )


def _check_retry(walk: Walk, seen: Seen, step: Step) -> None:
    cards = [walk.cards.get(use) for use in step.uses]
    if any(card is None or not (card.effect == "pure" or card.waits) for card in cards):
        return
    assert seen.card is not None
    if seen.card.waits:
        why = f"{step.use!r} asks somebody, and an answer is not asked for twice"
    else:
        why = f"{step.use!r} is pure: the same arguments fail the same way"
    walk.flaws.key("B138", f"`retry` does not help: {why}", (*seen.path, "retry"), "take it out")


def _check_fallback(walk: Walk, seen: Seen, step: Step) -> None:
    tried = [(step.use, step.with_)]
    for index, other in enumerate(step.fallback):
        call = (other.use, step.arguments_of(other))
        if call in tried:
            walk.flaws.at(
                "B139",
                f"this makes the same call of {other.use!r} again",
                (*seen.path, "fallback", index),
                "write `retry: 1` to try once more, or name another capability",
            )
        tried.append(call)


def _check_undo(walk: Walk, seen: Seen, card: Card) -> None:
    walk.flaws.key(
        "B141",
        f"{card.name!r} changes nothing ({card.effect}), so there is nothing to take back",
        (*seen.path, "undo"),
        "take `undo` out, or put it at the step that changes something",
    )


def _check_timeout(walk: Walk, seen: Seen, step: Step) -> None:
    around = _seconds(walk.plan)
    if around is None or step.timeout_s is None or step.timeout_s <= around:
        return
    walk.flaws.at(
        "B140",
        f"the plan has {around:g} s, and one attempt of {seen.name!r} may take {step.timeout_s:g} s",
        (*seen.path, "timeout"),
        "lower the timeout of the step, or raise that of the plan",
    )


def _seconds(plan: Plan) -> float | None:
    budget = Budget(seconds=plan.timeout_s).narrowed(plan.budget)
    return budget.seconds


def _check_budget(walk: Walk, seen: Seen, own: Budget, around: Budget) -> None:
    for name in ("usd", "calls", "seconds"):
        most, of_plan = getattr(own, name), getattr(around, name)
        if most is not None and of_plan is not None and most > of_plan:
            walk.flaws.at(
                "B153",
                f"the plan has {of_plan:g} {name}, so {most:g} for {seen.name!r} is no bound",
                (*seen.path, "budget", name),
                "lower it, or raise the budget of the plan",
            )

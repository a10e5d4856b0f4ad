"""The shape of a plan: who depends on whom, with every expression compiled. Pure, and shared by all runs of a plan."""

import re
from collections.abc import Iterable
from typing import cast

from batuta.spec.expr import (
    Expression,
    Reference,
    Template,
    compile_expression,
    compile_template,
)
from batuta.spec.plan import Plan, Step
from batuta.spec.value import encode

__all__ = ["OUTER_ROOTS", "PlanShape", "StepShape", "condition_roots", "step_roots"]

# The names that expressions may start with wherever they stand, and those that there are inside of items and rounds.
OUTER_ROOTS = frozenset({"errors", "inputs", "steps"})
_ITEM_ROOTS = frozenset({"item", "index"})
_ROUND_ROOTS = frozenset({"index", "previous", "rounds"})
_ROUNDS = ("${rounds}", "${ rounds }")
# Below these stands the name of a step.
_OF_STEPS = frozenset({"errors", "steps"})


def step_roots(step: Step) -> frozenset[str]:
    """The names that expressions of `step` may start with."""
    roots = OUTER_ROOTS
    if step.each is not None:
        roots |= _ITEM_ROOTS
    if step.repeat is not None:
        roots |= _ROUND_ROOTS
    return roots


def condition_roots(step: Step) -> frozenset[str]:
    """The names that the `when` of `step` may start with: it is asked before there are rounds."""
    return OUTER_ROOTS if step.each is None else OUTER_ROOTS | _ITEM_ROOTS


class StepShape:
    """One step with its expressions compiled.

    Attributes:
        needs: steps whose value is required; if one was skipped, so is this.
        deps: all steps that must have ended before this one is considered (`needs`, optional uses, `after`, `asks`).
        asks: steps of which it only wants to know why they failed. A join neither counts them nor waits for them.
        arguments: one template per alternative; index 0 is the step itself.
        rounds: for each of them, the arguments that are the values of all rounds before, and nothing else.
        others: for each of them, a template of the other arguments.
        steady: for each of them, whether those are the same in every round.
        kind: "step", or "each" or "repeat" for one that stands for others.
        when_per_item: the condition looks at `item`, so it is asked per item and not once.
    """

    __slots__ = (
        "arguments",
        "asks",
        "deps",
        "each",
        "kind",
        "name",
        "needs",
        "others",
        "quorum",
        "references",
        "rounds",
        "steady",
        "step",
        "undo",
        "until",
        "uses",
        "when",
        "when_per_item",
    )

    def __init__(self, name: str, step: Step) -> None:
        roots = step_roots(step)
        self.name = name
        self.step = step
        self.when = None
        if step.when is not None:
            self.when = compile_expression(_bared(step.when), condition_roots(step))
        self.each = (
            None if step.each is None else compile_expression(_bared(step.each), OUTER_ROOTS)
        )
        self.until = (
            None if step.repeat is None else compile_expression(_bared(step.repeat.until), roots)
        )
        own = compile_template(step.with_, roots)
        alternatives = (
            own if other.with_ is None else compile_template(other.with_, roots)
            for other in step.fallback
        )
        self.uses = step.uses
        self.arguments: tuple[Template, ...] = (own, *alternatives)
        others = (step.with_ if other.with_ is None else other.with_ for other in step.fallback)
        shapes = (step.with_, *others)
        self.rounds = tuple(map(_rounds_in, shapes))
        self.others = tuple(
            compile_template(_without(shape, names), roots) if names else template
            for shape, names, template in zip(shapes, self.rounds, self.arguments, strict=True)
        )
        self.steady = tuple(
            bool(names) and _is_steady(template, name)
            for names, template in zip(self.rounds, self.others, strict=True)
        )
        undo = step.undo
        self.undo = None
        if undo is not None:
            self.undo = own if undo.with_ is None else compile_template(undo.with_, roots)
        self.when_per_item = (
            self.each is not None
            and self.when is not None
            and any(reference.root in _ITEM_ROOTS for reference in self.when.references)
        )
        self.kind = _kind(step)
        self.quorum = step.quorum
        self.references = tuple(self._references())
        named = [
            (ref.root, str(ref.path[0]))
            for ref in self.references
            if ref.root in _OF_STEPS and ref.path
        ]
        required = [
            str(ref.path[0])
            for ref in self.references
            if ref.root == "steps" and ref.path and not ref.optional
        ]
        self.needs = frozenset(name for name in required if name != self.name)
        # A dict keeps the order of mention, so that traces and drawings are stable.
        mentioned = (*(other for _, other in named), *step.after)
        self.deps = tuple(dict.fromkeys(n for n in mentioned if n != self.name))
        asked = {other for root, other in named if root == "errors"}
        used = {other for root, other in named if root == "steps"} if asked else ()
        self.asks = frozenset(asked.difference(used, step.after))

    @property
    def joined(self) -> tuple[str, ...]:
        """The steps that count for its join."""
        return (
            tuple(name for name in self.deps if name not in self.asks) if self.asks else self.deps
        )

    def _references(self) -> Iterable[Reference]:
        sources: list[Expression | Template | None] = [
            self.when,
            self.each,
            self.until,
            *dict.fromkeys(self.arguments),
        ]
        for source in sources:
            if source is not None:
                yield from source.references


def _kind(step: Step) -> str:
    if step.each is not None:
        return "each"
    return "step" if step.repeat is None else "repeat"


class PlanShape:
    """A plan with its graph.

    `encoded` is the plan as it is stored. `capabilities` are all that it names. `dependants` of a step are those that
    wait for it, `users` those of them that want more than to know why it failed. `result` is its result template;
    `whole_result` names the step whose whole value is the result, if it is just that, and `in_result` all whose values
    are in it.
    """

    __slots__ = (
        "capabilities",
        "dependants",
        "digest",
        "encoded",
        "in_result",
        "plan",
        "result",
        "steps",
        "users",
        "whole_result",
    )

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.digest = plan.digest()
        # In its own order, not the canonical one: steps and results are shown as they were written.
        self.encoded = encode(plan)
        self.steps = {name: StepShape(name, step) for name, step in plan.steps.items()}
        self.capabilities = frozenset(self._capabilities())
        self.result = compile_template(plan.result, OUTER_ROOTS)
        self.whole_result = _whole_step(plan.result)
        self.in_result = frozenset(
            str(ref.path[0]) for ref in self.result.references if ref.root == "steps" and ref.path
        )
        dependants: dict[str, list[str]] = {name: [] for name in self.steps}
        for name, shape in self.steps.items():
            for dep in shape.deps:
                dependants[dep].append(name)
        self.dependants = {name: tuple(names) for name, names in dependants.items()}
        asked = {name for shape in self.steps.values() for name in shape.asks}
        self.users = self.dependants if not asked else self._users(asked)

    def _users(self, asked: set[str]) -> dict[str, tuple[str, ...]]:
        users = dict(self.dependants)
        for name in asked:
            users[name] = tuple(n for n in users[name] if name not in self.steps[n].asks)
        return users

    def _capabilities(self) -> Iterable[str]:
        for shape in self.steps.values():
            yield from shape.uses
            if shape.step.undo is not None:
                yield shape.step.undo.use


def _bared(text: str) -> str:
    """A condition may be written with or without the `${…}` around it."""
    stripped = text.strip()
    return stripped[2:-1] if stripped.startswith("${") and stripped.endswith("}") else text


def _rounds_in(arguments: object) -> tuple[str, ...]:
    if not isinstance(arguments, dict):
        return ()
    items = cast("dict[str, object]", arguments).items()
    return tuple(name for name, shape in items if shape in _ROUNDS)


def _without(arguments: object, names: tuple[str, ...]) -> dict[str, object]:
    items = cast("dict[str, object]", arguments).items()
    return {name: shape for name, shape in items if name not in names}


def _is_steady(template: Template, step: str) -> bool:
    """True if nothing that `template` of `step` mentions changes while the step is repeated."""
    for reference in template.references:
        own = reference.root == "steps" and (not reference.path or reference.path[0] == step)
        if own or reference.root not in OUTER_ROOTS:
            return False
    return True


def _whole_step(result: object) -> str | None:
    match = (
        re.fullmatch(r"\$\{\s*steps\.([A-Za-z_]\w*)\s*\}", result)
        if isinstance(result, str)
        else None
    )
    return match[1] if match else None

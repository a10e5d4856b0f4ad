"""A plan on its way through the rules: who uses whom, what has effects, and what is certain about the order."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from batuta.plans.graph import in_order
from batuta.plans.rewrite.certainty import Certainty
from batuta.plans.rewrite.effects import Effects
from batuta.spec.card import Card
from batuta.spec.expr import Reference, compile_template
from batuta.spec.plan import Plan, Step
from batuta.spec.shape import OUTER_ROOTS, StepShape

__all__ = ["Draft", "Tangled"]


class Tangled(Exception):
    """Steps wait for each other, or for what is not there."""


class Draft:
    """One state of a plan; rules make new ones.

    Attributes:
        shapes, users: of every step, and who waits for it.
        in_result: the steps whose values the result mentions.
        errors_in_result: those of which it says why they failed.
        order: the steps so that each stands behind what it waits for; among equals in the order of the text.

    Raises:
        ExpressionError: an expression is wrong. Tangled: there is no order. ValueError: `join` cannot be read.
    """

    def __init__(
        self,
        plan: Plan,
        cards: Mapping[str, Card],
        known: Mapping[str, StepShape] | None = None,
    ) -> None:
        self.plan = plan
        self._cards = cards
        old = known or {}
        self.shapes = {
            name: old[name] if name in old and old[name].step is step else StepShape(name, step)
            for name, step in plan.steps.items()
        }
        shown = compile_template(plan.result, OUTER_ROOTS).references
        self.in_result = frozenset(_steps_in(shown, "steps"))
        self.errors_in_result = frozenset(_steps_in(shown, "errors"))
        self.users: dict[str, dict[str, None]] = {name: {} for name in plan.steps}
        for name, shape in self.shapes.items():
            for other in shape.deps:
                if other not in self.users:
                    raise Tangled(f"there is no step {other}")
                self.users[other][name] = None
        self.order = in_order({name: shape.deps for name, shape in self.shapes.items()})
        if len(self.order) < len(self.shapes):
            raise Tangled("steps wait for each other")

    def changed(self, steps: dict[str, Step], *, result: object = None) -> "Draft":
        """The draft with other steps; `result` None leaves the result as it is."""
        shown = self.plan.result if result is None else result
        plan = msgspec.structs.replace(self.plan, steps=steps, result=shown)
        return Draft(plan, self._cards, self.shapes)

    @cached_property
    def effects(self) -> Effects:
        """What the steps do to the world."""
        return Effects(self.shapes, self._cards)

    @cached_property
    def certainty(self) -> Certainty:
        """What is certain about their order."""
        return Certainty(self.shapes, self.order)

    @cached_property
    def with_effects(self) -> int:
        """The set of the steps that are not free (as in `Certainty`)."""
        return self.certainty.bits(name for name in self.order if not self.effects.is_free(name))

    def is_joined(self, name: str) -> bool:
        """Something joins the first of several that the step is one of."""
        return any(self.shapes[user].quorum for user in self.users[name])

    def matters(self, name: str, users: Iterable[str]) -> bool:
        """A failure of the step ends the run, and its value is of use, if `users` were all that use it.

        Who only asks why it failed does not use it.
        """
        shapes = (self.shapes[user] for user in users)
        return name in self.in_result or any(
            not shape.quorum and name not in shape.asks for shape in shapes
        )

    def data_of(self, name: str) -> tuple[str, ...]:
        """The steps whose values the step looks at, in the order of mention."""
        used = _steps_in(self.shapes[name].references, "steps")
        return tuple(dict.fromkeys(other for other in used if other != name))

    def asked_by(self, name: str) -> tuple[str, ...]:
        """The steps of which the step wants to know why they failed, in the order of mention."""
        return tuple(dict.fromkeys(_steps_in(self.shapes[name].references, "errors")))

    def undo_of(self, name: str) -> frozenset[str]:
        """The steps that the compensation of the step looks at."""
        undo = self.shapes[name].undo
        return frozenset(() if undo is None else _steps_in(undo.references, "steps", "errors"))


def _steps_in(references: Iterable[Reference], *roots: str) -> list[str]:
    return [str(one.path[0]) for one in references if one.root in roots and one.path]

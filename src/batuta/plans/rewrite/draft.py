"""A plan on its way through the rules: who uses whom, what has effects, and what is certain about the order."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from batuta.spec.card import Card
from batuta.spec.expr import compile_template
from batuta.spec.plan import Plan, Step
from batuta.spec.shape import OUTER_ROOTS, StepShape

__all__ = ["Draft", "Tangled"]


class Tangled(Exception):
    """Steps wait for each other, or for what is not there."""


class Draft:
    """One state of a plan; rules make new ones. Sets of steps are ints, one bit for each place in `order`.

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
        self.cards = cards
        old = known or {}
        self.shapes = {
            name: old[name] if name in old and old[name].step is step else StepShape(name, step)
            for name, step in plan.steps.items()
        }
        result = compile_template(plan.result, OUTER_ROOTS)
        self.in_result = frozenset(
            str(ref.path[0]) for ref in result.references if ref.root == "steps" and ref.path
        )
        self.users: dict[str, dict[str, None]] = {name: {} for name in plan.steps}
        for name, shape in self.shapes.items():
            for other in shape.deps:
                if other not in self.users:
                    raise Tangled(f"there is no step {other}")
                self.users[other][name] = None
        self.order = _sorted(self.shapes, self.users)
        self.bit = {name: 1 << place for place, name in enumerate(self.order)}

    def changed(self, steps: dict[str, Step], *, result: object = None) -> "Draft":
        """The draft with other steps; `result` None leaves the result as it is."""
        shown = self.plan.result if result is None else result
        plan = msgspec.structs.replace(self.plan, steps=steps, result=shown)
        return Draft(plan, self.cards, self.shapes)

    # ── what a step does to the world ────────────────────────────────────────────────────────────────────────

    def is_free(self, name: str) -> bool:
        """Whether, when and how often the step is called changes nothing in the world: it is pure or reads."""
        return name in self._free

    @cached_property
    def _free(self) -> frozenset[str]:
        return frozenset(name for name, shape in self.shapes.items() if self._harmless(shape))

    def _harmless(self, shape: StepShape) -> bool:
        cards = [self.cards.get(use) for use in shape.uses]
        return shape.step.undo is None and all(
            card is not None and _harmless(card) for card in cards
        )

    def is_pure(self, name: str) -> bool:
        """The value of the step depends on nothing but its arguments."""
        return self.is_free(name) and all(
            self.cards[use].effect == "pure" for use in self.shapes[name].uses
        )

    def costs(self, name: str) -> bool:
        """A call of the step costs money."""
        return any(self.cards[use].metered for use in self.shapes[name].uses if use in self.cards)

    def leaves(self, name: str) -> bool:
        """A call of the step leaves this machine."""
        return any(
            self.cards[use].reach != "local" for use in self.shapes[name].uses if use in self.cards
        )

    @cached_property
    def with_effects(self) -> int:
        """The steps that are not free."""
        return self.bits(name for name in self.order if not self.is_free(name))

    def bits(self, names: Iterable[str]) -> int:
        """The set of these steps."""
        found = 0
        for name in names:
            found |= self.bit[name]
        return found

    def latest(self, bits: int) -> str:
        """The last step of a set that is not empty."""
        return self.order[bits.bit_length() - 1]

    @cached_property
    def above(self) -> dict[str, int]:
        """All that each step waits for, certainly or not, if by way of others."""
        found: dict[str, int] = {}
        for name in self.order:
            found[name] = 0
            for other in self.shapes[name].deps:
                found[name] |= self.bit[other] | found[other]
        return found

    # ── what is certain about the order ──────────────────────────────────────────────────────────────────────

    @cached_property
    def maybe_skipped(self) -> frozenset[str]:
        """Steps that may be skipped: by their own condition, or because something they need was."""
        found: set[str] = set()
        for name in self.order:
            shape = self.shapes[name]
            if shape.when is not None and not shape.when_per_item:
                found.add(name)
            elif not shape.quorum and not found.isdisjoint(shape.needs):
                found.add(name)
        return frozenset(found)

    @cached_property
    def _certain(self) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        started: dict[str, int] = {}
        done: dict[str, int] = {}
        ended: dict[str, int] = {}
        for name in self.order:
            shape = self.shapes[name]
            started[name], done[name], ended[name] = self.certain_of(name, shape.deps, done, ended)
        return started, done, ended

    def certain_of(
        self,
        name: str,
        deps: tuple[str, ...],
        done: Mapping[str, int],
        ended: Mapping[str, int],
    ) -> tuple[int, int, int]:
        """What has ended for certain when step `name` is called, when it is done, and when it has ended, if it
        waits for `deps`, about which `done` and `ended` say the same.
        """
        shape = self.shapes[name]
        if shape.quorum:
            # The others may still be under way.
            return 0, 0, 0
        started = over = 0
        for other in deps:
            started |= self.bit[other] | (done[other] if other in shape.needs else ended[other])
            over |= self.bit[other] | ended[other]
        # As soon as one thing it needs was skipped, so is it; nobody waits for the rest.
        early = len(deps) > 1 and not self.maybe_skipped.isdisjoint(shape.needs)
        return started, started, 0 if early else over

    def before(self, name: str) -> int:
        """The steps that have ended for certain when step `name` is called."""
        return self._certain[0][name]

    # ── joins ────────────────────────────────────────────────────────────────────────────────────────────────

    def is_joined(self, name: str) -> bool:
        """Something joins the first of several that the step is one of."""
        return any(self.shapes[user].quorum for user in self.users[name])

    def matters(self, name: str, users: Iterable[str]) -> bool:
        """A failure of the step ends the run, and its value is of use, if `users` were all that use it."""
        return name in self.in_result or any(not self.shapes[user].quorum for user in users)

    def data_of(self, name: str) -> tuple[str, ...]:
        """The steps whose values the step looks at, in the order of mention."""
        shape = self.shapes[name]
        used = [str(r.path[0]) for r in shape.references if r.root == "steps" and r.path]
        return tuple(dict.fromkeys(other for other in used if other != name))

    def undo_of(self, name: str) -> frozenset[str]:
        """The steps whose values the compensation of the step looks at."""
        undo = self.shapes[name].undo
        references = () if undo is None else undo.references
        return frozenset(str(r.path[0]) for r in references if r.root == "steps" and r.path)


def _harmless(card: Card) -> bool:
    return (
        card.effect in ("pure", "read")
        and card.reach != "irreversible"
        and not card.waits  # it asks somebody, who notices
        and not card.expands  # a plan may do anything
    )


def _sorted(shapes: Mapping[str, StepShape], users: Mapping[str, Iterable[str]]) -> list[str]:
    """The steps so that each stands behind what it waits for; among equals in the order of the text."""
    waits = {name: len(shape.deps) for name, shape in shapes.items()}
    ready = [name for name, count in waits.items() if not count]
    for name in ready:  # grows as we go
        for user in users[name]:
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    if len(ready) < len(waits):
        raise Tangled("steps wait for each other")
    return ready

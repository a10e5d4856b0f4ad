"""Compiled plans: those that runs of this process mention, and those that were admitted for runs to come."""

from collections import OrderedDict
from collections.abc import Callable

import msgspec

from batuta.errors import JournalBroken
from batuta.ports import Values
from batuta.spec.facts import Expanded
from batuta.spec.plan import Plan
from batuta.spec.shape import PlanShape
from batuta.spec.value import Value, commitment

__all__ = ["Shapes"]

# Compiled plans kept for runs to come; a plan in use is held by its runs in any case.
SHAPES_MAX = 256


class Shapes:
    """By the digest of their normal form. `admit` is the compiler: that form, or `PlanError` if it must not run."""

    def __init__(self, values: Values, admit: Callable[[Plan], Plan]) -> None:
        self._values = values
        self._admit = admit
        self._kept: OrderedDict[str, PlanShape] = OrderedDict()
        # By the digest of plans as they were given; and by their identity, for those who give the same one again.
        self._sound: dict[str, PlanShape] = {}
        self._given: dict[int, tuple[Plan, PlanShape]] = {}

    def of(self, digest: str) -> PlanShape:
        """The compiled plan of a digest that was loaded or admitted before."""
        return self._kept[digest]

    def find(self, digest: str) -> PlanShape | None:
        """The same, or None if it is not at hand."""
        return self._kept.get(digest)

    def admitted(self, plan: Plan) -> PlanShape:
        """The compiled `plan`. Checked only if it is new here: the cards of an engine do not change.

        Raises `PlanError`.
        """
        same = self._given.get(id(plan))
        if same is not None:
            return self._keep(same[1])
        given = plan.digest()
        shape = self._sound.get(given)
        if shape is None:
            normal = self._admit(plan)
            shape = self._kept.get(normal.digest()) or PlanShape(normal)
            if len(self._sound) >= SHAPES_MAX:
                self._sound.clear()
            self._sound[given] = shape
        if len(self._given) >= SHAPES_MAX:
            self._given.clear()
        self._given[id(plan)] = plan, shape  # which keeps the plan, and so its id
        return self._keep(shape)

    async def load(self, fact: Expanded) -> None:
        """Compile the plan of `fact`, unless it is at hand or erased. Raises `NotFound`, `JournalBroken`."""
        slot = fact.plan
        if fact.plan_digest in self._kept or slot.erased:
            return
        encoded = await self._values.get(slot.ref) if slot.ref else bytes(slot.data)
        try:
            plan = msgspec.json.decode(encoded, type=Plan)
        except msgspec.ValidationError as error:
            raise JournalBroken(
                f"the log holds a plan that this version cannot read: {error}",
                remedy="it was written by a newer batuta: upgrade",
            ) from error
        self._keep(PlanShape(plan))

    def slot(self, shape: PlanShape, salt: bytes) -> Value:
        """The slot for a plan in a log. However small: stored once, it is not written again with every run of it."""
        encoded = shape.encoded
        ref = self._values.put(encoded)
        return Value(ref=ref, size=len(encoded), mark=commitment(encoded, salt))

    def _keep(self, shape: PlanShape) -> PlanShape:
        kept = self._kept.get(shape.digest)
        if kept is not None:
            self._kept.move_to_end(shape.digest)
            return kept
        self._kept[shape.digest] = shape
        if len(self._kept) > SHAPES_MAX:
            self._kept.popitem(last=False)
        return shape

"""What the walk over a plan gathers: uses of names, expressions that compute, who waits for whom."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from batuta.plans.check.flaws import Flaws, Path
from batuta.spec.card import Card
from batuta.spec.expr import Expression, Reference
from batuta.spec.plan import Plan, Step

__all__ = ["Formula", "Link", "Seen", "Walk"]


class Link(msgspec.Struct, gc=False):
    """One use of a name.

    Attributes:
        where: the path of the text in the plan; `words` are what `at` counts characters in.
        root, path: what is used, as in `batuta.spec.expr.Reference`; so is `optional`.
        form: "whole" if it is all of the value, "text" if it becomes part of a text, "formula" in a computation.
    """

    where: Path
    words: str
    at: int
    root: str
    path: tuple[str | int, ...]
    form: str
    optional: bool = False

    def __str__(self) -> str:
        return str(Reference(self.root, self.path))


class Formula(msgspec.Struct, gc=False):
    """An expression that computes: more than a path. `in_text`: its value becomes part of a text.

    `roots` are the names that it was compiled with; `words` and `at` as in `Link`.
    """

    where: Path
    words: str
    at: int
    expression: Expression
    roots: frozenset[str]
    in_text: bool = False


class Seen(msgspec.Struct, gc=False):
    """One step, or the result (its `name` is ""), as the walk has seen it.

    Attributes:
        deps: the steps it waits for, in the order of mention; True for those whose value it cannot do without.
        data: if there is an `after`: the steps whose values it uses; `deps` are these and those of `after`.
        plain: it is only called, with texts and whole paths, of which `links` are all in their order.
    """

    name: str
    step: Step | None = None
    card: Card | None = None
    links: list[Link] = []
    formulas: list[Formula] = []
    deps: dict[str, bool] = {}
    data: frozenset[str] = frozenset()
    plain: bool = False

    @property
    def joined(self) -> list[str]:
        """The steps that count for its join: all it uses, but for those of which it only reads `errors`."""
        asked = {link.path[0] for link in self.links if link.root == "errors"}
        if not asked or self.step is None:
            return list(self.deps)
        used = {
            link.path[0] for link in self.links if link.root == "steps" and link.where[2] != "undo"
        }
        return [
            name
            for name in self.deps
            if name in used or name not in asked or name in self.step.after
        ]

    @property
    def path(self) -> Path:
        """Where it stands in the plan."""
        return ("result",) if self.step is None else ("steps", self.name)


class Walk:
    """What the walk has gathered. `used_steps` and `used_inputs` are used by anybody, in whatever way but `after`.

    `asked_steps` are those whose `errors` somebody reads.
    """

    def __init__(self, plan: Plan, cards: Mapping[str, Card], flaws: Flaws) -> None:
        self.plan = plan
        self.cards = cards
        self.flaws = flaws
        self.steps: dict[str, Seen] = {}
        self.result = Seen("")
        self.used_steps: set[str] = set()
        self.asked_steps: set[str] = set()
        self.used_inputs: set[str] = set()
        self.formulas = 0  # so many expressions were compiled
        self.in_order = True  # every step stands behind those it waits for

    @property
    def deps(self) -> dict[str, dict[str, bool]]:
        """For every step those it waits for, as `Seen.deps`."""
        return {name: seen.deps for name, seen in self.steps.items()}

    @cached_property
    def users(self) -> dict[str, list[str]]:
        """For every step those that cannot do without its value."""
        users: dict[str, list[str]] = {}
        for name, seen in self.steps.items():
            if seen.step is not None and seen.step.join == "all":
                for other, needed in seen.deps.items():
                    if needed:
                        users.setdefault(other, []).append(name)
        return users

    @cached_property
    def waited_for(self) -> frozenset[str]:
        """The steps that others wait for, for whatever reason."""
        return frozenset(name for seen in self.steps.values() for name in seen.deps)

    @cached_property
    def skippable(self) -> frozenset[str]:
        """The steps that may be skipped: by their own condition, as they may fail, or as they need one that is."""
        return self._with_users(name for name, seen in self.steps.items() if _may_be_skipped(seen))

    @cached_property
    def often_skipped(self) -> frozenset[str]:
        """The same without lists whose items may fail: all of such a step fails only for want of its list."""
        return self._with_users(
            name
            for name, seen in self.steps.items()
            if _has_condition(seen) or (_may_be_skipped(seen) and seen.step and not seen.step.each)
        )

    def _with_users(self, names: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        pending = list(names)
        for name in pending:  # grows while it is walked through
            if name not in found:
                found.add(name)
                pending += self.users.get(name, ())
        return frozenset(found)

    @cached_property
    def survivable(self) -> frozenset[str]:
        """The steps that may fail without their run: `errors` of all others are always null."""
        used: set[str] = set()
        fatal = {str(link.path[0]) for link in self.result.links if link.root == "steps"}
        for seen in self.steps.values():
            joined = seen.joined
            used.update(joined)
            if seen.step is not None and seen.step.join == "all":
                fatal.update(joined)
        may_fail = (name for name, seen in self.steps.items() if seen.step and seen.step.may_fail)
        return frozenset({*may_fail, *(used - fatal)})

    @property
    def everything(self) -> list[Seen]:
        """The steps, and the result."""
        return [*self.steps.values(), self.result]


def _may_be_skipped(seen: Seen) -> bool:
    return _has_condition(seen) or (seen.step is not None and seen.step.may_fail)


def _has_condition(seen: Seen) -> bool:
    """True if the step itself may be skipped; what is asked for each item skips items, and leaves a list."""
    step = seen.step
    if step is None or step.when is None:
        return False
    when = (*seen.path, "when")
    return step.each is None or not any(
        link.where == when and link.root in ("item", "index") for link in seen.links
    )

"""Check a plan against the capabilities there are. Pure; all flaws at once, each with a stable code.

    B101  no such capability                    B110  there is no such argument
    B102  no such step                          B111  the expression is wrong
    B103  no such input                         B112  `after` names no step
    B104  steps wait for each other             B113  `after` names a step twice
    B105  a step uses its own value             B114  `join` wants more steps than there are
    B106  an input is missing                   B115  too many steps
    B107  nobody asked for this input           B116  `item`, `index` or `previous` where there is none
    B108  an input does not fit                 B117  a setting without effect
    B109  an argument is missing                B118  `undo` uses a step that need not have ended
    B190  (warning) a capability does not say what it does to the world

Flaws of the text itself have codes below B100; see `docs/reference/findings.md`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from batuta.errors import ExpressionError, Finding, Place
from batuta.plans.expressions import (
    OUTER_ROOTS,
    Path,
    Use,
    expressions_of,
    expressions_of_shape,
)
from batuta.plans.graph import cycles
from batuta.plans.inputs import input_findings
from batuta.plans.read import STEPS_MAX
from batuta.reading.nearest import did_you_mean
from batuta.reading.places import NOWHERE, Places
from batuta.reading.report import FINDINGS_MAX, dotted
from batuta.spec.card import Card
from batuta.spec.expr import Reference
from batuta.spec.plan import Plan, Step

__all__ = ["check"]

# Where names exist that have a meaning only inside something.
_SCOPED = {
    "item": "`item` is the item of an `each`: add `each`, or write inputs. or steps. before the name",
    "index": "`index` counts the items of an `each` or the rounds of a `repeat`: add one of them",
    "previous": "`previous` is the value of the round before: add `repeat`",
}


def check(
    plan: Plan,
    cards: Mapping[str, Card],
    places: Places | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """Everything that is wrong with `plan`, in the order of its text; [] if nothing is.

    `inputs` are checked too if they are given. Warnings are findings with `warning` set; they never stop a run.
    """
    checker = _Checker(plan, cards, places or NOWHERE)
    checker.check_steps()
    checker.check_result()
    if not checker.full:
        checker.check_order()
    findings = checker.findings
    if inputs is not None:
        findings += input_findings(plan, inputs, places or NOWHERE)
    findings.sort(key=lambda finding: (finding.place.line, finding.place.column))
    return findings


class _Spot(NamedTuple):
    """Where a flaw is: in the plan, and in the text it was read from."""

    path: Path
    place: Place


class _Checker:
    """One pass over one plan."""

    def __init__(self, plan: Plan, cards: Mapping[str, Card], places: Places) -> None:
        self.plan = plan
        self.cards = cards
        self.places = places
        self.findings: list[Finding] = []
        self.deps: dict[str, dict[str, None]] = {}
        self.undeclared: set[str] = set()

    def flaw(
        self, code: str, message: str, spot: _Spot, remedy: str, *, warning: bool = False
    ) -> None:
        if not spot.place.line:
            # Without a text to point into, the message says where.
            message = f"{dotted(spot.path)}: {message}"
        finding = Finding(code, message, place=spot.place, remedy=remedy, warning=warning)
        self.findings.append(finding)

    def _at(self, *path: str | int) -> _Spot:
        return _Spot(path, self.places.at(*path))

    def _key(self, *path: str | int) -> _Spot:
        return _Spot(path, self.places.key(*path))

    @property
    def full(self) -> bool:
        """True if nobody would read more."""
        return len(self.findings) >= FINDINGS_MAX

    def check_steps(self) -> None:
        if len(self.plan.steps) > STEPS_MAX:
            self.flaw(
                "B115",
                f"the plan has {len(self.plan.steps):,} steps",
                self._key("steps"),
                f"write at most {STEPS_MAX:,}; repeat work over a list with `each`",
            )
            return
        for name, step in self.plan.steps.items():
            if self.full:
                return
            path: Path = ("steps", name)
            self.deps[name] = {}
            for use in expressions_of(path, step):
                self._check_use(use, name)
            if step.after:
                self._check_after(path, name, step)
            self._check_settings(path, name, step)
            if step.undo is not None:
                self._check_undo(path, name, step)
            self._check_calls(path, name, step)

    def check_result(self) -> None:
        for use in expressions_of_shape(("result",), self.plan.result, OUTER_ROOTS):
            self._check_use(use, "")

    def check_order(self) -> None:
        for cycle in cycles(self.deps):
            self.flaw(
                "B104",
                f"steps wait for each other: {' → '.join([*cycle, cycle[0]])}",
                self._key("steps", cycle[0]),
                "take one of these uses or one `after` out; to do something again, use `repeat`",
            )

    # --- expressions ---

    def _check_use(self, use: Use, step: str) -> None:
        compiled = use.compiled
        if self.full:
            return
        if isinstance(compiled, ExpressionError):
            self._check_scope(use, compiled, step)
            return
        for reference in compiled.references:
            if reference.root == "steps":
                self._check_step_reference(use, reference, step)
            elif reference.root == "inputs" and reference.path:
                name = reference.path[0]
                if name not in self.plan.inputs:
                    self.flaw(
                        "B103",
                        f"there is no input {name!r}",
                        self._inside(use, reference.offset),
                        did_you_mean(str(name), self.plan.inputs, "inputs"),
                    )

    def _check_scope(self, use: Use, error: ExpressionError, step: str) -> None:
        remedy = _SCOPED.get(error.message.removeprefix("unknown name "))
        if remedy is None:
            remedy = error.remedy or "correct it here; expressions are written in CEL"
            self.flaw("B111", error.message, self._inside(use, error.offset or 0), remedy)
            return
        word = error.message.removeprefix("unknown name ")
        where = f"step {step!r}" if step else "the result"
        if use.path[-1] == "each":
            where = "`each` itself, which is asked before there are items"
        self.flaw(
            "B116", f"there is no `{word}` in {where}", self._inside(use, error.offset or 0), remedy
        )

    def _check_step_reference(self, use: Use, reference: Reference, step: str) -> None:
        if not reference.path:
            self.flaw(
                "B102",
                "`steps` alone is no value",
                self._inside(use, reference.offset),
                "name a step: steps.NAME",
            )
            return
        name = reference.path[0]
        if name not in self.plan.steps:
            self.flaw(
                "B102",
                f"there is no step {name!r}",
                self._inside(use, reference.offset),
                did_you_mean(str(name), self.plan.steps, "steps"),
            )
        elif name == step:
            if use.path[2:4] not in (("repeat", "until"), ("undo", "with")):
                self.flaw(
                    "B105",
                    f"step {step!r} uses its own value, which is not there yet",
                    self._inside(use, reference.offset),
                    "in a `repeat`, the value of the round before is `previous`",
                )
        elif step and use.path[2] != "undo":
            self.deps[step][str(name)] = None

    def _inside(self, use: Use, offset: int) -> _Spot:
        if use.in_key:
            return self._key(*use.path)
        return _Spot(use.path, self.places.inside(use.path, use.words, use.start + offset))

    # --- order and settings ---

    def _check_after(self, path: Path, name: str, step: Step) -> None:
        for index, other in enumerate(step.after):
            place = (*path, "after", index)
            if other not in self.plan.steps:
                remedy = did_you_mean(other, self.plan.steps, "steps")
                self.flaw("B112", f"there is no step {other!r}", self._at(*place), remedy)
            elif other == name:
                self.flaw(
                    "B105",
                    f"step {name!r} waits for itself",
                    self._at(*place),
                    "take it out of `after`",
                )
            else:
                if other in step.after[:index]:
                    self.flaw(
                        "B113",
                        f"`after` names {other!r} twice",
                        self._at(*place),
                        "keep one of the two",
                    )
                self.deps[name][other] = None

    def _check_settings(self, path: Path, name: str, step: Step) -> None:
        count = len(self.deps[name])
        try:
            quorum = step.quorum
        except ValueError:
            # Only a plan made in Python, and not read by `plan_from_data`, can have it.
            self.flaw(
                "B024",
                f"expected one of all, first, any(2), got {step.join!r}",
                self._at(*path, "join"),
                "write one of them",
            )
            return
        if quorum > count:
            self.flaw(
                "B114",
                f"`join: {step.join}` wants {quorum} of the steps that {name!r} uses, "
                f"and it uses {count}",
                self._at(*path, "join"),
                "lower the number, or use more steps (in expressions or in `after`)",
            )
        if step.each is None and step.limit:
            self.flaw(
                "B117",
                "`limit` says how many items at once, and there is no `each`",
                self._key(*path, "limit"),
                "add `each`, or take `limit` out",
            )
        if step.each is None and step.at_most != _AT_MOST_DEFAULT:
            self.flaw(
                "B117",
                "`at_most` says how many items in all, and there is no `each`",
                self._key(*path, "at_most"),
                "add `each`, or take `at_most` out; rounds are bounded in `repeat`",
            )

    def _check_undo(self, path: Path, name: str, step: Step) -> None:
        seen = self.deps[name]
        for use in expressions_of(path, step):
            if use.path[2] != "undo" or isinstance(use.compiled, ExpressionError):
                continue
            for reference in use.compiled.references:
                other = reference.path[0] if reference.path else name
                if reference.root != "steps" or other == name or other in seen:
                    continue
                if other in self.plan.steps:
                    self.flaw(
                        "B118",
                        f"`undo` of {name!r} uses step {other!r}, which {name!r} does not wait for",
                        self._inside(use, reference.offset),
                        f"add `after: [{other}]`",
                    )

    # --- calls ---

    def _check_calls(self, path: Path, name: str, step: Step) -> None:
        self._check_call(path, step.use, step.with_, name)
        for index, other in enumerate(step.fallback):
            args = step.with_ if other.with_ is None else other.with_
            self._check_call((*path, "fallback", index), other.use, args, name)
        if step.undo is not None:
            args = step.with_ if step.undo.with_ is None else step.undo.with_
            self._check_call((*path, "undo"), step.undo.use, args, name)

    def _check_call(self, path: Path, capability: str, args: Any, step: str) -> None:
        """`path` leads to what holds `use` and `with`."""
        card = self.cards.get(capability)
        if card is None:
            self.flaw(
                "B101",
                f"there is no capability {capability!r}",
                self._at(*path, "use"),
                did_you_mean(capability, self.cards, "capabilities"),
            )
            return
        if not card.declared and capability not in self.undeclared:
            self.undeclared.add(capability)
            self.flaw(
                "B190",
                f"{capability!r} does not say what it does to the world, "
                "so it counts as a write that leaves this machine",
                self._at(*path, "use"),
                "declare effect and reach where it is defined",
                warning=True,
            )
        if isinstance(args, dict):
            self._check_arguments(path, card, cast("dict[str, Any]", args), step)

    def _check_arguments(self, path: Path, card: Card, args: dict[str, Any], step: str) -> None:
        schema = card.input
        required = cast("Iterable[str]", schema.get("required", ()))
        for name in required:
            if name not in args:
                self.flaw(
                    "B109",
                    f"step {step!r}: {card.name!r} needs the argument {name!r}",
                    self._at(*path, "use"),
                    f"add it: with: {{{name}: …}}",
                )
        known = cast("Mapping[str, Any] | None", schema.get("properties"))
        # An argument that the schema neither lists nor allows is a typo.
        if known is None or args.keys() <= known.keys():
            return
        if schema.get("additionalProperties", False) is not False or "patternProperties" in schema:
            return
        for name in (name for name in args if name not in known):
            self.flaw(
                "B110",
                f"step {step!r}: {card.name!r} has no argument {name!r}",
                self._key(*path, "with", name),
                did_you_mean(name, known, "arguments"),
            )


_AT_MOST_DEFAULT = Step(use="").at_most

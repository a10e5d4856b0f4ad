"""Types: whether values are what capabilities, conditions and texts want of them.

B119  there is no such field                      B125  an expression that always fails
B120  an argument of a type that is not taken     B148  a map inside a text
B121  a condition that is neither true nor false  B154  a field that the schema does not list
B122  an `each` over no list                      B155  a part of an expression that always fails
B158  a quotient that is cut, or is not
"""

from collections.abc import Mapping
from typing import Any, cast

from batuta.plans.check.constants import tell_constant
from batuta.plans.check.flaws import Path
from batuta.plans.check.remedies import remedy_of_fit, remedy_of_missing
from batuta.plans.check.seen import Formula, Link, Seen, Walk
from batuta.plans.check.values import Values, Wrong, is_constant
from batuta.plans.types import (
    ANY,
    BOOLEAN,
    NULL,
    STRING,
    Problem,
    Type,
    described,
    fits,
    list_of,
    map_of,
    of_value,
    part,
)
from batuta.reading.nearest import did_you_mean
from batuta.reading.schema import problems
from batuta.spec.card import Card
from batuta.spec.expr import Reference

__all__ = ["check_types"]

_LIST = list_of(ANY)
_MAP = map_of({}, rest=ANY)
_PROBLEMS = {"missing": "B119", "undeclared": "B154", "type": "B125"}
_DOUBTS = {"missing": "B119", "undeclared": "B154", "type": "B155", "cut": "B158"}


def check_types(walk: Walk) -> None:
    """Tell where a value certainly is not what is wanted."""
    types = _Types(walk)
    for seen in walk.everything:
        if not (seen.plain and types.is_plainly_right(seen)):
            types.check(seen)
        if walk.flaws.full:
            return


class _Types:
    """The pass over one plan."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.flaws = walk.flaws
        self.values = Values(walk)
        self._right: set[tuple[Type, Type]] = set()

    def is_plainly_right(self, seen: Seen) -> bool:
        """True if everything about a plain step fits, which is known at a look for most of them (1 µs instead of 3)."""
        step, card = seen.step, seen.card
        if step is None or card is None or step.join != "all":
            return False
        values, right = self.values, self._right
        wanted = values.wanted(card)
        links = iter(seen.links)
        for name, value in cast("dict[str, Any]", step.with_).items():
            target = wanted.get(name, ANY)
            if type(value) is str and "${" in value:
                type_ = values.of_link(seen, next(links))
                if isinstance(type_, Wrong):
                    return False
            elif target is ANY or (type(value) is str and target is STRING):
                continue
            else:
                type_ = of_value(value)
            if type_ is target or target is ANY or type_ is ANY or (type_, target) in right:
                continue
            if fits(type_, target).verdict != "yes":
                return False
            right.add((type_, target))
        return True

    def check(self, seen: Seen) -> None:
        known: dict[Path, Type] = {}
        values = self.values
        for link in seen.links:
            form = link.form
            if form == "formula" and not link.optional:
                continue
            type_ = values.of_link(seen, link)
            if isinstance(type_, Wrong):
                if form != "formula" or not type_.perhaps:
                    self._tell_missing(link, type_)
                type_ = ANY
            if form == "whole":
                known[link.where] = type_
            elif form == "text" and type_ is not ANY:
                self._check_text(link.where, (link.words, link.at), str(link), type_)
        for formula in seen.formulas:
            self._check_formula(seen, formula, known)
        step = seen.step
        if step is None:
            return
        if step.each is not None or step.when is not None or step.repeat is not None:
            self._check_conditions(seen, known)
        place = (*seen.path, "with")
        self._check_call(seen, step.use, step.with_, place, known)
        if not step.fallback and step.undo is None:
            return
        for index, other in enumerate(step.fallback):
            args, where = step.with_, place
            if other.with_ is not None:
                args, where = other.with_, (*seen.path, "fallback", index, "with")
            self._check_call(seen, other.use, args, where, known)
        if step.undo is not None:
            args, where = step.with_, place
            if step.undo.with_ is not None:
                args, where = step.undo.with_, (*seen.path, "undo", "with")
            self._check_call(seen, step.undo.use, args, where, known)

    # --- expressions ---

    def _check_formula(self, seen: Seen, formula: Formula, known: dict[Path, Type]) -> None:
        inferred = self.values.of_formula(seen, formula)
        for problem in inferred.problems:
            self._tell_problem(formula, problem, _PROBLEMS.get(problem.code))
        for problem in inferred.doubts:
            self._tell_problem(formula, problem, _DOUBTS.get(problem.code))
        type_ = ANY if inferred.problems else inferred.type
        if formula.in_text:
            self._check_text(
                formula.where, (formula.words, formula.at), formula.expression.text, type_
            )
            return
        known[formula.where] = type_
        if inferred.constant is not None and len(formula.where) > 2:
            tell_constant(self.flaws, seen.name, formula, inferred)

    def _tell_problem(self, formula: Formula, problem: Problem, code: str | None) -> None:
        if code is None:
            return  # what does not compile was told by the walk
        remedy = problem.remedy or "correct the expression, or the schema that says otherwise"
        within = (formula.words, formula.at + problem.offset)
        self.flaws.inside(code, problem.message, formula.where, within, remedy)

    def _check_text(self, where: Path, within: tuple[str, int], what: str, type_: Type) -> None:
        what = what.strip()
        if type_ is NULL:
            self.flaws.inside(
                "B125",
                f"{what} is null, which has no place inside a text",
                where,
                within,
                f'say what to write instead: {what} != null ? {what} : ""',
            )
            return
        fields = part(type_, "").names
        if fields and fits(type_, STRING).verdict == "no":
            self.flaws.inside(
                "B148",
                f"{what} is a map ({described(type_)}), and is written as JSON here",
                where,
                within,
                f"name the field that is meant: {what}.{fields[0]}",
            )

    def _tell_missing(self, link: Link, wrong: Wrong) -> None:
        count = wrong.known + (link.root in ("steps", "errors", "inputs"))
        missing = str(link.path[count])
        known = str(Reference(link.root, link.path[:count]))
        at = link.words.find(missing, link.at + len(known))
        if wrong.names:
            lists = "declares no field" if wrong.perhaps else "has no field"
            message = f"{known} {lists} {missing!r}"
            remedy = did_you_mean(missing, wrong.names, "fields")
        else:
            message = f"{known} is {described(wrong.type)}, which has no {missing!r}"
            remedy = remedy_of_missing(known, missing, wrong.type)
        self.flaws.inside(
            "B154" if wrong.perhaps else "B119",
            message,
            link.where,
            (link.words, at if at >= 0 else link.at),
            remedy,
        )

    # --- what is wanted ---

    def _check_conditions(self, seen: Seen, known: Mapping[Path, Type]) -> None:
        step, path = seen.step, seen.path
        assert step is not None
        of_each = known.get((*path, "each"), ANY)
        if step.each is not None and fits(of_each, _LIST).verdict == "no":
            self.flaws.at(
                "B122",
                f"`each` wants a list, and {step.each.strip()} is {described(of_each)}",
                (*path, "each"),
                "name a list; of a map, the field that is one",
            )
        conditions = [((*path, "when"), step.when)]
        if step.repeat is not None:
            conditions.append(((*path, "repeat", "until"), step.repeat.until))
        for where, condition in conditions:
            type_ = known.get(where, ANY)
            if condition is not None and fits(type_, BOOLEAN).verdict == "no":
                self.flaws.at(
                    "B121",
                    f"`{where[-1]}` is true or false, and {condition.strip()} is {described(type_)}",
                    where,
                    "compare it: … == …, … != null, size(…) > 0",
                )

    def _check_call(
        self, seen: Seen, use: str, args: Any, where: Path, known: Mapping[Path, Type]
    ) -> None:
        """`where` is the path of the arguments."""
        card = self.walk.cards.get(use)
        if card is None:
            return
        wanted = self.values.wanted(card)
        if type(args) is not dict:
            type_ = known.get(where, ANY)
            self._check_fit(seen, card, "", args, where, type_)
            return
        if not wanted:
            return
        for name, value in cast("dict[str, Any]", args).items():
            target = wanted.get(name)
            if target is None or target is ANY:
                continue
            if type(value) is not str:
                type_ = self.values.of_shape(value, (*where, name), known)
            elif "${" in value:
                type_ = known.get((*where, name), STRING)
            else:
                type_ = of_value(value)
            if type_ is not target and type_ is not ANY and fits(type_, target).verdict != "yes":
                self._check_fit(seen, card, name, value, (*where, name), type_)

    def _check_fit(
        self, seen: Seen, card: Card, name: str, value: Any, where: Path, type_: Type
    ) -> None:
        target = self.values.wanted(card).get(name, _MAP)
        fit = fits(type_, target)
        if fit.verdict == "yes" or type_ is ANY:
            return
        why, place = f"{fit.place}: {fit.why}" if fit.path else fit.why, [*where]
        for step in fit.path:
            if step is None:
                break
            place.append(step)
        if fit.verdict == "maybe":
            # A constant is known to the last character, and its schema may say more than a type can.
            why = "; ".join(_exact_problems(card, name, value)) if is_constant(value) else ""
            if not name or not why:
                return
            place = [*where]
        what = repr(name) if name else "its arguments"
        self.flaws.at(
            "B120",
            f"step {seen.name!r}: {card.name!r} does not take this for {what}: {why}",
            tuple(place),
            remedy_of_fit(value, type_, target),
        )


def _exact_problems(card: Card, name: str, value: Any) -> list[str]:
    properties = card.input.get("properties")
    schema = cast("dict[str, Any]", properties).get(name) if isinstance(properties, dict) else None
    if not isinstance(schema, dict):
        return []
    around = {key: card.input[key] for key in ("$defs", "definitions") if key in card.input}
    return problems({**around, **cast("dict[str, Any]", schema)}, value)

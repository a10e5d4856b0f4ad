"""One walk over a plan: every name that an expression uses, with what is wrong with it, and who waits for whom.

Everything else that is checked looks at what is gathered here. A plan of a thousand steps is mostly texts like
`${steps.a.total}`: they are read here without the compiler, which takes two microseconds instead of ten.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from batuta.errors import ExpressionError
from batuta.plans.check import names
from batuta.plans.check.flaws import Flaws, Path
from batuta.plans.check.seen import Formula, Link, Seen, Walk
from batuta.spec.card import Card
from batuta.spec.expr import compile_expression
from batuta.spec.expr.scan import Braced, split
from batuta.spec.plan import Plan, Step
from batuta.spec.shape import OUTER_ROOTS, condition_roots, step_roots

__all__ = ["walk"]

_PATH_TEXT = r"(inputs|steps|errors|item|index|previous|rounds)((?:\.[A-Za-z_]\w*)*)"
_WHOLE = re.compile(rf"\$\{{{_PATH_TEXT}\}}", re.ASCII).fullmatch
_BARE = re.compile(_PATH_TEXT, re.ASCII).fullmatch
# What the compiler refuses as a field, it must see.
_RESERVED = frozenset({"in", "true", "false", "null"})
_SHORT_CHARS = 1_000
# Expressions of a plan that are more than a path: to compile one takes half a millisecond.
FORMULAS_MAX = 10_000


def walk(plan: Plan, cards: Mapping[str, Card], flaws: Flaws) -> Walk:
    """Walk through `plan` as far as anybody would read what is found; flaws of names are told on the way."""
    found = Walk(plan, cards, flaws)
    for name, step in plan.steps.items():
        seen = _plain(found, name, step)
        if seen is not None:
            found.steps[name] = seen
            for other in seen.deps:
                if other not in found.steps:
                    found.in_order = False
            continue
        _Step(found, name, step).gather()
        if flaws.full:
            return found
    _Step(found, "", None).gather_result()
    return found


def _plain(found: Walk, name: str, step: Step) -> Seen | None:
    """A step that is only called, with texts and paths to what is there; None for all others.

    Nine of ten steps are like that, and this takes 2 microseconds for one where the whole walk takes 5.
    """
    args: object = step.with_
    if (
        not isinstance(args, dict)
        or step.when is not None
        or step.each is not None
        or step.repeat is not None
        or step.undo is not None
        or step.after
        or step.fallback
    ):
        return None
    plan = found.plan
    links: list[Link] = []
    deps: dict[str, bool] = {}
    for key, value in cast("dict[str, Any]", args).items():
        if "${" in key or type(value) in _CONTAINERS:
            return None
        if type(value) is not str or "${" not in value:
            continue
        if value[:2] != "${" or value[-1] != "}" or not value.isascii():
            return None
        root, *parts = value[2:-1].split(".")
        if not parts or not all(map(str.isidentifier, parts)) or len(value) > _SHORT_CHARS:
            return None
        first = parts[0]
        if root == "steps":
            if first not in plan.steps or first == name:
                return None
            deps[first] = True
        elif root != "inputs" or first not in plan.inputs:
            return None
        if len(parts) > 1 and not _RESERVED.isdisjoint(parts):
            return None
        links.append(Link(("steps", name, "with", key), value, 2, root, tuple(parts), "whole"))
    found.used_steps.update(deps)
    if len(deps) < len(links):
        found.used_inputs.update(str(link.path[0]) for link in links if link.root == "inputs")
    card = found.cards.get(step.use)
    return Seen(name, step, card, links, [], deps, plain=True)


class _Step:
    """The walk through one step, or through the result."""

    def __init__(self, found: Walk, name: str, step: Step | None) -> None:
        self.found = found
        self.plan = found.plan
        self.name = name
        self.roots = OUTER_ROOTS
        card = None if step is None else found.cards.get(step.use)
        self.seen = Seen(name, step, card, [], [], {})
        self.own = False  # its own value may be used here
        self.counts = True  # what is used here is waited for

    def gather(self) -> None:
        step, path, seen = self.seen.step, self.seen.path, self.seen
        assert step is not None
        if step.each is not None:
            self._condition((*path, "each"), step.each, OUTER_ROOTS)
        if step.when is not None:
            self._condition((*path, "when"), step.when, condition_roots(step))
        if step.each is not None or step.repeat is not None:
            self.roots = step_roots(step)
        if step.repeat is not None:
            self.own = True
            self._condition((*path, "repeat", "until"), step.repeat.until, self.roots)
            self.own = False
        self._shape((*path, "with"), step.with_)
        for index, other in enumerate(step.fallback):
            if other.with_ is not None:
                self._shape((*path, "fallback", index, "with"), other.with_)
        if step.after:
            seen.data = frozenset(seen.deps)
            self._after(step)
        if step.undo is not None and step.undo.with_ is not None:
            self.own, self.counts = True, False
            self._shape((*path, "undo", "with"), step.undo.with_)
        steps = self.found.steps
        steps[self.name] = seen
        if self.found.in_order and not steps.keys() >= seen.deps.keys():
            self.found.in_order = False

    def gather_result(self) -> None:
        self._shape(("result",), self.plan.result)
        self.found.result = self.seen

    # --- expressions ---

    def _shape(self, where: Path, shape: Any) -> None:
        if self.found.flaws.full:
            return
        kind = cast("type[object]", type(shape))
        if kind is dict:
            for key, value in cast("dict[str, Any]", shape).items():
                if "${" in key:
                    names.in_key(self.found.flaws, (*where, key), key)
                if type(value) is str:
                    if "${" in value:
                        self._text((*where, key), value)
                elif type(value) in _CONTAINERS:
                    self._shape((*where, key), value)
        elif kind is str:
            if "${" in shape:
                self._text(where, shape)
        elif kind is list or kind is tuple:
            for index, value in enumerate(cast("list[Any]", shape)):
                if type(value) in _TEXTS_AND_CONTAINERS:
                    self._shape((*where, index), value)

    def _text(self, where: Path, text: str) -> None:
        path = _WHOLE(text) if len(text) <= _SHORT_CHARS else None
        if path is not None and self._path(where, text, 2, path, "whole"):
            return
        try:
            pieces = list(split(text))
        except ExpressionError as error:
            self._wrong(where, text, 0, error)
            return
        form = "whole" if len(pieces) == 1 else "text"
        for piece in pieces:
            if self.found.flaws.full:
                return
            if isinstance(piece, Braced):
                path = _BARE(piece) if len(piece) <= _SHORT_CHARS else None
                if path is None or not self._path(where, text, piece.offset, path, form):
                    self._expression(where, text, piece.offset, str(piece), self.roots, form)

    def _condition(self, where: Path, text: str, roots: frozenset[str]) -> None:
        self._expression(where, text, 0, text, roots, "whole")

    def _path(self, where: Path, words: str, at: int, found: re.Match[str], form: str) -> bool:
        root, below = found.groups()
        if root not in self.roots:
            return False
        parts = tuple(below[1:].split(".")) if below else ()
        if not _RESERVED.isdisjoint(parts):
            return False
        self._link(Link(where, words, at, root, parts, form))
        return True

    def _expression(
        self, where: Path, words: str, at: int, text: str, roots: frozenset[str], form: str
    ) -> None:
        self.found.formulas += 1
        if self.found.formulas > FORMULAS_MAX:
            self._too_many(where)
            return
        try:
            expression = compile_expression(text, roots)
        except ExpressionError as error:
            self._wrong(where, words, at, error)
            return
        bare = expression.is_bare
        if bare is None:
            self.seen.formulas.append(Formula(where, words, at, expression, roots, form == "text"))
            form = "formula"
        for one in expression.references:
            self._link(Link(where, words, at + one.offset, one.root, one.path, form, one.optional))

    def _too_many(self, where: Path) -> None:
        self.found.flaws.at(
            "B115",
            f"the plan has more than {FORMULAS_MAX:,} expressions that compute",
            where,
            "do it for all of a list with `each`, or in a capability",
        )
        self.found.flaws.stop()

    def _wrong(self, where: Path, words: str, at: int, error: ExpressionError) -> None:
        names.wrong(self.found, self.name, where, (words, at), error)

    # --- names ---

    def _link(self, link: Link) -> None:
        path, seen = link.path, self.seen
        if link.root in ("steps", "errors"):
            if not self._step(link):
                return
        elif link.root == "inputs":
            if not path:
                self.found.used_inputs.update(self.plan.inputs)
            elif path[0] in self.plan.inputs:
                self.found.used_inputs.add(str(path[0]))
            else:
                names.no_input(self.found, link)
                return
        seen.links.append(link)

    def _step(self, link: Link) -> bool:
        """True if the step that `link` names, by its value or by its error, can be named here."""
        other = link.path[0] if link.path else ""
        if other not in self.plan.steps:
            names.no_step(self.found, link)
            return False
        assert isinstance(other, str)
        of_value = link.root == "steps"
        if other == self.name:
            if not (self.own and of_value):
                names.own_value(self.found.flaws, link, self.name)
            return self.own and of_value
        (self.found.used_steps if of_value else self.found.asked_steps).add(other)
        deps = self.seen.deps
        if self.counts:
            deps[other] = (of_value and not link.optional) or deps.get(other, False)
        elif other not in deps:
            names.not_waited_for(self.found.flaws, link, self.name)
        return True

    def _after(self, step: Step) -> None:
        deps = self.seen.deps
        met: set[str] = set()
        for index, other in enumerate(step.after):
            if names.after(self.found, self.name, step, index, again=other in met):
                deps.setdefault(other, False)
            met.add(other)


_CONTAINERS = frozenset({dict, list, tuple})
_TEXTS_AND_CONTAINERS = _CONTAINERS | {str}

"""Slips in a plan that somebody drafted without a checker: put right where only one thing can have been meant. Pure.

A language model writes `search_handbook` for `handbook.search`, `{{steps.a}}` for `${steps.a}`, gives an argument
another name, or forgets to hand on what the next step needs. Each is put right if there is one way to, and left to the
checker if there are two. No step, capability or value is made up.
"""

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, cast

from batuta.plans.meant import meant
from batuta.spec.card import Card

__all__ = ["Repaired", "repaired"]

# More steps are no draft of anybody, and are left to the checker, which bounds them.
_STEPS_MAX = 200
_NAME = re.compile(r"[A-Za-z_]\w{0,63}")
_BRACES = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_BARE = re.compile(r"\$?\{?((?:steps|inputs)(?:\.\w+|\[\w+\])+)\}?")
_EXPRESSION = re.compile(r"\$\{([^{}]*)\}")
_ROOTED = re.compile(r"(?<![\w.\"'\]])(steps|inputs)\.(\w+)(?:\.(\w+))?")
_FIRST = re.compile(r"(?<![\w.\"'\]])([A-Za-z_]\w*)(?=\.\w)(?!\s*\()")
_ROOTS = frozenset({"steps", "inputs", "item", "index", "previous", "rounds", "errors"})


class Repaired(NamedTuple):
    """The draft without the slips, and what was put right, one sentence each."""

    draft: dict[str, Any]
    changes: tuple[str, ...]


def repaired(draft: Mapping[str, Any], cards: Mapping[str, Card]) -> Repaired:
    """`draft`, the data of a plan, as it was most likely meant. What cannot be told stays as it is."""
    data = copy.deepcopy(dict(draft))
    steps = data.get("steps")
    if isinstance(steps, list):
        listed = cast("list[Any]", steps)
        if all(isinstance(one, dict) and "name" in one for one in listed):
            named = {str(one["name"]): one for one in listed}
            if len(named) == len(listed):  # else one of two would be lost
                data["steps"] = {name: _without_name(one) for name, one in named.items()}
    steps = data.get("steps")
    if not isinstance(steps, dict) or not 0 < len(cast("dict[str, Any]", steps)) <= _STEPS_MAX:
        return Repaired(data, ())
    mending = _Mending(data, cards)
    mending.names()
    mending.capabilities()
    mending.expressions()
    mending.arguments()
    mending.result()
    return Repaired(mending.data, tuple(dict.fromkeys(mending.changes)))


def _without_name(step: dict[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in step.items() if key != "name"}


class _Mending:
    """A draft while it is put right; each method relies on what the ones before it have done."""

    def __init__(self, data: dict[str, Any], cards: Mapping[str, Card]) -> None:
        self.data = data
        self.changes: list[str] = []
        self._cards = cards
        self._used: dict[str, set[str]] = {}  # by each step

    @property
    def _steps(self) -> dict[str, dict[str, Any]]:
        steps = cast("dict[str, Any]", self.data["steps"])
        return {name: step for name, step in steps.items() if isinstance(step, dict)}

    @property
    def _inputs(self) -> dict[str, Any]:
        inputs = self.data.get("inputs")
        return cast("dict[str, Any]", inputs) if isinstance(inputs, dict) else {}

    def names(self) -> None:
        """Names of steps that no expression could say get letters that it can."""
        renamed: dict[str, str] = {}
        taken = set(self._steps)
        for name in self._steps:
            if not _NAME.fullmatch(name):
                better = re.sub(r"\W+", "_", name).strip("_")[:64] or "step"
                better = f"_{better}" if better[0].isdigit() else better
                if better not in taken:
                    renamed[name] = better
                    taken.add(better)
        if not renamed:
            return
        self.data["steps"] = {
            renamed.get(name, name): step for name, step in self.data["steps"].items()
        }
        for before, after in renamed.items():
            self._say(f"the step {before!r} is called {after}")
            pattern = re.compile(
                rf"(steps\.){re.escape(before)}(?!\w)|(steps\[)['\"]{re.escape(before)}['\"]\]"
            )

            def called(text: str, pattern: re.Pattern[str] = pattern, to: str = after) -> str:
                return pattern.sub(f"steps.{to}", text)

            self._rewrite(called)
            self._rewrite_conditions(called)
        for step in self._steps.values():
            after = step.get("after")
            if isinstance(after, list):
                step["after"] = [
                    renamed.get(one, one) if isinstance(one, str) else one
                    for one in cast("list[Any]", after)
                ]

    def capabilities(self) -> None:
        """What is called stands in the catalog, by the name it has there."""
        for name, step in self._steps.items():
            use = step.get("use")
            if isinstance(use, str) and use not in self._cards:
                known = meant(use, self._cards)
                if known:
                    step["use"] = known
                    self._say(f"{name}: {use} is {known}")

    def expressions(self) -> None:
        """References are written as such, and name a step or an input that is there."""
        self._rewrite(self._braced)
        self._rewrite_conditions(self._rooted)
        self._rewrite(
            lambda text: _EXPRESSION.sub(lambda one: f"${{{self._rooted(one[1])}}}", text)
        )

    def arguments(self) -> None:
        """Arguments have the names of the card, and what is required and missing is handed on if only one has it."""
        self._used = {name: _used_by(step) for name, step in self._steps.items()}
        for name, step in self._steps.items():
            card = self._cards.get(str(step.get("use")))
            given = step.setdefault("with", {})
            if card is None or not isinstance(given, dict):
                continue
            args = cast("dict[str, Any]", given)
            known = _properties(card.input)
            missing = [one for one in _required(card.input) if one not in args]
            if card.input.get("additionalProperties") is False:
                self._rename(name, args, known, missing)
            for one in [one for one in missing if one not in args]:
                source = self._source(name, one, known.get(one))
                if source:
                    args[one] = f"${{{source}}}"
                    self._used[name] = _used_by(step)
                    self._say(f"{name}: {one} comes from {source}")

    def result(self) -> None:
        """A plan that says nothing of its result has that of its last step."""
        if self._steps and self.data.get("result") is None:
            last = list(self._steps)[-1]
            self.data["result"] = f"${{steps.{last}}}"
            self._say(f"the result is that of {last}")

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────

    def _rename(
        self, name: str, args: dict[str, Any], known: Mapping[str, Any], missing: list[str]
    ) -> None:
        strange = [one for one in args if one not in known]
        for one in strange:
            free = [other for other in known if other not in args]
            better = meant(one, free)
            if not better and len(strange) == len(missing) == 1:
                better = missing[0]
            if better:
                args[better] = args.pop(one)
                self._say(f"{name}: the argument {one} is {better}")

    def _source(self, name: str, wanted: str, schema: Any) -> str:
        """Where the argument `wanted` can only come from; "" if there is no place, or several."""
        if wanted in self._inputs:
            return f"inputs.{wanted}"
        later = self._after(name)
        kind = _kind(schema)
        found = [
            f"steps.{other}.{wanted}"
            for other, step in self._steps.items()
            if other not in later
            and (card := self._cards.get(str(step.get("use")))) is not None
            and wanted in (fields := _properties(card.output or {}))
            and (not kind or _kind(fields[wanted]) in ("", kind))
        ]
        return found[0] if len(found) == 1 else ""

    def _after(self, name: str) -> set[str]:
        """The step itself, and all that needs it."""
        later = {name}
        pending = [name]
        for one in pending:  # grows while it is walked through
            users = [other for other, used in self._used.items() if one in used]
            pending += [other for other in users if other not in later]
            later.update(users)
        return later

    def _braced(self, text: str) -> str:
        better = _BRACES.sub(r"${\1}", text)
        bare = _BARE.fullmatch(better.strip())
        if bare and not better.strip().startswith("${"):
            better = f"${{{bare[1]}}}"
        if better != text:
            self._say(f"{text!r} is an expression: {better}"[:200])
        return better

    def _rooted(self, text: str) -> str:
        """An expression whose names are roots, and behind `steps` and `inputs` what is there."""

        def rooted(found: re.Match[str]) -> str:
            name = found[1]
            if name in _ROOTS or name not in self._steps:
                return name
            self._say(f"{name} is the step: steps.{name}")
            return f"steps.{name}"

        def known(found: re.Match[str]) -> str:
            root, name, field = found[1], found[2], found[3]
            there: Iterable[str] = self._steps if root == "steps" else self._inputs
            better = name if name in there else meant(name, there) or name
            behind = f".{self._field(better, field) if root == 'steps' else field}" if field else ""
            said = f"{root}.{better}{behind}"
            if said != found[0]:
                self._say(f"{found[0]} is {said}")
            return said

        return _ROOTED.sub(known, _FIRST.sub(rooted, text))

    def _field(self, step: str, field: str) -> str:
        card = self._cards.get(str(self._steps.get(step, {}).get("use")))
        fields = _properties(card.output or {}) if card is not None else {}
        return field if field in fields or not fields else meant(field, fields) or field

    def _rewrite(self, change: Callable[[str], str]) -> None:
        """`change` every text in which expressions stand."""
        for step in self._steps.values():
            for key in ("with", "fallback", "undo"):
                if key in step:
                    step[key] = _mapped(step[key], change)
        if "result" in self.data:
            self.data["result"] = _mapped(self.data["result"], change)

    def _rewrite_conditions(self, change: Callable[[str], str]) -> None:
        """`change` every text that is an expression as it stands."""
        for step in self._steps.values():
            for at, key in ((step, "when"), (step, "each"), (step.get("repeat"), "until")):
                found = cast("dict[str, Any]", at) if isinstance(at, dict) else {}
                if isinstance(found.get(key), str):
                    found[key] = change(found[key])

    def _say(self, text: str) -> None:
        self.changes.append(text)


def _used_by(step: Mapping[str, Any]) -> set[str]:
    """The steps that `step` names, in expressions or under `after`."""
    named = step.get("after")
    after = cast("list[Any]", named) if isinstance(named, list) else [named]
    uses = {one[2] for one in _ROOTED.finditer(str(step)) if one[1] == "steps"}
    return uses | {one for one in after if isinstance(one, str)}


def _mapped(shape: Any, change: Callable[[str], str]) -> Any:
    if isinstance(shape, str):
        return change(shape)
    if isinstance(shape, list):
        return [_mapped(one, change) for one in cast("list[Any]", shape)]
    if isinstance(shape, dict):
        return {key: _mapped(one, change) for key, one in cast("dict[str, Any]", shape).items()}
    return shape


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    named = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if named and named in schema.get("$defs", {}):
        schema = schema["$defs"][named]
    properties = schema.get("properties")
    return cast("dict[str, Any]", properties) if isinstance(properties, dict) else {}


def _required(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required")
    return cast("list[str]", required) if isinstance(required, list) else []


def _kind(schema: Any) -> str:
    kind = cast("dict[str, Any]", schema).get("type") if isinstance(schema, dict) else ""
    return kind if isinstance(kind, str) else ""

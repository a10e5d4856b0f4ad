"""What the present workspace would break of a run that has not ended: changed cards, refused steps, denied calls."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from batuta.engine.engine import Engine
from batuta.engine.pins import GONE
from batuta.engine.rules.prepare import serving_at
from batuta.engine.rules.view import NotLoaded, value_of, wanted
from batuta.errors import NotFound
from batuta.plans.build import plan_from_yaml, plan_to_yaml
from batuta.plans.check import check
from batuta.plans.partly import ROUND, Known
from batuta.spec import run as r
from batuta.spec.card import Card
from batuta.spec.foreseen import UNKNOWN, Forecaster
from batuta.spec.run import Node, Run, Scope

__all__ = ["Break", "breaks_of"]

# An unknown capability: told once as a card that is gone, not once more for each step that uses it.
_UNKNOWN_CAPABILITY = "B101"


class Break(msgspec.Struct, frozen=True):
    """One thing that is in the way of a run.

    `kind`: "gone" or "changed" (a capability, `what` is its name), "refused" (a step that `check` refuses now),
    "denied" (a step that the policy denies now; `what` is its path), or "unreadable" (the log itself).
    """

    kind: Literal["gone", "changed", "refused", "denied", "unreadable"]
    what: str
    why: str


async def breaks_of(run: Run, engine: Engine, foresee: Forecaster) -> list[Break]:
    """Everything that is in the way of `run` going on here, as far as it can be told. Raises `JournalError`."""
    await engine.pins.recall(run)
    found: list[Break] = []
    for name, how in sorted(engine.pins.drift(run).items()):
        found.append(Break("gone" if how == GONE else "changed", name, how))
    for scope in _open_scopes(run):
        found += _refused(scope, engine.catalog.cards())
        found += await _denied(scope, engine, foresee)
    return found


def _open_scopes(run: Run) -> Iterator[Scope]:
    if run.root is None:
        return
    yield run.root
    for node in list(run.nodes.values()):
        if node.subscope is not None and not node.terminal:
            yield node.subscope


# ── steps that would be refused ──────────────────────────────────────────────────────────────────────────────


def _refused(scope: Scope, cards: Mapping[str, Card]) -> Iterator[Break]:
    """Flaws of the plan by the present cards, at steps that have not ended."""
    flaws = [one for one in check(scope.shape.plan, cards) if not one.warning]
    if not flaws:
        return
    # Findings have places, and places lead to steps: so the plan is looked at in the form that has lines.
    sourced = plan_from_yaml(plan_to_yaml(scope.shape.plan))
    lines = {sourced.places.key("steps", name).line: name for name in sourced.plan.steps}
    for flaw in check(sourced.plan, cards, sourced.places):
        before = [line for line in lines if line <= flaw.place.line]
        name = lines[max(before)] if before else ""
        node = scope.nodes.get(name)
        if flaw.warning or flaw.code == _UNKNOWN_CAPABILITY or node is None or node.terminal:
            continue
        yield Break("refused", node.path, f"{flaw.code} {flaw.message}")


# ── calls that would be denied ───────────────────────────────────────────────────────────────────────────────


async def _denied(scope: Scope, engine: Engine, foresee: Forecaster) -> list[Break]:
    found: list[Break] = []
    values: dict[str, Any] | None = None
    for node in scope.nodes.values():
        if node.terminal:
            continue
        at = serving_at(node, engine.catalog)
        try:
            card = engine.catalog.get(node.shape.uses[at]).card
        except NotFound:
            continue
        if values is None:
            values = await _values(scope, engine)
        # A list and its items, a repeat and its rounds: what they are called with differs, and is not known here.
        plain = node.kind == "step"
        known = Known(values if plain else {**values, "item": UNKNOWN, "index": UNKNOWN, **ROUND})
        step = node.shape.step
        template = step.arguments_of(step.fallback[at - 1]) if at else step.with_
        foreseen = foresee(card, known.shape(template), node.path if plain else UNKNOWN)
        if foreseen.all_say("deny"):
            ruling = foreseen.rulings[-1]
            found.append(Break("denied", node.path, f"{ruling.reason or 'denied'} ({ruling.rule})"))
    return found


async def _values(scope: Scope, engine: Engine) -> dict[str, Any]:
    """What the expressions of the scope may mention, as far as it is there."""
    await engine.load([scope.inputs])
    inputs: Any = engine.shelf.get(scope.inputs)
    steps: dict[str, Any] = {}
    for name, node in scope.nodes.items():
        steps[name] = await _value(node, engine) if node.terminal else UNKNOWN
    return {"inputs": inputs or {}, "steps": steps}


async def _value(node: Node, engine: Engine) -> Any:
    if node.state != r.DONE:
        return None
    try:
        await engine.load([*wanted(node), *([node.value] if node.value is not None else [])])
        return value_of(node, engine.shelf)
    except (NotLoaded, NotFound):
        return UNKNOWN  # too large to be at hand together with the others

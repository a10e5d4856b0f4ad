"""A fork: a new run that takes over what another one has finished, and goes on from a step of it.

What was done is not done again: the values of finished steps are copied, as facts that say where they come from. The
fork has keys of its own, so whatever it calls is a new effect, and it asks before each (contract, 18).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from batuta.engine.before import begun_before, used_otherwise
from batuta.engine.engine import Engine
from batuta.engine.past.carry import Carrier
from batuta.engine.rules.view import items_of, wanted
from batuta.errors import Conflict, ExpressionError, InputError, NotFound
from batuta.plans.inputs import validate_inputs
from batuta.reading.nearest import did_you_mean
from batuta.reading.schema import problems
from batuta.spec import run as r
from batuta.spec.card import Card
from batuta.spec.facts import Fact, Inherited
from batuta.spec.fold import apply
from batuta.spec.follow import tolerated
from batuta.spec.inside import has_acted, was_taken_back
from batuta.spec.request import Fork, Request
from batuta.spec.run import Node, Run, Scope
from batuta.spec.value import canonical

__all__ = ["Forked", "Wish", "fork"]


class Wish(msgspec.Struct, frozen=True):
    """What the fork of a run is to be.

    Attributes:
        at: the step to go on at, or an item of it (`pay.3`): it runs again, and whatever depends on it.
        inputs: inputs of the plan to replace, by name.
        values: values of steps before `at` to replace, or to give, by the name of the step.
        unasked: effects happen without a question, even those that the other run has had.
    """

    at: str
    inputs: Mapping[str, Any] = {}
    values: Mapping[str, Any] = {}
    unasked: bool = False


class Forked(msgspec.Struct, frozen=True):
    """A run that was forked, durably.

    Attributes:
        taken_over: steps whose outcomes were taken over.
        repeated: step instances from `at` on that have had, or may have had, effects in the other run.
        asks: each effect of the fork is asked about first.
        taken_back: steps before `at` whose effects the other run has taken back; they run again.
        stale: steps that were taken over as they were, although they used a value that was replaced.
    """

    run: Run
    taken_over: tuple[str, ...]
    repeated: tuple[str, ...]
    asks: bool
    taken_back: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


async def fork(
    engine: Engine, origin: Run, wish: Wish, *, run_id: str, author: str, trusted: bool = True
) -> Forked:
    """Begin the run `run_id` as a fork of `origin`, durably; nobody drives it yet.

    Its values are those of `origin`: whatever `trusted` says of its author, it is trusted no more than that.

    Raises:
        NotFound: there is no such step. InputError: it cannot be forked there, or what is replaced does not fit.
        PlanError: the plan would not be admitted now. JournalError: there is no fork then.
        Conflict: there is such a run, and it is no fork like this.
    """
    root = origin.root
    if origin.purged or root is None:
        raise InputError(
            f"run {origin.id} cannot be forked: its values were erased by retention",
            remedy="fork runs before `retention` erases them",
        )
    step, item = _place(origin, root, wish.at)
    shape = engine.shapes.admitted(root.shape.plan)
    await engine.load([root.inputs])
    recorded = cast("dict[str, Any]", engine.shelf.get(root.inputs) or {})
    complete = validate_inputs(shape.plan, {**recorded, **wish.inputs})
    again, taken_back = _runs_again(root, step, item, wish)
    _check_values(engine, root, wish, again, step)
    kept = _kept(root, again if item < 0 else again | {step}, wish)
    repeated = tuple(_effects(origin, {node.name for node in kept}, step, item))
    asks = not wish.unasked
    facts: list[Fact] = list(
        engine.opening(
            shape,
            complete,
            run_id,
            Request(author=author, trusted=trusted and _trusted(origin)),
            Fork(run=origin.id, at=wish.at, head=origin.head, asks=asks),
        )
    )
    run = Run(engine.shapes.of)
    for fact in facts:
        apply(run, fact)
    carry = Carrier(engine, run.salt, facts[0].at)
    for node in kept:
        await carry.node(node, wish.values)
    if item >= 0:
        await carry.items(root.nodes[step], except_for=item)
    for fact in carry.facts:
        counted = apply(run, fact)
        assert counted, fact
    if item >= 0:
        await _check_items(engine, run.nodes[step])
    try:
        await engine.journal.commit(engine.journal.append(run_id, [*facts, *carry.facts], after=0))
    except Conflict:
        run = await _forked_before(engine, run, complete, carry.facts)
    return Forked(
        run=run,
        taken_over=tuple(node.name for node in kept),
        repeated=repeated,
        asks=asks,
        taken_back=taken_back,
        stale=tuple(_stale(root, kept, wish)),
    )


def _trusted(origin: Run) -> bool:
    """True unless what is taken over came from somebody who is not trusted."""
    return origin.accepted is None or origin.accepted.request.trusted


async def _forked_before(
    engine: Engine, run: Run, inputs: Mapping[str, Any], carried: Iterable[Fact]
) -> Run:
    """The run that is there already under the id of `run`, if it is the same fork. Raises `Conflict` if it is not."""
    assert run.root is not None
    before = await begun_before(engine, run.id, run.root.shape.plan, inputs)
    facts = [row.fact for row in await engine.journal.read(run.id)]
    if _origin(before) != _origin(run) or await _given(engine, facts) != await _given(
        engine, carried
    ):
        raise used_otherwise(run.id)
    return before


def _origin(run: Run) -> tuple[str, str, bool]:
    fork = run.accepted.fork if run.accepted is not None else None
    return (fork.run, fork.at, fork.asks) if fork is not None else ("", "", False)


async def _given(engine: Engine, facts: Iterable[Fact]) -> dict[str, bytes]:
    """The values that were given in place of those of the other run, by the path of their steps."""
    found: dict[str, bytes] = {}
    for fact in facts:
        if isinstance(fact, Inherited) and fact.replaced and fact.value is not None:
            await engine.load([fact.value])
            found[fact.path] = canonical(engine.shelf.get(fact.value))
    return found


# ── where ────────────────────────────────────────────────────────────────────────────────────────────────────


def _place(origin: Run, root: Scope, at: str) -> tuple[str, int]:
    """The step of the plan that `at` names, and the index of its item, -1 for all of it."""
    if at in root.nodes:
        return at, -1
    step, dot, index = at.partition(".")
    if dot and index.isascii() and index.isdigit() and at in origin.nodes:
        return step, int(index)
    outer = at.partition("/")[0].partition("~")[0]
    if outer != at and outer in origin.nodes:
        raise InputError(
            f"a run is forked at a step of its plan, or at an item of it, and not at {at!r}",
            remedy=f"fork it at {outer}",
        )
    raise NotFound(
        f"run {origin.id} has no step {at!r}", remedy=did_you_mean(at, root.nodes, "steps")
    )


def _runs_again(root: Scope, step: str, item: int, wish: Wish) -> tuple[set[str], tuple[str, ...]]:
    """The steps that run again, and those of them before `step` because the other run has taken them back."""
    given = set(wish.values)
    first = set(root.shape.dependants[step]) if item >= 0 else {step}
    again = _closure(root, first)
    if item >= 0:
        again.discard(step)
    undone = {
        node.name
        for node in root.nodes.values()
        if node.name not in again | given and was_taken_back(node)
    }
    return again | (_closure(root, undone) - given), tuple(sorted(undone))


def _closure(root: Scope, names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(root.shape.dependants[name])
    return found


def _kept(root: Scope, again: set[str], wish: Wish) -> list[Node]:
    """The instances whose outcomes are taken over, in the order in which they ended."""
    lost = _lost(root)
    kept: list[Node] = []
    for name, node in root.nodes.items():
        ended = node.state in (r.DONE, r.SKIPPED) or name in lost
        ended = ended or (node.state == r.FAILED and tolerated(root, node))
        if name in wish.values or (ended and name not in again):
            kept.append(node)
    return sorted(kept, key=lambda node: node.ended_at)


def _lost(root: Scope) -> set[str]:
    """Steps that were cancelled because everything that would use them has joined without them."""
    lost: set[str] = set()
    pending = [dep for node in root.nodes.values() if node.winners for dep in node.shape.deps]
    while pending:
        name = pending.pop()
        users = root.shape.users[name]
        if (
            not users
            or name in lost
            or root.nodes[name].state != r.DROPPED
            or name in root.shape.in_result
        ):
            continue
        if all(root.nodes[user].winners is not None or user in lost for user in users):
            lost.add(name)
            pending.extend(root.nodes[name].shape.deps)
    return lost


def _effects(origin: Run, kept: set[str], step: str, item: int) -> Iterator[str]:
    """Instances that are not taken over and have changed the world, or may have."""
    for node in origin.nodes.values():
        name = node.path.partition("/")[0].partition("~")[0].partition(".")[0]
        mine = name not in kept
        if item >= 0 and name == step:
            inside = f"{step}.{item}"
            mine = node.path == inside or node.path.startswith((f"{inside}/", f"{inside}~"))
        if mine and has_acted(node) and node.kind != "undo":
            yield node.path


def _stale(root: Scope, kept: list[Node], wish: Wish) -> Iterator[str]:
    touched = _closure(root, wish.values)
    for node in kept:
        if node.name in touched and node.name not in wish.values:
            yield node.name


# ── what is replaced ─────────────────────────────────────────────────────────────────────────────────────────


def _check_values(engine: Engine, root: Scope, wish: Wish, again: set[str], step: str) -> None:
    for name, value in wish.values.items():
        node = root.nodes.get(name)
        if node is None:
            near = did_you_mean(name, root.nodes, "steps")
            raise NotFound(f"the plan has no step {name!r} to give a value to", remedy=near)
        if name == step or name in again:
            raise InputError(
                f"{name} runs again in a fork at {wish.at}, so its value cannot be given",
                remedy=f"fork at a step that uses {name}, or leave its value out",
            )
        _check_value(node, value, engine.catalog.cards())


def _check_value(node: Node, value: Any, cards: Mapping[str, Card]) -> None:
    values: list[Any] = [value]
    if node.kind == "each":
        if not isinstance(value, list):
            raise InputError(
                f"{node.name} is an `each`: its value is a list", remedy="give a list, an item each"
            )
        values = cast("list[Any]", value)
    card = cards.get(node.shape.uses[0])
    if card is None or card.output is None or len(node.shape.uses) > 1:
        return
    for one in values:
        wrong = problems(card.output, one)
        if wrong:
            raise InputError(
                f"the value for {node.name} is not what {card.name} gives: {wrong[0]}",
                remedy=f"`batuta capabilities {card.name}` shows the schema of its value",
            )


async def _check_items(engine: Engine, container: Node) -> None:
    """What was taken over item by item must still be the outcome of those items."""
    await engine.load(wanted(container))
    try:
        count = len(items_of(container, engine.shelf))
    except ExpressionError as error:
        raise InputError(f"the items of {container.path}: {error.message}") from error
    if count != len(container.children):
        raise InputError(
            f"{container.path} would have {count:,} items now, and had {len(container.children):,}",
            remedy=f"fork at {container.path}, so that all of its items run again",
        )

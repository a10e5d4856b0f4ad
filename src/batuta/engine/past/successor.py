"""A successor: a run that goes on in place of one that failed, or was told more, with what that one has finished.

A step of the new plan that calls the same with the same arguments as one that was done takes over its value, whatever
it is called, and so does each item of an `each`. Everything else runs, with keys of its own.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from batuta.engine.engine import Engine
from batuta.engine.past.at_hand import AtHand
from batuta.engine.past.carry import Carrier
from batuta.engine.rules.prepare import arguments
from batuta.engine.rules.view import items_of, lookup
from batuta.errors import ExpressionError, InputError, NotFound
from batuta.plans.graph import in_order
from batuta.plans.inputs import validate_inputs
from batuta.spec import run as r
from batuta.spec.budget import Budget
from batuta.spec.call import Question
from batuta.spec.expr import evaluate_condition
from batuta.spec.facts import (
    Accepted,
    Fact,
    Inherited,
    Parked,
    Routed,
    Spread,
    Waited,
)
from batuta.spec.fold import apply
from batuta.spec.inside import effect_of, has_acted, was_taken_back
from batuta.spec.plan import Plan
from batuta.spec.request import Fork
from batuta.spec.run import Node, Run
from batuta.spec.value import canonical, decode, digest, inline

__all__ = ["Successor", "begin", "prepared"]


class Successor(msgspec.Struct, frozen=True):
    """A run that could go on in place of another one. Nothing of it is written yet.

    Attributes:
        run: as it would begin: what is not over there would run.
        accepted, facts: what would be in its log: the first fact, and those behind the way to its plan.
        taken: its step instances whose values are taken over, with those of the other run that they come from.
        loose: instances of the other run that have had an effect, or may have had, and are not taken over.
    """

    run: Run
    accepted: Accepted
    facts: tuple[Fact, ...]
    taken: Mapping[str, str]
    loose: tuple[str, ...]

    @property
    def rest(self) -> tuple[str, ...]:
        """The steps that would still run."""
        assert self.run.root is not None
        return tuple(name for name, node in self.run.root.nodes.items() if not node.terminal)


async def prepared(
    engine: Engine, origin: Run, plan: Plan, inputs: Mapping[str, Any], run_id: str, words: str
) -> Successor:
    """What the run `run_id` would be that goes on in place of `origin` by `plan`; `words` are what is wanted now.

    Raises:
        PlanError: the plan has flaws. InputError: the inputs do not fit. NotFound: values of `origin` were erased.
    """
    before, failed = origin.accepted, origin.ended
    assert before is not None and failed is not None, "what goes on is over"
    shape = engine.shapes.admitted(plan)
    complete = validate_inputs(shape.plan, inputs)
    number = 1 + (0 if before.fork is None else before.fork.number)
    fork = Fork(run=origin.id, at=failed.path, head=origin.head, number=number)
    request = msgspec.structs.replace(before.request, text=words)
    accepted, planned = engine.opening(shape, complete, run_id, request, fork)
    run = Run(engine.shapes.of)
    for fact in (accepted, planned):
        apply(run, fact)
    taking = _Taking(engine, origin, run, accepted.at)
    assert run.root is not None
    for name in in_order({name: one.deps for name, one in shape.steps.items()}):
        await taking.step(run.root.nodes[name])
    loose = tuple(_loose(origin, frozenset(taking.taken.values())))
    return Successor(run, accepted, (planned, *taking.facts), taking.taken, loose)


async def begin(
    engine: Engine,
    successor: Successor,
    routed: Routed,
    budget: Budget | None,
    *,
    asks: bool,
    question: Question | None = None,
) -> None:
    """Write it down; durable when this returns, and nobody drives it yet.

    `budget`: what is left of that of the other run. `asks`: each of its effects is asked about first. `question`: what
    a person has to accept before anything happens.

    Raises:
        Conflict: there is such a run already. JournalError: there is none.
    """
    accepted = successor.accepted
    assert accepted.fork is not None
    if budget is not None:
        budget = budget.narrowed(accepted.budget)
    fork = msgspec.structs.replace(accepted.fork, asks=asks)
    accepted = msgspec.structs.replace(accepted, fork=fork, budget=budget or accepted.budget)
    salt = bytes.fromhex(accepted.salt)
    why = engine.store(decode(routed.why.data), salt)
    facts: list[Fact] = [accepted, msgspec.structs.replace(routed, at=accepted.at, why=why)]
    facts += successor.facts
    if question is not None:
        slot, at = inline(question, salt), accepted.at
        facts.append(Waited(at=at, path="", attempt=0, term=0, kind="drift", question=slot))
        facts.append(Parked(at=at, term=0, waiting=("",)))
    journal = engine.journal
    await journal.commit(journal.append(accepted.run, facts, after=0))


class _Taking:
    """Finds for steps of `run` what `origin` has done already, and records that."""

    def __init__(self, engine: Engine, origin: Run, run: Run, at: float) -> None:
        self._engine = engine
        self._origin = origin
        self._run = run
        self._values = AtHand(engine, run)
        self._carrier = Carrier(engine, run.salt, at)
        self._at = at
        # By capability and digest of the arguments: a list has thousands of items, each with as many to look among.
        self._done: dict[tuple[str, str], deque[tuple[Node, bool]]] = {}
        for node, is_effect in _done(origin):
            alike = self._done.setdefault((node.capability, node.args_digest), deque())
            alike.append((node, is_effect))
        self._called = {capability for capability, _ in self._done}
        self.facts: list[Fact] = []
        self.taken: dict[str, str] = {}

    async def step(self, node: Node) -> None:
        """Take `node` over, or those of its items that were done."""
        nodes = node.scope.nodes
        deps = [nodes[name] for name in node.shape.deps]
        known = node.state == r.PENDING and all(one.terminal for one in deps)
        # What joins, or is skipped with what it needs, is left to who drives the run.
        if not known or node.shape.quorum or any(nodes[n].is_skipped for n in node.shape.needs):
            return
        try:
            if not await self._wanted(node):
                return
            if node.kind == "step":
                await self._one(node)
            elif node.kind == "each":
                await self._items(node)
        except (ExpressionError, InputError, NotFound):
            return  # an expression that cannot be evaluated fails where the step runs

    async def _wanted(self, node: Node) -> bool:
        """The condition holds, or is to be asked for each item."""
        when, inside = node.shape.when, node.parent is not None
        if when is None or inside != node.shape.when_per_item:
            return True
        shelf = self._engine.shelf
        return await self._values.asked(lambda: evaluate_condition(when, lookup(node, shelf)), node)

    async def _items(self, node: Node) -> None:
        count = len(await self._values.asked(lambda: items_of(node, self._engine.shelf), node))
        if not count or count > node.shape.step.at_most or not self._may_have(node):
            return
        self._record(Spread(at=self._at, path=node.path, term=0, count=count))
        for child in list(node.children):
            if child.kind == "step" and await self._wanted(child):
                await self._one(child)

    def _may_have(self, node: Node) -> bool:
        return not self._called.isdisjoint(node.shape.uses)

    async def _one(self, node: Node) -> None:
        for at, use in enumerate(node.shape.uses):
            args = await self._values.asked(
                lambda at=at: arguments(node, self._engine.shelf, at), node
            )
            found = self._twin(use, digest(canonical(args)))
            if found is not None:
                await self._take(node, found)
                return

    def _twin(self, capability: str, args: str) -> Node | None:
        """Who has done the same; whatever had an effect stands for one step only."""
        alike = self._done.get((capability, args))
        if not alike:
            return None
        node, is_effect = alike[0]
        if is_effect:
            alike.popleft()
        return node

    async def _take(self, node: Node, twin: Node) -> None:
        assert twin.value is not None
        value = await self._carrier.copied(twin.value)
        self._record(
            Inherited(
                at=self._at,
                path=node.path,
                state=r.DONE,
                attempt=twin.attempt,
                value=value,
                why=f"taken over from {twin.path} of {self._origin.id}",
                capability=twin.capability,
                args_digest=twin.args_digest,
                effect=effect_of(twin),
            )
        )
        self.taken[node.path] = twin.path

    def _record(self, fact: Fact) -> None:
        counted = apply(self._run, fact)
        assert counted, fact
        self.facts.append(fact)


def _done(origin: Run) -> Iterator[tuple[Node, bool]]:
    """The instances whose values can be taken over, and whether they have had an effect."""
    for node in origin.nodes.values():
        in_round = node.parent is not None and node.parent.kind == "repeat"
        if node.kind != "step" or in_round or node.state != r.DONE or node.value is None:
            continue
        if node.args_digest and not was_taken_back(node):
            yield node, bool(effect_of(node))


def _loose(origin: Run, taken: frozenset[str]) -> Iterator[str]:
    """The instances that have had an effect, or may have had, and are not among those `taken` or inside of them."""
    for node in origin.nodes.values():
        if node.kind == "step" and has_acted(node):
            if not any(path in taken for path in _around(node)):
                yield node.path


def _around(node: Node) -> Iterator[str]:
    """The path of `node`, and those of the steps that it is inside of."""
    one: Node | None = node
    while one is not None:
        yield one.path
        one = one.parent

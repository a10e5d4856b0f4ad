"""Recorded runs against the present code: the same decisions, or the first difference. Nothing is performed or written.

The facts of a log are fed one by one. At every point where the log shows a decision, what would be decided now (by
this engine, the cards, the policy and, if one is given, another plan) is compared with it.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from batuta.engine.engine import Engine
from batuta.engine.past.at_hand import AtHand
from batuta.engine.past.likeness import Unlike, described, kind_of_fact
from batuta.engine.past.misfits import Misfits
from batuta.engine.past.rejudge import node_at, unlike
from batuta.engine.past.replayed import Difference, Replayed
from batuta.engine.past.served import catalogs_then
from batuta.engine.rules.decide import decide
from batuta.engine.rules.view import Shelf
from batuta.errors import BatutaError, JournalBroken, NotFound
from batuta.plans.inputs import validate_inputs
from batuta.ports import WORKSPACE, Catalog, Judge, Row
from batuta.spec.admits import admits
from batuta.spec.facts import (
    Accepted,
    Ended,
    Expanded,
    Fact,
    Parked,
    Purged,
    Restored,
    Skipped,
    Spread,
    Started,
    Waited,
)
from batuta.spec.fold import apply
from batuta.spec.plan import Plan
from batuta.spec.run import Node, Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import Value

__all__ = ["Replay"]

# Facts that only the owner of a run records, behind what it has read: they always count when they are written.
_DECIDED = (Started, Skipped, Spread, Parked, Ended)

# What code raises where a log is not what it expects.
_FALLS = (AssertionError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


class _Around(msgspec.Struct):
    """The surroundings of a decision at one place of the log: those of the present, and the epoch of then.

    `catalog`: of the present, with what was missing then.
    """

    catalog: Catalog
    judge: Judge
    shelf: Shelf
    epoch: int


class Replay:
    """Replays runs of one workspace. `plan`: take it for the plan that the runs recorded."""

    def __init__(self, engine: Engine, plan: Plan | None = None) -> None:
        self._engine = engine
        self._plan = plan
        self._epochs: list[tuple[int, int]] | None = None
        # Whether a recorded plan would be admitted now, by its digest: "" or why not. Cards do not change meanwhile.
        self._refusals: dict[str, str] = {}

    async def run(self, run_id: str) -> Replayed:
        """Compare every decision of the run with those of now. Raises `NotFound`, `JournalError`."""
        try:
            rows = await self._engine.journal.read(run_id)
        except JournalBroken as error:
            return Replayed(run_id, "", "unreadable", why=error.in_one_line)
        if not rows:
            raise NotFound(f"there is no run {run_id!r}", remedy="`batuta runs` lists them")
        if self._epochs is None:
            restores = await self._engine.journal.read(WORKSPACE)
            self._epochs = [
                (r.gseq, r.fact.epoch) for r in restores if isinstance(r.fact, Restored)
            ]
        return await self.rows(run_id, rows, self._epochs)

    async def rows(
        self, run_id: str, rows: Sequence[Row], epochs: Sequence[tuple[int, int]] = ()
    ) -> Replayed:
        """The same for the `rows` of a log. `epochs`: the restores of the journal, as (position, epoch)."""
        story = _Story(self._engine, self._plan, self._refusals)
        if any(isinstance(row.fact, Purged) for row in rows):
            return Replayed(run_id, _plan_name(rows), "erased")
        try:
            return await story.replay(run_id, rows, epochs)
        except NotFound:
            return Replayed(run_id, story.plan_name, "erased", story.decisions)
        except JournalBroken as error:
            why = error.in_one_line
            return Replayed(run_id, story.plan_name, "unreadable", story.decisions, why=why)


class _Story:
    """One run under replay."""

    def __init__(self, engine: Engine, plan: Plan | None, refusals: dict[str, str]) -> None:
        self._engine = engine
        self._given = None if plan is None else PlanShape(plan)
        self._refusals = refusals
        self._run = Run(self._shape)
        self._values = AtHand(engine, self._run)
        self._misfits = Misfits(engine, self._run, self._values)
        self._new_steps: frozenset[str] = frozenset()
        self.decisions = 0
        self.plan_name = ""
        self.plan_digest = ""

    def _shape(self, digest: str) -> PlanShape:
        if self._given is not None and self._run.root is None:
            return self._given
        return self._engine.shapes.of(digest)

    async def replay(
        self, run_id: str, rows: Sequence[Row], epochs: Sequence[tuple[int, int]]
    ) -> Replayed:
        run = self._run
        for row in rows:
            try:
                difference = await self._next(row, epochs)
            except _FALLS as error:
                # Also a difference: the engine of then has recorded something here.
                now = f"the engine fails: {type(error).__name__}: {error}"
                path = getattr(row.fact, "path", "")
                difference = Difference(
                    row.seq, path, kind_of_fact(row.fact), described(row.fact), now
                )
            if difference is not None:
                return self._replayed(run_id, "differs", difference)
            run.touched.clear()
        misfit = self._misfits.first
        return self._replayed(run_id, "same" if misfit is None else "differs", misfit)

    async def _next(self, row: Row, epochs: Sequence[tuple[int, int]]) -> Difference | None:
        """Compare one fact, and take it in."""
        fact = row.fact
        if isinstance(fact, Accepted):
            self.plan_name = fact.request.plan
        if isinstance(fact, Expanded):
            difference = await self._admission(row.seq, fact)
        else:
            difference = self._misfits.settled(fact) or await self._compared(row, epochs)
        if difference is None:
            apply(self._run, fact)
            self._misfits.look_at_cards(fact)
            difference = self._added(row.seq, fact)
        return difference

    def _replayed(
        self, run_id: str, verdict: Literal["same", "differs"], difference: Difference | None
    ) -> Replayed:
        changed = tuple(sorted(self._misfits.changed))
        return Replayed(
            run_id, self.plan_name, verdict, self.decisions, difference, changed, self.plan_digest
        )

    # ── plans ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _admission(self, seq: int, fact: Expanded) -> Difference | None:
        """A plan is admitted as it was then, or another one takes its place."""
        await self._engine.shapes.load(fact)
        known = self._run.plans.get(fact.plan_digest)
        recorded = known or self._engine.shapes.of(fact.plan_digest)
        shape = recorded
        if not fact.path:
            self.plan_digest = fact.plan_digest
        if not fact.path and self._given is not None:
            # Approvals name the plan they were given for; here it is the one that is looked at.
            shape = self._given
            shape.digest = fact.plan_digest
            self._new_steps = frozenset(shape.steps) - frozenset(recorded.steps)
        self.decisions += 1
        why = self._refusal(shape) or await self._misfit_of_inputs(shape, fact.inputs)
        if not why and not admits(self._run, fact):
            why = "it would not count"
        if not why:
            return None
        return Difference(seq, fact.path, kind_of_fact(fact), f"plan {shape.plan.name}", why)

    def _refusal(self, shape: PlanShape) -> str:
        if shape is self._given:
            return ""  # whoever has given it has checked it
        known = self._refusals.get(shape.digest)
        if known is None:
            known = ""
            try:
                engine = self._engine
                engine.settings.admit_plan(shape.plan, engine.catalog.cards())
            except BatutaError as error:
                known = f"the plan is refused: {error.in_one_line}"
            self._refusals[shape.digest] = known
        return known

    async def _misfit_of_inputs(self, shape: PlanShape, inputs: Value) -> str:
        await self._engine.load([inputs])
        try:
            validate_inputs(shape.plan, self._engine.shelf.get(inputs) or {})
        except BatutaError as error:
            return f"the inputs do not fit: {error.in_one_line}"
        return ""

    def _added(self, seq: int, fact: Fact) -> Difference | None:
        """A step that the recorded plan did not have has become due."""
        run = self._run
        for node in run.touched if self._new_steps else ():
            if not isinstance(node, Node) or node.scope is not run.root:
                continue
            if node.name in self._new_steps and decide(run, node, fact.at):
                return Difference(
                    seq, node.path, kind_of_fact(fact), "nothing", "a new step is due"
                )
        return None

    # ── decisions ────────────────────────────────────────────────────────────────────────────────────────────

    async def _compared(self, row: Row, epochs: Sequence[tuple[int, int]]) -> Difference | None:
        run, fact, path = self._run, row.fact, getattr(row.fact, "path", "")
        node = node_at(run, path) if path else None
        found = None
        if not admits(run, fact):
            if path and node is None and not isinstance(fact, Ended):
                found = Unlike(described(fact), "the plan has no such step")
            elif isinstance(fact, _DECIDED):
                instead = await self._asked(fact, node, self._engine.epoch)
                found = instead or Unlike(described(fact), "it would not count")
        else:
            self.decisions += isinstance(fact, _DECIDED) or _is_approval(fact)
            # A decision that was made just before a restore may stand behind it.
            for epoch in [*reversed([e for at, e in epochs if at < row.gseq]), 0]:
                found = await self._asked(fact, node, epoch)
                if found is None:
                    break
        if found is not None:
            return Difference(row.seq, path, kind_of_fact(fact), found.recorded, found.now)
        return await self._misfits.found(row.seq, fact, node)

    async def _asked(self, fact: Fact, node: Node | None, epoch: int) -> Unlike | None:
        engine = self._engine
        first = None
        for catalog in catalogs_then(engine.catalog, node, fact):
            around = _Around(catalog, engine.judge, engine.shelf, epoch)
            found = await self._values.asked(lambda a=around: unlike(self._run, fact, a), node)
            if found is None:
                return None
            first = first or found
        return first


def _is_approval(fact: Fact) -> bool:
    return isinstance(fact, Waited) and fact.kind == "approval"


def _plan_name(rows: Sequence[Row]) -> str:
    first = rows[0].fact
    return first.request.plan if isinstance(first, Accepted) else ""

"""What every driver of a process shares: journal, capabilities, policy, clock, lanes, values; and how runs begin."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from batuta.engine.lanes import PROCESS_CALLS_MAX, Lanes
from batuta.engine.perform import perform
from batuta.engine.pins import Pins
from batuta.engine.rules.prepare import arguments, call_of
from batuta.engine.rules.view import Shelf, wanted
from batuta.errors import BatutaError, JournalBroken, NotFound, PlanError
from batuta.plans.inputs import validate_inputs
from batuta.ports import Catalog, Chance, Clock, Journal, Judge, Layer, Receipt, Row, Sink
from batuta.spec.budget import Budget
from batuta.spec.call import Expand, Failed, Outcome
from batuta.spec.card import Card
from batuta.spec.facts import Accepted, Expanded, Fact, Started
from batuta.spec.fold import apply
from batuta.spec.plan import Plan
from batuta.spec.request import Fork, Request
from batuta.spec.run import Node, Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import INLINE_BYTES_MAX, Value, canonical, commitment, decode, encode

__all__ = ["Engine", "Settings"]

# Compiled plans kept for runs to come; a plan in use is held by its runs in any case.
SHAPES_MAX = 256
# Folded runs kept for who goes on with them: so many, of so many step instances at most (1 KB each).
LATELY_MAX = 4_096
LATELY_NODES_MAX = 32
EXPANSION_DEPTH_MAX = 8
STEPS_MAX = 50_000
RECONCILE_TIMEOUT_S = 60.0


class Settings(msgspec.Struct, frozen=True):
    """What a workspace decides for all its runs.

    `admit_plan` is the compiler: it gives the plan in its normal form, or raises `PlanError` for one that must not
    run with the given cards. `calls_max`: calls of all runs at once in this process.
    """

    admit_plan: Callable[[Plan, Mapping[str, Card]], Plan]
    budget: Budget | None = None
    calls_max: int = PROCESS_CALLS_MAX
    layers: tuple[Layer, ...] = ()


class Engine:
    """The surroundings of every driver. Holds no run; `Driver` does."""

    def __init__(
        self,
        journal: Journal,
        catalog: Catalog,
        judge: Judge,
        clock: Clock,
        settings: Settings,
        *,
        chance: Chance | None = None,
        sink: Sink | None = None,
    ) -> None:
        self.journal = journal
        self.catalog = catalog
        self.judge = judge
        self.clock = clock
        self.settings = settings
        self.chance = chance or Chance()
        self.lanes = Lanes(settings.calls_max)
        self.sink = sink
        self.shelf = Shelf()
        self.pins = Pins(catalog, journal)
        self.layers: Sequence[Layer] = settings.layers
        self._shapes: OrderedDict[str, PlanShape] = OrderedDict()
        self._sound: dict[str, PlanShape] = {}
        self._lately: OrderedDict[str, Run] = OrderedDict()

    @property
    def epoch(self) -> int:
        """The epoch of the journal: one more with every restore."""
        return self.journal.epoch

    # ── runs begin ───────────────────────────────────────────────────────────────────────────────────────────

    def accept(
        self,
        plan: Plan,
        inputs: Mapping[str, Any],
        *,
        run_id: str,
        author: str = "",
        text: str = "",
    ) -> Run:
        """Queue the facts that make a run of `plan`, and give the run. Durable with the next commit.

        Raises:
            PlanError: the plan has flaws. InputError: the inputs do not fit.
        """
        return self._accept(plan, inputs, run_id, author, text)[0]

    async def accept_durably(
        self,
        plan: Plan,
        inputs: Mapping[str, Any],
        *,
        run_id: str,
        author: str = "",
        text: str = "",
    ) -> Run:
        """As `accept`, and returns when the run is durable.

        Raises as `accept` does, and `JournalError`: there is no such run then.
        """
        run, receipt = self._accept(plan, inputs, run_id, author, text)
        await self.journal.commit(receipt)
        return run

    def _accept(
        self, plan: Plan, inputs: Mapping[str, Any], run_id: str, author: str, text: str
    ) -> tuple[Run, Receipt]:
        shape = self.admitted(plan)
        complete = validate_inputs(shape.plan, inputs)
        facts = self.opening(shape, complete, run_id, Request(text=text, author=author))
        run = Run(self.shape)
        for fact in facts:
            apply(run, fact)
        return run, self.journal.append(run_id, facts, after=0)

    def opening(
        self,
        shape: PlanShape,
        complete: Mapping[str, Any],
        run_id: str,
        request: Request,
        fork: Fork | None = None,
    ) -> tuple[Accepted, Expanded]:
        """The facts that make a run of an admitted plan; of `request`, plan and inputs are filled in."""
        plan, now, salt = shape.plan, self.clock.now(), self.chance.entropy(16)
        budget = plan.budget
        if self.settings.budget is not None:
            budget = self.settings.budget.narrowed(plan.budget)
        if plan.timeout_s is not None:
            budget = Budget(seconds=plan.timeout_s).narrowed(budget)
        slot = self.store(complete, salt)
        request = msgspec.structs.replace(request, plan=plan.name, inputs=slot)
        cards, described = self.pins.of(shape, salt)
        accepted = Accepted(
            at=now, run=run_id, request=request, salt=salt.hex(), epoch=self.epoch, budget=budget, fork=fork
        )  # fmt: skip
        planned = Expanded(
            at=now, path="", attempt=0, term=0, plan=self._plan_slot(shape, salt), plan_digest=shape.digest,
            cards=cards, inputs=slot, described=described,
        )  # fmt: skip
        return accepted, planned

    async def read(self, run_id: str) -> Run:
        """The run as its committed log has it. Raises `NotFound`, `JournalError`."""
        run = self._lately.pop(run_id, None)
        if run is not None:
            await self.go_on(run, await self.journal.read(run_id, after=run.head))
            if not run.purged:  # else there is less in the log than in memory
                return run
        rows = await self.journal.read(run_id)
        if not rows:
            raise NotFound(f"there is no run {run_id!r}", remedy="`batuta runs` lists them")
        return await self.fold(rows)

    def keep(self, run: Run) -> None:
        """Remember `run`, as the log has it, for who reads it next: only what is new is folded then.

        The caller has no further use for it. What was answered is gone on with at once, as a rule.
        """
        if len(run.nodes) <= LATELY_NODES_MAX:
            self._lately[run.id] = run
            if len(self._lately) > LATELY_MAX:
                self._lately.popitem(last=False)

    async def fold(self, rows: Sequence[Row]) -> Run:
        """The run that `rows` make, with the plans they mention loaded."""
        # Retention erases plans too; the skeleton of the run is still there to be listed. Kept apart: another run
        # of the same plan may still have it.
        erased: dict[str, PlanShape] = {}
        run = Run(lambda digest: self._shapes.get(digest) or erased[digest])
        for row in rows:
            fact = row.fact
            if isinstance(fact, Expanded):
                if fact.plan.erased:
                    erased.setdefault(fact.plan_digest, PlanShape(Plan(name="(erased)")))
                await self.load_plan(fact)
            apply(run, fact)
        if run.ended is None:
            await self.pins.recall(run)
        return run

    async def go_on(self, run: Run, rows: Sequence[Row], sought: Fact | None = None) -> bool:
        """Take in what others have written behind the head of `run`; True if `sought` is among it and counted."""
        counted = False
        for row in rows:
            if isinstance(row.fact, Expanded):
                await self.load_plan(row.fact)
            counted |= apply(run, row.fact) and row.fact == sought
        return counted

    async def load_plan(self, fact: Expanded) -> None:
        """Compile the plan of `fact`, unless it is at hand or erased. Raises `NotFound`, `JournalBroken`."""
        if fact.plan_digest not in self._shapes and not fact.plan.erased:
            self._keep(await self._load_shape(fact))

    def drift(self, run: Run) -> dict[str, str]:
        """Capabilities of `run` whose cards have changed since it began, and how."""
        return self.pins.drift(run)

    # ── plans that calls answer with ─────────────────────────────────────────────────────────────────────────

    def admit(self, run: Run, expand: Expand, holder: Node, now: float) -> Expanded:
        """The fact that `expand` becomes. Raises `PlanError`, `InputError` if it must not run (contract, 12)."""
        depth, scope = 1, holder.scope
        while scope.holder is not None:
            depth, scope = depth + 1, scope.holder.scope
        if depth > EXPANSION_DEPTH_MAX:
            raise PlanError(f"plans inside plans: more than {EXPANSION_DEPTH_MAX} deep")
        if len(run.nodes) + len(expand.plan.steps) > STEPS_MAX:
            raise PlanError(f"the run would have more than {STEPS_MAX:,} step instances")
        shape = self.admitted(expand.plan)
        cost = expand.cost_nusd
        cards, described = self.pins.of(shape, run.salt)
        return Expanded(
            at=now,
            path=holder.path,
            attempt=holder.attempt,
            term=run.term,
            plan=self._plan_slot(shape, run.salt),
            plan_digest=shape.digest,
            cards=cards,
            described=described,
            inputs=self.store(validate_inputs(shape.plan, expand.inputs), run.salt),
            cost_nusd=holder.reserved_nusd if cost is None else cost,
        )

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────

    def store(self, data: object, salt: bytes) -> Value:
        """The slot for `data`: inline if small, else queued for storage under its hash."""
        encoded = encode(data)
        size = len(encoded)
        if size <= INLINE_BYTES_MAX:
            return Value(data=msgspec.Raw(encoded), mark=commitment(encoded, salt))
        ref = self.journal.put(encoded)
        self.shelf.put(ref, size, decode(encoded))
        return Value(ref=ref, size=size, mark=commitment(encoded, salt))

    async def load(self, values: Sequence[Value]) -> None:
        """Bring stored `values` to hand. Raises `NotFound`, `JournalBroken`."""
        for value in values:
            if value.ref and not self.shelf.has(value):
                encoded = await self.journal.get(value.ref)
                self.shelf.put(value.ref, len(encoded), decode(encoded))

    # ── writes in doubt ──────────────────────────────────────────────────────────────────────────────────────

    async def reconcile(self, run: Run, node: Node) -> Outcome:
        """Ask the capability by key what became of a call. Never raises."""
        try:
            capability = self.catalog.get(node.capability)
        except NotFound as error:
            return Failed("unknown_capability", error.message, in_doubt=True)
        ask = getattr(capability, "reconcile", None)
        if ask is None:
            return Failed("in_doubt", f"{node.capability} cannot say what happened", in_doubt=True)
        try:
            await self.load(wanted(node))
            args = arguments(node, self.shelf)
        except BatutaError as error:
            return Failed("in_doubt", error.message, in_doubt=True)
        started = Started(
            at=self.clock.now(), path=node.path, attempt=node.attempt, term=run.term,
            capability=node.capability, effect="read", key=node.key, args_digest=node.args_digest,
            deadline=self.clock.now() + RECONCILE_TIMEOUT_S,
        )  # fmt: skip
        call = call_of(run, node, started, canonical(args))
        # As of a write: that the question got lost is no promise that nothing happened.
        return await perform(call, ask, "write", RECONCILE_TIMEOUT_S)

    # ── plans ────────────────────────────────────────────────────────────────────────────────────────────────

    def shape(self, plan_digest: str) -> PlanShape:
        """The compiled plan of a digest that was read or admitted before."""
        return self._shapes[plan_digest]

    def admitted(self, plan: Plan) -> PlanShape:
        """The compiled `plan`. Checked only if it is new here: the cards of an engine do not change.

        Raises `PlanError`.
        """
        given = plan.digest()
        shape = self._sound.get(given)
        if shape is None:
            normal = self.settings.admit_plan(plan, self.catalog.cards())
            shape = self._shapes.get(normal.digest()) or PlanShape(normal)
            if len(self._sound) >= SHAPES_MAX:
                self._sound.clear()
            self._sound[given] = shape
        return self._keep(shape)

    def _keep(self, shape: PlanShape) -> PlanShape:
        kept = self._shapes.get(shape.digest)
        if kept is not None:
            self._shapes.move_to_end(shape.digest)
            return kept
        self._shapes[shape.digest] = shape
        if len(self._shapes) > SHAPES_MAX:
            self._shapes.popitem(last=False)
        return shape

    async def _load_shape(self, fact: Expanded) -> PlanShape:
        slot = fact.plan
        encoded = await self.journal.get(slot.ref) if slot.ref else bytes(slot.data)
        try:
            return PlanShape(msgspec.json.decode(encoded, type=Plan))
        except msgspec.ValidationError as error:
            raise JournalBroken(
                f"the log holds a plan that this version cannot read: {error}",
                remedy="it was written by a newer batuta: upgrade",
            ) from error

    def _plan_slot(self, shape: PlanShape, salt: bytes) -> Value:
        encoded = shape.encoded
        # However small: stored once, a plan is not written again with every run of it.
        return Value(
            ref=self.journal.put(encoded), size=len(encoded), mark=commitment(encoded, salt)
        )

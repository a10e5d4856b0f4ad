"""What every driver of a process shares: journal, capabilities, policy, clock, lanes, values; and how runs begin."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from batuta.engine.lanes import PROCESS_CALLS_MAX, Lanes
from batuta.engine.pins import Pins
from batuta.engine.rules.view import Shelf
from batuta.engine.shapes import Shapes
from batuta.engine.turnstile import Turnstile
from batuta.errors import NotFound, PlanError, Stopped
from batuta.outbound.tracing import asked_within
from batuta.plans.inputs import validate_inputs
from batuta.ports import Catalog, Chance, Clock, Journal, Judge, Layer, Receipt, Row, Sink
from batuta.spec.budget import Budget
from batuta.spec.call import Expand
from batuta.spec.card import Card
from batuta.spec.facts import FORMAT, Accepted, Expanded, Fact, Routed
from batuta.spec.fold import apply
from batuta.spec.parts import PIECE_BYTES_MIN, put_together, taken_apart
from batuta.spec.plan import Plan
from batuta.spec.request import Fork, Request
from batuta.spec.run import Node, Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import INLINE_BYTES_MAX, Part, Value, commitment, decode, encode

__all__ = ["Engine", "Settings"]

# Folded runs kept for who goes on with them: so many, of so many step instances at most (1 KB each).
LATELY_MAX = 4_096
LATELY_NODES_MAX = 32
EXPANSION_DEPTH_MAX = 16
STEPS_MAX = 50_000


class Settings(msgspec.Struct, frozen=True):
    """What a workspace decides for all its runs.

    `admit_plan` is the compiler: it gives the plan in its normal form, or raises `PlanError` for one that must not
    run with the given cards. `budget` bounds every run. `calls_max`: calls of all runs at once in this process.
    `layers` wrap every call, the first one outermost. `stopped` says why nothing may be driven now ("": it may); it is
    asked often, by every process that drives.
    """

    admit_plan: Callable[[Plan, Mapping[str, Card]], Plan]
    budget: Budget | None = None
    calls_max: int = PROCESS_CALLS_MAX
    layers: tuple[Layer, ...] = ()
    stopped: Callable[[], str] | None = None


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
        self.turnstile = Turnstile()
        self.sink = sink
        self.shelf = Shelf()
        self.pins = Pins(catalog, journal)
        self.shapes = Shapes(journal, lambda plan: self.settings.admit_plan(plan, catalog.cards()))
        self._lately: OrderedDict[str, Run] = OrderedDict()

    @property
    def epoch(self) -> int:
        """The epoch of the journal: one more with every restore."""
        return self.journal.epoch

    def check_not_stopped(self) -> None:
        """Raises `Stopped` while somebody has stopped everything."""
        if why := self.stopped():
            raise why

    def stopped(self) -> Stopped | None:
        """The error of who wants to begin or drive something now; None while it may be."""
        if self.settings.stopped is not None and (why := self.settings.stopped()):
            return Stopped(why, remedy="`batuta stop --release` lets it go on")
        return None

    # ── runs begin ───────────────────────────────────────────────────────────────────────────────────────────

    def accept(
        self,
        plan: Plan,
        inputs: Mapping[str, Any],
        *,
        run_id: str,
        request: Request = Request(),
        routed: Routed | None = None,
    ) -> tuple[Run, Receipt]:
        """Queue the facts that make a run of `plan`: the run, and what to commit before anybody is told of it.

        `request`: who asks, and in which words, if in words; `routed`: how they led to `plan`.

        Raises:
            PlanError: the plan has flaws. InputError: the inputs do not fit. Stopped: nothing begins now.
        """
        shape = self.shapes.admitted(plan)
        complete = validate_inputs(shape.plan, inputs)
        accepted, planned = self.opening(shape, complete, run_id, request)
        facts: list[Fact] = [accepted, planned]
        if routed is not None:
            why = self.store(decode(routed.why.data), bytes.fromhex(accepted.salt))
            facts.insert(1, msgspec.structs.replace(routed, at=accepted.at, why=why))
        run = Run(self.shapes.of)
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
        """The facts that make a run of an admitted plan; of `request`, plan and inputs are filled in.

        Raises `Stopped`.
        """
        self.check_not_stopped()
        plan, now, salt = shape.plan, self.clock.now(), self.chance.entropy(16)
        budget = plan.budget
        if self.settings.budget is not None:
            budget = self.settings.budget.narrowed(plan.budget)
        if plan.timeout_s is not None:
            budget = Budget(seconds=plan.timeout_s).narrowed(budget)
        slot = self.store(complete, salt)
        request = msgspec.structs.replace(
            request, plan=plan.name, inputs=slot, trace=request.trace or asked_within.get()
        )
        cards, described = self.pins.of(shape, salt)
        accepted = Accepted(
            at=now, run=run_id, request=request, salt=salt.hex(), epoch=self.epoch, budget=budget,
            format=FORMAT, fork=fork,
        )  # fmt: skip
        planned = Expanded(
            at=now, path="", attempt=0, term=0, plan=self.shapes.slot(shape, salt), plan_digest=shape.digest,
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

    def begun(self, run_id: str) -> Run | None:
        """The run, if it was kept and nobody was seen to drive it yet. The caller has it now, and may keep it again.

        What others have written meanwhile is not in it; whoever claims it is told, for a claim counts on the head. One
        that waits before it begins is claimed only if they have written something, and so must be read.
        """
        run = self._lately.get(run_id)
        if run is None or run.term or run.parked or run.ended is not None:
            return None
        return self._lately.pop(run_id)

    async def fold(self, rows: Sequence[Row]) -> Run:
        """The run that `rows` make, with the plans they mention loaded."""
        # Retention erases plans too; the skeleton of the run is still there to be listed. Kept apart: another run
        # of the same plan may still have it.
        erased: dict[str, PlanShape] = {}
        run = Run(lambda digest: self.shapes.find(digest) or erased[digest])
        for row in rows:
            fact = row.fact
            if isinstance(fact, Expanded):
                if fact.plan.erased and not fact.plan.empty:
                    erased.setdefault(fact.plan_digest, PlanShape(Plan(name="(erased)")))
                await self.shapes.load(fact)
            apply(run, fact)
        if run.ended is None:
            await self.pins.recall(run)
        return run

    async def go_on(self, run: Run, rows: Sequence[Row], sought: Fact | None = None) -> bool:
        """Take in what others have written behind the head of `run`; True if `sought` is among it and counted."""
        counted = False
        for row in rows:
            if isinstance(row.fact, Expanded):
                await self.shapes.load(row.fact)
            counted |= apply(run, row.fact) and row.fact == sought
        return counted

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
        shape = self.shapes.admitted(expand.plan)
        # Its result hands on what it was given, as a rule: even a short text is not to be written twice.
        inputs = validate_inputs(shape.plan, expand.inputs)
        cost = expand.cost_nusd
        return Expanded(
            at=now,
            path=holder.path,
            attempt=holder.attempt,
            term=run.term,
            plan_digest=shape.digest,
            **self._news(run, shape),
            inputs=self.store(inputs, run.salt, PIECE_BYTES_MIN, own=True),
            cost_nusd=holder.reserved_nusd if cost is None else cost,
            asked=expand.asked,
        )

    def pinned(self, run: Run, fact: Expanded, plans: Mapping[str, PlanShape]) -> Expanded:
        """`fact`, that was refused, with what the log of `run` lacks without the facts that were refused with it.

        `plans`: those that its owner knew.
        """
        return msgspec.structs.replace(fact, **self._news(run, plans[fact.plan_digest]))

    def _news(self, run: Run, shape: PlanShape) -> dict[str, Any]:
        """The plan and the cards, as far as the log of `run` does not have them."""
        news: dict[str, Any] = self.pins.news(run, shape)
        if shape.digest not in run.plans:
            news["plan"] = self.shapes.slot(shape, run.salt)
        return news

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────

    def store(
        self, data: object, salt: bytes, inline_max: int = INLINE_BYTES_MAX, *, own: bool = False
    ) -> Value:
        """The slot for `data`: inline if small, else queued for storage, in pieces that are stored once each.

        `own`: it is plain JSON that nobody else has, and needs no copy.
        """
        encoded = encode(data)
        size, mark = len(encoded), commitment(encoded, salt)
        if size <= inline_max:
            return Value(data=msgspec.Raw(encoded), mark=mark)
        put, plain = self.journal.put, data if own else decode(encoded)
        left, pieces = taken_apart(plain, encoded)
        parts = tuple(Part(where, put(piece)) for where, piece in pieces)
        if parts and len(left) <= INLINE_BYTES_MAX:
            value = Value(data=msgspec.Raw(left), size=size, mark=mark, parts=parts)
        else:
            value = Value(ref=put(left), size=size, mark=mark, parts=parts)
        self.shelf.put(value, size, plain)
        return value

    async def load(self, values: Sequence[Value]) -> None:
        """Bring stored `values` to hand, all at once, however much it is. Raises `NotFound`, `JournalBroken`."""
        stored = [value for value in values if value.stored]
        for value in stored:
            if self.shelf.has(value):
                self.shelf.get(value)  # so that it is not the next to be dropped
        for value in stored:
            if not self.shelf.has(value):
                data = await self._stored(value.ref) if value.ref else decode(value.data)
                pieces = [(part.where, await self._stored(part.ref)) for part in value.parts]
                whole = put_together(data, pieces)
                self.shelf.put(value, value.size, whole, keep=len(stored))

    async def value(self, value: Value) -> Any:
        """What `value` holds. Raises `NotFound`, `JournalBroken`."""
        await self.load([value])
        return self.shelf.get(value)

    async def _stored(self, ref: str) -> Any:
        return self.shelf.find(ref) or decode(await self.journal.get(ref))

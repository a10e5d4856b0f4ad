"""The loop of one run: read → fold → decide → prepare → record → perform → record, until it ends or parks.

It keeps one law above all: what it holds in memory is the log, in the order of the log. When the journal refuses
facts because somebody else wrote first, everything is folded again from the log (`_rebase`).
"""

import asyncio
from collections import deque
from collections.abc import Callable

from batuta.engine.bell import Bell
from batuta.engine.engine import Engine
from batuta.engine.log import OwnLog, attempt_of
from batuta.engine.rules import act
from batuta.engine.rules.conclude import Conclusion, conclude, reconciled
from batuta.engine.rules.decide import Decision, decide, losers, wake_time
from batuta.engine.rules.prepare import Prepared, capability_of, prepare, serving_at
from batuta.engine.rules.view import NotLoaded, stored_in, wanted
from batuta.engine.workers import Arrival, Workers
from batuta.errors import Bug, NotFound
from batuta.spec import run as r
from batuta.spec.call import Expand
from batuta.spec.card import Card
from batuta.spec.facts import Claimed, Expanded, Parked, RunFact, Started
from batuta.spec.parts import PIECE_BYTES_MIN
from batuta.spec.run import Node, Run, Scope
from batuta.spec.value import INLINE_BYTES_MAX, Value

__all__ = ["Driver"]

# A run whose next timer is further away than this gives up its place in memory, in seconds.
NAP_S_MAX = 20.0


class Driver:
    """Drives one run in this process. `drive` returns when the run ended, parked, or belongs to somebody else."""

    def __init__(self, run: Run, engine: Engine) -> None:
        self._engine = engine
        self._log = OwnLog(run, engine.journal)
        self._bell = Bell()
        self._workers = Workers(engine, self._bell.ring)
        # Who found no free lane, in order of arrival, by capability.
        self._held: dict[str, deque[Node]] = {}
        self._starting: list[tuple[Prepared, Card]] = []
        self._foreign = False
        self._conclusion = Conclusion(self._card, self._store, engine.chance.roll, self._admit)

    @property
    def run(self) -> Run:
        """The run as far as it is known."""
        return self._log.run

    async def drive(self) -> Run:
        """Take the run as far as it goes now. Raises `JournalError`; the run then stands as the log has it."""
        unwatch = self._engine.journal.watch(self.run.id, self._on_foreign)
        workers, log = self._workers, self._log
        try:
            self._claim()
            while True:
                self._advance()
                if workers.trouble is not None:
                    raise workers.trouble
                if log.run.ended is not None or not log.owned:
                    if await self._leave():
                        return self.run
                elif workers.idle and self._idle() and await self._park():
                    return self.run
                await self._wait()
                if workers.refused or log.crowded or self._foreign:
                    await self._take_in_others()
                self._take_in()
        finally:
            unwatch()
            await workers.abandon()

    # ── decide and prepare ───────────────────────────────────────────────────────────────────────────────────

    def _claim(self) -> None:
        engine, run = self._engine, self.run
        now = engine.clock.now()
        first = run.term == 0
        self._log.record(Claimed(at=now, owner=engine.journal.owner, term=run.term + 1))
        changed = engine.pins.drift(run)
        if changed and run.drift is None:
            self._log.record(engine.pins.question(run, changed, now))
        if (
            not first
        ):  # else nobody has acted on what the fold has touched, and it is all that is due
            self._look_at_everything()

    def _look_at_everything(self) -> None:
        self.run.touched = self.run.open_work()
        self._held.clear()
        self._log.timers.wind(self.run)

    def _advance(self) -> None:
        """Do everything that is due now and needs no waiting, and queue the facts that say so."""
        now = self._engine.clock.now()
        run = self._log.run
        self._log.timers.ring(run, now)
        if self._workers.arrived:
            self._touch_arrived()
        if self._held:
            self._let_in(now)
        while run.touched and self._log.owned:
            touched, run.touched = run.touched, []
            for target in touched:
                decision = decide(run, target, now)
                if decision is not None:
                    self._act(decision, now)
        recorded = self._log.flush()
        for prepared, card in self._starting:
            assert recorded is not None
            self._workers.start(prepared, card, recorded)
        self._starting.clear()

    def _touch_arrived(self) -> None:
        """Values have been loaded for these since the loop last looked, maybe for a run that was folded anew."""
        run = self.run
        for path, held in self._workers.arrived:
            node = run.nodes.get(path)
            target = node if not held else run.root if node is None else node.subscope
            if target is not None:
                run.touched.append(target)
        self._workers.arrived.clear()

    def _let_in(self, now: float) -> None:
        """Begin those that wait for a lane, as many as there is room for."""
        for name, queue in list(self._held.items()):
            for _ in range(len(queue)):
                node = queue.popleft()
                decision = decide(self.run, node, now)
                if decision is None:
                    continue
                if decision.verb == "begin" and not self._begin(node, now, waited=True):
                    queue.appendleft(node)
                    break
                if decision.verb != "begin":
                    self._act(decision, now)
            if not queue:
                del self._held[name]

    def _act(self, decision: Decision, now: float) -> None:
        run, target, engine = self._log.run, decision.target, self._engine
        if isinstance(target, Scope):
            if decision.verb == "begin_undo":
                self._begin(act.next_undo(run), now)
            else:
                self._record_with(target, lambda: act.closed(run, target, now, engine, self._store))
            return
        match decision.verb:
            case "begin":
                self._begin(target, now)
            case "again":
                self._record_with(target, lambda: act.again(run, target, now, engine))
            case "skip":
                self._log.record(act.skipped(run, target, now))
            case "fail_join":
                self._log.record(act.join_failed(target, now))
            case "drop":
                self._log.record(act.dropped(target, now))
            case "stop":
                self._workers.stop(target.path)
            case "recover":
                card = self._card(target.capability)
                self._log.record(*act.recovered(run, target, now, card.in_doubt))
            case "reconcile":
                self._workers.reconcile(run, target)
            case "resolve":
                self._log.record(act.resolved(run, target, now))
            case "give_up":
                self._log.record(act.given_up(target, now))
            case "expire":
                self._log.record(act.expired(run, target, now))
            case "close" | "begin_undo":
                raise Bug(f"{decision.verb} is for scopes, not for {target.path}")

    def _begin(self, node: Node, now: float, *, waited: bool = False) -> bool:
        """Prepare and record, and have it called; False if there is no lane for it yet."""
        card, run = None, self._log.run
        if node.kind in ("step", "undo"):
            assert run.root is not None
            card = self._card(capability_of(node, serving_at(node, self._engine.catalog)))
            queue = self._held.get(card.name)
            full = (queue is not None and not waited) or not self._workers.enter(
                card, run.root.shape.plan.limit
            )
            if full:
                if not waited:
                    self._held.setdefault(card.name, deque()).append(node)
                return False
        try:
            prepared = prepare(run, node, now, self._engine)
        except NotLoaded:
            prepared = Prepared(())
            self._workers.load(node, wanted(node))
        joins = node.winners is None
        counted = self._log.record(*prepared.facts)
        if card is not None:
            if prepared.call is not None and counted:
                self._starting.append((prepared, card))
            else:
                self._workers.leave(card)
        if joins and node.winners is not None:
            self._drop_losers(node, now)
        return True

    def _drop_losers(self, node: Node, now: float) -> None:
        for loser in losers(node):
            if loser.state == r.RUNNING:
                if loser.effect != "write":
                    self._workers.stop(loser.path)
            elif loser.doubt is None:
                self._log.record(act.dropped(loser, now))

    def _record_with(self, target: Node | Scope, make: Callable[[], RunFact]) -> None:
        try:
            fact = make()
        except NotLoaded:
            values = wanted(target) if isinstance(target, Node) else stored_in(target)
            self._workers.load(target, values)
        else:
            self._log.record(fact)

    def _card(self, name: str) -> Card:
        try:
            return self._engine.catalog.get(name).card
        except NotFound:
            return Card(name=name)

    def _admit(self, expand: Expand, holder: Node, now: float) -> Expanded:
        return self._engine.admit(self._log.run, expand, holder, now)

    def _store(self, data: object, scope: Scope) -> Value:
        # What comes about inside of a plan is handed on by its result: even a short text is not to be written twice.
        inline_max = INLINE_BYTES_MAX if scope.holder is None else PIECE_BYTES_MIN
        return self._engine.store(data, self._log.run.salt, inline_max)

    # ── record what came in ──────────────────────────────────────────────────────────────────────────────────

    async def _take_in_others(self) -> None:
        """Refusals and facts of others that came while the loop waited."""
        if self._workers.refused or (self._log.crowded and not await self._log.confirm()):
            await self._rebase()
        if self._foreign:
            await self._catch_up()

    def _take_in(self) -> None:
        """The outcomes of calls that came while the loop waited."""
        now = self._engine.clock.now()
        while self._workers.inbox:
            self._conclude(self._workers.inbox.popleft(), now)

    def _conclude(self, arrival: Arrival, now: float) -> None:
        run = self._log.run
        node = run.nodes.get(arrival.path)
        if node is None or node.attempt != arrival.attempt:
            return
        if arrival.reconciled:
            if node.doubt is not None:
                self._log.tell(*reconciled(run, node, arrival.outcome, now, self._conclusion))
            return
        stopping = arrival.stopped
        self._log.tell(
            *conclude(run, node, arrival.outcome, now, self._conclusion, stopping=stopping)
        )

    # ── others write too ─────────────────────────────────────────────────────────────────────────────────────

    def _on_foreign(self) -> None:
        self._foreign = True
        self._bell.ring()

    async def _catch_up(self) -> None:
        """Somebody else wrote into the log: take it in, behind what is ours."""
        self._foreign = False
        self._log.flush()
        if await self._log.confirm():
            await self._engine.go_on(self.run, await self._log.foreign())
        else:
            await self._rebase()

    async def _rebase(self) -> None:
        """Facts of ours were refused. Fold the log anew, and record again what still counts."""
        self._foreign = False
        workers = self._workers
        workers.refused = False
        refused = await self._log.refused()
        claiming = any(isinstance(fact, Claimed) for fact in refused)
        # Attempts that are in no log: whatever led to them is decided anew, and what came of them is nobody's outcome.
        # What had to wait for its intent has not left; the rest may run again.
        never = dict.fromkeys(attempt_of(fact) for fact in refused if isinstance(fact, Started))
        told = [f for f in refused if not isinstance(f, Claimed) and attempt_of(f) not in never]
        workers.forget(path for path, _ in never)
        plans = self.run.plans
        self._log.run = run = await self._engine.read(self.run.id)
        for at, fact in enumerate(told):
            if isinstance(fact, Expanded):
                told[at] = self._engine.pinned(run, fact, plans)
        if run.ended is None and claiming and await self._engine.journal.claim(run.id):
            self._claim()
        if self._log.owned:
            self._log.again(told)
            self._look_at_everything()
            return
        # Whether a late outcome counts is for the log to say (contract, 8). Nothing new leaves from here.
        self._held.clear()
        self._log.timers.wind(self.run)
        workers.forget(workers.unsent)
        await self._log.tell_late(told)

    # ── the end, or a pause ──────────────────────────────────────────────────────────────────────────────────

    def _idle(self) -> bool:
        if self._log.unrecorded or self.run.touched or self._held:
            return False
        due = self._log.timers.next
        return due is None or due - self._engine.clock.now() > NAP_S_MAX

    async def _park(self) -> bool:
        """Give the run up until an answer or a timer; False if something came in between."""
        run = self.run
        waiting = ("",) if run.drift is not None else tuple(node.path for node in run.waiting())
        due = wake_time(run)
        if not waiting and due is None:
            raise Bug(f"run {run.id} has nothing to do and has not ended")
        now = self._engine.clock.now()
        self._log.record(Parked(at=now, term=run.term, wake_at=due, waiting=waiting))
        self._log.flush()
        return await self._leave()

    async def _leave(self) -> bool:
        """True if everything is durable and nothing is left to do here; the run may then be shown as it is."""
        if not await self._log.confirm():
            await self._rebase()
            if self._log.owned and self.run.ended is None:
                return False
        if self.run.ended is None and self._foreign and not self.run.owner:
            await self._catch_up()
            unparked = any(node.state == r.READY for node in self.run.nodes.values())
            if not self.run.owner and (unparked or self.run.cancel is not None):
                self._claim()
                return False
        if not self._workers.idle:
            await self._finish_late()
        return True

    async def _finish_late(self) -> None:
        """The run is not ours any more: tell the log what still runs here comes to, each as it comes in."""
        workers = self._workers
        while not workers.idle:
            self._bell.silence()
            if not (workers.inbox or workers.arrived or workers.refused):
                await self._bell.heard()
            if workers.trouble is not None:
                raise workers.trouble
            workers.forget(workers.unsent)
            workers.refused = False
            workers.arrived.clear()
            self._log.run = await self._engine.read(self.run.id)
            now = self._engine.clock.now()
            while workers.inbox:
                self._conclude(workers.inbox.popleft(), now)
            await self._log.tell_late(await self._log.refused())
        self._log.run = await self._engine.read(self.run.id)

    async def _wait(self) -> None:
        """Until something comes in, or the next timer rings."""
        workers = self._workers
        busy = workers.inbox or workers.arrived or workers.refused or workers.trouble
        if busy or self._foreign or self._log.run.touched:
            self._bell.silence()
            return
        timer = None
        due = self._log.timers.next
        if due is not None:
            # Looked at again now and then, because a wall clock may jump while the loop's own does not.
            pause_s = min(max(due - self._engine.clock.now(), 0.0), NAP_S_MAX)
            timer = asyncio.get_running_loop().call_later(pause_s, self._bell.ring)
        await self._bell.heard()
        if timer is not None:
            timer.cancel()

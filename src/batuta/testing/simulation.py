"""One story under way: its processes, its people, what goes wrong, and the laws that watch it."""

import asyncio
import hashlib
import random
from collections import OrderedDict
from collections.abc import Sequence
from contextvars import Context
from functools import partial

import msgspec

from batuta.engine.engine import Engine, Settings
from batuta.engine.past.replay import Replay
from batuta.journal.codec import encode_fact
from batuta.ports import WORKSPACE, Chance, Row
from batuta.spec import run as r
from batuta.spec.call import Call
from batuta.spec.card import Card
from batuta.spec.facts import Fact, Restored, Waited
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape
from batuta.testing.faults import Faults
from batuta.testing.laws import Broken, Laws
from batuta.testing.people import People
from batuta.testing.process import Disk, Process, WatchedJournal
from batuta.testing.stories import Story, cast_of
from batuta.testing.virtual import Stuck, VirtualLoop
from batuta.testing.world import Entry, ScriptedCatalog, World

__all__ = ["Report", "Simulation"]

RUN_ID = "story"
# A story that has not ended by then is stuck, in virtual seconds: two set clocks, and people who think.
STORY_S_MAX = 9_000.0
# A new process comes up so long after the last one died, at most, in seconds.
REBIRTH_S_MAX = 0.5
# Turns of the loop that a story may take, and the end of all tasks after it.
STORY_TURNS_MAX = 30_000
BURIAL_TURNS_MAX = 100_000


class Report(msgspec.Struct, frozen=True):
    """How a story went.

    `digest` is that of the whole log; `states` and `keys` are those of the instances that succeeded.
    """

    status: str
    code: str
    result: bytes
    states: dict[str, str]
    keys: dict[str, str]
    digest: str
    facts: int
    crashes: int
    certain: bool


class _Engine(Engine):
    """An engine that may know the plans of others."""

    def share(self, shapes: OrderedDict[str, PlanShape]) -> None:
        self._shapes = shapes


class Simulation:
    """One story under way."""

    def __init__(
        self, seed: int, story: Story, faults: Faults, shapes: OrderedDict[str, PlanShape] | None
    ) -> None:
        # With shared shapes nobody compiles a plan twice; without, everybody loads what he does not know.
        self.shapes = shapes
        self.dice = random.Random(f"{seed}")
        self.loop = VirtualLoop(random.Random(f"{seed}/loop"), turns_max=STORY_TURNS_MAX)
        self.story = story
        self.faults = faults
        self.crashes = list(faults.crashes)
        self.died = 0
        self.world = World(self.loop, story.script)
        self.world.on_call.append(self._called)
        self.world.on_land.append(self._effect_landed)
        self.world.on_answer.append(self._answered)
        self.journal = WatchedJournal(self.world.clock, tenant_key=b"simulated", owner="office")
        self.journal.watched(self._landed)
        self.laws = Laws(
            self._shape, self.world.book, lambda: self.journal.epoch, thorough=shapes is None
        )
        self.people = People(
            self.dice, self.loop, self.world, self.journal, lambda: self.cards, faults.liars
        )
        self.cards = {c.card.name: c.card for c in cast_of(self.world)}
        self.office = self._engine_on(self.journal, cast_of(self.world))
        self.processes: dict[str, Process] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self.ended = asyncio.Event()
        self.acceptor: Process | None = None
        self.flaw: BaseException | None = None
        self.watched_flushes = 0
        self.log: list[Fact] | None = None

    def run(self) -> Report:
        """Tell the story to its end. Raises `Broken`, `Stuck`."""
        try:
            return self.loop.run_until_complete(self._main())
        except Stuck as stuck:
            raise Stuck(f"{stuck}: {self._picture()}") from None
        finally:
            if self.log is not None:
                self.log.extend(self.laws.facts)
            self._bury()
            self.loop.close()

    async def _main(self) -> Report:
        self._schedule_faults()
        for _ in range(self.faults.rivals):
            self._spawn()
        try:
            async with asyncio.timeout(STORY_S_MAX):
                await self.ended.wait()
        except TimeoutError:
            raise Stuck(f"not ended after {STORY_S_MAX:g} s") from None
        self._check_flaws()
        await self._settle()
        self._check_flaws()
        self.laws.check_effects()
        self.laws.check_fold()
        await self._replay()
        return self._report()

    async def _replay(self) -> None:
        """Deciding it all again from the log gives the same decisions."""
        if self.faults.upgrade:
            return  # part of it was decided with other cards
        replayed = await Replay(self.office).run(RUN_ID)
        if replayed.verdict != "same":
            raise Broken(f"replayed, the log {replayed.verdict}: {replayed.difference}")

    async def _settle(self) -> None:
        """Let the living come home, and what flies land."""
        for process in self.processes.values():
            process.spare()
        living = [task for process, task in self._pairs() if not process.disk.dead]
        if living:
            _, late = await asyncio.wait(living, timeout=STORY_S_MAX)
            if late:
                raise Stuck("a driver does not notice that its run has ended")
        await asyncio.sleep(30.0)

    def _bury(self) -> None:
        """Unwind what still stands on the stack of the dead; nobody listens to them any more."""
        for process in self.processes.values():
            process.die()
            self.loop.thaw(process.name)
        for task in self.tasks:
            task.cancel()
        self.loop.turns_left = BURIAL_TURNS_MAX
        if self.tasks:
            self.loop.run_until_complete(asyncio.wait(self.tasks))

    def _pairs(self) -> list[tuple[Process, "asyncio.Task[None]"]]:
        return list(zip(self.processes.values(), self.tasks, strict=True))

    # ── processes ────────────────────────────────────────────────────────────────────────────────────────────

    def _spawn(self) -> None:
        name = f"p{len(self.processes)}"
        dice, faults = self.dice, self.faults
        disk = Disk(
            delay_s=lambda: dice.random() * faults.slow_disk_s,
            torn=lambda pending: dice.randint(0, pending),
        )
        process = Process(name, self.loop, disk, self._engine, self._died)
        process.on_return = self._returned
        if self.crashes:
            crash = self.crashes.pop(0)
            if crash.point == "time":
                self.loop.call_later(crash.nth * 0.01, self._kill, process, context=Context())
            else:
                process.crash = (crash.point, crash.nth)
        self.processes[name] = process
        run = None
        if not self.laws.facts and (self.acceptor is None or self.acceptor.disk.dead):
            # By the process that drives it, which need not wait for that, or by another one that lives on.
            self.acceptor = process
            engine = process.engine if faults.accept_lazily else self.office
            run, _ = engine.accept(self.story.plan, self.story.inputs, run_id=RUN_ID)
            run = run if faults.accept_lazily else None
        task = process.start(RUN_ID, run)
        task.add_done_callback(partial(self._gone, process), context=Context())
        self.tasks.append(task)

    def _engine(self, process: Process) -> Engine:
        journal = self.journal.like(process.name, process)
        version = 2 if self.faults.upgrade and self.processes else 1
        capabilities = cast_of(self.world, version=version)
        self.cards = {c.card.name: c.card for c in capabilities}
        return self._engine_on(journal, capabilities)

    def _engine_on(self, journal: WatchedJournal, capabilities: Sequence[object]) -> Engine:
        engine = _Engine(
            journal,
            ScriptedCatalog(capabilities),  # type: ignore[arg-type]
            self.story.judge,
            self.world.clock,
            Settings(admit_plan=lambda plan, _: plan),
            chance=Chance(self.dice.random, self.dice.randbytes),
        )
        if self.shapes is not None:
            engine.share(self.shapes)
        return engine

    def _gone(self, process: Process, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not process.disk.dead:
            broken = Broken(f"a driver fell over: {error!r}")
            broken.__cause__ = error
            self._break(broken)

    def _kill(self, process: Process) -> None:
        if not self.ended.is_set():
            process.die()

    def _died(self, process: Process) -> None:
        self.died += 1
        self.loop.call_later(self.dice.random() * REBIRTH_S_MAX, self._spawn, context=Context())

    # ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────

    def _schedule_faults(self) -> None:
        faults, later = self.faults, self.loop.call_later
        for pause in faults.pauses:
            later(pause.at_s, self._pause, pause.for_s, pause.stolen)
        for at_s, batches in faults.full_disk:
            later(at_s, self._fill_disk, batches)
        for at_s, by_s in faults.jumps:
            later(at_s, self.world.clock.jump, by_s)
        for at_s in faults.cancels:
            later(at_s, self._cancel)
        for at_s in faults.restores:
            later(at_s, self._restore)

    def _driving(self) -> Process | None:
        owner = self.laws.run.owner
        process = self.processes.get(owner)
        return process if process is not None and not process.disk.dead else None

    def _pause(self, for_s: float, stolen: bool) -> None:
        process = self._driving()
        if process is None:
            return
        self.loop.freeze(process.name)

        def go_on() -> None:
            if not process.disk.dead:
                self.loop.thaw(process.name)

        self.loop.call_later(for_s, go_on)
        if stolen:
            self._spawn()
            list(self.processes.values())[-1].steals = True

    def _fill_disk(self, batches: int) -> None:
        process = self._driving()
        if process is not None:
            process.fail_disk(batches)

    def _cancel(self) -> None:
        if self.laws.facts:
            self.people.cancel(RUN_ID)

    def _restore(self) -> None:
        epoch = self.journal.epoch + 1
        now = self.world.clock.now()
        self.journal.append(WORKSPACE, (Restored(at=now, epoch=epoch),), after=None)

    # ── what is seen ─────────────────────────────────────────────────────────────────────────────────────────

    def _shape(self, digest: str) -> PlanShape:
        for engine in (self.office, *(process.engine for process in self.processes.values())):
            try:
                return engine.shapes.of(digest)
            except KeyError:
                continue
        raise Broken(f"no process knows plan {digest}")

    def _landed(self, rows: Sequence[Row]) -> None:
        try:
            for row in rows:
                if row.stream != RUN_ID:
                    continue
                if self.laws.land(row) and isinstance(row.fact, Waited):
                    self.people.asked(RUN_ID, row.fact)
            if self.laws.run.ended is not None:
                self.ended.set()
            self._compare_memory()
        except Broken as broken:
            self._break(broken)

    def _compare_memory(self) -> None:
        self.watched_flushes += 1
        process = self._driving()
        if process is None or process.driver is None or process.journal.conflicted:
            return
        if not process.journal.pending and self.watched_flushes % 4 == 1:
            self.laws.compare(process.driver.run, process.name)

    def _called(self, name: str, call: Call, card: Card) -> None:
        process = self.processes[name]
        try:
            self.laws.check_call(call, card)
            self._check_lanes(process, call, card)
        except Broken as broken:
            self._break(broken)
        if process.at("sent"):
            process.die()

    def _check_lanes(self, process: Process, call: Call, card: Card) -> None:
        """How many calls of this process are under way: per run, per capability, per `each`."""
        active = self.world.active.items()
        mine = [(path, one) for (who, path, _), one in active if who == process.name]
        limit = self.story.plan.limit
        if limit and len(mine) > limit:
            raise Broken(f"{len(mine)} calls at once, and the limit of the plan is {limit}")
        same = sum(1 for _, one in mine if one.name == card.name)
        if card.concurrency and same > card.concurrency:
            raise Broken(
                f"{same} calls of {card.name} at once, and it has {card.concurrency} lanes"
            )
        container, dot, _ = call.path.removesuffix("/undo").partition("/")[0].partition(".")
        step = self.story.plan.steps.get(container)
        if dot and step is not None and step.limit:
            # After a refusal, local reads that are being cancelled may overlap with what replaces them.
            items = {
                path
                for path, one in mine
                if path.startswith(f"{container}.")
                and (one.intent_first or not process.journal.was_refused)
            }
            if len(items) > step.limit:
                raise Broken(f"{items} at once, and the limit of {container} is {step.limit}")

    def _effect_landed(self, entry: Entry) -> None:
        process = self.processes[entry.process]
        if process.at("landed"):
            process.die()

    def _answered(self, name: str, call: Call) -> None:
        process = self.processes[name]
        if process.at("answered"):
            process.die()

    def _returned(self, run: Run) -> None:
        """A driver has let go of the run; its caller may show it to anybody."""
        try:
            if run.ended is not None:
                self.laws.check_acknowledged(run.ended)
            if run.head > self.laws.run.head:
                raise Broken(f"shown at {run.head}, and durable up to {self.laws.run.head}")
        except Broken as broken:
            self._break(broken)

    def _break(self, broken: Broken) -> None:
        self.flaw = self.flaw or broken
        self.ended.set()

    def _check_flaws(self) -> None:
        if self.flaw is not None:
            raise self.flaw
        for context in self.loop.flaws:
            error = context.get("exception")
            raise Broken(f"nobody caught {error!r}: {context.get('message')}") from error

    def _picture(self) -> str:
        nodes = self.laws.run.nodes.values()
        return ", ".join(f"{node.path} {node.state}" for node in nodes if not node.terminal)

    def _report(self) -> Report:
        run, digest = self.laws.run, hashlib.blake2b(digest_size=16)
        for fact in self.laws.facts:
            digest.update(encode_fact(fact))
        ended = run.ended
        assert ended is not None
        done = {path: node for path, node in run.nodes.items() if node.state == r.DONE}
        return Report(
            status=ended.status,
            code=ended.code,
            result=bytes(ended.value.data) + "".join(ended.value.refs).encode(),
            states={path: node.state for path, node in run.nodes.items()},
            keys={path: node.key for path, node in done.items() if node.key},
            digest=digest.hexdigest(),
            facts=len(self.laws.facts),
            crashes=self.died,
            certain=self.story.certain and self.faults.certain,
        )

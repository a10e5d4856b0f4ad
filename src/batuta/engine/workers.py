"""The calls of one run that are under way, and what they came to: tasks in, an inbox out."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import msgspec

from batuta.engine.engine import Engine
from batuta.engine.perform import LEFT, NOT_SENT, perform, through
from batuta.engine.reconcile import reconcile
from batuta.engine.rules.prepare import Prepared
from batuta.errors import BatutaError, Conflict, JournalError
from batuta.ports import Perform, Progress, Receipt
from batuta.spec.call import Call, Outcome
from batuta.spec.card import Card
from batuta.spec.facts import Claimed
from batuta.spec.run import Node, Run, Scope
from batuta.spec.value import Value

__all__ = ["Arrival", "Workers"]

# A process that waited longer than this (seconds) for its commit may have stood still, by SIGSTOP or in a suspended
# machine, and was taken for dead: it looks at the log before it sends, which costs some 30 µs.
STANDSTILL_S = 0.02
# When a driver goes, calls get so long to notice that they were cancelled, in seconds.
FAREWELL_S = 5.0


class Arrival(msgspec.Struct, frozen=True):
    """What came in: the outcome of an attempt, or of asking what became of one."""

    path: str
    attempt: int
    outcome: Outcome
    reconciled: bool = False
    stopped: bool = False


class Workers:
    """Starts, stops and counts the calls of one run. `wake` is called whenever there is something to look at."""

    def __init__(self, engine: Engine, wake: Callable[[], None]) -> None:
        self._engine = engine
        self._wake = wake
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._errands: dict[str, asyncio.Task[None]] = {}
        # Dicts as sets that keep their order, so that a simulated story can be told again.
        self._unbegun: dict[asyncio.Task[None], None] = {}
        self._unsent: dict[str, None] = {}
        self._stopping: set[str] = set()
        self._forgotten: dict[asyncio.Task[None], None] = {}
        self.inbox: deque[Arrival] = deque()
        # Paths whose values are at hand now; of a node, or (True) of the scope that it holds ("": the root).
        self.arrived: list[tuple[str, bool]] = []
        self.refused = False
        self._leaving = False
        self.trouble: BatutaError | None = None
        self.count = 0

    @property
    def idle(self) -> bool:
        """True if nothing is under way and nothing came in."""
        return not (self._tasks or self._errands or self.inbox or self.arrived)

    @property
    def unsent(self) -> list[str]:
        """The instances whose calls wait for their intent to be durable."""
        return list(self._unsent)

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, card: Card, limit: int) -> bool:
        """Take a lane for one call; `limit` is the run's own (0: none). If False, `wake` is called when to retry."""
        if limit and self.count >= limit:
            return False
        if not self._engine.lanes.enter(card.lane, card.concurrency, self._wake):
            return False
        self.count += 1
        return True

    def leave(self, card: Card) -> None:
        """Give the lane back."""
        self.count -= 1
        self._engine.lanes.leave(card.lane, card.concurrency)

    def start(self, prepared: Prepared, card: Card, recorded: Receipt) -> None:
        """Let the call of `prepared` go: at once, or when the append of its intent is durable."""
        call = prepared.call
        assert call is not None
        if prepared.intent_first:
            self._unsent[call.path] = None
        work = self._perform(prepared, call, card, recorded)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[call.path] = task
        self._unbegun[task] = None

    def stop(self, path: str) -> None:
        """Cancel the call of the instance `path`; its outcome will say that it was stopped."""
        task = self._tasks.get(path)
        if task is not None and path not in self._stopping:
            self._stopping.add(path)
            self._cancel(task)

    def forget(self, paths: Iterable[str]) -> None:
        """The log knows nothing of these calls: what has not left never will, and nothing more is heard of the rest."""
        gone = dict.fromkeys(paths)
        for path in gone:
            task = self._tasks.pop(path, None)
            if task is not None:
                self._forgotten[task] = None
                self._stopping.discard(path)
                self._unsent.pop(path, None)
                self._cancel(task)
        self.inbox = deque(a for a in self.inbox if a.reconciled or a.path not in gone)

    def _cancel(self, task: asyncio.Task[None]) -> None:
        # One that is cancelled before its first step would not give back its lane; it sees by itself that it is late.
        if task not in self._unbegun:
            task.cancel()

    async def _perform(self, prepared: Prepared, call: Call, card: Card, recorded: Receipt) -> None:
        engine = self._engine
        outcome: Outcome = NOT_SENT
        told = True
        task = asyncio.current_task()
        assert task is not None
        del self._unbegun[task]
        try:
            if self._leaving or task in self._forgotten or call.path in self._stopping:
                raise asyncio.CancelledError
            if prepared.intent_first:
                # Commit before effect: nothing leaves before the log knows that it will (contract, 3).
                clock = asyncio.get_running_loop().time
                asked_at = clock()
                await engine.journal.commit(recorded)
                if engine.turnstile.crowded:
                    await engine.turnstile.wait()
                if clock() - asked_at > STANDSTILL_S and await self._is_taken(recorded):
                    raise Conflict(
                        f"{call.run} was claimed by another driver before {call.path} left"
                    )
                del self._unsent[call.path]
            elif engine.turnstile.crowded:
                await engine.turnstile.wait()
            assert prepared.capability is not None
            inner: Perform = prepared.capability
            layers = engine.settings.layers
            if layers:
                inner = through(inner, layers)
            if engine.sink is not None:
                call = self._reporting(call)
            outcome = LEFT  # whatever tears this task down now, the call has left
            outcome = await perform(call, inner, card.effect, prepared.timeout_s)
        except asyncio.CancelledError:
            pass
        except Conflict:
            told = False
            self.refused = self.refused or task not in self._forgotten
        except JournalError as error:
            told, self.trouble = False, error
        finally:
            self.leave(card)
            self._report(task, call, outcome, told)

    async def _is_taken(self, recorded: Receipt) -> bool:
        """True if another driver has claimed the run since: it has seen our intent, and what follows is its to say."""
        rows = await self._engine.journal.read(recorded.stream, after=recorded.head)
        return any(isinstance(row.fact, Claimed) for row in rows)

    def _report(self, task: asyncio.Task[None], call: Call, outcome: Outcome, told: bool) -> None:
        if task in self._forgotten:
            del self._forgotten[task]
        elif told:
            self._unsent.pop(call.path, None)
            del self._tasks[call.path]
            stopped = call.path in self._stopping
            self._stopping.discard(call.path)
            self.inbox.append(Arrival(call.path, call.attempt, outcome, stopped=stopped))
        self._wake()

    def _reporting(self, call: Call) -> Call:
        sink, run, path, attempt = self._engine.sink, call.run, call.path, call.attempt
        assert sink is not None
        if attempt > 1:
            sink(Progress(run, path, attempt, reset=True))

        def report(data: Any) -> None:
            sink(Progress(run, path, attempt, data))

        return msgspec.structs.replace(call, report=report)

    # ── errands: loading values, asking what became of a write ───────────────────────────────────────────────

    def reconcile(self, run: Run, node: Node) -> None:
        """Ask the capability of `node` what became of its call; the answer arrives in the inbox."""

        async def ask() -> None:
            outcome = await reconcile(self._engine, run, node)
            self.inbox.append(Arrival(node.path, node.attempt, outcome, reconciled=True))

        self._errand(f"{node.path}?", ask)

    def load(self, target: Node | Scope, values: list[Value]) -> None:
        """Bring stored values to hand; it is among the `arrived` when they are."""

        held = isinstance(target, Scope)
        path = target.path
        if isinstance(target, Scope):
            path = target.holder.path if target.holder is not None else ""

        async def load() -> None:
            await self._engine.load(values)
            self.arrived.append((path, held))

        self._errand(f"{target.path}<", load)

    def _errand(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if name in self._errands:
            return

        async def run() -> None:
            try:
                await work()
            except BatutaError as error:
                self.trouble = error
            finally:
                del self._errands[name]
                self._wake()

        self._errands[name] = asyncio.get_running_loop().create_task(run())

    # ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────

    async def abandon(self) -> None:
        """Cancel everything under way; for the log it is as if the process had died."""
        self._leaving = True
        tasks = [*self._tasks.values(), *self._errands.values(), *self._forgotten]
        for task in tasks:
            self._cancel(task)
        if tasks:
            await asyncio.wait(tasks, timeout=FAREWELL_S)

"""A house for one engine: real capabilities, a journal in memory, and a clock that can be put forward."""

import asyncio
import inspect
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from batuta.capabilities.catalog import build_catalog
from batuta.engine.document import document
from batuta.engine.engine import Engine, Settings
from batuta.engine.loop import Driver
from batuta.errors import PlanError
from batuta.journal.memory import MemoryJournal
from batuta.plans.build import plan_from_yaml
from batuta.plans.check import check
from batuta.ports import Chance, Judge, Layer, Progress, Verdict
from batuta.spec.budget import Budget
from batuta.spec.call import Call, Done, Outcome
from batuta.spec.card import Card
from batuta.spec.facts import Answered, CancelRequested, Fact
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.value import decode, inline

# No test waits longer for a run, in seconds.
PATIENCE_S = 60.0


class MovableClock:
    """Runs like the clock on the wall, from a round number, and can be put forward."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._ahead_s = 1_000_000.0

    def now(self) -> float:
        return self._ahead_s + time.monotonic() - self._began

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds


class Tool:
    """A capability that answers with what a function of the call gives, and remembers the calls."""

    def __init__(
        self,
        name: str,
        answer: Callable[[Call], Any] = lambda call: call.args,
        *,
        effect: Any = "pure",
        reach: Any = "local",
        **card: Any,
    ) -> None:
        self.card = Card(name=name, effect=effect, reach=reach, **card)
        self.calls: list[Call] = []
        self._answer = answer

    async def __call__(self, call: Call) -> Outcome:
        self.calls.append(call)
        answer = self._answer(call)
        if inspect.isawaitable(answer):
            answer = await answer
        return answer if isinstance(answer, Outcome) else Done(answer)


class Gate(Tool):
    """A capability whose calls stay inside until the gate is opened; `entered` says that one has come."""

    def __init__(self, name: str, **card: Any) -> None:
        super().__init__(name, self._pass, **card)
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()
        self.inside = 0
        self.inside_max = 0
        self._moved = asyncio.Condition()
        self.cancelled = 0

    async def _pass(self, call: Call) -> Any:
        self.inside += 1
        self.inside_max = max(self.inside_max, self.inside)
        self.entered.set()
        async with self._moved:
            self._moved.notify_all()
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1
        return call.args

    async def full(self, count: int) -> None:
        """Wait until so many calls are inside."""
        async with asyncio.timeout(PATIENCE_S), self._moved:
            await self._moved.wait_for(lambda: self.inside >= count)


class House:
    """One engine over one journal; several of them over views of one journal stand for several processes."""

    def __init__(
        self,
        *tools: Any,
        judge: Judge = lambda card, args, path: Verdict(),
        journal: MemoryJournal | None = None,
        clock: MovableClock | None = None,
        budget: Budget | None = None,
        layers: Sequence[Layer] = (),
        dice: float = 0.0,
        calls_max: int = 100,
        stopped: Callable[[], str] | None = None,
    ) -> None:
        self.clock = clock or MovableClock()
        self.journal = journal or MemoryJournal(self.clock)
        self.progress: list[Progress] = []
        names = {tool.card.name for tool in tools if hasattr(tool, "card")}
        echo = () if "echo" in names else (Tool("echo"),)
        self.engine = Engine(
            self.journal,
            build_catalog(None, [*tools, *echo]),
            judge,
            self.clock,
            Settings(admit, budget, calls_max, tuple(layers), stopped),
            chance=Chance(roll=lambda: dice),
            sink=self._take,
        )
        self._count = 0

    def _take(self, progress: Progress) -> None:
        self.progress.append(progress)

    def accept(self, plan: str | Plan, inputs: Mapping[str, Any] | None = None) -> Run:
        self._count += 1
        return self.engine.accept(read(plan), inputs or {}, run_id=f"r{self._count}")[0]

    async def drive(self, run: Run) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            return await document(await Driver(run, self.engine).drive(), self.engine)

    async def run(
        self, plan: str | Plan, inputs: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        return await self.drive(self.accept(plan, inputs))

    async def go_on(self, run_id: str = "r1") -> dict[str, Any]:
        return await self.drive(await self.engine.read(run_id))

    def begin(
        self, plan: str | Plan, inputs: Mapping[str, Any] | None = None
    ) -> "asyncio.Task[dict[str, Any]]":
        return asyncio.get_running_loop().create_task(self.run(plan, inputs))

    async def tell(self, *facts: Fact, run_id: str = "r1") -> None:
        """As somebody who does not drive the run."""
        await self.journal.commit(self.journal.append(run_id, facts, after=None))

    async def answer(self, step: str, value: Any, *, who: str = "ann", run_id: str = "r1") -> None:
        question = (await self.engine.read(run_id)).nodes[step].question
        assert question is not None
        slot, now = inline(value), self.clock.now()
        await self.tell(
            Answered(
                at=now,
                path=step,
                attempt=question.attempt,
                kind=question.kind,
                value=slot,
                who=who,
            ),
            run_id=run_id,
        )

    async def cancel(self, run_id: str = "r1") -> None:
        await self.tell(CancelRequested(at=self.clock.now(), who="ann"), run_id=run_id)

    async def facts(self, run_id: str = "r1") -> list[Any]:
        return [row.fact for row in await self.journal.read(run_id)]

    async def until(self, kind: type[Fact], path: str, *, run_id: str = "r1") -> Any:
        """The first fact of this kind about the instance `path`, as soon as it is in the log."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                facts = await self.facts(run_id)
                for fact in facts:
                    if isinstance(fact, kind) and getattr(fact, "path", path) == path:
                        return fact
                await self.journal.wait(run_id, after=len(facts), timeout_s=PATIENCE_S)

    async def of(self, *kinds: type[Fact], run_id: str = "r1") -> list[Any]:
        """The facts of these kinds, in order."""
        return [fact for fact in await self.facts(run_id) if isinstance(fact, kinds)]


def admit(plan: Plan, cards: Mapping[str, Card]) -> Plan:
    findings = [finding for finding in check(plan, cards) if not finding.warning]
    if findings:
        raise PlanError(findings[0].message, findings=findings)
    return plan


def read(plan: str | Plan) -> Plan:
    """A plan from YAML without its name."""
    return plan if isinstance(plan, Plan) else plan_from_yaml(f"name: test\n{plan}").plan


def states(shown: Mapping[str, Any]) -> dict[str, str]:
    """The state of every step instance of a document, by path."""
    return {step["path"]: step["state"] for step in shown["steps"]}


def step(shown: Mapping[str, Any], path: str) -> dict[str, Any]:
    """One step instance of a document."""
    return next(one for one in shown["steps"] if one["path"] == path)


def in_turn(*answers: Any) -> Callable[[Call], Any]:
    """Each call gets the next of `answers`, and all further ones the last; exceptions are raised."""
    left = list(answers)

    def answer(_call: Call) -> Any:
        given = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(given, BaseException):
            raise given
        return given

    return answer


def args_of(tool: Tool) -> list[dict[str, Any]]:
    return [call.args for call in tool.calls]


def values(slots: Iterable[Any]) -> list[Any]:
    """The JSON in slots that carry it."""
    return [decode(slot.data) for slot in slots]

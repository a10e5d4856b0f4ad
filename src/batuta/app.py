"""The application: introduces the rooms to each other, and is what every door calls.

async with await App.open("folder") as app:
    document = await app.run(plan, {"ticket": "…"})
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec

from batuta.capabilities.answers import validate_answer
from batuta.capabilities.catalog import WorkspaceCatalog
from batuta.capabilities.files.pin import has_files, pinned
from batuta.capabilities.registered import admitted_whole, check_inner, plan_of
from batuta.capabilities.workspace import folder_of
from batuta.config import Workspace, load_workspace
from batuta.engine import outside
from batuta.engine.author import local_user
from batuta.engine.before import begun, begun_before
from batuta.engine.document import document, failure_of, result_of
from batuta.engine.engine import Engine, Settings
from batuta.engine.host import Host
from batuta.engine.ids import run_id_of
from batuta.engine.past.fork import Forked, Wish, fork
from batuta.errors import Conflict, Finding, PlanError, error_of_run
from batuta.governance.switch import Switch
from batuta.governance.verdict import Policy
from batuta.journal.clock import SystemClock
from batuta.journal.file.failures import translated
from batuta.journal.sqlite import open_sqlite
from batuta.memory.workspace import Memory
from batuta.observe.otlp.exporter import Exporter
from batuta.observe.otlp.layer import within_trace
from batuta.observe.otlp.opening import open_exporter
from batuta.opening import open_rooms
from batuta.plans.admit import raise_flaws
from batuta.plans.check import check
from batuta.plans.explanation import Explanation
from batuta.plans.record.recording import Recording
from batuta.ports import Clock, Journal, RunRow, Sink
from batuta.reading.places import Places
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.request import Request
from batuta.spec.run import Run
from batuta.spec.statistics import Statistics

__all__ = [
    "JOURNAL_FILE",
    "App",
    "Planned",
    "SystemClock",
]

# What can be run: a plan, or a workflow that records one.
Planned = Plan | Recording[..., Any]

# Where a workspace keeps its journal, below its folder.
JOURNAL_FILE = Path(".batuta") / "journal.sqlite"
# Whoever closes it waits so long for the collector of its traces; what is left then is told by the next process.
_FAREWELL_S = 5.0


class App:
    """One workspace, open in this process.

    Attributes:
        plans: the workflows that its Python modules define, by name.
        memory: its conversations, and what it remembers for long.
        switch: stops everything, in all processes.
        traces: tells a collector of its runs; None if it names none.
        flaws: why there is nothing of a source of `mcp` or `openapi`, by its name; all else works.
        host: drives its runs in this process.
    """

    memory: Memory
    traces: Exporter | None = None

    def __init__(
        self, engine: Engine, catalog: WorkspaceCatalog, workspace: Workspace, policy: Policy
    ) -> None:
        self.engine = engine
        self._policy = policy
        self.workspace = workspace
        self.switch = Switch(workspace.root)
        self.plans: Mapping[str, Recording[..., Any]] = {}
        self.flaws: Mapping[str, Finding] = {}
        self._catalog = catalog
        self.host = Host(engine, self._follow)

    @classmethod
    async def open(
        cls,
        folder: str | Path = ".",
        *,
        functions: Iterable[Callable[..., Any]] = (),
        spare: Iterable[Callable[..., Any]] = (),
        modules: bool = True,
        journal: Journal | None = None,
        clock: Clock | None = None,
        sink: Sink | None = None,
    ) -> Self:
        """Open the workspace in `folder`, with `functions` registered besides those its modules define.

        `spare` functions are registered where the workspace has nothing of their name.
        `modules` False: its modules and capabilities are left alone. Enough to look, back up and erase, whatever
        state they are in; nothing can be driven.

        Raises:
            WorkspaceError: it has flaws; the error lists all of them. JournalError: its journal cannot be opened.
        """
        workspace = load_workspace(folder)
        clock = clock or SystemClock()
        opened, memory, planner = await open_rooms(
            workspace, clock, functions, spare, modules=modules
        )
        own = modules and journal is None
        if journal is None:
            path = Path(workspace.root) / JOURNAL_FILE
            with translated(str(path)):
                path.parent.mkdir(parents=True, exist_ok=True)
            journal = open_sqlite(path)
        policy = Policy(workspace.policy)
        engine = Engine(
            journal,
            opened.catalog,
            policy,
            clock,
            Settings(
                partial(admitted_whole, get=opened.catalog.get),
                workspace.budget,
                workspace.limits.calls,
                layers=(within_trace,) if workspace.observe.otlp else (),
                stopped=Switch(workspace.root).why,
            ),
            sink=sink,
        )
        planner.introduce(journal, engine.read, opened.catalog.cards)
        app = cls(engine, opened.catalog, workspace, policy)
        app.memory, app.flaws = memory, opened.flaws
        app.plans = {one.name: one for one in opened.workflows}
        app.traces = await open_exporter(workspace, engine) if own else None
        return app

    def _follow(self) -> None:
        if self.traces is not None:
            self.traces.follow()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop driving, commit what is queued, let go of everything."""
        await self.host.close()
        if self.traces is not None:
            await self.traces.close(_FAREWELL_S)
        await self._catalog.close()
        await self.engine.journal.close()

    @property
    def cards(self) -> Mapping[str, Card]:
        """What can be called here, by name."""
        return self._catalog.cards()

    # ── before anything runs ─────────────────────────────────────────────────────────────────────────────────

    async def explain(
        self,
        plan: Planned,
        inputs: Mapping[str, Any] | None = None,
        *,
        places: Places | None = None,
        planner: str = "",
        supervised: bool = False,
        measured: Statistics | None = None,
    ) -> Explanation:
        """What a run of `plan` (or of a workflow) would do, ask, take and cost. Nothing runs, and nothing is written.

        `inputs`: some or all of the inputs of the run that is asked about; None for any run. `places`: where the
        parts of a plan stand in its text; a workflow knows its own. `planner`: who made it, in words. `supervised`:
        whatever it changes is asked about first. `measured`: what the log says of capabilities, for whoever knows it.

        Raises:
            PlanError: the plan has flaws, or the inputs do not fit. JournalError.
        """
        from batuta.governance.forecast import forecaster
        from batuta.observe.statistics import statistics
        from batuta.plans.explain import Premises, explain_sound

        if not isinstance(plan, Plan):
            plan, places = plan.plan, places or plan.places
        if inputs is not None:
            inputs = await self.pinned(plan, inputs)
        premises = Premises(
            self.cards,
            forecaster(self._policy),
            measured or await statistics(self.engine.journal),
            self.workspace.budget.narrowed(plan.budget),
            self.workspace.limits.calls,
            supervised,
            partial(plan_of, self._catalog.get),
        )
        check_inner(plan, self.cards, self._catalog.get)
        explanation = explain_sound(plan, premises, inputs=inputs, places=places)
        return msgspec.structs.replace(explanation, planner=planner or explanation.planner)

    async def pinned(self, plan: Plan, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """`inputs` with what was in the files that they name: path, size and SHA-256. Nothing else is looked at.

        Every run begins with this. Raises `InputError` if a file is missing, or not to be read.
        """
        return await self._pinned(plan.inputs, inputs)

    async def _pinned(
        self, schemas: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if not has_files(schemas):
            return inputs
        return await asyncio.to_thread(pinned, schemas, inputs, folder_of(self.workspace))

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────

    async def start(
        self,
        plan: Planned,
        inputs: Mapping[str, Any],
        *,
        author: str = "",
        trusted: bool = True,
        key: str = "",
    ) -> str:
        """Accept a run of `plan` (or of a workflow), durably, and return its id; nobody drives it yet.

        `trusted` False: whoever asks is not known, or may not have plans made; nothing in the run makes one for them.
        `key`: the same key of the same author, with the same plan and inputs, is the same run, however often it comes.

        Raises:
            PlanError: the plan has flaws. InputError: the inputs do not fit. JournalError: there is no run then.
            Conflict: `key` was used for something else.
        """
        run = await self._accept(plan, inputs, author, key, trusted=trusted)
        self.engine.keep(run)
        return run.id

    async def run(
        self, plan: Planned, inputs: Mapping[str, Any], *, author: str = ""
    ) -> dict[str, Any]:
        """Run `plan` as far as it goes without anybody's answer; the document of the run.

        Raises as `start` does.
        """
        run = await self._accept(plan, inputs, author)
        return await self._shown(await self.host.drive(run.id, run))

    async def _accept(
        self,
        plan: Planned,
        inputs: Mapping[str, Any],
        author: str,
        key: str = "",
        *,
        trusted: bool = True,
    ) -> Run:
        who = author or local_user()
        recorded = plan if isinstance(plan, Plan) else plan.plan
        inputs = await self.pinned(recorded, inputs)
        request = Request(author=who, trusted=trusted)

        async def begin(run_id: str) -> Run:
            run, receipt = self.engine.accept(recorded, inputs, run_id=run_id, request=request)
            await self.engine.journal.commit(receipt)
            return run

        try:
            return await begun(self.engine, who, key, begin)
        except PlanError:
            if not isinstance(plan, Plan):
                # The same flaws again, at their places in the Python file.
                raise_flaws(check(recorded, self.cards, plan.places))
            raise
        except Conflict:
            if not key:
                raise
            return await begun_before(self.engine, run_id_of(who, key), recorded, inputs)

    async def fork(
        self, run_id: str, wish: Wish, *, author: str = "", trusted: bool = True, key: str = ""
    ) -> Forked:
        """Begin a new run, durably, that takes over what `run_id` has finished before the step of `wish`.

        Nobody drives it yet: `resume` with its id does. `trusted`, `key` as for `start`; a fork of the run of somebody
        who is not trusted is not trusted either.

        Raises:
            NotFound: no such run or step. InputError: it cannot be forked there, or what is given does not fit.
            PlanError: the plan would not be admitted any more. JournalError: there is no fork then.
            Conflict: `key` was used for something else.
        """
        origin = await self.engine.read(run_id)
        if wish.inputs and origin.root is not None:
            schemas = origin.root.shape.plan.inputs
            given = {name: schemas[name] for name in wish.inputs if name in schemas}
            inputs = await self._pinned(given, wish.inputs)
            wish = msgspec.structs.replace(wish, inputs=inputs)
        who = author or local_user()

        async def begin(run_id: str) -> Forked:
            return await fork(self.engine, origin, wish, run_id=run_id, author=who, trusted=trusted)

        return await begun(self.engine, who, key, begin)

    async def result(self, run_id: str) -> Any:
        """The result of a run, which this process drives as far as it goes if nobody else does.

        Raises:
            NotFound: there is no such run. RunFailed, RunCancelled, Denied: it ended without a result.
            RunWaiting: it waits for an answer, or another process drives it. JournalError.
        """
        run = await self.host.drive(run_id)
        error = error_of_run(run.status, failure_of(run))
        if error is not None:
            raise error
        return await result_of(run, self.engine)

    async def resume(self, run_id: str, *, accept: bool = False) -> dict[str, Any]:
        """Go on with a run that was interrupted, has an answer, or whose time has come; its document.

        `accept`: go on although capabilities changed since it began. A run that another process drives is only
        looked at. Raises `NotFound`, `JournalError`.
        """
        if accept:
            await outside.adopt(self.engine, run_id, self.cards, who=local_user())
        return await self._shown(await self.host.drive(run_id))

    async def due(self) -> list[str]:
        """Runs that nobody drives and that could go on now, oldest first."""
        rows = await self.engine.journal.runs(due_at=self.engine.clock.now(), limit=100_000)
        return [row.run for row in reversed(rows)]

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────

    async def answer(
        self, run_id: str, step: str, value: Any, *, kind: str = "", who: str = ""
    ) -> None:
        """Record the answer to the question of `step`; durable when this returns.

        It counts once: the same answer again changes nothing and is no error, another one is.

        `kind`: insist on a kind of question: "answer", "approval" or "resolve".

        Raises:
            NotFound: no such run or step. AnswerError: it has no open question, was answered already, or `value` does
            not fit the schema of the question.
        """
        await outside.answer(
            self.engine,
            run_id,
            step,
            value,
            kind=kind,
            who=who or local_user(),
            misfit=validate_answer,
        )

    async def cancel(self, run_id: str, *, who: str = "", why: str = "") -> None:
        """Ask for the end of a run; durable when this returns. Raises `NotFound`, `AnswerError` if it has ended."""
        await outside.cancel(self.engine, run_id, who=who or local_user(), why=why)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────

    async def show(self, run_id: str) -> dict[str, Any]:
        """The document of a run, as the committed log has it. Raises `NotFound`."""
        return await self._shown(await self.engine.read(run_id))

    async def runs(
        self,
        *,
        status: str | tuple[str, ...] = "",
        plan: str = "",
        since: float = 0.0,
        before: str = "",
        limit: int = 1_000,
    ) -> list[RunRow]:
        """Runs, newest first: of these statuses, of the plan of that name, accepted at `since` (seconds) or later.

        `before`: only those that are older than the run of this id.
        """
        return await self.engine.journal.runs(
            status=status, plan=plan, since=since, before=before, limit=limit
        )

    async def _shown(self, run: Run) -> dict[str, Any]:
        return await document(run, self.engine)

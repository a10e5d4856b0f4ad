"""The application: introduces the rooms to each other, and is what every door calls.

async with await App.open("folder") as app:
    document = await app.run(plan, {"ticket": "…"})
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from batuta.capabilities.answers import validate_answer
from batuta.capabilities.catalog import WorkspaceCatalog
from batuta.capabilities.workspace import open_catalog
from batuta.config import Workspace, load_workspace
from batuta.engine.answering import asked, check_answer
from batuta.engine.author import local_user
from batuta.engine.document import document, failure_of, result_of
from batuta.engine.engine import Engine, Settings
from batuta.engine.fork import Forked, Wish, fork
from batuta.engine.host import Host
from batuta.engine.ids import new_run_id
from batuta.errors import AnswerError, InputError, PlanError, error_of_run
from batuta.governance.verdict import Policy
from batuta.journal.backup import copy_journal
from batuta.journal.backup import restore as restore_journal
from batuta.journal.clock import SystemClock
from batuta.journal.failures import translated
from batuta.journal.sqlite import open_sqlite
from batuta.knowledge.capability import Searches
from batuta.plans.admit import admitted, raise_flaws
from batuta.plans.check import check
from batuta.plans.explanation import Explanation
from batuta.plans.record.recording import Recording
from batuta.ports import Clock, Embedder, Journal, RunRow, Sink
from batuta.reading.places import Places
from batuta.spec.card import Card
from batuta.spec.facts import Adopted, Answered, CancelRequested, Fact
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.value import canonical, decode, inline

__all__ = [
    "JOURNAL_FILE",
    "App",
    "Planned",
    "SystemClock",
    "embedder_of_this_machine",
    "new_run_id",
]

# What can be run: a plan, or a workflow that records one.
Planned = Plan | Recording[..., Any]

# Where a workspace keeps its journal, below its folder.
JOURNAL_FILE = Path(".batuta") / "journal.sqlite"


class App:
    """One workspace, open in this process.

    Attributes:
        plans: the workflows that its Python modules define, by name.
    """

    def __init__(
        self, engine: Engine, catalog: WorkspaceCatalog, workspace: Workspace, policy: Policy
    ) -> None:
        self.engine = engine
        self._policy = policy
        self.workspace = workspace
        self.plans: Mapping[str, Recording[..., Any]] = {}
        self._catalog = catalog
        self._host = Host(engine)

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
        searches = Searches(Path(workspace.root), workspace.knowledge if modules else {})
        opened = await open_catalog(
            workspace,
            [*searches.capabilities, *functions],
            spare,
            modules=modules,
            embedding=embedder_of_this_machine,
            closing=[searches.close],
        )
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
            clock or SystemClock(),
            Settings(admitted, workspace.budget, workspace.limits.calls),
            sink=sink,
        )
        app = cls(engine, opened.catalog, workspace, policy)
        app.plans = {one.name: one for one in opened.workflows}
        return app

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop driving, commit what is queued, let go of everything."""
        await self._host.close()
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
    ) -> Explanation:
        """What a run of `plan` (or of a workflow) would do, ask, take and cost. Nothing runs, and nothing is written.

        `inputs`: some or all of the inputs of the run that is asked about; None for any run. `places`: where the
        parts of a plan stand in its text; a workflow knows its own.

        Raises:
            PlanError: the plan has flaws, or the inputs do not fit. JournalError.
        """
        from batuta.governance.forecast import forecaster
        from batuta.observe.statistics import statistics
        from batuta.plans.explain import explain_sound

        if not isinstance(plan, Plan):
            plan, places = plan.plan, places or plan.places
        return explain_sound(
            plan,
            self.cards,
            forecaster(self._policy),
            statistics=await statistics(self.engine.journal),
            inputs=inputs,
            places=places,
            budget=self.workspace.budget.narrowed(plan.budget),
            at_once=self.workspace.limits.calls,
        )

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self, plan: Planned, inputs: Mapping[str, Any], *, author: str = "") -> str:
        """Accept a run of `plan` (or of a workflow), durably, and return its id; nobody drives it yet.

        Raises:
            PlanError: the plan has flaws. InputError: the inputs do not fit. JournalError: there is no run then.
        """
        return (await self._accept(plan, inputs, author)).id

    async def run(
        self, plan: Planned, inputs: Mapping[str, Any], *, author: str = ""
    ) -> dict[str, Any]:
        """Run `plan` as far as it goes without anybody's answer; the document of the run.

        Raises as `start` does.
        """
        run = await self._accept(plan, inputs, author)
        return await self._shown(await self._host.drive(run.id, run))

    async def _accept(self, plan: Planned, inputs: Mapping[str, Any], author: str) -> Run:
        run_id = new_run_id(self.engine.clock.now())
        who = author or local_user()
        recorded = plan if isinstance(plan, Plan) else plan.plan
        try:
            return await self.engine.accept_durably(recorded, inputs, run_id=run_id, author=who)
        except PlanError:
            if not isinstance(plan, Plan):
                # The same flaws again, at their places in the Python file.
                raise_flaws(check(recorded, self.cards, plan.places))
            raise

    async def fork(self, run_id: str, wish: Wish, *, author: str = "") -> Forked:
        """Begin a new run, durably, that takes over what `run_id` has finished before the step of `wish`.

        Nobody drives it yet: `resume` with its id does.

        Raises:
            NotFound: no such run or step. InputError: it cannot be forked there, or what is given does not fit.
            PlanError: the plan would not be admitted any more. JournalError: there is no fork then.
        """
        origin = await self.engine.read(run_id)
        new_id, who = new_run_id(self.engine.clock.now()), author or local_user()
        return await fork(self.engine, origin, wish, run_id=new_id, author=who)

    async def result(self, run_id: str) -> Any:
        """The result of a run, which this process drives as far as it goes if nobody else does.

        Raises:
            NotFound: there is no such run. RunFailed, RunCancelled, Denied: it ended without a result.
            RunWaiting: it waits for an answer, or another process drives it. JournalError.
        """
        run = await self._host.drive(run_id)
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
            await self._adopt(run_id)
        return await self._shown(await self._host.drive(run_id))

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
        run = await self.engine.read(run_id)
        try:
            node, question = asked(run, step)
        except AnswerError:
            if await self._has_said(run, step, value):
                return
            raise
        assert node.question is not None
        check_answer(node, question, value, kind, validate_answer)
        now = self.engine.clock.now()
        fact = Answered(
            at=now,
            path=step,
            attempt=node.attempt,
            kind=node.question.kind,
            value=inline(value, run.salt),
            who=who or local_user(),
        )
        if not await self._tell(run, fact) and not await self._has_said(run, step, value):
            raise AnswerError(f"the question of {step} in {run_id} was answered already")
        self.engine.keep(run)

    async def _has_said(self, run: Run, step: str, value: Any) -> bool:
        """True if `value` is what counted as an answer of `step`: to answer is idempotent (contract, 11)."""
        rows = await self.engine.journal.read(run.id)
        wanted = canonical(value)
        for fact in (row.fact for row in rows):
            if isinstance(fact, Answered) and fact.path == step and not fact.value.erased:
                if canonical(decode(fact.value.data)) == wanted:
                    return await self.engine.go_on(Run(self.engine.shape), rows, fact)
        return False

    async def cancel(self, run_id: str, *, who: str = "", why: str = "") -> None:
        """Ask for the end of a run; durable when this returns. Raises `NotFound`, `AnswerError` if it has ended."""
        run = await self.engine.read(run_id)
        _check_not_ended(run)
        now = self.engine.clock.now()
        fact = CancelRequested(at=now, who=who or local_user(), why=why)
        if not await self._tell(run, fact):
            # Somebody was first: with a cancellation, which is as good, or it has ended meanwhile.
            _check_not_ended(run)

    async def _adopt(self, run_id: str) -> None:
        run = await self.engine.read(run_id)
        changed = self.engine.drift(run)
        missing = [name for name in changed if name not in self.cards]
        if missing:
            raise InputError(
                f"run {run_id} cannot go on: {', '.join(missing)} is not registered any more",
                remedy="register it again, or cancel the run",
            )
        cards, described = self.engine.pins.for_adoption(sorted(changed), run.salt)
        if changed or run.drift is not None:
            now = self.engine.clock.now()
            fact = Adopted(at=now, cards=cards, described=described, who=local_user())
            await self._tell(run, fact)

    async def _tell(self, run: Run, fact: Fact) -> bool:
        """Append a fact as somebody who does not drive the run; True if it counted. `run` is then as the log has it."""
        journal = self.engine.journal
        await journal.commit(journal.append(run.id, (fact,), after=None))
        return await self.engine.go_on(run, await journal.read(run.id, after=run.head), fact)

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
        limit: int = 1_000,
    ) -> list[RunRow]:
        """Runs, newest first: of these statuses, of the plan of that name, accepted at `since` (seconds) or later."""
        return await self.engine.journal.runs(status=status, plan=plan, since=since, limit=limit)

    async def _shown(self, run: Run) -> dict[str, Any]:
        return await document(run, self.engine)

    # ── housekeeping ─────────────────────────────────────────────────────────────────────────────────────────

    async def gc(self, *, older_than_days: float | None = None) -> dict[str, int]:
        """Erase the payloads of runs that ended longer ago than the retention of the workspace (or the given days)."""
        days = self.workspace.retention.days if older_than_days is None else older_than_days
        now = self.engine.clock.now()
        return await self.engine.journal.gc(older_than=now - days * 86_400, now=now)

    async def backup(self, file: str | Path) -> int:
        """Copy the journal of the workspace to `file` while it is in use; how many facts the copy holds.

        Raises `JournalError` if the file exists or cannot be written, `JournalBroken` if the journal is damaged.
        """
        await self.engine.journal.flush()
        source = Path(self.workspace.root) / JOURNAL_FILE
        return await asyncio.to_thread(copy_journal, source, Path(file))


def restore(folder: str | Path, backup: str | Path) -> Path:
    """Put `backup` in the place of the journal of the workspace in `folder`; where the old one was kept, if any.

    A new epoch begins: no effect whose outcome is not in the restored log runs unasked (contract, 19).
    Raises `NotFound`, `JournalBroken`, and `JournalError` if somebody uses the journal; nothing is changed then.
    """
    workspace = load_workspace(folder)
    path = Path(workspace.root) / JOURNAL_FILE
    with translated(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
    return restore_journal(Path(backup), path)


def embedder_of_this_machine() -> Embedder | None:
    """The embedder of this machine, if it is installed."""
    try:
        from batuta.knowledge.llama import WordLlamaEmbedder  # 0.3 s, when something is classified

        return WordLlamaEmbedder()
    except (ImportError, InputError):
        return None


def _check_not_ended(run: Run) -> None:
    if run.ended is not None:
        raise AnswerError(f"run {run.id} has already ended: {run.ended.status}")

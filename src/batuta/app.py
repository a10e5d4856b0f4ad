"""The application: introduces the rooms to each other, and is what every door calls.

async with await App.open("folder") as app:
    document = await app.run(plan, {"ticket": "…"})
"""

import asyncio
import functools
import getpass
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self, cast

import msgspec

from batuta.capabilities.answers import validate_answer
from batuta.capabilities.catalog import WorkspaceCatalog, build_catalog
from batuta.capabilities.modules import load_modules
from batuta.config import Workspace, load_workspace
from batuta.engine.act import decode_question
from batuta.engine.document import document, failure_of, result_of
from batuta.engine.engine import Engine, Settings
from batuta.engine.host import Host
from batuta.errors import AnswerError, Finding, InputError, NotFound, PlanError, error_of_run
from batuta.governance.verdict import rules_from
from batuta.journal.backup import copy_journal
from batuta.journal.backup import restore as restore_journal
from batuta.journal.failures import translated
from batuta.journal.sqlite import open_sqlite
from batuta.plans.build import plan_from_data
from batuta.plans.check import check
from batuta.plans.record.recording import Recording
from batuta.ports import Clock, Journal, RunRow, Sink
from batuta.spec.call import Question
from batuta.spec.card import Card
from batuta.spec.facts import Adopted, Answered, CancelRequested, Fact
from batuta.spec.plan import Plan
from batuta.spec.run import Node, Run
from batuta.spec.value import canonical, decode, encode, inline

__all__ = ["JOURNAL_FILE", "App", "Planned", "SystemClock", "new_run_id"]

# What can be run: a plan, or a workflow that records one.
Planned = Plan | Recording[..., Any]

# Where a workspace keeps its journal, below its folder.
JOURNAL_FILE = Path(".batuta") / "journal.sqlite"
# An answer is shown, quoted and kept in the log itself; what is larger belongs in a file. In bytes of JSON.
ANSWER_BYTES_MAX = 256 * 1_024
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> float:
        """Seconds of the Unix epoch."""
        return time.time()


def new_run_id(now: float) -> str:
    """A new id: sorts by time, is safe in shells and file names, and will not be met twice."""
    number = int(now * 1_000) << 25 | secrets.randbits(25)
    return "r" + "".join([_ALPHABET[(number >> shift) & 31] for shift in range(65, -1, -5)])


class App:
    """One workspace, open in this process.

    Attributes:
        plans: the workflows that its Python modules define, by name.
    """

    def __init__(self, engine: Engine, catalog: WorkspaceCatalog, workspace: Workspace) -> None:
        self.engine = engine
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
        python, configured = (workspace.python, workspace.capabilities) if modules else ((), {})
        own = load_modules(python, Path(workspace.root))
        settings = {name: {"kind": one.kind, **one.settings} for name, one in configured.items()}
        catalog = build_catalog(
            settings,
            [*own.capabilities, *functions],
            spare,
            allow_private=workspace.network.allow_private,
            locate=lambda name: workspace.places.at("capabilities", name),
        )
        if journal is None:
            path = Path(workspace.root) / JOURNAL_FILE
            with translated(str(path)):
                path.parent.mkdir(parents=True, exist_ok=True)
            journal = open_sqlite(path)
        engine = Engine(
            journal,
            catalog,
            rules_from(
                msgspec.to_builtins(workspace.policy),
                locate=lambda index: workspace.places.at("policy", index),
            ),
            clock or SystemClock(),
            Settings(_admit_plan, workspace.budget, workspace.limits.calls),
            sink=sink,
        )
        app = cls(engine, catalog, workspace)
        app.plans = {one.name: one for one in own.workflows}
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
        if not isinstance(plan, Plan):
            recorded = plan.recorded
            # It is checked again when it is accepted; here its places in the Python file are known.
            _raise_flaws(check(recorded.plan, self.cards, recorded.places))
            plan = recorded.plan
        run_id = new_run_id(self.engine.clock.now())
        who = author or _local_user()
        return await self.engine.accept_durably(plan, inputs, run_id=run_id, author=who)

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
            node, question = _asked(run, step)
        except AnswerError:
            if await self._has_said(run, step, value):
                return
            raise
        assert node.question is not None
        _check_answer(node, question, value, kind)
        now = self.engine.clock.now()
        fact = Answered(
            at=now,
            path=step,
            attempt=node.attempt,
            kind=node.question.kind,
            value=inline(value, run.salt),
            who=who or _local_user(),
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
        fact = CancelRequested(at=now, who=who or _local_user(), why=why)
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
        cards = {name: self.cards[name].digest() for name in changed}
        if changed or run.drift is not None:
            now = self.engine.clock.now()
            await self._tell(run, Adopted(at=now, cards=inline(cards), who=_local_user()))

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


def _admit_plan(plan: Plan, cards: Mapping[str, Card]) -> Plan:
    """The plan as its YAML form would be read, so that what was made in Python has the same bounds and digest."""
    normal = plan_from_data(plan).plan
    _raise_flaws(check(normal, cards))
    return normal


def _raise_flaws(findings: Iterable[Finding]) -> None:
    """Raise `PlanError` with those of `findings` that are more than warnings, if there are any."""
    flaws = [one for one in findings if not one.warning]
    if flaws:
        raise PlanError(flaws[0].message, place=flaws[0].place, findings=flaws)


def _check_not_ended(run: Run) -> None:
    if run.ended is not None:
        raise AnswerError(f"run {run.id} has already ended: {run.ended.status}")


def _asked(run: Run, step: str) -> tuple[Node, Question]:
    node = run.nodes.get(step)
    waiting = [one.path for one in run.waiting()]
    remedy = f"these wait: {', '.join(waiting[:8])}" if waiting else "nothing waits for an answer"
    if node is None:
        raise NotFound(f"run {run.id} has no step {step!r}", remedy=remedy)
    if node.question is None or step not in waiting:
        raise AnswerError(f"{step} in {run.id} has no open question", remedy=remedy)
    return node, decode_question(node.question.question)


def _check_answer(node: Node, question: Question, value: Any, kind: str) -> None:
    assert node.question is not None
    asked = node.question.kind
    if kind and kind != asked:
        ways = {
            "approval": "--approve or --reject",
            "answer": "--value JSON (or --approve, --reject)",
            "resolve": "--resolve done|retry|fail",
        }
        raise AnswerError(
            f"{node.path} asks another kind of question: {question.text}",
            remedy=f"answer it with {ways.get(asked, asked)}",
        )
    if len(encode(value)) > ANSWER_BYTES_MAX:
        raise AnswerError(f"the answer is larger than {ANSWER_BYTES_MAX:,} bytes")
    if asked == "resolve":
        how: object = (
            cast("dict[str, object]", value).get("how") if isinstance(value, dict) else value
        )
        if how not in ("done", "retry", "fail"):
            raise AnswerError("a doubt is resolved as done, retry or fail")
        return
    problem = validate_answer(question.schema, value)
    if problem:
        raise AnswerError(
            f"the answer does not fit the question of {node.path}: {problem}",
            remedy="`batuta show` prints the schema of the answer",
        )


@functools.cache
def _local_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return os.environ.get("USER", "") or "local"

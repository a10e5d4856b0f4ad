"""Self-healing: a run that failed, or was told more, goes on by another plan, as a run of its own.

What was done is taken over, what has failed is not called again, and what may have had an effect is not repeated
unasked. The id of the run that goes on follows from that of the one before, so that there is one, whoever looks, and
however often that was interrupted.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batuta.app import App
from batuta.engine import outside
from batuta.engine.author import local_user
from batuta.engine.ids import successor_id
from batuta.engine.past.successor import begin
from batuta.errors import AnswerError, Conflict, InputError, NotFound
from batuta.planning.asking import HUMAN
from batuta.planning.blame import Blame, blame_of, refusal
from batuta.planning.more import more_of
from batuta.planning.proposal import Planner
from batuta.planning.recall import made
from batuta.planning.rest import NoWay, budget_left, less
from batuta.ports import WORKSPACE
from batuta.reading.nearest import did_you_mean
from batuta.reading.planning import AUTONOMIES
from batuta.spec.facts import Fact, Replanned
from batuta.spec.run import Run
from batuta.ways import Ways

__all__ = ["Replanning"]

# What has failed longer ago is over: who wants it asks again. In seconds.
_AGE_S_MAX = 86_400.0
# Of runs that ended so, so many are looked at for one that nobody has followed up: a millisecond each.
_LOOKED_AT_MAX = 200
# What is longer belongs into a file that the words name.
_WORDS_CHARS_MAX = 10_000


class Replanning:
    """Plans the rest of runs again.

    `planners` make plans, the cheapest first. `exists`: whether there is a file of that path, where words name one.
    """

    def __init__(
        self, app: App, planners: Sequence[Planner], exists: Callable[[str], bool]
    ) -> None:
        self._app = app
        self._engine = app.engine
        self._ways = Ways(app, planners, exists)

    async def tell(self, run_id: str, words: str, inputs: Mapping[str, Any], who: str = "") -> None:
        """Record what is known now of a run that has not ended: it stops, and what `follow` begins goes on with that.

        Durable when this returns. Nothing is recorded if there would be no plan.

        Raises:
            NotFound: no such run. AnswerError: it has ended, or its end was asked for. InputError: there is no plan for
            it, or it was planned again too often. JournalError.
        """
        told = {"words": words.strip(), "inputs": dict(inputs)}
        if not told["words"] and not inputs:
            raise InputError("nothing was said", remedy="say in words what is different")
        if len(words) > _WORDS_CHARS_MAX:
            raise InputError(
                f"{len(words):,} characters are too many; at most {_WORDS_CHARS_MAX:,}",
                remedy="put what is long into a file, and name the file",
            )
        origin = await self._engine.read(run_id)
        if origin.ended is not None:
            raise AnswerError(f"run {run_id} has already ended: {origin.ended.status}")
        try:
            await self._check_told(origin, told)
        except NoWay as no:
            remedy = "the run goes on as it was; cancel it, and ask anew, if it should not"
            raise InputError(f"nothing is different for {run_id}: {no}", remedy=remedy) from None
        who = who or local_user()
        why = f"{who} has said more"
        await outside.cancel(self._engine, run_id, who=who, why=why, told=told)

    async def follow(self, run_id: str) -> str:
        """The run that goes on in place of `run_id`, which is begun if that is due; "" if none does.

        Nobody drives it yet. It may wait for a person to accept its plan. Raises `NotFound`, `JournalError`.
        """
        origin = await self._engine.read(run_id)
        if origin.replanned is not None:
            return origin.replanned.by or await self._after_all(origin)
        if not self._is_due(origin):
            return ""
        assert origin.ended is not None
        by = successor_id(origin.id, origin.ended.at)
        blame = blame_of(origin)
        why = blame.why
        try:
            if not await self._is_there(origin, by):
                await self._begin(origin, by, blame)
        except NoWay as no:
            # Planning takes its time: somebody else may have found a way meanwhile.
            if not await self._is_there(origin, by):
                by, why = "", f"{why}, and {no}"
        await self._told(origin.id, Replanned(at=self._now, by=by, why=why))
        return by or await self._after_all(origin)

    async def _after_all(self, origin: Run) -> str:
        """The run that goes on in place of `origin` although it was said that none does; "" if none does indeed.

        Whoever begins one cannot see that just then somebody else gives up: one log knows nothing of another.
        """
        assert origin.ended is not None
        by = successor_id(origin.id, origin.ended.at)
        if origin.purged or not await self._is_there(origin, by):
            return ""
        await self._told(origin.id, Replanned(at=self._now, by=by, why=blame_of(origin).why))
        return by

    async def unfollowed(self) -> list[str]:
        """Runs that `follow` is due for, and of which nobody has asked yet, oldest first."""
        since, ended = self._now - _AGE_S_MAX, ("failed", "cancelled")
        rows = await self._app.runs(status=ended, since=since, limit=_LOOKED_AT_MAX)
        runs = [row.run for row in reversed(rows)]
        return [run for run in runs if self._is_due(await self._engine.read(run))]

    @property
    def _now(self) -> float:
        return self._engine.clock.now()

    def _is_due(self, run: Run) -> bool:
        ended = run.ended
        if ended is None or run.replanned is not None or run.purged:
            return False
        if self._now - ended.at >= _AGE_S_MAX or not self._app.workspace.planning.replan:
            return False
        return run.is_told or (ended.status == "failed" and self._ways.is_open(run))

    async def _is_there(self, origin: Run, by: str) -> bool:
        """True if somebody has begun the run `by` already; what should have followed may have been cut off."""
        try:
            run = await self._engine.read(by)
        except NotFound:
            return False
        assert run.accepted is not None and run.routed is not None and run.root is not None
        assert run.accepted.fork is not None and run.accepted.fork.run == origin.id
        await self._remember(origin, run)
        return True

    async def _begin(self, origin: Run, by: str, blame: Blame) -> None:
        """Begin the run `by`. Raises `NoWay`, `JournalError`."""
        accepted = origin.accepted
        assert accepted is not None
        autonomy = self._check_often(origin)
        refused = "" if origin.is_told else refusal(origin, blame)
        if refused:
            raise NoWay(f"{refused}: that is not planned around")
        left = budget_left(origin, self._now)
        most = None if left is None else left.limit_nusd
        way, cost_nusd = await self._ways.best(origin, by, blame, autonomy, most)
        if await self._has_given_up(origin):
            raise NoWay("somebody else has found none")
        budget = None if left is None else less(left, cost_nusd)
        asks = bool(way.successor.loose) or accepted.epoch < self._engine.epoch
        asks = asks or (accepted.fork is not None and accepted.fork.asks)
        beyond = self._ways.beyond(origin, way)
        confirms = autonomy == "confirm" and way.understood.made
        question = None
        if confirms or beyond or way.understood.route.also:
            question = self._ways.question(origin, blame, way, beyond)
        fact = way.understood.fact(self._now)
        try:
            await begin(self._engine, way.successor, fact, budget, asks=asks, question=question)
        except Conflict:
            if not await self._is_there(origin, by):
                raise
            return
        await self._remember(origin, way.successor.run, way.understood.planner)

    async def _has_given_up(self, origin: Run) -> bool:
        """True if somebody has said meanwhile that nothing goes on: planning takes its time."""
        replanned = (await self._engine.read(origin.id)).replanned
        return replanned is not None and not replanned.by

    async def _check_told(self, origin: Run, told: Mapping[str, Any]) -> None:
        """Raises `NoWay` if there is no plan for what is wanted now; `InputError`."""
        assert origin.root is not None
        if not self._app.workspace.planning.replan:
            raise NoWay("`planning.replan` is 0")
        self._check_often(origin)
        left = budget_left(origin, self._now)
        more = more_of(origin, told)
        known = origin.root.shape.plan.inputs
        if not more.said and (unknown := more.given.keys() - known.keys()):
            remedy = did_you_mean(min(unknown), known, "inputs")
            raise InputError(f"its plan has no input {min(unknown)[:80]!r}", remedy=remedy)
        await self._ways.check(origin, more, None if left is None else left.limit_nusd)

    def _check_often(self, origin: Run) -> str:
        """The autonomy of what goes on in place of `origin`. Raises `NoWay` if nothing may."""
        assert origin.accepted is not None
        recorded = "" if origin.routed is None else origin.routed.autonomy
        autonomy = self._autonomy(recorded)
        if autonomy == "suggest":
            raise NoWay("the autonomy is `suggest`: nothing runs")
        if not origin.accepted.request.trusted:
            raise NoWay("for somebody who is not trusted, no plan is made")
        fork = origin.accepted.fork
        number = 0 if fork is None else fork.number
        if number >= self._app.workspace.planning.replan:
            raise NoWay(f"it was planned again so often as `planning.replan` allows ({number})")
        return autonomy

    def _autonomy(self, recorded: str) -> str:
        """What the request was allowed, or what the workspace allows now, if that is less."""
        words = (recorded or "confirm", self._app.workspace.planning.autonomy)
        return min(words, key=AUTONOMIES.index)

    async def _remember(self, origin: Run, run: Run, planner: str = "") -> None:
        """So that the new plan is recalled if it works. Told twice, it is the same."""
        assert run.accepted is not None and run.root is not None
        shape = run.root.shape
        planner = planner or (run.routed.planner if run.routed is not None else "")
        # One that asks for what was missing is for this time, and what is somebody's is registered.
        if shape.digest == origin.root_plan_digest or HUMAN in shape.capabilities:
            return
        words = run.accepted.request.text
        await self._told(WORKSPACE, made(words, shape.plan, run.id, planner, self._now))

    async def _told(self, stream: str, fact: Fact) -> None:
        journal = self._engine.journal
        await journal.commit(journal.append(stream, (fact,), after=None))

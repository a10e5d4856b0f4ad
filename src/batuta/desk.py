"""Requests in plain words: which plan they mean or need, what they say of its inputs, and a run of it.

desk = Desk(app)
understood = await desk.understand("refund order A-1042 with 20 euros")
run = await desk.accept(understood, understood.inputs.values)
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from batuta.app import App
from batuta.capabilities.local.classify import foreseeing
from batuta.capabilities.registered import PREFIX
from batuta.config import plan_files
from batuta.engine.author import local_user
from batuta.engine.before import begun, begun_before
from batuta.engine.ids import run_id_of
from batuta.errors import BatutaError, Conflict, Denied, InputError, NotFound
from batuta.makers import makers
from batuta.opening import embedder_of_this_machine
from batuta.planning.autonomy import approval_of, narrowed, permit
from batuta.planning.candidate import Candidate, Classify, Route
from batuta.planning.clauses import without_courtesies
from batuta.planning.confirmations import Confirmations, confirmed
from batuta.planning.draft import DraftPlanner
from batuta.planning.ladder import Ladder
from batuta.planning.proposal import Planner, Proposal, Wish
from batuta.planning.recall import RecallPlanner, made
from batuta.planning.registered import RegisteredPlanner, inputs_in
from batuta.planning.route import Router
from batuta.planning.saving import file_for, keep, registrable
from batuta.planning.understood import Understood
from batuta.plans.admit import raise_flaws
from batuta.plans.build import Sourced, plan_from_file, plan_from_yaml, plan_to_yaml
from batuta.plans.check import check
from batuta.ports import WORKSPACE
from batuta.reading.nearest import did_you_mean
from batuta.replanning import Replanning
from batuta.spec.facts import Fact
from batuta.spec.request import Request
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape

__all__ = ["Desk"]

# A longer text is no request: it belongs into a file that the request names.
_WORDS_CHARS_MAX = 100_000


class Desk:
    """Where requests in plain words come in. `asking` is told the name of each planner before it is asked.

    Attributes:
        troubles: registered plans that cannot be asked for because they have flaws: by file, the first flaw.
    """

    def __init__(
        self,
        app: App,
        *,
        classify: Classify | None = None,
        asking: Callable[[str], None] | None = None,
    ) -> None:
        self._app = app
        self._asking = asking
        self._confirmations = Confirmations(app.engine.journal)
        self._registered: dict[str, Sourced] | None = None
        self._offered: dict[str, Sourced] | None = None
        router = Router(classify) if classify else Router(*foreseeing(embedder_of_this_machine))
        engine = app.engine
        making = makers(app)
        planners: list[Planner] = [
            RegisteredPlanner(router, lambda: self.registered, self._candidates, lambda: app.cards),
            RecallPlanner(router, engine.journal, engine.read, lambda: app.cards),
            *making,
        ]
        self._replanning = Replanning(app, making, self._exists)
        self._planners = {one.name: one for one in planners}
        self.troubles: dict[str, str] = {}

    @property
    def registered(self) -> Mapping[str, Sourced]:
        """What can be asked for, by name: the plans of the workspace's files, and the workflows of its modules.

        Raises `InputError` if the folder cannot be read.
        """
        if self._registered is None:
            found: dict[str, list[Sourced]] = {}
            for path in plan_files(self._app.workspace):
                try:
                    sourced = plan_from_file(path)
                    found.setdefault(sourced.plan.name, []).append(sourced)
                except BatutaError as error:
                    self.troubles[path.name] = error.message
            for name, workflow in self._app.plans.items():
                try:
                    found.setdefault(name, []).append(workflow.recorded.sourced)
                except BatutaError as error:
                    self.troubles[name] = error.message
            self._registered = {name: own[0] for name, own in found.items() if len(own) == 1}
            for name, own in found.items():
                if len(own) > 1:  # as everywhere: a name that means two plans means none
                    self.troubles[name] = f"{len(own)} registered plans have this name"
        return self._registered

    @property
    def offered(self) -> Mapping[str, Sourced]:
        """Those of `registered` that people ask for: what is only a step of another, and has no examples, is not."""
        if self._offered is None:
            known = self.registered
            parts = {use for one in known.values() for use in PlanShape(one.plan).capabilities}
            self._offered = {
                name: one
                for name, one in known.items()
                if one.plan.examples or f"{PREFIX}{name}" not in parts
            }
        return self._offered

    async def understand(
        self,
        words: str,
        *,
        plan: str = "",
        sourced: Sourced | None = None,
        trusted: bool = True,
        planner: str = "",
        autonomy: str = "",
    ) -> Understood:
        """What `words` ask for.

        `plan` (a registered name) or `sourced` (any plan): it is known, and only its inputs are read. `trusted` False:
        whoever asks is not known; what they say is routed as it is, no plan is made for it, and it teaches nothing.
        `planner`: only this one is asked. `autonomy`: less than the workspace allows.

        Raises:
            InputError: they are no request (too long), or it is more autonomy than there is. NotFound: there is no such
            plan or planner. Denied: that planner makes plans, and whoever asks is not trusted. CallFailed: words cannot
            be classified on this machine. JournalError.
        """
        autonomy = narrowed(self._app.workspace.planning.autonomy, autonomy, trusted=trusted)
        if len(words) > _WORDS_CHARS_MAX:
            raise InputError(
                f"{len(words):,} characters are no request; at most {_WORDS_CHARS_MAX:,}",
                remedy="put what is long into a file, and name the file",
            )
        wish = Wish(
            without_courtesies(words), self._today(), trusted, self._exists, anew=bool(planner)
        )
        if plan and sourced is None:
            sourced = self._named(plan)
        if sourced is not None:
            route = Route(sourced.plan.name, 1.0, "the request names it", sure=True)
            named = Proposal("named", route, sourced, inputs_in(wish, sourced.plan))
            return Understood(words, named, trusted=trusted, autonomy=autonomy)
        planners = [self._planner(planner)] if planner else list(self._planners.values())
        if planner and planners[0].makes and not trusted:
            raise Denied("for somebody who is not trusted, no plan is made")
        chosen, *others = await Ladder(planners, self._asking).climb(wish)
        return Understood(words, chosen, tuple(others), trusted, autonomy)

    async def approval(
        self,
        understood: Understood,
        inputs: Mapping[str, Any],
        *,
        sourced: Sourced | None = None,
    ) -> str:
        """The digest that a yes is bound to: of the plan, these inputs, the files they name, and what the plan calls.

        `sourced`: the plan itself, if it is not as it was understood. Raises `NotFound`; `InputError` for such a file.
        """
        plan = (sourced or understood.sourced or self._named(understood.plan)).plan
        given = await self._app.pinned(plan, inputs)
        return approval_of(plan, given, self._app.cards, self._app.workspace.root)

    async def accept(
        self,
        understood: Understood,
        inputs: Mapping[str, Any],
        *,
        sourced: Sourced | None = None,
        author: str = "",
        who: str = "",
        approved: str = "",
        key: str = "",
    ) -> str:
        """Accept a run of the plan that was understood, durably, and return its id; nobody drives it yet.

        `sourced`: the plan itself, if it is not as it was understood. `who` said that it was meant: if they are
        trusted, the words are an example of it from now on. `approved`: the digest (`approval`) that they said yes to;
        a plan that was made needs one, unless `understood.free`. It is recalled if it works. `key` as for `App.start`.

        Raises as `App.start` does; `NotFound` if nothing was understood; `Denied` and `InputError` if it may not run.
        """
        plan = (sourced or understood.sourced or self._named(understood.plan)).plan
        engine = self._app.engine
        now = engine.clock.now()
        author = author or local_user()
        pinned = await self._app.pinned(plan, inputs)
        wanted = approval_of(plan, pinned, self._app.cards, self._app.workspace.root)
        who = who or (local_user() if approved else "")
        permit(understood, plan.name, wanted, approved)

        async def begin(run_id: str) -> Run:
            run, receipt = engine.accept(
                plan,
                pinned,
                run_id=run_id,
                request=Request(text=understood.words, author=author, trusted=understood.trusted),
                routed=understood.fact(now, who, approved),
            )
            await engine.journal.commit(receipt)
            return run

        try:
            run = await begun(engine, author, key, begin)
        except Conflict:
            if not key:
                raise
            return (await begun_before(engine, run_id_of(author, key), plan, pinned)).id
        fact: Fact | None = None
        if understood.made:
            said_yes = who if approved else understood.chosen.approved
            fact = made(understood.words, plan, run.id, understood.planner, now, said_yes)
        elif who and understood.trusted and understood.words.strip():
            fact = confirmed(understood.words, plan.name, run.id, who, now)
        if fact is not None:
            await engine.journal.commit(engine.journal.append(WORKSPACE, (fact,), after=None))
        engine.keep(run)
        return run.id

    async def follow(self, run: str) -> str:
        """The run that goes on in place of `run`, whose plan was made and failed, or that was told more; "" if none.

        It is begun if nobody has, and nobody drives it yet; it may wait for a person to accept its plan.

        Raises:
            NotFound: there is no such run. JournalError. CallFailed: plans cannot be made now; ask again.
        """
        return await self._replanning.follow(run)

    async def tell(
        self,
        run: str,
        words: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        who: str = "",
        trusted: bool = True,
    ) -> None:
        """Say what is known now of a run that has not ended: its rest is planned again with that, by `follow`.

        `words` is what is different, or wanted besides; `inputs` those of its plan that are others. The run stops as
        one that was cancelled. If there is no plan for it, nothing is recorded, and it goes on.

        Raises:
            NotFound: there is no such run. AnswerError: it has ended, or its end was asked for. InputError: there is no
            plan for it, or nothing may be planned again. Denied: whoever says it is not trusted. JournalError.
            CallFailed: plans cannot be made now.
        """
        if not trusted:
            raise Denied("for somebody who is not trusted, no plan is made")
        await self._replanning.tell(run, words, inputs or {}, who)

    async def unfollowed(self) -> list[str]:
        """Runs of the last day that `follow` is due for, oldest first."""
        return await self._replanning.unfollowed()

    def edited(self, understood: Understood, text: str, file: str = "") -> Understood:
        """`understood` with the plan that `text` (YAML; `file` names it in messages) says in place of its own.

        Raises:
            PlanError: it has flaws; the error lists all of them, with places.
        """
        sourced = plan_from_yaml(text, file)
        raise_flaws(check(sourced.plan, self._app.cards, sourced.places))
        wish = Wish(understood.words, self._today(), understood.trusted, self._exists)
        return understood.edited(sourced, inputs_in(wish, sourced.plan))

    def save(self, understood: Understood, name: str, *, force: bool = False) -> Path:
        """Make the plan that was understood a registered one; its file, where the workspace has its plans.

        `force`: a registered plan of that name is replaced, if it has a file of its own.

        Raises:
            InputError: the name is taken, there is no place for it, it cannot be written, or there is nothing to keep.
            PlanError: the name is none, or the plan has flaws. Denied: whoever asks is not trusted.
        """
        if not understood.trusted:
            raise Denied("somebody who is not trusted registers no plan")
        sourced = registrable(understood, name)
        raise_flaws(check(sourced.plan, self._app.cards, sourced.places))
        taken = {*self.registered, *self.troubles}
        path = file_for(name, self._app.workspace, self.registered.get(name), name in taken, force)
        keep(path, plan_to_yaml(sourced.plan), replace=force)
        self._registered = self._offered = None
        return path

    def _planner(self, name: str) -> Planner:
        if name not in self._planners:
            remedy = did_you_mean(name, self._planners, "planners")
            if name == DraftPlanner.name:
                remedy = (
                    "a model drafts plans where `planning: {model: NAME}` in batuta.yaml names one"
                )
            raise NotFound(f"no planner {name[:80]!r} is asked here", remedy=remedy)
        return self._planners[name]

    def _named(self, name: str) -> Sourced:
        known = self.registered
        if name not in known:
            raise NotFound(
                f"no plan {name[:80]!r} is registered", remedy=did_you_mean(name, known, "plans")
            )
        return known[name]

    async def _candidates(self) -> list[Candidate]:
        earlier = await self._confirmations.by_plan()
        return [
            Candidate(
                name,
                one.plan.description,
                one.plan.examples,
                earlier.get(name, ()),
                one.plan.inputs,
            )
            for name, one in self.offered.items()
        ]

    def _today(self) -> date:
        return datetime.fromtimestamp(self._app.engine.clock.now(), UTC).astimezone().date()

    def _exists(self, path: str) -> bool:
        """True for a file of the workspace that is not hidden; what may be read is decided when it is pinned."""
        parts = PurePosixPath(path.replace("\\", "/")).parts
        if not parts or any(part.startswith((".", "/")) or "\0" in part for part in parts):
            return False
        try:
            return Path(self._app.workspace.root, *parts).is_file()
        except (OSError, ValueError):
            return False

"""Requests in plain words: which plan they mean or need, what they say of its inputs, and a run of it.

desk = Desk(app)
understood = await desk.understand("refund order A-1042 with 20 euros")
run = await desk.accept(understood, understood.inputs.values)
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from batuta.app import App, embedder_of_this_machine, new_run_id
from batuta.capabilities.local.classify import classifying
from batuta.capabilities.registered import PREFIX
from batuta.config import plan_files
from batuta.engine.author import local_user
from batuta.errors import BatutaError, InputError, NotFound
from batuta.planning.candidate import Candidate, Classify, Route
from batuta.planning.compose.history import History
from batuta.planning.compose.planner import ComposePlanner
from batuta.planning.confirmations import Confirmations, confirmed
from batuta.planning.draft import DraftPlanner
from batuta.planning.ladder import Ladder
from batuta.planning.proposal import Planner, Proposal, Wish
from batuta.planning.recall import RecallPlanner, made
from batuta.planning.registered import RegisteredPlanner, inputs_in
from batuta.planning.route import Router
from batuta.planning.understood import Understood
from batuta.plans.build import Sourced, plan_from_file
from batuta.ports import WORKSPACE
from batuta.reading.nearest import did_you_mean
from batuta.spec.facts import Fact
from batuta.spec.request import Request
from batuta.spec.shape import PlanShape

__all__ = ["Desk"]

# A longer text is no request: it belongs into a file that the request names.
_WORDS_CHARS_MAX = 100_000


class Desk:
    """Where requests in plain words come in.

    Attributes:
        troubles: registered plans that cannot be asked for because they have flaws: by file, the first flaw.
    """

    def __init__(self, app: App, *, classify: Classify | None = None) -> None:
        self._app = app
        self._confirmations = Confirmations(app.engine.journal)
        self._registered: dict[str, Sourced] | None = None
        router = Router(classify or classifying(embedder_of_this_machine))
        engine = app.engine
        history = History(engine.journal, engine.read)
        planners: list[Planner] = [
            RegisteredPlanner(router, lambda: self.registered, self._candidates),
            RecallPlanner(router, engine.journal, engine.read, lambda: app.cards),
            ComposePlanner(lambda: app.cards, embedder_of_this_machine, history.pasts),
        ]
        drafting = app.workspace.planning
        if drafting.model:
            planners.append(
                DraftPlanner(drafting.model, drafting.attempts, app.run, lambda: app.cards)
            )
        self._ladder = Ladder(planners)
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
        known = self.registered
        parts = {use for one in known.values() for use in PlanShape(one.plan).capabilities}
        return {
            name: one
            for name, one in known.items()
            if one.plan.examples or f"{PREFIX}{name}" not in parts
        }

    async def understand(
        self, words: str, *, plan: str = "", sourced: Sourced | None = None, trusted: bool = True
    ) -> Understood:
        """What `words` ask for.

        `plan` (a registered name) or `sourced` (any plan): it is known, and only its inputs are read. `trusted` False:
        whoever asks is not known; what they say is routed as it is, no plan is made for it, and it teaches nothing.

        Raises:
            InputError: they are no request (too long). NotFound: there is no such plan. CallFailed: words cannot be
            classified on this machine. JournalError.
        """
        if len(words) > _WORDS_CHARS_MAX:
            raise InputError(
                f"{len(words):,} characters are no request; at most {_WORDS_CHARS_MAX:,}",
                remedy="put what is long into a file, and name the file",
            )
        wish = Wish(words, self._today(), trusted, self._exists)
        if plan and sourced is None:
            sourced = self._named(plan)
        if sourced is not None:
            route = Route(sourced.plan.name, 1.0, "the request names it", sure=True)
            named = Proposal("named", route, sourced, inputs_in(wish, sourced))
            return Understood(words, named, trusted=trusted)
        chosen, *others = await self._ladder.climb(wish)
        return Understood(words, chosen, tuple(others), trusted)

    async def accept(
        self,
        understood: Understood,
        inputs: Mapping[str, Any],
        *,
        sourced: Sourced | None = None,
        author: str = "",
        who: str = "",
    ) -> str:
        """Accept a run of the plan that was understood, durably, and return its id; nobody drives it yet.

        `sourced`: the plan itself, if it is not as it was understood. `who` said that it was meant: if they are
        trusted, the words are an example of it from now on. A plan that was made is recalled if it works.

        Raises as `App.start` does; `NotFound` if nothing was understood.
        """
        plan = (sourced or understood.sourced or self._named(understood.plan)).plan
        engine = self._app.engine
        now = engine.clock.now()
        run_id = new_run_id(now)
        pinned = await self._app.pinned(plan, inputs)
        run, receipt = engine.accept(
            plan,
            pinned,
            run_id=run_id,
            request=Request(text=understood.words, author=author or local_user()),
            routed=understood.fact(now, who),
        )
        await engine.journal.commit(receipt)
        fact: Fact | None = None
        if understood.made:
            fact = made(understood.words, plan, run_id, understood.planner, now)
        elif who and understood.trusted and understood.words.strip():
            fact = confirmed(understood.words, plan.name, run_id, who, now)
        if fact is not None:
            await engine.journal.commit(engine.journal.append(WORKSPACE, (fact,), after=None))
        engine.keep(run)
        return run_id

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

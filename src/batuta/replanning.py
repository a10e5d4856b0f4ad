"""Self-healing: a run by a plan that was made, and that failed, goes on by another plan, as a run of its own.

What was done is taken over, what has failed is not called again, and what may have had an effect is not repeated
unasked. The id of the run that goes on follows from that of the one that failed, so that there is one, whoever looks,
and however often that was interrupted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, cast

import msgspec

from batuta.app import App
from batuta.capabilities.registered import plan_of
from batuta.engine.ids import successor_id
from batuta.engine.past.successor import Successor, begin, prepared
from batuta.errors import Conflict, InputError, NotFound, PlanError
from batuta.planning.autonomy import approval_of
from batuta.planning.blame import Blame, blame_of, is_made, refusal
from batuta.planning.ladder import Ladder
from batuta.planning.proposal import Planner, Proposal, Wish
from batuta.planning.recall import made
from batuta.planning.rest import NoWay, budget_left, check_in_place, less
from batuta.planning.understood import Understood
from batuta.planning.width import wider
from batuta.plans.build import Sourced
from batuta.ports import WORKSPACE
from batuta.reading.planning import AUTONOMIES
from batuta.spec.budget import Budget
from batuta.spec.call import Question
from batuta.spec.card import Card
from batuta.spec.facts import Fact, Replanned
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape

__all__ = ["Replanning"]

# What has failed longer ago is over: who wants it asks again. In seconds.
_AGE_S_MAX = 86_400.0
# Of runs that failed, so many are looked at for one that nobody has followed up: a millisecond each.
_LOOKED_AT_MAX = 200


class _Way(NamedTuple):
    """How a run could go on: by this proposal, as this run."""

    understood: Understood
    sourced: Sourced
    inputs: Mapping[str, Any]
    successor: Successor


class Replanning:
    """Plans the rest of runs that failed.

    `planners` make plans, the cheapest first. `exists`: whether there is a file of that path, where words name one.
    """

    def __init__(
        self, app: App, planners: Sequence[Planner], exists: Callable[[str], bool]
    ) -> None:
        self._app = app
        self._engine = app.engine
        self._ladder = Ladder(planners)
        self._exists = exists

    async def follow(self, run_id: str) -> str:
        """The run that goes on in place of `run_id`, which is begun if that is due; "" if none does.

        Nobody drives it yet. It may wait for a person to accept its plan. Raises `NotFound`, `JournalError`.
        """
        origin = await self._engine.read(run_id)
        if origin.replanned is not None:
            return origin.replanned.by
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
        return by

    async def unfollowed(self) -> list[str]:
        """Runs that failed, and of which nobody has asked yet what goes on in their place, oldest first."""
        since = self._now - _AGE_S_MAX
        rows = await self._app.runs(status="failed", since=since, limit=_LOOKED_AT_MAX)
        runs = [row.run for row in reversed(rows)]
        return [run for run in runs if self._is_due(await self._engine.read(run))]

    @property
    def _now(self) -> float:
        return self._engine.clock.now()

    def _is_due(self, run: Run) -> bool:
        ended = run.ended
        if ended is None or ended.status != "failed" or run.replanned is not None or run.purged:
            return False
        recent = self._now - ended.at < _AGE_S_MAX
        return recent and is_made(run) and self._app.workspace.planning.replan > 0

    async def _is_there(self, origin: Run, by: str) -> bool:
        """True if somebody has begun the run `by` already; what should have followed may have been cut off."""
        try:
            run = await self._engine.read(by)
        except NotFound:
            return False
        assert run.accepted is not None and run.routed is not None and run.root is not None
        assert run.accepted.fork is not None and run.accepted.fork.run == origin.id
        await self._remember(run)
        return True

    async def _begin(self, origin: Run, by: str, blame: Blame) -> None:
        """Begin the run `by`. Raises `NoWay`, `JournalError`."""
        accepted, routed, root = origin.accepted, origin.routed, origin.root
        assert accepted is not None and routed is not None and root is not None
        number = 0 if accepted.fork is None else accepted.fork.number
        autonomy = self._autonomy(routed.autonomy)
        if autonomy == "suggest":
            raise NoWay("the autonomy is `suggest`: nothing runs")
        if number >= self._app.workspace.planning.replan:
            raise NoWay(f"it was planned again so often as `planning.replan` allows ({number})")
        if refused := refusal(origin):
            raise NoWay(f"{refused}: that is not planned around")
        left = budget_left(origin)
        way, cost_nusd = await self._way(origin, by, blame, autonomy, left)
        budget = None if left is None else less(left, cost_nusd)
        asks = bool(way.successor.loose) or accepted.epoch < self._engine.epoch
        asks = asks or (accepted.fork is not None and accepted.fork.asks)
        beyond = self._beyond(root.shape, way.successor)
        question = None
        if autonomy == "confirm" or beyond or way.understood.route.also:
            question = self._question(origin, blame, way, beyond)
        fact = way.understood.fact(self._now)
        try:
            await begin(self._engine, way.successor, fact, budget, asks=asks, question=question)
        except Conflict:
            if not await self._is_there(origin, by):
                raise
            return
        await self._remember(way.successor.run, way.understood.planner)

    async def _way(
        self, origin: Run, by: str, blame: Blame, autonomy: str, left: Budget | None
    ) -> tuple[_Way, int]:
        """The best plan that can do what is left, and what all planning has cost. Raises `NoWay`."""
        accepted = origin.accepted
        assert accepted is not None
        most = None if left is None else left.limit_nusd
        tried, broken = await self._tried(origin)
        words = accepted.request.text
        wish = Wish(
            words,
            _day(accepted.at),
            exists=self._exists,
            without=self._not_working(broken),
            tried={**blame.tried, "does_not_work": sorted(broken)},
            most_nusd=most,
        )
        said = await self._ladder.climb(wish)
        cost_nusd = sum(one.cost_nusd for one in said)
        whys: list[str] = []
        for one in said:
            others = tuple(other for other in said if other is not one)
            try:
                sourced, inputs = await self._filled(origin, one, tried)
                successor = await prepared(self._engine, origin, sourced.plan, inputs, by)
                self._check(origin, successor, blame)
            except (NoWay, PlanError, InputError) as no:
                whys.append(f"{one.planner}: {no}")
                continue
            route = msgspec.structs.replace(
                one.route, why=f"planned again, because {blame.why}: {one.route.why}"
            )
            chosen = msgspec.structs.replace(one, route=route)
            understood = Understood(words, chosen, others, autonomy=autonomy)
            return _Way(understood, sourced, inputs, successor), cost_nusd
        raise NoWay("there is no other plan for it: " + "; ".join(whys))

    def _check(self, origin: Run, successor: Successor, blame: Blame) -> None:
        """See that something does what has failed. Raises `NoWay`."""
        before, after = origin.root, successor.run.root
        assert before is not None and after is not None
        check_in_place(before.shape, [after.shape.steps[name] for name in successor.rest], blame)

    async def _filled(
        self, origin: Run, proposal: Proposal, tried: frozenset[str]
    ) -> tuple[Sourced, Mapping[str, Any]]:
        """The plan of `proposal` with what it needs: as the other run had it, else from the words. Raises `NoWay`."""
        sourced, root = proposal.sourced, origin.root
        assert root is not None
        if sourced is None:
            raise NoWay(proposal.route.why)
        if sourced.plan.digest() in tried:
            raise NoWay("it is the plan that failed")
        await self._engine.load([root.inputs])
        had = cast("dict[str, Any]", self._engine.shelf.get(root.inputs) or {})
        schemas, before = sourced.plan.inputs, root.shape.plan.inputs
        kept = {
            name: value
            for name, value in had.items()
            if name in schemas and schemas[name] == before.get(name)
        }
        read = {n: value for n, value in proposal.inputs.values.items() if n not in kept}
        missing = [name for name in proposal.inputs.missing if name not in kept]
        if missing:
            raise NoWay(f"it needs what nobody has said: {', '.join(missing)}")
        return sourced, {**kept, **await self._app.pinned(sourced.plan, read)}

    async def _tried(self, origin: Run) -> tuple[frozenset[str], frozenset[str]]:
        """The digests of the plans that failed, and what failed in them: of this run, and of those before it."""
        plans, broken = set[str](), set[str]()
        run: Run | None = origin
        while run is not None and run.root is not None:
            plans.add(run.root_plan_digest)
            broken |= blame_of(run).without
            fork = None if run.accepted is None else run.accepted.fork
            run = await self._engine.read(fork.run) if fork is not None and fork.number else None
        return frozenset(plans), frozenset(broken)

    def _not_working(self, broken: frozenset[str]) -> frozenset[str]:
        """`broken`, and the registered plans that call one of them."""
        cards = self._app.cards
        found, before = set(broken), 0
        inner = {
            name: PlanShape(plan).capabilities
            for name, card in cards.items()
            if card.plan and (plan := self._plan_of(name)) is not None
        }
        while len(found) > before:
            before = len(found)
            found |= {name for name, calls in inner.items() if calls & found}
        return frozenset(found)

    def _beyond(self, before: PlanShape, successor: Successor) -> list[str]:
        root = successor.run.root
        assert root is not None
        rest = [root.shape.steps[name] for name in successor.rest]
        return wider(before, rest, self._app.cards, self._plan_of)

    def _plan_of(self, name: str) -> Any:
        return plan_of(self._engine.catalog.get, name)

    def _question(self, origin: Run, blame: Blame, way: _Way, beyond: Sequence[str]) -> Question:
        """What a person is asked before anything of the new plan happens."""
        cards, successor = self._app.cards, way.successor
        root = successor.run.root
        assert root is not None
        plan = root.shape.plan
        show = {
            "in place of": origin.id,
            "taken over": sorted({path.partition(".")[0] for path in successor.taken}),
            "would run": list(_shown(root.shape, successor.rest, cards)),
            "may do more": list(beyond),
            "may have happened": list(successor.loose),
            "digest": approval_of(plan, way.inputs, cards, self._app.workspace.root),
        }
        return Question(
            text=f"May the rest be done by another plan ({plan.name}), because {blame.why}?",
            schema={"enum": ["accept"]},
            show=show,
            kind="drift",
            options=("accept",),
        )

    def _autonomy(self, recorded: str) -> str:
        """What the request was allowed, or what the workspace allows now, if that is less."""
        words = (recorded or "confirm", self._app.workspace.planning.autonomy)
        return min(words, key=AUTONOMIES.index)

    async def _remember(self, run: Run, planner: str = "") -> None:
        """So that the new plan is recalled if it works. Told twice, it is the same."""
        assert run.accepted is not None and run.root is not None
        planner = planner or (run.routed.planner if run.routed is not None else "")
        words, plan = run.accepted.request.text, run.root.shape.plan
        await self._told(WORKSPACE, made(words, plan, run.id, planner, self._now))

    async def _told(self, stream: str, fact: Fact) -> None:
        journal = self._engine.journal
        await journal.commit(journal.append(stream, (fact,), after=None))


def _shown(shape: PlanShape, names: Sequence[str], cards: Mapping[str, Card]) -> Iterator[str]:
    for name in names:
        use = shape.steps[name].uses[0]
        card = cards[use]
        yield f"{name}: {use} ({card.effect}, {card.reach})"


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone().date()

"""How a run that did not come to its end could go on: the plans that there are, with what was done taken over."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, cast

import msgspec

from batuta.app import App
from batuta.capabilities.registered import plan_of
from batuta.engine.past.successor import Successor, prepared
from batuta.errors import InputError, PlanError
from batuta.planning.asking import HUMAN, asking
from batuta.planning.autonomy import approval_of
from batuta.planning.blame import Blame, blame_of, is_made
from batuta.planning.held import held
from batuta.planning.ladder import Ladder
from batuta.planning.more import More, corrects, more_of, same_plan
from batuta.planning.proposal import Planner, Proposal, Wish
from batuta.planning.rest import NoWay, check_in_place
from batuta.planning.understood import Understood
from batuta.planning.width import wider
from batuta.plans.build import Sourced
from batuta.plans.inputs import validate_inputs
from batuta.spec.call import Question
from batuta.spec.card import EFFECTS, Card
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape

__all__ = ["Way", "Ways"]

# From here on a capability changes something.
_CHANGES = EFFECTS.index("idempotent")


class Way(NamedTuple):
    """How a run could go on: by this proposal, with these inputs, as this run.

    `lost`: steps that insisted on something, and of which the new plan has nothing to insist on.
    """

    understood: Understood
    inputs: Mapping[str, Any]
    successor: Successor
    lost: tuple[str, ...]


class Ways:
    """Looks for them. `planners` make plans, the cheapest first, which costs nothing.

    `exists`: whether there is a file of that path, where words name one.
    """

    def __init__(
        self, app: App, planners: Sequence[Planner], exists: Callable[[str], bool]
    ) -> None:
        self._app = app
        self._engine = app.engine
        self._planners = tuple(planners)
        self._exists = exists

    def is_open(self, run: Run) -> bool:
        """True if `run` may go on by another plan: its own was made for words, or the workspace says so."""
        return is_made(run) or (
            run.accepted is not None
            and run.accepted.request.plan in self._app.workspace.planning.also
        )

    async def best(
        self, origin: Run, by: str, blame: Blame, autonomy: str, most_nusd: int | None
    ) -> tuple[Way, int]:
        """The best plan that can do what is left, as the run `by`; and what all planning has cost. Raises `NoWay`."""
        more = more_of(origin)
        tried, broken = await self._tried(origin)
        said = await self.proposals(origin, more, blame, broken, most_nusd)
        cost_nusd = sum(one.cost_nusd for one in said)
        whys: list[str] = []
        for one in said:
            others = tuple(other for other in said if other is not one)
            try:
                sourced, inputs, lost = await self._complete(origin, one, more, tried, blame)
                successor = await prepared(
                    self._engine, origin, sourced.plan, inputs, by, more.words
                )
                if not origin.is_told:
                    _check(origin, successor, blame)
            except (NoWay, PlanError, InputError) as no:
                whys.append(f"{one.planner}: {no}")
                continue
            route = msgspec.structs.replace(
                one.route, why=f"planned again, because {blame.why}: {one.route.why}"
            )
            chosen = msgspec.structs.replace(one, route=route, sourced=sourced)
            understood = Understood(more.words, chosen, others, autonomy=autonomy)
            return Way(understood, inputs, successor, lost), cost_nusd
        raise NoWay("there is no other plan for it: " + "; ".join(whys))

    async def check(self, origin: Run, more: More, most_nusd: int | None) -> None:
        """See that there is a plan for what is wanted now, and all that it needs. Raises `NoWay`."""
        blame = blame_of(origin)
        tried, broken = await self._tried(origin)
        whys: list[str] = []
        for one in await self.proposals(origin, more, blame, broken, most_nusd):
            try:
                await self._complete(origin, one, more, tried, blame)
            except (NoWay, PlanError, InputError) as no:
                whys.append(f"{one.planner}: {no}")
            else:
                return
        raise NoWay("; ".join(whys))

    async def proposals(
        self,
        origin: Run,
        more: More,
        blame: Blame,
        broken: frozenset[str] = frozenset(),
        most_nusd: int | None = None,
    ) -> Sequence[Proposal]:
        """What there is for what is wanted now, the best first. Raises `NoWay`."""
        assert origin.accepted is not None
        wish = Wish(
            more.words,
            _day(origin.accepted.at),
            exists=self._exists,
            without=self._not_working(broken),
            tried={**blame.tried, "does_not_work": sorted(broken)},
            most_nusd=most_nusd,
        )
        same = same_plan(origin, more, wish, await self.had(origin)) if more.told else None
        if same is not None and (not more.said or corrects(more.said)):
            return (same,)
        if not self.is_open(origin):
            if same is not None:
                return (same,)
            raise NoWay("its plan is somebody's, and what was said is none of its inputs")
        if same is not None:
            alone = msgspec.structs.replace(wish, words=more.said, tried=None)
            if (await self._planners[0].propose(alone)).sourced is None:
                return (same,)  # nothing else is asked for
        if not more.words.strip():
            raise NoWay("nobody has said in words what it is for")
        return await Ladder(self._planners).climb(wish)

    def beyond(self, origin: Run, way: Way) -> list[str]:
        """What the rest may do that the plan before might not, and on what it does not insist any more."""
        before, after = origin.root, way.successor.run.root
        assert before is not None and after is not None
        rest = [after.shape.steps[name] for name in way.successor.rest]
        found = wider(before.shape, rest, self._app.cards, self._plan_of)
        return [*found, *(f"nothing insists on what {name} did" for name in way.lost)]

    def question(self, origin: Run, blame: Blame, way: Way, beyond: Sequence[str]) -> Question:
        """What a person is asked before anything of the new plan happens."""
        cards, successor = self._app.cards, way.successor
        root = successor.run.root
        assert root is not None
        plan = root.shape.plan
        show: dict[str, Any] = {
            "in place of": origin.id,
            "taken over": sorted({path.partition(".")[0] for path in successor.taken}),
            "would run": [_shown(root.shape, name, cards) for name in successor.rest],
            "may do more": list(beyond),
            "may have happened": list(successor.loose),
            "digest": approval_of(plan, way.inputs, cards, self._app.workspace.root),
        }
        if origin.is_told:
            show["inputs"] = dict(way.inputs)
        return Question(
            text=f"May the rest be done by another plan ({plan.name}), because {blame.why}?",
            schema={"enum": ["accept"]},
            show=show,
            kind="drift",
            options=("accept",),
        )

    async def had(self, origin: Run) -> dict[str, Any]:
        """The inputs of a run."""
        assert origin.root is not None
        await self._engine.load([origin.root.inputs])
        return cast("dict[str, Any]", self._engine.shelf.get(origin.root.inputs) or {})

    async def _complete(
        self, origin: Run, one: Proposal, more: More, tried: frozenset[str], blame: Blame
    ) -> tuple[Sourced, Mapping[str, Any], tuple[str, ...]]:
        """The plan of a proposal as it would run, its inputs, and what it does not insist on any more.

        Raises `NoWay`; `PlanError` and `InputError` if it would not be accepted.
        """
        sourced, inputs = await self._filled(origin, one, more, tried)
        sourced, lost = self._held(origin, sourced, blame)
        shape = self._engine.shapes.admitted(sourced.plan)
        return sourced, validate_inputs(shape.plan, inputs), lost

    async def _filled(
        self, origin: Run, proposal: Proposal, more: More, tried: frozenset[str]
    ) -> tuple[Sourced, Mapping[str, Any]]:
        """The plan of `proposal` with what it needs: as was said since, as the other run had it, else from the words.

        What is missing then, a step of it asks for. Raises `NoWay`.
        """
        sourced, root = proposal.sourced, origin.root
        assert root is not None
        if sourced is None:
            raise NoWay(proposal.route.why)
        had = await self.had(origin)
        schemas, before = sourced.plan.inputs, root.shape.plan.inputs
        kept = {
            name: value
            for name, value in had.items()
            if name in schemas and schemas[name] == before.get(name)
        }
        new = {slot.name: slot.value for slot in proposal.inputs.slots if more.has(slot)}
        new |= {name: value for name, value in more.given.items() if name in schemas}
        if sourced.plan.digest() in tried and all(had.get(n) == one for n, one in new.items()):
            raise NoWay("it is the plan that failed" if not more.told else "that changes nothing")
        kept = {name: value for name, value in kept.items() if name not in new}
        read = {n: one for n, one in proposal.inputs.values.items() if n not in kept} | new
        missing = [n for n in proposal.inputs.missing if n not in kept and n not in read]
        if missing:
            plan = asking(sourced.plan, missing) if self._may_ask() else None
            if plan is None:
                raise NoWay(f"it needs what nobody has said: {', '.join(missing)}")
            sourced = sourced._replace(plan=plan)
        return sourced, {**kept, **await self._app.pinned(sourced.plan, read)}

    def _may_ask(self) -> bool:
        card = self._app.cards.get(HUMAN)
        return card is not None and "form" in card.input.get("properties", {})

    def _held(self, origin: Run, sourced: Sourced, blame: Blame) -> tuple[Sourced, tuple[str, ...]]:
        assert origin.root is not None
        cards = self._app.cards

        def changes(name: str) -> bool:
            card = cards[name]
            return card.expands or EFFECTS.index(card.effect) >= _CHANGES

        plan, lost = held(sourced.plan, origin.root.shape, blame.without, changes)
        return sourced._replace(plan=plan), tuple(lost)

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
        found, before = set(broken), 0
        inner = {
            name: PlanShape(plan).capabilities
            for name, card in (self._app.cards.items() if broken else ())
            if card.plan and (plan := self._plan_of(name)) is not None
        }
        while len(found) > before:
            before = len(found)
            found |= {name for name, calls in inner.items() if calls & found}
        return frozenset(found)

    def _plan_of(self, name: str) -> Plan | None:
        return plan_of(self._engine.catalog.get, name)


def _check(origin: Run, successor: Successor, blame: Blame) -> None:
    """See that something does what has failed. Raises `NoWay`."""
    before, after = origin.root, successor.run.root
    assert before is not None and after is not None
    check_in_place(before.shape, [after.shape.steps[name] for name in successor.rest], blame)


def _shown(shape: PlanShape, name: str, cards: Mapping[str, Card]) -> str:
    use = shape.steps[name].uses[0]
    return f"{name}: {use} ({cards[use].effect}, {cards[use].reach})"


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone().date()

"""The second planner: a plan that was made for a request like this one, and worked.

Nothing is kept but what the log has anyhow: the words, and the run that began with them. The plan is in the log of that
run, its arguments are inputs, and whether it worked is how the run ended. What the cards of its capabilities were then
is there, too: if one has changed since, the plan is not what it was, and is not recalled.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from batuta.errors import NotFound
from batuta.planning.against import against, described, doubt
from batuta.planning.candidate import Candidate, Route
from batuta.planning.clauses import command_of, wishes
from batuta.planning.compose.values import new_file, with_new_file
from batuta.planning.conditions import condition_in, is_conditional
from batuta.planning.proposal import NONE, Proposal, Wish
from batuta.planning.registered import inputs_in
from batuta.planning.route import FEW_TEXTS, Router
from batuta.planning.slots import Inputs
from batuta.planning.spans import Spans
from batuta.planning.speaking import speaks_of
from batuta.plans.build import plan_from_data
from batuta.ports import WORKSPACE, Journal
from batuta.spec.card import Card
from batuta.spec.facts import Made
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.shape import PlanShape
from batuta.spec.value import decode, inline

__all__ = ["RecallPlanner", "made"]

# Of the plans that were made, the latest are known; of each, the latest requests.
_PLANS_MAX = 1_000
_REQUESTS_MAX = 50
# What stands behind these of a long request teaches nothing about what it asks for.
_CHARS_MAX = 2_000
# Where the nearest does not work any more, the next one may; about 1 is as near as can be, and 0 is any other.
_NEXT_FROM = 0.3
# All are learned anew when such a share of the requests is new, which takes a second of 1,000. Until then, the new ones
# are learned by themselves, and asked where none of the others is like it.
_NEW_SHARE = 0.05


class _Earlier(NamedTuple):
    """A plan that was made: its name, and the requests it was made or recalled for, with their runs, oldest first.

    `approved`: who has said yes to it ("": nobody).
    """

    name: str
    requests: dict[str, str]
    approved: str = ""


class _Known(NamedTuple):
    """Plans as who routes sees them; `digests` by their names."""

    digests: Mapping[str, str]
    candidates: Sequence[Candidate]


class _Near(NamedTuple):
    """A plan that was made for a request like some words.

    Attributes:
        score: how near it is, if others are nearer.
        known: among which it was found, and what was asked before these; nothing if the words are the same.
    """

    earlier: _Earlier
    score: float | None
    known: Sequence[_Known]


def _label(earlier: _Earlier) -> dict[str, Any]:
    return {"label": "", "description": "", "examples": [*earlier.requests]}


class RecallPlanner:
    """Recalls plans out of `journal`. `read` gives a run by its id; `cards` those of today."""

    name = "recall"
    makes = True

    def __init__(
        self,
        router: Router,
        journal: Journal,
        read: Callable[[str], Awaitable[Run]],
        cards: Callable[[], Mapping[str, Card]],
    ) -> None:
        self._router = router
        self._journal = journal
        self._read = read
        self._cards = cards
        self._head = 0
        self._earlier: dict[str, _Earlier] = {}
        # By the words of each request, the plan in `_earlier` that has it.
        self._digests: dict[str, str] = {}
        # The requests that were learned together, as `_digests`; and these and those that are newer, as candidates.
        self._learned: dict[str, str] = {}
        self._known: list[_Known] = []

    async def propose(self, wish: Wish) -> Proposal:
        """The plan of the nearest earlier request that still works, with the arguments of this one."""
        await self._catch_up()
        none = not self._earlier
        why = "no plan has been made here yet" if none else "no earlier request is like it"
        async for near in self._nearest(wish.words):
            earlier = near.earlier
            # Of few requests one is always the nearest, and a plan that is recalled may run unasked.
            if len(self._digests) < FEW_TEXTS and not speaks_of(wish.words, _label(earlier)):
                continue
            run_id = next(reversed(earlier.requests.values()))
            plan, flaw = await self._usable(run_id)
            if plan is None:
                why = f"the plan of run {run_id} is near, but {flaw}"
                continue
            inputs = self._inputs_in(wish, plan)
            but = self._but(wish, plan, earlier, inputs)
            if but:
                why = f"the plan of run {run_id} is near, but {but}"
                continue
            # Last, because it looks at each part of the words, and few plans come so far.
            route = await self._meant(wish.words, near)
            if route.also:
                break
            if not route.plan:
                continue
            why = f"recalled from run {run_id}: {route.why}"
            but = self._doubt(wish, plan, earlier, inputs)
            if but:
                why = f"{why}; but {but}"
            sure = route.sure and not but
            route = msgspec.structs.replace(
                route, plan=plan.name, why=why, sure=sure, doubt=but, alternatives=()
            )
            sourced = plan_from_data(plan)
            return Proposal(self.name, route, sourced, inputs, approved=earlier.approved)
        return Proposal(self.name, msgspec.structs.replace(NONE, why=why))

    def _inputs_in(self, wish: Wish, plan: Plan) -> Inputs:
        """What the words say of the inputs of a plan; of the file that it writes, too, which need not be there."""
        inputs = inputs_in(wish, plan)
        new = new_file(plan, self._cards())
        slots = tuple(slot for slot in inputs.slots if slot.name != new)
        unclear = {name: said for name, said in inputs.unclear.items() if name != new}
        several = tuple(name for name in inputs.several if name != new)
        read = Inputs(slots, inputs.missing, unclear, several)
        return with_new_file(wish.words, read, plan, new)

    def _but(self, wish: Wish, plan: Plan, earlier: _Earlier, inputs: Inputs) -> str:
        """What the words say that `plan` does not do, or has no place for; "" if nothing."""
        if condition_in(wish.words) and not is_conditional(plan):
            return "has no condition"
        cards = self._cards()
        called = [cards[name] for name in PlanShape(plan).capabilities]
        said = described(plan, called)
        but = against(wish.words, plan, called, tuple(earlier.requests))
        if but:
            return but
        read = [(slot.start, slot.end) for slot in inputs.slots]
        label = {**_label(earlier), "description": said}
        for part in wishes(command_of(wish.words)):
            inside = any(start < part.end and part.start < end for start, end in read)
            if not inside and not speaks_of(part.text, label):
                return f"it does nothing for “{part.text}”"
        for found in Spans(wish.words, None).paths():
            outside = not any(start <= found.start < end for start, end in read)
            if outside and wish.exists(found.text):
                return f"it has no place for “{found.text}”"
        return ""

    def _doubt(self, wish: Wish, plan: Plan, earlier: _Earlier, inputs: Inputs) -> str:
        """Why the words are no order for what `plan` would change; "" if they are."""
        cards = self._cards()
        called = [cards[name] for name in PlanShape(plan).capabilities]
        return doubt(wish.words, plan, called, [*earlier.requests], inputs.slots)

    async def _nearest(self, words: str) -> AsyncIterator[_Near]:
        """The plans that requests like `words` had, the nearest first."""
        same = self._digests.get(words)
        if same is not None:
            yield _Near(self._earlier[same], None, ())
        for at, known in enumerate(self._known):
            route = await self._router.nearest(words, known.candidates)
            more = [one for one in route.alternatives if route.plan and one.score >= _NEXT_FROM]
            for name, score in ((route.plan, None), *((one.plan, one.score) for one in more)):
                # What was learned may be forgotten since.
                earlier = self._earlier.get(known.digests.get(name, ""))
                if earlier is not None:
                    yield _Near(earlier, score, self._known[: at + 1])

    async def _meant(self, words: str, near: _Near) -> Route:
        """How sure it is that `words` mean what is near; without a plan, they do not, and maybe several things."""
        if not near.known:
            return Route(near.earlier.name, 1.0, "the same words", sure=True)
        route = NONE
        for one in near.known:
            route = await self._router.route(words, one.candidates)
            if route.also:
                return route
        if near.score is None or not route.plan:
            return route
        return msgspec.structs.replace(route, confidence=near.score, sure=False)

    async def _catch_up(self) -> None:
        """Take in what was written since. Of the same words, the plan that was made last counts."""
        head = self._head
        for row in await self._journal.read(WORKSPACE, after=self._head):
            self._head = row.seq
            fact = row.fact
            if not isinstance(fact, Made) or fact.words.erased:
                continue
            words = str(decode(fact.words.data))
            before = self._earlier.get(self._digests.get(words, ""))
            if before is not None:
                before.requests.pop(words)
            self._digests[words] = fact.digest
            earlier = self._earlier.pop(fact.digest, None) or _Earlier(fact.plan, {})
            earlier.requests[words] = fact.run
            if fact.who:
                earlier = earlier._replace(approved=fact.who)
            if len(earlier.requests) > _REQUESTS_MAX:
                self._forget(earlier, next(iter(earlier.requests)))
            self._earlier[fact.digest] = earlier
        if head == self._head:
            return
        self._earlier = {d: one for d, one in self._earlier.items() if one.requests}
        while len(self._earlier) > _PLANS_MAX:
            oldest = self._earlier.pop(next(iter(self._earlier)))
            for words in list(oldest.requests):
                self._forget(oldest, words)
        newer = {text: one for text, one in self._digests.items() if self._learned.get(text) != one}
        if len(newer) > _NEW_SHARE * len(self._learned):
            self._learned, newer = dict(self._digests), {}
            self._known = [self._candidates(self._learned)]
        self._known[1:] = [self._candidates(newer)]

    def _candidates(self, digests: Mapping[str, str]) -> _Known:
        requests: dict[str, list[str]] = {}
        for text, digest in digests.items():
            requests.setdefault(digest, []).append(text)
        # A digest says nothing to who reads it, and names of plans are alike; the number tells them apart.
        names = {f"{self._earlier[one].name} {at}": one for at, one in enumerate(requests)}
        return _Known(
            names, [Candidate(name, confirmed=tuple(requests[one])) for name, one in names.items()]
        )

    def _forget(self, one: _Earlier, words: str) -> None:
        del one.requests[words], self._digests[words]

    async def _usable(self, run_id: str) -> tuple[Plan | None, str]:
        """The plan of a run, or why it is not to be had any more."""
        try:
            run = await self._read(run_id)
        except NotFound:
            return None, "its log is gone"
        if run.root is None or run.purged:
            return None, "its log has been erased"
        if run.status != "succeeded":
            return None, f"it {_ENDS.get(run.status, 'has not ended')}"
        plan, cards = run.root.shape.plan, self._cards()
        for name in run.root.shape.capabilities:
            card = cards.get(name)
            if card is None or card.digest() != run.cards.get(name):
                return None, f"{name} has changed since"
        return plan, ""


_ENDS = {"failed": "failed", "cancelled": "was cancelled", "waiting": "still waits"}


def made(words: str, plan: Plan, run: str, planner: str, at: float, who: str = "") -> Made:
    """The fact that `run` began with a plan that `planner` made for `words`, and that `who` said yes to."""
    text, key = inline(words[:_CHARS_MAX]), plan.digest()
    return Made(at=at, words=text, plan=plan.name, digest=key, run=run, planner=planner, who=who)

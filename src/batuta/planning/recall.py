"""The second planner: a plan that was made for a request like this one, and worked.

Nothing is kept but what the log has anyhow: the words, and the run that began with them. The plan is in the log of that
run, its arguments are inputs, and whether it worked is how the run ended. What the cards of its capabilities were then
is there, too: if one has changed since, the plan is not what it was, and is not recalled.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from batuta.errors import NotFound
from batuta.planning.candidate import Candidate
from batuta.planning.conditions import condition_in, is_conditional
from batuta.planning.proposal import NONE, Proposal, Wish
from batuta.planning.registered import inputs_in
from batuta.planning.route import FEW_TEXTS, Router, speaks_of
from batuta.plans.build import plan_from_data
from batuta.ports import WORKSPACE, Journal
from batuta.spec.card import Card
from batuta.spec.facts import Made
from batuta.spec.plan import Plan
from batuta.spec.run import Run
from batuta.spec.value import decode, inline

__all__ = ["RecallPlanner", "made"]

# Of the plans that were made, the latest are known; of each, the latest requests.
_PLANS_MAX = 1_000
_REQUESTS_MAX = 50
# What stands behind these of a long request teaches nothing about what it asks for.
_CHARS_MAX = 2_000
# Where the nearest does not work any more, the next one may.
_TRIES_MAX = 5


class _Earlier(NamedTuple):
    """A plan that was made: its name, and the requests it was made or recalled for, with their runs, oldest first.

    `approved`: who has said yes to it ("": nobody).
    """

    name: str
    requests: dict[str, str]
    approved: str = ""


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

    async def propose(self, wish: Wish) -> Proposal:
        """The plan of the nearest earlier request that still works, with the arguments of this one."""
        await self._catch_up()
        known = dict(self._earlier)
        why = "no plan has been made here yet" if not known else "no earlier request is like it"
        for _ in range(_TRIES_MAX):
            candidates = [
                Candidate(digest, one.name, confirmed=tuple(one.requests))
                for digest, one in known.items()
            ]
            route = await self._router.route(wish.words, candidates)
            if not route.plan or route.also:
                break
            # Of few requests one is always the nearest, and a plan that is recalled may run unasked.
            few = sum(map(len, (one.confirmed for one in candidates))) < FEW_TEXTS
            earlier = known.pop(route.plan)
            if few and not speaks_of(wish.words, _label(earlier)):
                continue
            run_id = next(reversed(earlier.requests.values()))
            plan, flaw = await self._usable(run_id)
            if plan is None:
                why = f"the plan of run {run_id} is near, but {flaw}"
                continue
            if condition_in(wish.words) and not is_conditional(plan):
                why = f"the plan of run {run_id} is near, but has no condition"
                continue
            sourced = plan_from_data(plan)
            why = f"recalled from run {run_id}: {route.why}"
            route = msgspec.structs.replace(route, plan=plan.name, why=why, alternatives=())
            inputs = inputs_in(wish, sourced)
            return Proposal(self.name, route, sourced, inputs, approved=earlier.approved)
        return Proposal(self.name, msgspec.structs.replace(NONE, why=why))

    async def _catch_up(self) -> None:
        """Take in what was written since. Of the same words, the plan that was made last counts."""
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
        self._earlier = {d: one for d, one in self._earlier.items() if one.requests}
        while len(self._earlier) > _PLANS_MAX:
            oldest = self._earlier.pop(next(iter(self._earlier)))
            for words in list(oldest.requests):
                self._forget(oldest, words)

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

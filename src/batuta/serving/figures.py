"""What a workspace has done and spent, and the questions that are open: folds of its log."""

import asyncio
from collections import Counter
from typing import Any

from batuta.app import App
from batuta.engine.author import local_user
from batuta.errors import BatutaError
from batuta.ports import WORKSPACE
from batuta.spec.budget import usd
from batuta.spec.facts import Ended, Scored

__all__ = ["Figures", "inbox"]

# Facts that are taken in at once.
_PART = 1_000
_WAITING_MAX = 1_000


class Figures:
    """Counts facts as the log grows, from its beginning; looks when somebody asks.

    Attributes:
        facts: by kind. ended: runs by status. cost_nusd: what calls have cost, in nano-dollars.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._after = 0
        self._looking = asyncio.Lock()
        self.facts: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.cost_nusd = 0
        self._scores: dict[str, dict[str, float]] = {}

    async def look(self) -> None:
        """Take in what is new. Raises `JournalError`."""
        async with self._looking:
            while rows := await self._app.engine.journal.read_all(after=self._after, limit=_PART):
                for fact in (row.fact for row in rows):
                    self.facts[str(fact.__struct_config__.tag)] += 1
                    self.cost_nusd += getattr(fact, "cost_nusd", 0)
                    if isinstance(fact, Ended):
                        self.ended[fact.status] += 1
                    elif isinstance(fact, Scored):
                        self._scores.setdefault(fact.run, {})[fact.who] = fact.score
                self._after = rows[-1].gseq
                await asyncio.sleep(0)  # a long log is counted between the requests of others

    async def score(self, run: str, score: float, who: str) -> None:
        """Record how good what came of `run` is, from 0 to 1; durable when this returns. Raises `NotFound`."""
        engine = self._app.engine
        await engine.read(run)  # says so if there is no such run
        fact = Scored(at=engine.clock.now(), run=run, score=score, who=who or local_user())
        await engine.journal.commit(engine.journal.append(WORKSPACE, (fact,), after=None))

    async def scores(self, run: str) -> dict[str, float]:
        """What everybody has said of `run`. Raises `NotFound`."""
        await self._app.engine.read(run)
        await self.look()
        return dict(self._scores.get(run, {}))

    def budgets(self) -> dict[str, Any]:
        """What a run may spend here, and what calls have cost in all."""
        budget = self._app.workspace.budget
        bounds = {"usd": budget.usd, "calls": budget.calls, "seconds": budget.seconds}
        return {"run": bounds, "spent_usd": usd(self.cost_nusd)}


async def inbox(app: App, limit: int) -> list[dict[str, Any]]:
    """The questions that wait for an answer, the oldest first, each with its run. Raises `JournalError`."""
    rows = await app.runs(status="waiting", limit=_WAITING_MAX)
    found: list[dict[str, Any]] = []
    for row in reversed(rows):
        try:
            document = await app.show(row.run)
        except BatutaError:  # damaged: whoever looks at that run is told
            continue
        found += [{"run": row.run, "plan": row.plan, **one} for one in document["waiting"]]
        if len(found) >= limit:
            break
    return found[:limit]

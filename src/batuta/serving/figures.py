"""What a workspace has done and spent, and the questions that are open: folds of its log."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

from batuta.app import App
from batuta.engine.author import local_user
from batuta.errors import BatutaError
from batuta.ports import WORKSPACE, Row
from batuta.spec.budget import usd
from batuta.spec.facts import (
    Doubted,
    Dropped,
    Ended,
    Expanded,
    Failure,
    Finished,
    Lost,
    Scored,
    Started,
    Waited,
)

__all__ = ["Figures", "day_of", "inbox", "waiting"]

# Facts that are taken in at once.
_PART = 1_000
_WAITING_MAX = 1_000
# What an attempt ends with.
_ENDS = Finished | Failure | Doubted | Expanded | Lost | Dropped
_Costly = _ENDS | Waited


class Figures:
    """Counts facts as the log grows, from its beginning; looks when somebody asks.

    Attributes:
        facts: by kind. ended: runs by status. errors: runs that failed, by the code of the error.
        cost_nusd: what calls have cost, in nano-dollars; costs: the same by day (2026-11-23) and capability.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._after = 0
        self._looking = asyncio.Lock()
        self.facts: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.cost_nusd = 0
        self.costs: Counter[tuple[str, str]] = Counter()
        self.errors: Counter[str] = Counter()
        # Who is asked by an attempt under way that may cost something, by run and path.
        self._asked: dict[tuple[str, str], str] = {}
        self._scores: dict[str, dict[str, float]] = {}

    async def look(self) -> None:
        """Take in what is new. Raises `JournalError`."""
        async with self._looking:
            while rows := await self._app.engine.journal.read_all(after=self._after, limit=_PART):
                for row in rows:
                    fact = row.fact
                    self.facts[str(fact.__struct_config__.tag)] += 1
                    if isinstance(fact, Started):
                        if fact.metered:
                            self._asked[row.stream, fact.path] = fact.capability
                    elif isinstance(fact, Waited | _ENDS):
                        self._spend(row, fact)
                    elif isinstance(fact, Ended):
                        self.ended[fact.status] += 1
                        if fact.status == "failed":
                            self.errors[fact.code] += 1
                    elif isinstance(fact, Scored):
                        self._scores.setdefault(fact.run, {})[fact.who] = fact.score
                self._after = rows[-1].gseq
                await asyncio.sleep(0)  # a long log is counted between the requests of others

    def _spend(self, row: Row, fact: _Costly) -> None:
        """Count what an attempt has cost; one that only asks goes on later."""
        attempt = (row.stream, fact.path)
        name = self._asked.get(attempt, "")
        if not isinstance(fact, Waited):
            self._asked.pop(attempt, None)
        if fact.cost_nusd:
            self.cost_nusd += fact.cost_nusd
            day = day_of(fact.at).isoformat()
            self.costs[day, name] += fact.cost_nusd

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


def day_of(at: float) -> date:
    """The day of a time, where this machine stands."""
    return datetime.fromtimestamp(at, tz=UTC).astimezone().date()


async def inbox(app: App, limit: int) -> list[dict[str, Any]]:
    """The questions that wait for an answer, the oldest run first, each with its run. Raises `JournalError`."""
    found: list[dict[str, Any]] = []
    async for document in waiting(app):
        run = {name: document[name] for name in ("run", "plan")}
        found += [run | one for one in document["waiting"]]
        if len(found) >= limit:
            break
    return found[:limit]


async def waiting(app: App) -> AsyncIterator[dict[str, Any]]:
    """The documents of the runs that wait, the oldest first; of one that is damaged none. Raises `JournalError`."""
    for row in reversed(await app.runs(status="waiting", limit=_WAITING_MAX)):
        try:
            yield await app.show(row.run)
        except BatutaError:  # damaged: whoever looks at that run is told
            continue

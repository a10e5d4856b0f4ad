"""The planners of a workspace that make plans, the cheapest first."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

from batuta.app import App
from batuta.opening import embedder_of_this_machine
from batuta.planning.compose.history import History
from batuta.planning.compose.planner import ComposePlanner
from batuta.planning.draft import DraftPlanner
from batuta.planning.proposal import Planner
from batuta.spec.plan import Plan
from batuta.spec.value import canonical

__all__ = ["makers"]

# Earlier drafts among which one for the same request is looked for: reading a run takes a millisecond.
_EARLIER_MAX = 50


def makers(app: App) -> list[Planner]:
    """Who composes plans of what can be called, and who has a model draft them, if the workspace names one."""
    engine, planning = app.engine, app.workspace.planning
    history = History(engine.journal, engine.read)
    found: list[Planner] = [
        ComposePlanner(lambda: app.cards, embedder_of_this_machine, history.pasts)
    ]
    if planning.model:
        earlier = partial(_earlier, app)
        drafts = DraftPlanner(
            planning.model, planning.attempts, app.run, earlier, lambda: app.cards
        )
        found.append(drafts)
    return found


async def _earlier(
    app: App, plan: Plan, inputs: Mapping[str, Any]
) -> AsyncIterator[Mapping[str, Any]]:
    """The documents of the latest runs of `plan` with these inputs that have succeeded, the newest first."""
    engine = app.engine
    digest, wanted = engine.shapes.admitted(plan).digest, canonical(inputs)
    for row in await app.runs(status="succeeded", plan=plan.name, limit=_EARLIER_MAX):
        run = await engine.read(row.run)
        if run.root is None or run.purged or run.root.shape.digest != digest:
            continue
        await engine.load([run.root.inputs])
        if canonical(engine.shelf.get(run.root.inputs)) == wanted:
            yield await app.show(row.run)

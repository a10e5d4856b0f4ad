"""The planners of a workspace that make plans, the cheapest first."""

from batuta.app import App
from batuta.drafting import Drafting
from batuta.opening import embedder_of_this_machine
from batuta.planning.compose.history import History
from batuta.planning.compose.planner import ComposePlanner
from batuta.planning.draft import DraftPlanner
from batuta.planning.proposal import Planner

__all__ = ["makers"]

# Of a model that is none of `models`: the longest question, in tokens, and the longest time of a call, in seconds.
_INPUT_MAX, _TIMEOUT_S = 64_000, 300.0


def makers(app: App) -> list[Planner]:
    """Who composes plans of what can be called, and who has a model draft them, if the workspace names one."""
    engine, planning = app.engine, app.workspace.planning
    history = History(engine.journal, engine.read)
    found: list[Planner] = [
        ComposePlanner(lambda: app.cards, embedder_of_this_machine, history.pasts)
    ]
    if planning.model:
        known = app.workspace.models.get(planning.model)
        drafts = DraftPlanner(
            planning.model,
            planning.attempts,
            Drafting(app),
            lambda: app.cards,
            input_max=_INPUT_MAX if known is None else known.max_input,
            timeout_s=_TIMEOUT_S if known is None else known.timeout_s,
        )
        found.append(drafts)
    return found

"""Capabilities: what can be called here."""

import fnmatch
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from batuta.doors.cli.commands.capabilities import card_data, figures_data, one_card
from batuta.doors.http.access.principal import may
from batuta.doors.http.bodies import answered, json_answer
from batuta.doors.http.state import app_of
from batuta.observe.statistics import statistics

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/capabilities", tags=["capabilities"])


@router.get("", dependencies=[may("read")], responses=answered("Cards.", "capabilities"))
async def listed(request: Request, like: Annotated[str, Query(max_length=200)] = "*") -> Response:
    """The cards of what is called `like` this pattern."""
    cards = app_of(request).cards
    names = sorted(fnmatch.filter(cards, like))
    return json_answer({"capabilities": [card_data(cards[name]) for name in names]})


@router.get(
    "/{name}",
    dependencies=[may("read")],
    responses=answered("A card.", "capability", "statistics"),
)
async def shown(request: Request, name: str) -> Response:
    """One card, and what the log has measured of its calls."""
    app = app_of(request)
    card = one_card(app.cards, name)
    found = await statistics(app.engine.journal)
    return json_answer({"capability": card_data(card), "statistics": figures_data(card, found)})

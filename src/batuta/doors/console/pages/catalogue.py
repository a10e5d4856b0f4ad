"""What there is: registered plans, and capabilities with what they cost, how fast they are, and a form to try them."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from batuta.doors.cli.commands.try_call import plan_of
from batuta.doors.cli.terminal.schema_text import argument_rows, described
from batuta.doors.console.desk import Console
from batuta.doors.console.forms import fields_of, read_form
from batuta.doors.console.plan_part import plan_parts
from batuta.doors.console.routing import PageRoute
from batuta.doors.http.access.principal import may
from batuta.errors import BatutaError, InputError, NotFound
from batuta.observe.statistics import statistics
from batuta.reading.nearest import did_you_mean
from batuta.reading.schema import problems
from batuta.spec.card import Card
from batuta.spec.figures import dollars, duration
from batuta.spec.statistics import Measured

__all__ = ["catalogue_router", "measured_row"]

_LISTED_MAX = 200
_WORDS = Annotated[str, Query(max_length=300)]


def catalogue_router(console: Console) -> APIRouter:
    """The routes of these pages."""
    app, desk = console.app, console.desk
    router = APIRouter(route_class=PageRoute)

    @router.get("/plans")
    async def plans() -> HTMLResponse:
        shown = [
            {"name": name, "description": one.plan.description, "steps": len(one.plan.steps)}
            for name, one in sorted(desk.registered.items())
        ]
        return await console.page(
            "plans.html", "plans", plans=shown, troubles=desk.troubles.items()
        )

    @router.get("/plans/{name}")
    async def plan(name: str) -> HTMLResponse:
        if name not in desk.registered:
            remedy = did_you_mean(name, desk.registered, "plans")
            raise NotFound(f"no plan {name[:80]!r} is registered", remedy=remedy)
        sourced = desk.registered[name]
        explanation = await app.explain(sourced.plan, places=sourced.places)
        return await console.page("plan.html", "plans", **plan_parts(explanation))

    @router.get("/capabilities")
    async def capabilities(q: _WORDS = "") -> HTMLResponse:
        figures = (await statistics(app.engine.journal)).capabilities
        words = q.lower().split()
        found = [
            card
            for name, card in sorted(app.cards.items())
            if all(word in f"{name} {card.description}".lower() for word in words)
        ]
        rows = [_row(card, figures.get(card.name)) for card in found[:_LISTED_MAX]]
        return await console.page(
            "capabilities.html",
            "capabilities",
            rows=rows,
            q=q,
            total=len(app.cards),
            more=len(found) - len(rows),
        )

    @router.get("/capabilities/{name}")
    async def capability(name: str) -> HTMLResponse:
        return await _capability(console, _card(console, name))

    @router.post("/capabilities/{name}", response_model=None, dependencies=[may("run")])
    async def call(name: str, request: Request) -> HTMLResponse | RedirectResponse:
        card = _card(console, name)
        given = {key: str(value) for key, value in (await request.form()).items()}
        args, flaws = read_form(_arguments(card), given)
        flaw = next(iter(flaws.values()), "") or next(iter(problems(card.input, args)), "")
        try:
            if flaw:
                raise InputError(flaw)
            plan, inputs = plan_of(card, args)
            run = await app.start(plan, inputs, author=console.who(request))
        except BatutaError as error:
            return await _capability(console, card, given=args, flaws=flaws, error=error)
        console.drive(run, request)
        return RedirectResponse(f"/runs/{quote(run)}", 303)

    return router


def measured_row(name: str, one: Measured | None) -> dict[str, Any]:
    """The figures of a capability as a table shows them."""
    return {
        "name": name,
        "calls": f"{one.calls:,}" if one else "",
        "failed": f"{one.failed / one.calls:.0%}" if one and one.failed and one.calls else "",
        "p50": _time(one.p50_s if one else None),
        "p95": _time(one.p95_s if one else None),
        "cost": "" if one is None or one.cost_nusd is None else dollars(one.cost_nusd),
    }


def _row(card: Card, one: Measured | None) -> dict[str, Any]:
    return measured_row(card.name, one) | {
        "description": card.description,
        "effect": card.effect,
        "reach": card.reach,
    }


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def _card(console: Console, name: str) -> Card:
    cards = console.app.cards
    if name not in cards:
        remedy = did_you_mean(name, cards, "capabilities")
        raise NotFound(f"there is no capability {name[:80]!r}", remedy=remedy)
    return cards[name]


def _arguments(card: Card) -> dict[str, Any]:
    properties: dict[str, Any] = card.input.get("properties", {})
    return {name: one if isinstance(one, dict) else {} for name, one in properties.items()}


async def _capability(
    console: Console,
    card: Card,
    *,
    given: dict[str, Any] | None = None,
    flaws: dict[str, str] | None = None,
    error: BatutaError | None = None,
) -> HTMLResponse:
    one = (await statistics(console.app.engine.journal)).capabilities.get(card.name)
    row = measured_row(card.name, one)
    required = card.input.get("required", [])
    return await console.page(
        "capability.html",
        "capabilities",
        status=200 if error is None else 422,
        card=card,
        card_data=card,
        rows=argument_rows(card.input),
        output=described(card.output) if card.output else "anything",
        measured=one,
        share_failed=row["failed"] or "none",
        p50=row["p50"] or "?",
        p95=row["p95"] or "?",
        price=dollars(card.price_nusd) if card.metered else "nothing",
        fields=fields_of(_arguments(card), required, values=given, flaws=flaws),
        flaw=error.message if error else "",
        remedy=error.remedy if error else "",
    )

"""What there is: registered plans, and capabilities with what they cost, how fast they are, and a form to try them."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from batuta.doors.cli.commands.capabilities import found_by, one_card
from batuta.doors.cli.commands.try_call import plan_of
from batuta.doors.cli.terminal.schema_text import argument_rows, described
from batuta.doors.console.charts import Column, columns
from batuta.doors.console.desk import Console
from batuta.doors.console.forms import fields_of, key_of, properties_of, read_form, texts_of
from batuta.doors.console.plan_part import plan_parts
from batuta.doors.console.routing import PageRoute
from batuta.doors.http.access.principal import may
from batuta.errors import BatutaError, InputError, NotFound
from batuta.reading.nearest import did_you_mean
from batuta.reading.schema import problems
from batuta.spec.card import Card
from batuta.spec.figures import dollars, duration
from batuta.spec.statistics import TIMES_S, Measured

__all__ = ["catalogue_router", "measured_row"]

_LISTED_MAX = 200
# From this share of failures on, something is wrong.
_ILL = 0.25
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
    async def plan(name: str, every: bool = False) -> HTMLResponse:
        if name not in desk.registered:
            remedy = did_you_mean(name, desk.registered, "plans")
            raise NotFound(f"no plan {name[:80]!r} is registered", remedy=remedy)
        sourced = desk.registered[name]
        explanation = await console.explained(name, sourced)
        parts = plan_parts(explanation, console.drawings, every=every)
        return await console.page("plan.html", "plans", **parts)

    @router.get("/capabilities")
    async def capabilities(q: _WORDS = "") -> HTMLResponse:
        figures = (await console.statistics()).capabilities
        found = found_by(q.strip(), app.cards)
        rows = [_row(app.cards[name], figures.get(name)) for name in found[:_LISTED_MAX]]
        return await console.page(
            "capabilities.html",
            "capabilities",
            rows=rows,
            q=q,
            total=len(app.cards),
            more=len(found) - len(rows),
            flaws=[(name, flaw.message, flaw.remedy) for name, flaw in app.flaws.items()],
        )

    @router.get("/capabilities/{name}")
    async def capability(name: str) -> HTMLResponse:
        return await _capability(console, one_card(app.cards, name))

    # One call is a plan that nobody has registered.
    @router.post(
        "/capabilities/{name}", response_model=None, dependencies=[may("run"), may("plan")]
    )
    async def call(name: str, request: Request) -> HTMLResponse | RedirectResponse:
        card = one_card(app.cards, name)
        given = texts_of(await request.form())
        args, flaws = read_form(properties_of(card.input) or {}, given)
        flaw = next(iter(flaws.values()), "") or next(iter(problems(card.input, args)), "")
        try:
            if flaw:
                raise InputError(flaw)
            plan, inputs = plan_of(card, args)
            key = key_of(given, [name, inputs])
            run = await app.start(plan, inputs, author=console.who(request), key=key)
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
        "p99": _time(one.p99_s if one else None),
        "cost": "" if one is None or one.cost_nusd is None else dollars(one.cost_nusd),
    }


def _row(card: Card, one: Measured | None) -> dict[str, Any]:
    state, words = _health(card, one)
    return measured_row(card.name, one) | {
        "description": card.description,
        "effect": card.effect,
        "reach": card.reach,
        "missing": card.missing,
        "state": state,
        "health": words,
        "price": f"at most {dollars(card.price_nusd)} a call" if card.metered else "free",
    }


def _health(card: Card, one: Measured | None) -> tuple[str, str]:
    """The state, as a colour, and the words for it."""
    if card.missing:
        return "failed", "not ready"
    if one is None or not one.calls:
        return "skipped", "not called yet"
    if one.failed == 0:
        return "succeeded", "well"
    share = one.failed / one.calls
    return ("failed" if share >= _ILL else "waiting"), f"{share:.0%} fail"


def _latency(times: Sequence[int]) -> str:
    """How long its calls took: so many in each class of times."""
    bounds = [*(duration(most) for most in TIMES_S), "longer"]
    bars = [
        Column(
            [(count, "f-run")], f"{count:,} {'took' if most == 'longer' else 'up to'} {most}", most
        )
        for most, count in zip(bounds, times, strict=True)
    ]
    used = [index for index, count in enumerate(times) if count]
    first, last = max(used[0] - 1, 0), min(used[-1] + 2, len(bars))
    return columns(bars[first:last], f"{max(times):,}", "How long calls took")


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


async def _capability(
    console: Console,
    card: Card,
    *,
    given: dict[str, Any] | None = None,
    flaws: dict[str, str] | None = None,
    error: BatutaError | None = None,
) -> HTMLResponse:
    found = await console.statistics()
    one = found.capabilities.get(card.name)
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
        p99=row["p99"] or "?",
        price=dollars(card.price_nusd) if card.metered else "nothing",
        latency=Markup(_latency(found.times[card.name])) if card.name in found.times else "",
        health=_health(card, one),
        fields=fields_of(properties_of(card.input) or {}, required, values=given, flaws=flaws),
        flaw=error.message if error else "",
        remedy=error.remedy if error else "",
    )

"""From words to a plan that can be seen, edited, approved and run."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from batuta.doors.cli.requests.lines import candidates_of
from batuta.doors.console.desk import Console
from batuta.doors.console.forms import fields_of, key_of, read_form, texts_of
from batuta.doors.console.plan_part import plan_parts
from batuta.doors.console.routing import PageRoute
from batuta.doors.console.step_text import part_of, with_part
from batuta.doors.console.understandings import Understandings
from batuta.doors.http.access.principal import may
from batuta.errors import BatutaError, InputError, PlanError
from batuta.planning.proposal import Proposal
from batuta.planning.understood import Understood
from batuta.plans.build import Sourced, plan_to_yaml
from batuta.spec.budget import usd
from batuta.spec.figures import money

__all__ = ["ask_router"]

_OFFERED_MAX = 12
_LATEST = 8
_NEW_STEP = "name:\n  use: \n  with: {}\n"


class _Asked(NamedTuple):
    """What a form said.

    `words`; the `plan` that is meant ("": whichever fits); its `text` if it was edited; the `step` that is edited in
    its place (None: none is; "": a new one), and what it is to be (`part`).
    """

    words: str
    plan: str
    text: str
    given: Mapping[str, str]
    step: str | None = None
    part: str = ""


def ask_router(console: Console) -> APIRouter:
    """The routes of these pages."""
    router = APIRouter(route_class=PageRoute)
    pages = _Pages(console)

    @router.get("/")
    async def ask() -> HTMLResponse:
        return await pages.begin()

    @router.post("/ask", response_model=None, dependencies=[may("plan")])
    async def asked(request: Request) -> HTMLResponse:
        form = await request.form()
        words, plan = str(form.get("words", "")), str(form.get("plan", ""))
        try:
            return await pages.asked(words, plan)
        except BatutaError as error:
            return await pages.begin(words, error)

    @router.post("/ask/edit", response_model=None, dependencies=[may("plan")])
    async def edit(request: Request) -> HTMLResponse:
        return await pages.edited(await _read(request))

    @router.post("/ask/step", response_model=None, dependencies=[may("plan")])
    async def open_step(request: Request) -> HTMLResponse:
        return await pages.opened(await _read(request))

    @router.post("/ask/save", response_model=None, dependencies=[may("admin")])
    async def save(request: Request) -> HTMLResponse | RedirectResponse:
        asked = await _read(request)
        understood = await pages.meant(asked)
        name = asked.given.get("~name", "")
        try:
            console.desk.save(understood, name)
        except BatutaError as error:
            return await pages.understood(understood, asked, error=error)
        return RedirectResponse(f"/plans/{quote(name)}", 303)

    @router.post("/ask/run", response_model=None, dependencies=[may("run"), may("plan")])
    async def run(request: Request) -> HTMLResponse | RedirectResponse:
        asked = await _read(request)
        try:
            understood = await pages.meant(asked)
        except BatutaError as error:
            return await pages.begin(asked.words, error)
        return await pages.run(understood, asked, request)

    return router


async def _read(request: Request) -> _Asked:
    given = texts_of(await request.form())
    # What stands in the editor counts when it is sent from there; else what was checked before.
    text = given.get("~whole" if "~use" in given else "~text", "").replace("\r\n", "\n")
    return _Asked(given.get("~words", ""), given.get("~plan", ""), text, given)


class _Pages:
    """What is answered."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._understandings = Understandings(console.desk)

    async def asked(self, words: str, plan: str) -> HTMLResponse:
        """What words come to now."""
        understood = await self._understandings.now(words, plan)
        return await self.understood(understood, _Asked(words, plan, "", {}))

    async def begin(self, words: str = "", error: BatutaError | None = None) -> HTMLResponse:
        """The page on which one asks; `error`: why what was asked led nowhere."""
        desk = self._console.desk
        offered = [
            {
                "name": name,
                "description": one.plan.description,
                "example": "",
            }
            for name, one in list(desk.offered.items())[:_OFFERED_MAX]
        ]
        return await self._console.page(
            "ask.html",
            "ask",
            status=200 if error is None else error.http_status,
            words=words,
            flaw=error.message if error else "",
            remedy=error.remedy if error else "",
            offered=offered,
            rows=await self._console.app.runs(limit=_LATEST),
        )

    async def edited(self, asked: _Asked) -> HTMLResponse:
        """The plan with what was written in place of it, or of one of its steps; with its flaws, if it has some."""
        desk = self._console.desk
        before = await self._understandings.before(asked.words, asked.plan)
        if (
            "~part" in asked.given and "~use" not in asked.given
        ):  # one step is edited, of a plan that was sound before
            before = desk.edited(before, asked.text) if asked.text else before
            part = asked.given["~part"].replace("\r\n", "\n")
            asked = asked._replace(step=asked.given.get("~at", ""), part=part)
        try:
            text = asked.text
            if asked.step is not None:
                text = with_part(_text_of(before), asked.step, asked.part)
            after = desk.edited(before, text)
        except PlanError as error:
            flaws = [str(one) for one in error.findings] or [error.message]
            return await self.understood(before, asked, given=_typed(before, asked), flaws=flaws)
        except InputError as error:
            return await self.understood(before, asked, given=_typed(before, asked), error=error)
        kept = asked._replace(text=text, step=None)
        return await self.understood(after, kept, given=_typed(after, asked))

    async def opened(self, asked: _Asked) -> HTMLResponse:
        """The plan with one of its steps open to be edited; step "": a new one."""
        understood = await self.meant(asked)
        if "~step" not in asked.given:  # it is only to be seen, with all of its steps
            return await self.understood(understood, asked, given=_typed(understood, asked))
        step = asked.given["~step"]
        try:
            part = part_of(_text_of(understood), step) if step else _NEW_STEP
        except InputError as error:
            return await self.understood(understood, asked, error=error)
        opened = asked._replace(step=step, part=part)
        return await self.understood(understood, opened, given=_typed(understood, asked))

    async def meant(self, asked: _Asked) -> Understood:
        """What a form is about: as it was understood before, and edited if it was."""
        desk = self._console.desk
        understood = await self._understandings.before(asked.words, asked.plan)
        return desk.edited(understood, asked.text) if asked.text else understood

    async def run(
        self, understood: Understood, asked: _Asked, request: Request
    ) -> HTMLResponse | RedirectResponse:
        """Accept the run that a form asks for, or show what is wrong with it."""
        console, sourced = self._console, understood.sourced
        who = console.who(request)
        if sourced is None:
            return await self.understood(understood, asked)
        values, flaws = read_form(sourced.plan.inputs, asked.given)
        inputs = {**understood.inputs.values, **values}
        missing = [
            name
            for name, schema in sourced.plan.inputs.items()
            if name not in inputs and "default" not in schema
        ]
        flaws |= {name: "this is needed" for name in missing if name not in flaws}
        if flaws:
            return await self.understood(understood, asked, given=inputs, wrong=flaws)
        if asked.given.get("~digest") != sourced.plan.digest():
            changed = BatutaError(
                "this is another plan than the one you have seen",
                remedy="look at it, and say yes again",
            )
            return await self.understood(understood, asked, given=inputs, error=changed)
        try:
            approved = await console.desk.approval(understood, inputs) if understood.made else ""
            run = await console.desk.accept(
                understood,
                inputs,
                author=who,
                who=who,
                approved=approved,
                key=key_of(asked.given, [asked.words, sourced.plan.digest(), inputs]),
            )
        except BatutaError as error:
            return await self.understood(understood, asked, given=inputs, error=error)
        console.drive(run, request)
        return RedirectResponse(f"/runs/{quote(run)}", 303)

    async def understood(
        self,
        understood: Understood,
        asked: _Asked,
        *,
        given: Mapping[str, Any] | None = None,
        wrong: Mapping[str, str] | None = None,
        flaws: Sequence[str] = (),
        error: BatutaError | None = None,
    ) -> HTMLResponse:
        """The plan that was understood, or what else may be meant."""
        console, sourced = self._console, understood.sourced
        shown: dict[str, Any] = {
            "words": understood.words,
            "why": understood.why,
            "also": understood.route.also,
            "ladder": [_rung(one) for one in (understood.chosen, *understood.others)],
            "others": self._others(understood),
            "named": asked.plan,
            "flaw": error.message if error else "",
            "remedy": error.remedy if error else "",
            "flaws": flaws,
            "editing": bool(flaws) and asked.step is None,
            "open_step": asked.step,
            "part": asked.part,
            "plan_name": "",
        }
        if sourced is not None:
            shown |= await self._plan(understood, sourced, asked, given, wrong or {})
        bad = bool(error or flaws or wrong)
        return await console.page("asked.html", "ask", status=422 if bad else 200, **shown)

    async def _plan(
        self,
        understood: Understood,
        sourced: Sourced,
        asked: _Asked,
        given: Mapping[str, Any] | None,
        wrong: Mapping[str, str],
    ) -> dict[str, Any]:
        app = self._console.app
        values = given if given is not None else understood.inputs.values
        explanation = await app.explain(
            sourced.plan,
            places=sourced.places,
            planner=understood.origin,
            supervised=understood.asks,
            measured=await self._console.statistics(),
        )
        inputs = sourced.plan.inputs
        needed = [name for name, schema in inputs.items() if "default" not in schema]
        edited = understood.planner == "edited"
        text = asked.text or plan_to_yaml(sourced.plan)
        every = "~every" in asked.given or bool(asked.step)
        return plan_parts(explanation, self._console.drawings, every=every) | {
            "confidence": None if asked.plan else f"{understood.route.confidence:.0%}",
            "digest": sourced.plan.digest(),
            "fields": fields_of(inputs, needed, values=values, flaws=wrong),
            "may_run": understood.autonomy != "suggest" or not understood.made,
            "made": understood.made,
            "edited": edited,
            "text": text,
            "editable": True,
        }

    def _others(self, understood: Understood) -> list[dict[str, str]]:
        found = candidates_of(understood, self._console.desk.registered)
        return [
            {"name": name, "description": one.plan.description}
            for name, one in found.items()
            if name != understood.plan and name in self._console.desk.registered
        ]


def _text_of(understood: Understood) -> str:
    """The plan that was understood, as it is written."""
    return plan_to_yaml(understood.sourced.plan) if understood.sourced is not None else ""


def _typed(understood: Understood, asked: _Asked) -> Mapping[str, Any]:
    """What stands in the fields of its inputs: what the words hold, and what somebody has typed there meanwhile."""
    inputs = understood.sourced.plan.inputs if understood.sourced is not None else {}
    typed = {name: text for name, text in asked.given.items() if name.partition("/")[0] in inputs}
    return {**understood.inputs.values, **typed}


def _rung(one: Proposal) -> dict[str, str]:
    return {
        "planner": one.planner,
        "sure": f"{one.route.confidence:.0%}" if one.route.plan else "",
        "plan": one.route.plan or "nothing",
        "why": one.route.why,
        "cost": money(usd(one.cost_nusd)) if one.cost_nusd else "no model tokens",
    }

"""Who may ask, and the switch that stops everything."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from batuta.doors.cli.views.plan_words import budget_text
from batuta.doors.console.desk import Console
from batuta.doors.console.forms import sent_once, texts_of
from batuta.doors.console.routing import PageRoute
from batuta.doors.http.access.guard import COOKIE
from batuta.doors.http.access.principal import EVERY_SCOPE, LOCAL, may
from batuta.doors.http.state import caller_of
from batuta.engine.author import local_user
from batuta.errors import BatutaError, InputError
from batuta.serving.keys import Issued, Keys

__all__ = ["settings_router"]

_DAY_S = 86_400.0
_DAYS_MAX = 36_525.0
_WHY_CHARS_MAX = 200
_USUAL = ("read", "plan", "run", "answer")


def settings_router(console: Console, keys: Keys) -> APIRouter:
    """The routes of this page."""
    router = APIRouter(route_class=PageRoute)
    pages = _Pages(console, keys)

    @router.get("/settings")
    async def settings(request: Request) -> HTMLResponse:
        return await pages.shown(request)

    @router.post("/settings/stop", dependencies=[may("run")])
    async def stop(request: Request) -> RedirectResponse:
        why = texts_of(await request.form()).get("why", "").strip()[:_WHY_CHARS_MAX]
        who = console.who(request) or local_user()
        console.app.switch.throw(who, why, console.app.engine.clock.now())
        return RedirectResponse("/settings", 303)

    @router.post("/settings/release", dependencies=[may("admin")])
    async def release() -> RedirectResponse:
        console.app.switch.release()
        return RedirectResponse("/settings", 303)

    @router.post("/settings/keys", dependencies=[may("admin")])
    async def add(request: Request) -> HTMLResponse:
        return await pages.added(request, texts_of(await request.form()))

    @router.post("/settings/keys/revoke", response_model=None, dependencies=[may("admin")])
    async def revoke(request: Request) -> HTMLResponse | RedirectResponse:
        key = texts_of(await request.form()).get("key", "")
        try:
            keys.revoke(key, console.app.engine.clock.now())
        except BatutaError as error:
            return await pages.shown(request, error=error)
        return RedirectResponse("/settings", 303)

    return router


class _Pages:
    """What is answered."""

    def __init__(self, console: Console, keys: Keys) -> None:
        self._console = console
        self._keys = keys

    async def added(self, request: Request, given: Mapping[str, str]) -> HTMLResponse:
        """The page with the new key on it, which is shown this once."""
        scopes = tuple(one for one in given.get("scopes", "").split("\n") if one)
        now = self._console.app.engine.clock.now()
        first = caller_of(request) is LOCAL
        try:
            expires_at = _expires_at(given.get("days", ""), now)
            if first and "admin" not in scopes:
                raise InputError(
                    "the first key has to be one that may do everything",
                    remedy="as soon as there is a key, nobody gets in here without one: choose admin",
                )
            issued, text = self._keys.add(
                given.get("name", ""), scopes, now, expires_at=expires_at, key_id=sent_once(given)
            )
        except BatutaError as error:
            return await self.shown(request, given=given, error=error)
        shown = await self.shown(request, made=issued, secret=text)
        if first:  # whoever has just locked the door is not to stand before it
            secure = request.url.scheme == "https"
            shown.set_cookie(COOKIE, text, httponly=True, samesite="strict", secure=secure)
        return shown

    async def shown(
        self,
        request: Request,
        *,
        made: Issued | None = None,
        secret: str = "",
        given: Mapping[str, str] | None = None,
        error: BatutaError | None = None,
    ) -> HTMLResponse:
        """The page; `error`: why what was asked for was not done."""
        caller = caller_of(request)
        chosen = (given or {}).get("scopes", "\n".join(_USUAL if self._keys.all() else ["admin"]))
        return await self._console.page(
            "settings.html",
            "settings",
            status=200 if error is None else error.http_status,
            may_run=caller.has("run"),
            may_admin=caller.has("admin"),
            first=caller is LOCAL,
            keys=[self._row(one) for one in reversed(self._keys.all())]
            if caller.has("admin")
            else [],
            scopes=EVERY_SCOPE,
            chosen=chosen.split("\n"),
            named=(given or {}).get("name", ""),
            days=(given or {}).get("days", "90"),
            made=made,
            secret=secret,
            flaw=error.message if error else "",
            remedy=error.remedy if error else "",
            about=self._about(),
        )

    def _row(self, one: Issued) -> dict[str, Any]:
        now = self._console.app.engine.clock.now()
        over = bool(one.revoked_at) or bool(one.expires_at and one.expires_at <= now)
        state = "revoked" if one.revoked_at else "expired" if over else "counts"
        return {
            "id": one.id,
            "name": one.name,
            "scopes": ", ".join(one.scopes),
            "created_at": one.created_at,
            "expires_at": one.expires_at,
            "state": state,
            "over": over,
        }

    def _about(self) -> list[tuple[str, str]]:
        workspace = self._console.app.workspace
        return [
            ("Batuta", _version()),
            ("Folder", str(workspace.root)),
            ("A run may spend", budget_text(workspace.budget) or "without bound"),
            ("Calls at once", f"{workspace.limits.calls:,}"),
            ("Plans that are made", workspace.planning.autonomy),
            ("Models", ", ".join(sorted(workspace.models)) or "none"),
        ]


def _expires_at(text: str, now: float) -> float:
    """When a key of so many days (as a form has them) ends; 0 if it does not. Raises `InputError`."""
    try:
        days = float(text or "0")
    except ValueError:
        days = -1.0
    if not 0 <= days <= _DAYS_MAX:
        raise InputError(
            f"{text[:40]!r} is not a number of days up to {_DAYS_MAX:,.0f}",
            remedy="write 0 for a key that counts until it is revoked",
        )
    return now + days * _DAY_S if days else 0.0


def _version() -> str:
    try:
        return version("batuta")
    except PackageNotFoundError:
        return "not installed: running from its source"

"""How a browser gets in where a key is needed: a page that asks for it, and a cookie that no script can read."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from batuta.doors.console.look import rendered
from batuta.doors.console.routing import PageRoute
from batuta.doors.http.access.guard import COOKIE, Access
from batuta.ports import Clock

__all__ = ["SignIn", "login_router"]

LOGIN = "/login"
_KEY_CHARS_MAX = 200


class SignIn:
    """Shows the page that asks for a key to a browser that was refused a page."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, but a refusal of a page."""
        if scope["type"] != "http" or not _wants_page(scope):
            await self._inner(scope, receive, send)
            return
        refused = False

        async def instead(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 401:
                refused = True
                there = RedirectResponse(f"{LOGIN}?to={quote(scope['path'])}", 303)
                await there(scope, receive, send)
            elif not refused:
                await send(message)

        await self._inner(scope, receive, instead)


def login_router(access: Access, clock: Clock) -> APIRouter:
    """The routes of that page; anybody may ask them."""
    access.public.add(LOGIN)
    router = APIRouter(route_class=PageRoute, include_in_schema=False)

    @router.get(LOGIN)
    async def ask() -> HTMLResponse:
        return HTMLResponse(rendered("login.html", flaw=""))

    @router.post(LOGIN, response_model=None)
    async def check(request: Request) -> HTMLResponse | RedirectResponse:
        key = str((await request.form()).get("key", "")).strip()[:_KEY_CHARS_MAX]
        if access.keys.find(key, clock.now()) is None:
            flaw = "This key does not count, or no longer."
            return HTMLResponse(rendered("login.html", flaw=flaw), 401)
        response = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, key, httponly=True, samesite="strict", secure=secure)
        return response

    return router


def _wants_page(scope: Scope) -> bool:
    accepts = Headers(scope=scope).get("accept", "")
    return scope["method"] == "GET" and "text/html" in accepts and scope["path"] != LOGIN

"""What the ledger does with a request: its routes, and the fault script around them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from batuta.testing.ledger.book import Book, BookError, Entry
from batuta.testing.ledger.checks import (
    CENTS_MAX,
    TEXT_CHARS_MAX,
    cents_of,
    is_number,
    only,
    query_number,
    text_of,
    wait_s_of,
)
from batuta.testing.ledger.faults import Fault, Script, arrival_of
from batuta.testing.ledger.wire import Refusal, Reply, Request

Handler = Callable[[Request], Awaitable[Reply]]

# Requests on these are the world that a test disturbs; all others are its controls.
_SCRIPTED = {"accounts", "payments", "effects"}
_SEE_ROOT = "GET / lists the routes"


class Service:
    """Answers requests from the book, disturbed by the script.

    `dedupe`: whether a key that was applied is answered from the book instead of applied again,
    where the request does not say so itself with `?idempotent=1` or `?idempotent=0`.
    """

    def __init__(self, book: Book, script: Script, *, dedupe: bool = False) -> None:
        self._book = book
        self._script = script
        self._dedupe = dedupe

    async def answer(self, request: Request, connected: Callable[[], bool]) -> Reply | None:
        """Return the answer to `request`, or None where the script drops the connection."""
        try:
            handler = self._find(request)
        except Refusal as refusal:
            return Reply.refusing(refusal)
        if request.segments[0] in _SCRIPTED and self._script.faults:
            arrival = arrival_of(request)
            fault = self._script.pick(arrival)
            if fault is not None:
                return await self._disturb(fault, arrival, connected, request, handler)
        return await _told(handler, request)

    async def _disturb(
        self,
        fault: Fault,
        arrival: Mapping[str, str],
        connected: Callable[[], bool],
        request: Request,
        handler: Handler,
    ) -> Reply | None:
        match fault.do:
            case "stall_before":
                await self._script.hold(fault, arrival, connected)
                return await _told(handler, request)
            case "stall_after":
                reply = await _told(handler, request)
                await self._script.hold(fault, arrival, connected)
                return reply
            case "fail_before":
                return _scripted_failure(fault)
            case "fail_after":
                await _told(handler, request)
                return _scripted_failure(fault)
            case "drop_before":
                return None
            case "drop_after":
                await _told(handler, request)
                return None
            case "late":
                reply = await _told(handler, request)
                await asyncio.sleep(fault.seconds or 0)
                return reply

    def _find(self, request: Request) -> Handler:
        methods = self._methods(request.segments)
        if methods is None:
            raise Refusal(404, f"no route {request.path[:TEXT_CHARS_MAX]!r}", _SEE_ROOT)
        handler = methods.get(request.method)
        if handler is None:
            raise Refusal(
                405, f"{request.method[:20]} is not for this route", f"use {', '.join(methods)}"
            )
        return handler

    def _methods(self, segments: tuple[str, ...]) -> Mapping[str, Handler] | None:
        match segments:
            case ("",):
                return {"GET": self._root}
            case ("accounts", account) if account:
                return {
                    "GET": partial(self._account, account),
                    "PUT": partial(self._put_account, account),
                }
            case ("payments",):
                return {"GET": partial(self._entries, "payment", None), "POST": self._pay}
            case ("payments", number, "reverse") if is_number(number):
                return {"POST": partial(self._reverse, int(number))}
            case ("effects", name) if name:
                return {
                    "GET": partial(self._entries, "effect", name),
                    "POST": partial(self._effect, name),
                }
            case ("book",):
                return {"GET": partial(self._entries, None, None)}
            case ("counts",):
                return {"GET": self._counts}
            case ("faults",):
                return {"GET": self._faults, "POST": self._add_fault, "DELETE": self._clear}
            case ("faults", "release"):
                return {"POST": self._release}
            case ("stalled",):
                return {"GET": self._stalled}
            case _:
                return None

    # -- accounts and effects ---------------------------------------------------------------

    async def _account(self, account: str, _: Request) -> Reply:
        await self._book.settle()
        return Reply(200, self._shown_account(account))

    async def _put_account(self, account: str, request: Request) -> Reply:
        body = only(request.object(), "name", "balance_cents")
        open_account(self._book, account, body)
        await self._book.settle()
        return Reply(200, self._shown_account(account))

    async def _pay(self, request: Request) -> Reply:
        body = only(request.object(), "account", "amount_cents", "reference")
        fields: Entry = {
            "account": text_of(body, "account"),
            "amount_cents": cents_of(body, "amount_cents", least=1),
            "reference": text_of(body, "reference"),
        }
        self._shown_account(fields["account"])
        return await self._apply(request, "payment", fields)

    async def _reverse(self, number: int, request: Request) -> Reply:
        only(request.object())
        entries = self._book.entries
        if not 1 <= number <= len(entries):
            raise Refusal(404, f"no entry {number}", "GET /payments shows their n")
        entry = entries[number - 1]
        if entry["kind"] != "payment":
            raise Refusal(409, f"entry {number} is no payment", "reverse the payment itself")
        fields = {name: entry[name] for name in ("account", "amount_cents", "reference")}
        return await self._apply(request, "reversal", {"reverses": number, **fields})

    async def _effect(self, name: str, request: Request) -> Reply:
        fields = {"name": text_of({"name": name}, "name"), "body": request.json()}
        return await self._apply(request, "effect", fields)

    async def _apply(self, request: Request, kind: str, fields: Entry) -> Reply:
        """Apply an effect and answer its entry; deduped, a key that was applied gets the first."""
        key = request.key
        if key and len(key) > TEXT_CHARS_MAX:
            raise Refusal(
                400, "the Idempotency-Key is too long", f"use at most {TEXT_CHARS_MAX} characters"
            )
        if self._deduped(request):
            if not key:
                raise Refusal(400, "idempotent without a key", "send the header Idempotency-Key")
            for earlier in self._book.with_key(key):
                if not _same(earlier, kind, fields):
                    raise Refusal(
                        409,
                        f"key {key!r} was applied to something else, as entry {earlier['n']}",
                        "use a new key for a new effect",
                    )
                await self._book.settle()
                return Reply(201, earlier, {"Idempotent-Replayed": "true"})
        entry = self._book.append(kind, key, fields)
        await self._book.settle()
        return Reply(201, entry)

    def _deduped(self, request: Request) -> bool:
        asked = request.query.get("idempotent")
        if asked not in (None, "0", "1"):
            raise Refusal(400, f"idempotent is {asked[:20]!r}", "use ?idempotent=1 or =0")
        return self._dedupe if asked is None else asked == "1"

    def _shown_account(self, account: str) -> dict[str, Any]:
        line = self._book.accounts.get(account)
        if line is None:
            raise Refusal(
                404,
                f"no account {account[:TEXT_CHARS_MAX]!r}",
                "open it with PUT /accounts/ID or start with --accounts FILE",
            )
        return {
            "account": account,
            "balance_cents": self._book.balance_cents(account),
            "name": line["name"],
        }

    # -- what the book says -----------------------------------------------------------------

    async def _root(self, _: Request) -> Reply:
        return Reply(200, {"ledger": str(self._book.path), "routes": _ROUTES})

    async def _entries(self, kind: str | None, name: str | None, request: Request) -> Reply:
        query = request.query
        await self._book.settle()
        book = self._book
        entries = book.with_key(query["key"]) if "key" in query else book.entries
        shown = [
            entry
            for entry in entries
            if (kind is None or entry["kind"] == kind)
            and (name is None or entry["name"] == name)
            and ("reference" not in query or entry.get("reference") == query["reference"])
        ]
        return Reply(200, {"entries": shown})

    async def _counts(self, request: Request) -> Reply:
        total = query_number(request, "total")
        entries = self._book.entries
        await self._book.changed.until(lambda: len(entries) >= total, wait_s_of(request))
        await self._book.settle()
        return Reply(200, self._book.counts())

    # -- the script -------------------------------------------------------------------------

    async def _faults(self, _: Request) -> Reply:
        return Reply(200, {"faults": [fault.shown() for fault in self._script.faults]})

    async def _add_fault(self, request: Request) -> Reply:
        return Reply(201, self._script.add(request.object()).shown())

    async def _clear(self, _: Request) -> Reply:
        return Reply(200, {"cleared": self._script.clear()})

    async def _release(self, request: Request) -> Reply:
        return Reply(200, {"released": self._script.release(request.object())})

    async def _stalled(self, request: Request) -> Reply:
        script = self._script
        count = query_number(request, "count")
        await script.changed.until(lambda: len(script.stalls) >= count, wait_s_of(request))
        return Reply(200, {"stalled": [stall.shown() for stall in script.stalls.values()]})


def open_account(book: Book, account: str, body: Mapping[str, Any]) -> None:
    """Set name and opening balance of `account` from `body`; `Refusal` 400 if not valid."""
    text_of({"account": account}, "account")
    # A file without names, or with an empty cell, still opens accounts that can be told apart.
    name = account if body.get("name") in (None, "") else text_of(body, "name")
    book.open_account(account, name, cents_of(body, "balance_cents", least=-CENTS_MAX, otherwise=0))


async def _told(handler: Handler, request: Request) -> Reply:
    """Run `handler` and turn what it refuses into an answer."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return Reply.refusing(refusal)
    except BookError as error:
        return Reply.refusing(Refusal(503, str(error), "restart the ledger"))
    except RecursionError:
        return Reply.refusing(Refusal(400, "the body is nested too deeply", "send flatter JSON"))


def _scripted_failure(fault: Fault) -> Reply:
    headers = {} if fault.seconds is None else {"Retry-After": f"{fault.seconds:g}"}
    body = {"error": f"the fault script says {fault.do}", "remedy": "DELETE /faults"}
    return Reply(fault.status, body, headers)


def _same(entry: Entry, kind: str, fields: Entry) -> bool:
    new = {name: entry[name] for name in ("n", "at", "key")} | {"kind": kind, **fields}
    # As texts, for True == 1 == 1.0 in Python but not in JSON.
    return json.dumps(entry, sort_keys=True) == json.dumps(new, sort_keys=True)


_ROUTES = [
    "GET PUT /accounts/ID",
    "GET POST /payments",
    "POST /payments/N/reverse",
    "GET POST /effects/NAME",
    "GET /book",
    "GET /counts",
    "GET POST DELETE /faults",
    "POST /faults/release",
    "GET /stalled",
]

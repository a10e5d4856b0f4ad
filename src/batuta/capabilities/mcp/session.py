"""A connection that stands, and what the server offers now, held against what was accepted.

One task opens the connection and closes it, as the SDK demands; whoever calls does so from a task of his own.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from mcp import Client, MCPError, types
from mcp.client import ClientRequestContext
from pydantic import TypeAdapter, ValidationError

from batuta.capabilities.mcp.address import Address
from batuta.capabilities.mcp.asking import wording
from batuta.capabilities.mcp.listing import listed
from batuta.capabilities.mcp.program import Program, Running
from batuta.capabilities.mcp.sending import Sending, current
from batuta.capabilities.replies import outcome_of
from batuta.errors import InputError
from batuta.imports.difference import Change
from batuta.imports.manifest import Manifest
from batuta.imports.pin import Pin
from batuta.imports.quarantine import quarantined
from batuta.outbound.exchange import Trouble
from batuta.outbound.tracing import shared
from batuta.spec.call import Failed

__all__ = ["Session"]

# To connect and to say what there is: programs may be downloaded by their own starters first (s).
CONNECT_S = 120.0
# A connection that does not close by then is cut (s).
_CLOSE_S = 5.0
# To say again what there is (s).
_LOOK_S = 30.0
# A server that says all the time that its list has changed is not asked all the time (s).
_AGAIN_S = 1.0
_CLIENT = types.Implementation(name="batuta", version="0.1.0")

_RESULTS: Mapping[str, TypeAdapter[Any]] = {
    "tool": TypeAdapter(types.CallToolResult | types.InputRequiredResult),
    "prompt": TypeAdapter(types.GetPromptResult | types.InputRequiredResult),
    "resources/read": TypeAdapter(types.ReadResourceResult | types.InputRequiredResult),
    "resources/list": TypeAdapter(types.ListResourcesResult),
}

# What the SDK would print to the terminal of people who never asked for it.
for _name in ("mcp", "client"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


class Session:
    """The connection to `peer`; `pin` is what was accepted of it, None if nothing is compared.

    Attributes:
        manifest: what the server offered when it was asked last.
    """

    def __init__(self, peer: Program | Address, origin: dict[str, Any], pin: Pin | None) -> None:
        self._peer = peer
        self._origin = origin
        self._pin = pin
        self._client: Client | None = None
        self._running: Running | None = None
        self._changes: Mapping[str, Change] = {}
        self._changes_told = 0
        self._unsaid = ""
        self._closing = asyncio.Event()
        self._stale = asyncio.Event()
        self._fresh = asyncio.Event()
        self._underway: set[Sending] = set()
        self._owner: asyncio.Task[None] | None = None
        self.manifest = Manifest("mcp")

    @property
    def alive(self) -> bool:
        """False once nothing can be sent any more."""
        owner, running = self._owner, self._running
        standing = owner is not None and not owner.done() and not self._closing.is_set()
        return standing and (running is None or running.alive)

    @property
    def parks(self) -> bool:
        """True if a question is an answer of the server, which waits for nothing then (2026-07-28)."""
        assert self._client is not None, "it is open"
        return self._client.session.discover_result is not None

    async def open(self) -> None:
        """Connect, and ask what there is. Raises `Trouble`."""
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._owner = asyncio.create_task(self._own(opened))
        try:
            await opened
        except BaseException:
            self._owner.cancel()
            await self.close()
            raise

    async def close(self) -> None:
        """End the connection, and the process behind it. Takes some seconds at most."""
        self._closing.set()
        owner = self._owner
        if owner is not None:
            await asyncio.wait([owner], timeout=_CLOSE_S)
            if not owner.done():
                owner.cancel()
                await asyncio.wait([owner])

    async def changed(self, name: str) -> Change | None:
        """What is different about the entry `name` since it was accepted. Raises `Trouble`: it does not say."""
        if self._stale.is_set():
            await self._fresh.wait()
        if self._unsaid:
            raise Trouble(self._unsaid, code="unavailable", sent=False)
        return self._changes.get(name)

    async def look(self) -> None:
        """Ask what there is now. Raises `MCPError`, `ValidationError`, `InputError`."""
        assert self._client is not None, "it is open"
        self.manifest = await listed(self._client.session, self._origin)
        self._changes = quarantined(self._pin, self.manifest) if self._pin is not None else {}

    async def trouble(self, *, sent: bool) -> Trouble | None:
        """Why the connection has ended, if the process behind it has."""
        if self._running is None or self._running.alive:
            return None
        return await self._running.trouble(sent=sent)

    async def request(
        self, kind: str, params: dict[str, Any], sending: Sending, report: Any
    ) -> Any:
        """The SDK's result of one request; `kind` is `tool`, `prompt`, or the method of a resource.

        Raises:
            MCPError: it was answered with an error, or not at all.
            ValidationError, RuntimeError, ValueError: what came is no answer.
        """
        assert self._client is not None, "it is open"

        async def told(progress: float, total: float | None, message: str | None) -> None:
            said = {"progress": progress, "total": total, "message": message}
            report({key: value for key, value in said.items() if value is not None})

        token = current.set(sending)
        self._underway.add(sending)
        try:
            with shared(calls=True):  # its library hands the trace on in `_meta`
                return await self._client.session.send_request(
                    _request(kind, params), _RESULTS[kind], progress_callback=told
                )
        finally:
            self._underway.discard(sending)
            current.reset(token)

    async def _own(self, opened: "asyncio.Future[None]") -> None:
        sending = Sending(asyncio.get_running_loop().time() + CONNECT_S)
        current.set(sending)
        try:
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(CONNECT_S):
                        await self._connect(stack)
                except BaseException as error:
                    _settle(opened, await self._unconnected(error, sending))
                    raise
                current.set(None)
                _settle(opened, None)
                watching = [asyncio.create_task(one) for one in (self._watch(), self._listen())]
                try:
                    await self._ended()
                finally:
                    for one in watching:
                        one.cancel()
                await asyncio.wait(watching)
        except Exception:
            # Told to who opened it; what goes wrong while a connection ends is no more anybody's concern.
            logging.getLogger("batuta.mcp").debug("a connection has ended", exc_info=True)
        finally:
            _settle(opened, Trouble("it was closed", code="unavailable", sent=False))

    async def _connect(self, stack: AsyncExitStack) -> None:
        transport: Any
        if isinstance(self._peer, Program):
            self._running = await stack.enter_async_context(self._peer.running())
            transport = self._running.transport()
        else:
            transport = self._peer.transport()
        client = Client(
            transport,
            cache=None,
            client_info=_CLIENT,
            elicitation_callback=self._elicited,
            message_handler=self._told,
        )
        self._client = await stack.enter_async_context(client)
        await self.look()

    async def _ended(self) -> None:
        """Wait until the connection is to be closed, or the process has ended."""
        waiting = [asyncio.create_task(self._closing.wait())]
        if self._running is not None:
            waiting.append(asyncio.create_task(self._running.over.wait()))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()

    async def _unconnected(self, error: BaseException, sending: Sending) -> Trouble:
        if isinstance(error, Trouble):
            return error
        if isinstance(error, TimeoutError):
            text = f"no connection within {CONNECT_S:g} s"
            return await self.trouble(sent=False) or Trouble(text, code="timeout", sent=False)
        if (ended := await self.trouble(sent=False)) is not None:
            return ended
        if sending.trouble is not None:
            return Trouble(sending.trouble.message, code=sending.trouble.code, sent=False)
        if sending.refusal is not None:
            refused = outcome_of("read", "POST", sending.refusal)
            assert isinstance(refused, Failed), "what is refused is no value"
            return Trouble(refused.message, code=refused.code, sent=False)
        said = " ".join(str(error).split())[:300] or type(error).__name__
        code = (
            "invalid_answer" if isinstance(error, ValidationError | InputError) else "unavailable"
        )
        return Trouble(f"it does not speak MCP as it should: {said}", code=code, sent=False)

    async def _watch(self) -> None:
        """Ask again what there is whenever that has changed."""
        while True:
            await self._stale.wait()
            before = self._changes_told
            current.set(Sending(asyncio.get_running_loop().time() + _LOOK_S))
            try:
                async with asyncio.timeout(_LOOK_S):
                    await self.look()
                self._unsaid = ""
            except (MCPError, ValidationError, InputError, TimeoutError) as error:
                said = " ".join(str(error).split())[:200] or type(error).__name__
                self._unsaid = f"it says that its list has changed, and not how: {said}"
            # What did not say how is asked again; what has changed meanwhile, too.
            if before == self._changes_told and not self._unsaid:
                self._stale.clear()
            self._fresh.set()
            await asyncio.sleep(_AGAIN_S)

    async def _listen(self) -> None:
        """Be told of changes, where they have to be asked for (2026-07-28)."""
        client = self._client
        assert client is not None, "it is open"
        offers = client.server_capabilities
        tools = bool(offers.tools and offers.tools.list_changed)
        prompts = bool(offers.prompts and offers.prompts.list_changed)
        if not self.parks or not (tools or prompts):
            return
        with contextlib.suppress(MCPError, RuntimeError, TimeoutError):
            async with client.listen(
                tools_list_changed=tools, prompts_list_changed=prompts
            ) as events:
                self._outdated()  # it may have changed since it was asked first
                async for _ in events:
                    self._outdated()

    async def _told(self, message: Any) -> None:
        changes = (types.ToolListChangedNotification, types.PromptListChangedNotification)
        if isinstance(message, changes):
            self._outdated()

    def _outdated(self) -> None:
        self._changes_told += 1
        self._fresh.clear()
        self._stale.set()

    async def _elicited(
        self, context: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult:
        """A question in the middle of a call. Over a pipe nothing says of which call, if several could ask."""
        sending = current.get()
        concerned = [one for one in self._underway if one is sending] or list(self._underway)
        asking = [one.ask for one in concerned if one.ask is not None]
        if len(asking) == 1:
            return types.ElicitResult(**await asking[0](params))
        for one in concerned:
            one.unasked = wording(params)
        return types.ElicitResult(action="cancel")


def _settle(opened: "asyncio.Future[None]", trouble: Trouble | None) -> None:
    if opened.done():
        return
    if trouble is None:
        opened.set_result(None)
    else:
        opened.set_exception(trouble)
        opened.exception()  # nobody may be there any more to take it


def _request(kind: str, params: dict[str, Any]) -> Any:
    match kind:
        case "tool":
            return types.CallToolRequest(params=types.CallToolRequestParams(**params))
        case "prompt":
            return types.GetPromptRequest(params=types.GetPromptRequestParams(**params))
        case "resources/read":
            return types.ReadResourceRequest(params=types.ReadResourceRequestParams(**params))
        case _:
            return types.ListResourcesRequest(params=types.PaginatedRequestParams(**params))

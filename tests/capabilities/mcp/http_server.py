"""A server of the SDK at an address of this machine, in the loop of the test: of today's protocol, or of before."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Annotated, Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Elicit, Resolve
from pydantic import BaseModel

from tests.hurry import LATER_S


class Size(BaseModel):
    size: str


async def ask_size() -> Elicit[Size]:
    return Elicit("Which size?", Size)


class Notes:
    """A server that remembers what was done to it. `server` is the SDK's."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.forgotten: set[str] = set()
        self.server = server = MCPServer("notes", version="1")

        @server.tool(description="Finds a note.", structured_output=True)
        def find(name: str) -> dict[str, str]:
            return {"name": name}

        @server.tool()
        def write(text: str) -> str:
            self.written.append(text)
            return "written"

        @server.tool()
        async def slow(ctx: Context[Any, Any]) -> str:
            await ctx.report_progress(1, 2, "half")
            self.written.append("slow")
            await asyncio.Event().wait()
            return "late"

        @server.tool()
        def order(size: Annotated[Size, Resolve(ask_size)]) -> str:
            return f"ordered {size.size}"

        @server.resource("notes://{name}", description="one note")
        def note(name: str) -> str:
            return f"the note {name}"

        @server.prompt(description="Says hello.")
        def greet(who: str) -> str:
            return f"Greet {who}"


@contextlib.asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:
    """`http://127.0.0.1:PORT`, where `app` (ASGI) is served."""
    with socket.create_server(("127.0.0.1", 0)) as at:
        # A test that hurries the loop along is not to find the connection closed that it left open.
        config = uvicorn.Config(
            app,
            log_level="critical",
            lifespan="on",
            timeout_keep_alive=int(2 * LATER_S),
            timeout_graceful_shutdown=0,
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue]
        serving = asyncio.create_task(server.serve([at]))
        try:
            while not server.started:
                assert not serving.done(), "it did not start"
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{at.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@contextlib.asynccontextmanager
async def notes_at(notes: Notes, *, old: bool = False, **options: Any) -> AsyncIterator[str]:
    """The URL of `notes`; `old`: it knows nothing of 2026-07-28."""
    inner = notes.server.streamable_http_app(**options)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = {k.decode(): v.decode() for k, v in scope["headers"]}
            notes.headers.append(headers)
            strange = old and headers.get("mcp-method") == "server/discover"
            if strange or headers.get("mcp-session-id") in notes.forgotten:
                await send({"type": "http.response.start", "status": 404, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
        await inner(scope, receive, send)

    async with listening(app) as url:
        yield f"{url}/mcp"

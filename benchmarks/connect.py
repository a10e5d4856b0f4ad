"""What a call costs above the client that carries it. See benchmarks/README.md."""

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple

from batuta.spec.call import Call, Done

CALLS, CALLS_QUICK = 200, 20
ROUNDS, ROUNDS_QUICK = 11, 3
DAY_S = 86_400.0
OPERATIONS, OPERATIONS_QUICK = 1_000, 50
IMPORT_S = 3.0


class Pair(NamedTuple):
    """The same call twice: as the client makes it, and as a step does. `goal_us` is what lies between them at most."""

    name: str
    goal_us: float
    bare: Callable[[], Awaitable[object]]
    ours: Callable[[], Awaitable[object]]


Make = Callable[[Path], AbstractAsyncContextManager[Pair]]

# A server in few words: what is measured is the client.
SERVER = """
import json, sys
TOOL = {"name": "add", "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}},
        "required": ["a"]}, "outputSchema": {"type": "object", "properties": {"n": {"type": "integer"}},
        "required": ["n"]}}
def say(id_, **message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": id_, **message}) + "\\n"); sys.stdout.flush()
for line in sys.stdin:
    m = json.loads(line)
    match m["method"]:
        case "initialize":
            say(m["id"], result={"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                "serverInfo": {"name": "b", "version": "1"}})
        case "tools/list":
            say(m["id"], result={"tools": [TOOL]})
        case "tools/call":
            say(m["id"], result={"content": [], "structuredContent": {"n": m["params"]["arguments"]["a"]}})
        case _ if "id" in m:
            say(m["id"], error={"code": -32601, "message": "no"})
"""


@asynccontextmanager
async def mcp(folder: Path) -> AsyncIterator[Pair]:
    """A tool of a program, over its standard input and output."""
    from mcp import Client, StdioServerParameters

    from batuta.capabilities.mcp.opening import McpServers, offered
    from batuta.imports.pin import write_pin
    from batuta.reading.mcp import McpConfig

    program = folder / "server.py"
    program.write_text(SERVER)
    config = McpConfig(command=(sys.executable, "-S", str(program)))
    write_pin(folder, "s", await offered("s", config, folder))
    servers = McpServers({"s": config}, folder)
    (tool,) = servers.capabilities
    command, *args = config.command
    async with Client(StdioServerParameters(command=command, args=args), cache=None) as client:
        await client.list_tools()

        async def bare() -> object:
            return await client.call_tool("add", {"a": 7})

        async def ours() -> object:
            return await tool(call_of("s.add", {"a": 7}))

        try:
            yield Pair("an MCP tool (stdio)", 200, bare, ours)
        finally:
            await servers.close()


# The same for a service: every request gets the same order.
SERVICE = """
import asyncio, json
ORDER = json.dumps({"item": "tea", "count": 3}).encode()
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            lines = head.decode().lower().split("\\r\\n")
            size = [int(l[15:]) for l in lines if l.startswith("content-length:")]
            await reader.readexactly(size[0] if size else 0)
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n")
            writer.write(b"Content-Length: %d\\r\\n\\r\\n%s" % (len(ORDER), ORDER))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
ORDER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"item": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["item"],
}


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[str]:
    """The address of a service that a process of its own runs."""
    program = folder / "service.py"
    program.write_text(SERVICE)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-S", str(program), stdout=pipe)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def posting(url: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """A POST of an order with httpcore, which is what our connections are made of."""
    import httpcore

    body = json.dumps({"item": "tea", "count": 3}).encode()
    # The same as ours: each header costs.
    headers = {
        "Accept": "application/json, text/*;q=0.5, */*;q=0.1",
        "Accept-Encoding": "gzip, identity",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Idempotency-Key": "key",
        "User-Agent": "bare",
    }
    async with httpcore.AsyncConnectionPool() as pool:

        async def bare() -> object:
            answer = await pool.request(
                "POST", url, headers=[("Host", "127.0.0.1"), *headers.items()], content=body
            )
            return json.loads(answer.content)

        yield bare


@asynccontextmanager
async def http(folder: Path) -> AsyncIterator[Pair]:
    """A capability of kind http."""
    from batuta.capabilities.http import HttpCapability
    from batuta.outbound.exchange import LazyConnections

    async with service(folder) as url, posting(f"{url}/orders/7") as bare:
        connections = LazyConnections(["127.0.0.1"])
        settings = {"kind": "http", "method": "POST", "url": f"{url}/orders/{{id}}"}
        capability = HttpCapability("s.order", settings, connections)

        async def ours() -> object:
            return await capability(call_of("s.order", {"id": 7, "item": "tea", "count": 3}))

        try:
            yield Pair("an HTTP request", 150, bare, ours)
        finally:
            await connections.close()


@asynccontextmanager
async def openapi(folder: Path) -> AsyncIterator[Pair]:
    """An operation of a service; its arguments are checked against the document."""
    from batuta.capabilities.files.folder import Folder
    from batuta.capabilities.openapi.sources import OpenapiServices
    from batuta.reading.openapi import OpenapiConfig

    content = {"application/json": {"schema": ORDER_SCHEMA}}
    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    order: dict[str, Any] = {
        "operationId": "order",
        "parameters": [identity],
        "requestBody": {"content": content, "required": True},
        "responses": {"200": {"description": "", "content": content}},
    }
    document = {"openapi": "3.1.0", "paths": {"/orders/{id}": {"post": order}}}
    (folder / "s.json").write_text(json.dumps(document))
    async with service(folder) as url, posting(f"{url}/orders/7") as bare:
        config = OpenapiConfig(document="s.json", server=url)
        services = OpenapiServices({"s": config}, Folder(folder))
        operation = services.later["s.order"]()

        async def ours() -> object:
            args = {"id": 7, "body": {"item": "tea", "count": 3}}
            return await operation(call_of("s.order", args))

        try:
            yield Pair("an OpenAPI operation", 150, bare, ours)
        finally:
            await services.close()


@asynccontextmanager
async def function(folder: Path) -> AsyncIterator[Pair]:
    """A function of a module."""
    from batuta.capabilities.function import FunctionCapability, capability

    @capability("s.total", effect="pure", reach="local")
    async def total(item: str, count: int = 1) -> dict[str, int]:
        """What it comes to."""
        return {item: count}

    ready = FunctionCapability(total)

    async def bare() -> object:
        return await total("tea", count=3)

    async def ours() -> object:
        return await ready(call_of("s.total", {"item": "tea", "count": 3}))

    yield Pair("a function", 60, bare, ours)


PAIRS: dict[str, Make] = {"mcp": mcp, "http": http, "openapi": openapi, "function": function}


def call_of(name: str, args: dict[str, Any]) -> Call:
    """One attempt, as the engine makes it."""
    return Call("r", "step", 1, "key", args, time.time() + DAY_S, name)


async def measured(pair: Pair, calls: int, rounds: int) -> tuple[float, float]:
    """The processor time of one call, bare and ours, in µs: medians of rounds that take turns."""
    outcome = await pair.ours()
    assert isinstance(outcome, Done), outcome
    await pair.bare()
    times: dict[Callable[[], Awaitable[object]], list[float]] = {pair.bare: [], pair.ours: []}
    gc.disable()
    try:
        for _ in range(rounds):
            for call, taken in times.items():
                began = process_time()
                for _ in range(calls):
                    await call()
                taken.append((process_time() - began) / calls * 1e6)
            gc.collect()
    finally:
        gc.enable()
    return median(times[pair.bare]), median(times[pair.ours])


async def run(names: list[str], calls: int, rounds: int) -> list[dict[str, Any]]:
    """What each pair took."""
    found: list[dict[str, Any]] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            async with PAIRS[name](Path(folder)) as pair:
                bare, ours = await measured(pair, calls, rounds)
        found.append(
            {"name": pair.name, "bare_us": bare, "ours_us": ours, "over_us": ours - bare}
            | {"goal_us": pair.goal_us}
        )
    return found


def imported(operations: int) -> float:
    """The processor time, in seconds, in which a document of so many operations becomes a manifest."""
    from batuta.capabilities.openapi.document import read_document
    from batuta.capabilities.openapi.manifest import manifest_of

    schemas = {
        f"Thing{n}": {
            "type": "object",
            "properties": {f"field{m}": {"type": "string", "maxLength": 99} for m in range(30)}
            | {"next": {"$ref": f"#/components/schemas/Thing{(n + 1) % operations}"}},
        }
        for n in range(operations)
    }
    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths: dict[str, Any] = {}
    for n in range(operations):
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/Thing{n}"}}}
        put: dict[str, Any] = {
            "operationId": f"put{n}",
            "parameters": [identity],
            "requestBody": {"content": content},
            "responses": {"200": {"description": "", "content": content}},
        }
        paths[f"/things{n}/{{id}}"] = {"put": put}
    document = {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}
    content = json.dumps(document).encode()
    began = process_time()
    manifest = manifest_of(read_document(content))
    took_s = process_time() - began
    assert len(manifest.entries) == operations
    return took_s


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="*", choices=[*PAIRS, []], default=[])
    parser.add_argument("--quick", action="store_true", help="few rounds: does it run at all?")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(arguments)
    few = args.quick
    calls, rounds = (CALLS_QUICK, ROUNDS_QUICK) if few else (CALLS, ROUNDS)
    found = asyncio.run(run(args.pairs or list(PAIRS), calls, rounds))
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{'a call of':<28}{'bare':>10}{'ours':>10}{'over it':>10}{'goal':>10}")
    for one in found:
        figures = (one["bare_us"], one["ours_us"], one["over_us"], one["goal_us"])
        print(f"{one['name']:<28}" + "".join(f"{figure:>7,.0f} µs" for figure in figures))
    took_s = imported(OPERATIONS_QUICK if few else OPERATIONS)
    print(
        f"{OPERATIONS_QUICK if few else OPERATIONS:,} operations read in {took_s:.2f} s (goal 3 s)"
    )
    well = took_s <= IMPORT_S and all(one["over_us"] <= one["goal_us"] for one in found)
    return 0 if well or few else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

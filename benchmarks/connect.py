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


PAIRS: dict[str, Make] = {"mcp": mcp}


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
    return 0 if all(one["over_us"] <= one["goal_us"] for one in found) or few else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Agents: bytes in the journal, our own time for a turn, the way of the first word, and many at once.

    python benchmarks/agents.py [--quick] [--json FILE]

Bytes, own time and the first word are measured with a model inside of the process that answers at once (the library's
`FunctionModel`), so that nothing but the library and Batuta takes time; the library alone, given the same messages,
is taken off. Many at once ask a stand-in of a provider in a process of its own, over HTTP, as they would a real one.

What is said and found are pieces of the project's own pages, no two alike: values are packed in the file, and a text
that repeats itself would take no room. What letters at random take, which pack least, is measured beside it.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.tools import ToolDefinition

from batuta import App, Plan, capability
from batuta.capabilities.agent.rounds import as_json
from batuta.capabilities.model.answering import Answering
from batuta.capabilities.model.capability import ModelCapability
from batuta.capabilities.model.thought import think
from batuta.capabilities.workspace import folder_of
from batuta.plans.build import plan_from_data
from batuta.testing.providers import Answer, Asked, Providers, ToolCall

# Of what a tool gives: a record, and a page. As in the workload `agent` of engine.py.
RESULT_CHARS = (2_300, 10_000)
PROMPT = "Find out where all the orders are, one after the other. " * 10
SAID_CHARS = 690
DOCS = Path(__file__).parent.parent / "docs"


class Figure(NamedTuple):
    """What was measured: `goal` is the most it may be, None if there is none."""

    what: str
    value: float
    unit: str
    goal: float | None


@cache
def pages() -> str:
    return "\n".join(page.read_text("utf-8") for page in sorted(DOCS.rglob("*.md")))


@cache
def letters() -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join(random.Random(7).choices(alphabet, k=500_000))


# How many pieces were used up by a run before, so that the next one says and finds other things.
used: list[int] = []


def piece_of(text: str, chars: int, number: int) -> str:
    """The `number`th piece of `text` with so many characters, of those that are left."""
    start = (number + sum(used)) * chars % (len(text) - chars)
    return text[start : start + chars]


def said_in(turn: int, text: str) -> str:
    return f"({turn}) {piece_of(text, SAID_CHARS, turn)}"


@capability(effect="read", reach="local")
async def find_order(id: int) -> dict[str, Any]:
    """Finds an order."""
    return order_of(id, RESULT_CHARS[0])


@capability(name="find_order", effect="read", reach="local")
async def find_letters(id: int) -> dict[str, Any]:
    """Finds an order, of letters at random."""
    return order_of(id, RESULT_CHARS[0], letters())


@capability(name="find_order", effect="read", reach="local")
async def find_page(id: int) -> dict[str, Any]:
    """Finds an order, with a page on it."""
    return order_of(id, RESULT_CHARS[1])


def order_of(id: int, chars: int, text: str = "") -> dict[str, Any]:
    # From the middle on: it is not what is said, too.
    text = text or pages()
    middle = len(text) // 2
    return {"id": id, "text": f"{id}: {piece_of(text[middle:], chars, id)}"}


def asking(each: int = 1) -> Plan:
    step: dict[str, Any] = {"use": "support", "with": {"prompt": PROMPT}}
    if each > 1:
        step |= {"each": f"[{','.join(map(str, range(each)))}]"}
    return plan_from_data({"name": "ask", "steps": {"ask": step}, "result": "${steps.ask}"}).plan


def settings(url: str, turns: int) -> bytes:
    strong = {"provider": "openai-compatible", "model": "m", "prices": "free", "url": url}
    strong |= {"max_input": 1_000_000}
    agent = {
        "model": "strong",
        "instructions": "Be brief.",
        "tools": ["find_order"],
        "turns": turns,
    }
    data = {"models": {"strong": strong}, "agents": {"support": agent}, "limits": {"calls": 1_000}}
    return json.dumps(data).encode()


# ── a model inside of the process ────────────────────────────────────────────────────────────────────────────────


def answering_after(turns: int, text: str = "") -> FunctionModel:
    """Calls a tool in every turn but the last, and says a piece of `text` in each."""
    text = text or pages()

    async def stream(
        messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | dict[int, DeltaToolCall]]:
        turn = sum(isinstance(one, ModelResponse) for one in messages)
        yield said_in(turn, text)
        if turn < turns - 1:
            given = json.dumps({"id": turn})
            yield {0: DeltaToolCall(name="find_order", json_args=given, tool_call_id=f"c{turn}")}

    return FunctionModel(stream_function=stream)


async def opened_with(
    folder: Path, model: FunctionModel, turns: int, sink: Any = None, tool: Any = find_order
) -> App:
    """A workspace whose model is `model`, where the one of a provider would be."""
    (folder / "batuta.yaml").write_bytes(settings("http://127.0.0.1:1/v1", turns))
    app = await App.open(folder, functions=[tool], sink=sink)
    strong = app.engine.catalog.get("strong")
    assert isinstance(strong, ModelCapability)
    answering = Answering(model, strong.config, None, folder_of(app.workspace))
    ready = asyncio.get_running_loop().create_future()
    ready.set_result(_Ready(answering))
    strong._readying = ready  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    return app


class _Ready(NamedTuple):
    answering: Answering

    @property
    def made(self) -> Any:
        return self

    client = None


async def alone(turns: int) -> float:
    """CPU seconds of the library for the same questions and answers."""
    model = answering_after(turns)
    tools = [
        ToolDefinition(
            name="find_order", parameters_json_schema=find_order_schema(), description=""
        )
    ]
    messages: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart(PROMPT)])]
    from batuta.capabilities.agent.history import behind

    rounds: list[bytes] = []
    begun = time.process_time()
    for turn in range(turns):
        await think(
            model, messages, {}, ModelRequestParameters(function_tools=tools), lambda _: None
        )
        spent = time.process_time()
        call = {"id": f"c{turn}", "tool": "find_order", "arguments": {"id": turn}}
        said = {"parts": [{"text": said_in(turn, pages())}, {"call": 0}], "calls": [call]}
        value = {"id": turn, "text": "x" * RESULT_CHARS[0]}
        rounds.append(as_json({"said": said, "answers": [{"value": value, "error": None}]}))
        messages = [messages[0], *behind(rounds, {})]
        begun += time.process_time() - spent  # to make the messages is not the library's
    return time.process_time() - begun


def find_order_schema() -> dict[str, Any]:
    return {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}


def pace() -> float:
    """CPU milliseconds of a million additions."""
    begun, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number
    return (time.process_time() - begun) * 1e3


async def own_time(turns: int, folder: Path) -> float:
    """CPU seconds of the second run in a process: the first one compiles its plans."""
    plan = asking()
    async with await opened_with(folder, answering_after(turns), turns) as app:
        await app.run(plan, {})
        used.append(turns)
        begun = time.process_time()
        done = await app.run(plan, {})
        took = time.process_time() - begun
        used.clear()
    assert done["result"]["turns"] == turns, done["error"]
    return took


async def run_once(turns: int, folder: Path, tool: Any = find_order, text: str = "") -> None:
    async with await opened_with(folder, answering_after(turns, text), turns, tool=tool) as app:
        await app.run(asking(), {})


def bytes_of(folder: Path, turns: int, chars: int, text: str = "") -> float:
    """Bytes of facts and values in the journal of a run, by the bytes of the distinct messages."""
    connection = sqlite3.connect(folder / ".batuta" / "journal.sqlite")
    values = connection.execute("SELECT sum(length(body)) FROM vals").fetchone()[0]
    facts = connection.execute("SELECT sum(length(body)) FROM facts").fetchone()[0]
    connection.close()
    messages = len(PROMPT)
    for turn in range(turns):
        messages += len(said_in(turn, text or pages()).encode())
        if turn < turns - 1:
            messages += len(json.dumps({"id": turn})) + len(as_json(order_of(turn, chars, text)))
    return (values + facts) / messages


async def first_word(turns: int, folder: Path) -> tuple[float, float]:
    """Milliseconds from the question to the first word as it is reported, by the library alone and inside of a run."""
    model = answering_after(turns)
    parameters = ModelRequestParameters()
    messages = [ModelRequest(parts=[UserPromptPart(PROMPT)])]
    seen: list[float] = []
    bare: list[float] = []
    for _ in range(turns):
        begun = time.perf_counter()
        await think(model, messages, {}, parameters, lambda _: seen.append(time.perf_counter()))
        bare.append(seen[0] - begun)
        seen.clear()
    asked: list[float] = []
    said: list[float] = []

    async def stream(
        messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | dict[int, DeltaToolCall]]:
        turn = sum(isinstance(one, ModelResponse) for one in messages)
        asked.append(time.perf_counter())
        yield "Word."
        if turn < turns - 1:
            given = json.dumps({"id": turn})
            yield {0: DeltaToolCall(name="find_order", json_args=given, tool_call_id=f"c{turn}")}

    def sink(progress: Any) -> None:
        if isinstance(progress.data, dict) and "text" in progress.data:
            said.append(time.perf_counter())

    async with await opened_with(folder, FunctionModel(stream_function=stream), turns, sink) as app:
        await app.run(asking(), {})
    inside = [late - early for early, late in zip(asked, said, strict=True)]
    return statistics.median(bare) * 1e3, statistics.median(inside) * 1e3


# ── many at once, over HTTP ──────────────────────────────────────────────────────────────────────────────────────


def script_after(turns: int) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        turn = sum(one["role"] == "assistant" for one in asked.body["messages"])
        if turn == turns - 1:
            return Answer("All are on shelves.")
        return Answer("Next.", tools=(ToolCall("find_order", {"id": turn}),))

    return answer


def serve(port: Any, turns: int) -> None:
    with Providers(script_after(turns)) as providers:
        port.send(providers.port)
        port.recv()


class Many(NamedTuple):
    took_s: float
    cpu_ms: float
    fastest_s: float
    slowest_s: float
    lag_ms: float


async def many(count: int, turns: int, port: int, folder: Path) -> Many:
    """`count` agents at once: how long it takes, how far apart they end, and the longest that nothing else ran."""
    (folder / "batuta.yaml").write_bytes(settings(f"http://127.0.0.1:{port}/v1", turns))
    lags: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            lags.append(time.perf_counter() - before - 0.01)

    ends: list[float] = []
    async with await App.open(folder, functions=[find_order]) as app:
        await app.run(asking(), {})  # what the first call imports is no matter of many

        async def one() -> None:
            done = await app.run(asking(), {})
            assert done["status"] == "succeeded", done["error"]
            ends.append(time.perf_counter() - begun)

        ticking = asyncio.create_task(tick())
        begun, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one() for _ in range(count)))
        took, cpu = time.perf_counter() - begun, time.process_time() - cpu
        ticking.cancel()
    return Many(took, cpu / count / turns * 1e3, min(ends), max(ends), max(lags) * 1e3)


def at_once(count: int, turns: int, folder: Path) -> Many:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, turns), daemon=True
    )
    server.start()
    try:
        return asyncio.run(many(count, turns, ours.recv(), folder))
    finally:
        ours.send("enough")
        server.join(10)


def measured(turns: int, count: int) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        rounds: list[float] = []
        paces: list[float] = []
        for index in range(8):
            folder = root / f"own-{index}"
            folder.mkdir()
            before = pace()
            took = asyncio.run(own_time(turns, folder))
            rounds.append((took - asyncio.run(alone(turns))) / turns * 1e3)
            paces.append((before + pace()) / 2)
        folder = root / "records"
        folder.mkdir()
        asyncio.run(run_once(turns, folder))
        ratio = bytes_of(folder, turns, RESULT_CHARS[0])
        figures.append(Figure("bytes journaled ÷ bytes of messages", ratio, "×", 1.3))
        folder = root / "pages"
        folder.mkdir()
        asyncio.run(run_once(turns, folder, find_page))
        ratio = bytes_of(folder, turns, RESULT_CHARS[1])
        figures.append(Figure("  with a page as the result of each call", ratio, "×", 1.3))
        folder = root / "letters"
        folder.mkdir()
        asyncio.run(run_once(turns, folder, find_letters, letters()))
        ratio = bytes_of(folder, turns, RESULT_CHARS[0], letters())
        figures.append(Figure("  with letters at random, which pack least", ratio, "×", None))
        # The first round imports and compiles.
        own = statistics.median(rounds[1:])
        figures.append(Figure("own CPU time of a turn", own, "ms", 1.0))
        ratio = statistics.median(a / b for a, b in zip(rounds[1:], paces[1:], strict=True))
        figures.append(Figure("  by a million additions in the same minute", ratio, "×", None))
        folder = root / "first"
        folder.mkdir()
        bare, inside = asyncio.run(first_word(turns, folder))
        figures.append(Figure("first word: from the model to whoever watches", inside, "ms", 1.0))
        figures.append(Figure("  the library alone, from the question on", bare, "ms", None))
        folder = root / "many"
        folder.mkdir()
        found = at_once(count, 5, folder)
        figures += [
            Figure(f"{count} agents of 5 turns at once", found.took_s, "s", None),
            Figure(
                "  CPU time of a turn, library, SDK and HTTP included", found.cpu_ms, "ms", None
            ),
            Figure("  the first one ends after", found.fastest_s, "s", None),
            Figure("  the last one ends after", found.slowest_s, "s", None),
            Figure("  longest time that nothing else ran", found.lag_ms, "ms", None),
        ]
    return figures


def main() -> int:
    """Print the table; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="10 turns, 20 agents")
    parser.add_argument("--json", type=Path, help="write every figure there")
    args = parser.parse_args()
    figures = measured(*((10, 20) if args.quick else (50, 200)))
    for one in figures:
        goal = "" if one.goal is None else f"   goal ≤ {one.goal:g}"
        print(f"{one.what:<58}{one.value:>10.3f} {one.unit:<3}{goal}")
    if args.json:
        args.json.write_text(json.dumps([one._asdict() for one in figures], indent=1), "utf-8")
    missed = [one.what for one in figures if one.goal is not None and one.value > one.goal]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The conversation that `agents.py` measures: an agent that looks up one order in each turn, and who answers it.

What is said and found are pieces of the project's own pages, no two alike: values are packed in the file, and a text
that repeats itself would take no room. What letters at random take, which pack least, is measured beside it.
"""

import asyncio
import json
import multiprocessing
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from batuta import App, Plan, capability
from batuta.capabilities.model.answering import Answering
from batuta.capabilities.model.capability import ModelCapability
from batuta.capabilities.workspace import folder_of
from batuta.plans.build import plan_from_data
from batuta.testing.providers import Answer, Asked, Providers, ToolCall

# Of what a tool gives: a record, and a page. As in the workload `agent` of engine.py.
RESULT_CHARS = (2_300, 10_000)
PROMPT = "Find out where all the orders are, one after the other. " * 10
SAID_CHARS = 690
# Of a provider on this machine, and of one on another. Nobody is there.
HERE, THERE = "http://127.0.0.1:1/v1", "http://192.0.2.1/v1"
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
    folder: Path,
    model: FunctionModel,
    turns: int,
    sink: Any = None,
    tool: Any = find_order,
    url: str = HERE,
) -> App:
    """A workspace whose model is `model`, where the one of a provider at `url` would be."""
    (folder / "batuta.yaml").write_bytes(settings(url, turns))
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


# ── a server in a process of its own ─────────────────────────────────────────────────────────────────────────────


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


@contextmanager
def server_of(turns: int) -> Iterator[int]:
    """The port of a stand-in of a provider, whose model calls a tool in every turn but the last."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, turns), daemon=True
    )
    server.start()
    try:
        yield ours.recv()
    finally:
        ours.send("enough")
        server.join(10)

"""Our own time for a turn: the same conversation with Batuta and with the library alone, beside each other.

The library alone is a loop as one writes it by hand: it streams every answer, calls the tool and keeps the history.
What it does itself with a history that grows, what its SDK does, and what the tool takes, are so in both and are taken
off. What is left is ours: the journal and its thread, limits, policy, prices, the plans of the turns.
"""

import json
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    PartDeltaEvent,
    TextPartDelta,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from agents_talk import (
    PROMPT,
    RESULT_CHARS,
    answering_after,
    asking,
    find_order,
    opened_with,
    order_of,
    server_of,
    settings,
    used,
)
from batuta import App
from batuta.capabilities.model.capability import ModelCapability

# What the model of `settings` is asked with, too.
MAX_TOKENS = 4_096
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}


class Own(NamedTuple):
    """Milliseconds of processor time for a turn, in the middle of all pairs.

    Attributes:
        ours: of Batuta's conversation less the library's, of the same pair.
        bare: of the library's.
        grown: how much more the library takes for one of the last turns than for one of the first.
        pace: `ours` by the milliseconds of a million additions at that time.
    """

    ours: float
    bare: float
    grown: float
    pace: float


def pace() -> float:
    """CPU milliseconds of a million additions."""
    begun, total = process_time(), 0
    for number in range(1_000_000):
        total += number
    return (process_time() - begun) * 1e3


async def alone(model: Model[Any], turns: int) -> list[float]:
    """CPU seconds of each turn of the conversation with the library, without Batuta."""
    tool = ToolDefinition(name="find_order", parameters_json_schema=SCHEMA, description="")
    parameters = ModelRequestParameters(function_tools=[tool])
    wanted = ModelSettings(max_tokens=MAX_TOKENS)
    question = ModelRequest(parts=[UserPromptPart(PROMPT)], instructions="Be brief.")
    messages: list[ModelMessage] = [question]
    heard: list[str] = []
    took: list[float] = []
    for turn in range(turns):
        begun = process_time()
        async with model_request_stream(
            model, messages, model_settings=wanted, model_request_parameters=parameters
        ) as stream:
            async for event in stream:
                if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                    heard.append(event.delta.content_delta)
        answer = stream.get()
        calls = [part for part in answer.parts if isinstance(part, ToolCallPart)]
        assert bool(calls) == (turn < turns - 1), answer
        results = [
            ToolReturnPart(
                call.tool_name,
                json.dumps(order_of(call.args_as_dict()["id"], RESULT_CHARS[0])),
                call.tool_call_id,
            )
            for call in calls
        ]
        messages += [answer, ModelRequest(parts=results, instructions="Be brief.")]
        took.append(process_time() - begun)
    return took


async def own_time(turns: int, folder: Path, pairs: int) -> Own:
    """With a model inside of the process that answers at once: nothing but the library and Batuta takes time."""
    model = answering_after(turns)
    async with await opened_with(folder, model, turns) as app:
        return await _paired(app, lambda: alone(model, turns), turns, pairs)


async def later(turns: int, folder: Path, pairs: int, url: str) -> float:
    """How many milliseconds by the clock a question comes later than with the library alone, behind the last answer.

    In the middle of all turns, and of all pairs. If `url` is on another machine, each question waits until the log
    says on the disk that it will leave.
    """
    model, marks = marked(answering_after(turns))

    def between() -> float:
        # A question begins at an even mark, and its answer ends at the odd one behind it.
        found = statistics.median(b - a for a, b in zip(marks[1:-1:2], marks[2::2], strict=True))
        marks.clear()
        return found * 1e3

    found: list[float] = []
    async with await opened_with(folder, model, turns, url=url) as app:
        plan = asking()
        used.clear()
        for index in range(pairs + 1):
            done = await app.run(plan, {})
            assert done["result"]["turns"] == turns, done["error"]
            ours = between()
            await alone(model, turns)
            theirs = between()
            used.append(turns)
            if index:  # the first one imports and compiles
                found.append(ours - theirs)
    used.clear()
    return statistics.median(found)


def marked(model: FunctionModel) -> tuple[FunctionModel, list[float]]:
    """`model`, and when each of its answers began and ended."""
    marks: list[float] = []
    answer = model.stream_function
    assert answer is not None

    async def stream(
        messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | dict[int, DeltaToolCall]]:
        marks.append(perf_counter())
        async for piece in answer(messages, info):
            yield piece  # pyright: ignore[reportReturnType]
        marks.append(perf_counter())

    return FunctionModel(stream_function=stream), marks


async def own_time_over_http(turns: int, folder: Path, pairs: int) -> Own:
    """With a stand-in of a provider in a process of its own, over HTTP: the SDK and its client are in both."""
    with server_of(turns) as port:
        (folder / "batuta.yaml").write_bytes(settings(f"http://127.0.0.1:{port}/v1", turns))
        async with await App.open(folder, functions=[find_order]) as app:
            await app.run(asking(), {})  # which makes the client
            strong = app.engine.catalog.get("strong")
            assert isinstance(strong, ModelCapability)
            ready = await strong._ready()  # pyright: ignore[reportPrivateUsage]
            return await _paired(app, lambda: alone(ready.made.model, turns), turns, pairs)


async def _paired(
    app: App, bare: Callable[[], Awaitable[list[float]]], turns: int, pairs: int
) -> Own:
    plan = asking()
    found: list[Own] = []
    used.clear()
    for index in range(pairs + 1):
        before = pace()
        begun = process_time()
        done = await app.run(plan, {})
        took = process_time() - begun
        assert done["result"]["turns"] == turns, done["error"]
        theirs = await bare()
        used.append(turns)
        if not index:
            continue  # the first one imports and compiles
        own = (took - sum(theirs)) / turns * 1e3
        few = max(turns // 5, 1)
        grown = (sum(theirs[-few - 1 : -1]) - sum(theirs[:few])) / few * 1e3
        each = sum(theirs) / turns * 1e3
        found.append(Own(own, each, grown, own / ((before + pace()) / 2)))
    used.clear()
    return Own(*(statistics.median(column) for column in zip(*found, strict=True)))

"""Agents: bytes in the journal, our own time for a turn, the way of the first word, and many at once.

    python benchmarks/agents.py [--quick] [--json FILE]

Bytes, own time and the first word are measured with a model inside of the process that answers at once (the library's
`FunctionModel`), so that nothing but the library and Batuta takes time. Own time is what Batuta takes for a
conversation less what the library alone takes for the same one (`agents_own.py`). Many at once ask a stand-in of a
provider in a process of its own, over HTTP, as they would a real one.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, UserPromptPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from agents_own import later, own_time, own_time_over_http
from agents_talk import (
    HERE,
    PROMPT,
    RESULT_CHARS,
    THERE,
    answering_after,
    asking,
    find_letters,
    find_order,
    find_page,
    letters,
    opened_with,
    order_of,
    pages,
    said_in,
    server_of,
    settings,
)
from batuta import App
from batuta.capabilities.agent.rounds import as_json
from batuta.capabilities.model.thought import think
from batuta.doors.cli.loop import on_loop


class Figure(NamedTuple):
    """What was measured: `goal` is the most it may be, None if there is none."""

    what: str
    value: float
    unit: str
    goal: float | None


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
    with server_of(turns) as port:
        return on_loop(many(count, turns, port, folder))


def own_times(turns: int, root: Path) -> list[Figure]:
    """The processor time of a turn, ours and the library's, and how much later a question leaves."""
    inside, http, here, there = folders = [root / name for name in ("own", "http", "here", "there")]
    for folder in folders:
        folder.mkdir()
    own = on_loop(own_time(turns, inside, 15))
    over = on_loop(own_time_over_http(turns, http, 3))
    near, far = (
        on_loop(later(turns, folder, 15, url)) for folder, url in ((here, HERE), (there, THERE))
    )
    return [
        Figure("own CPU time of a turn, the library's taken off", own.ours, "ms", 1.0),
        Figure("  by a million additions in the same minute", own.pace, "×", None),
        Figure("  by the clock: so much more between answer and question", near, "ms", None),
        Figure("  the same, more for a model on another machine", far, "ms", None),
        Figure("  the library alone, the model inside of the process", own.bare, "ms", None),
        Figure("  the library and its SDK alone, over HTTP", over.bare, "ms", None),
        Figure("  more for a late turn than for an early one, of that", over.grown, "ms", None),
        Figure("  own CPU time of a turn, over HTTP", over.ours, "ms", None),
    ]


def measured(turns: int, count: int) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = root / "records"
        folder.mkdir()
        on_loop(run_once(turns, folder))
        ratio = bytes_of(folder, turns, RESULT_CHARS[0])
        figures.append(Figure("bytes journaled ÷ bytes of messages", ratio, "×", 1.3))
        folder = root / "pages"
        folder.mkdir()
        on_loop(run_once(turns, folder, find_page))
        ratio = bytes_of(folder, turns, RESULT_CHARS[1])
        figures.append(Figure("  with a page as the result of each call", ratio, "×", 1.3))
        folder = root / "letters"
        folder.mkdir()
        on_loop(run_once(turns, folder, find_letters, letters()))
        ratio = bytes_of(folder, turns, RESULT_CHARS[0], letters())
        figures.append(Figure("  with letters at random, which pack least", ratio, "×", 1.3))
        figures += own_times(turns, root)
        folder = root / "first"
        folder.mkdir()
        bare, inside = on_loop(first_word(turns, folder))
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

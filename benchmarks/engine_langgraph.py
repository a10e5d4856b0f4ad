"""LangGraph, in memory and with AsyncSqliteSaver (`durability="sync"`: saved before the next step).

One compiled graph per workload; a run is a thread. The in-memory runs have no checkpointer at all,
except where a person is asked: interrupts need one (InMemorySaver).
"""

# pyright: basic, reportMissingImports=false
import asyncio
import operator
import sys
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Annotated, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt

from engine_harness import (
    ANSWER,
    PAYLOAD,
    Footprint,
    System,
    Values,
    begin,
    expect,
    tally,
)


class Chain(TypedDict):
    value: str


class Fan(TypedDict):
    size: int
    source: str
    parts: Annotated[list[str], operator.add]
    result: str


class Parked(TypedDict):
    draft: str
    answer: str
    result: str


async def step(state: Chain) -> dict:
    return {"value": await tally.step(state["value"])}


async def source(state: Fan) -> dict:
    return {"source": await tally.step()}


async def part(state: Fan) -> dict:
    return {"parts": [await tally.step(state["source"])]}


async def sink(state: Fan) -> dict:
    return {"result": await tally.step(state["parts"])}


def chain_graph(size: int) -> StateGraph:
    graph = StateGraph(Chain)
    names = [f"s{i}" for i in range(size)]
    for name in names:
        graph.add_node(name, step)
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    return graph


def fan_graph() -> StateGraph:
    graph = StateGraph(Fan)
    graph.add_node("source", source)
    graph.add_node("part", part)
    graph.add_node("sink", sink)
    graph.add_edge(START, "source")
    graph.add_conditional_edges(
        "source",
        lambda state: [Send("part", {"source": state["source"]}) for _ in range(state["size"])],
        ["part"],
    )
    graph.add_edge("part", "sink")
    graph.add_edge("sink", END)
    return graph


def diamond_graph() -> StateGraph:
    graph = StateGraph(Fan)
    graph.add_node("source", source)
    graph.add_node("sink", sink)
    graph.add_edge(START, "source")
    for name in ("b", "c", "d"):
        graph.add_node(name, part)
        graph.add_edge("source", name)
    graph.add_edge(["b", "c", "d"], "sink")
    graph.add_edge("sink", END)
    return graph


def parked_graph() -> StateGraph:
    async def draft(state: Parked) -> dict:
        return {"draft": await tally.step()}

    async def person(state: Parked) -> dict:
        return {"answer": interrupt({"question": "Send this?"})}

    async def send(state: Parked) -> dict:
        return {"result": await tally.step((state["draft"], state["answer"]))}

    graph = StateGraph(Parked)
    graph.add_sequence([draft, person, send])
    graph.add_edge(START, "draft")
    graph.add_edge("send", END)
    return graph


class Memory(System):
    """LangGraph without persistence."""

    name = "LangGraph"
    kind = "memory"
    packages = ("langgraph",)
    durability: dict = {}

    async def start(self) -> None:
        self.threads = count()
        self.saver = None
        self.parking_saver = InMemorySaver()

    def config(self, limit: int = 25) -> dict:
        thread = {"thread_id": f"run-{next(self.threads)}"}
        return {"configurable": thread, "recursion_limit": limit}

    async def chain(self, size: int) -> Values:
        app = chain_graph(size).compile(checkpointer=self.saver)
        started = begin()
        state = await app.ainvoke({"value": ""}, self.config(size + 2), **self.durability)
        elapsed_s = perf_counter() - started
        expect(state["value"], PAYLOAD, size)
        return {"step_us": elapsed_s / size * 1e6}

    async def fanout(self, size: int) -> Values:
        app = fan_graph().compile(checkpointer=self.saver)
        started = begin()
        state = await app.ainvoke({"size": size}, self.config(), **self.durability)
        elapsed_s = perf_counter() - started
        expect((state["result"], len(state["parts"])), (PAYLOAD, size), size + 2)
        return {"total_ms": elapsed_s * 1e3}

    async def diamonds(self, size: int) -> Values:
        app = diamond_graph().compile(checkpointer=self.saver)
        started = begin()
        states = await asyncio.gather(
            *(app.ainvoke({"size": 3}, self.config(), **self.durability) for _ in range(size))
        )
        elapsed_s = perf_counter() - started
        expect([state["result"] for state in states], [PAYLOAD] * size, size * 5)
        return {"total_s": elapsed_s}

    async def parked(self, size: int) -> Values:
        app = parked_graph().compile(checkpointer=self.saver or self.parking_saver)
        configs = [self.config() for _ in range(size)]
        footprint = Footprint(self.room if self.saver else None)
        for config in configs:
            state = await app.ainvoke({"draft": ""}, config, durability="sync")
            assert "__interrupt__" in state, "the run must wait for a person"
        del state
        cost = footprint.per_run(size)
        started = begin()
        answer = Command(resume=ANSWER)
        states = await asyncio.gather(
            *(app.ainvoke(answer, config, durability="sync") for config in configs)
        )
        elapsed_s = perf_counter() - started
        expect({(s["answer"], s["result"]) for s in states}, {(ANSWER, PAYLOAD)}, size)
        return {**cost, "resume_s": elapsed_s}


class Durable(Memory):
    """LangGraph with its SQLite checkpointer."""

    kind = "durable"
    packages = ("langgraph", "langgraph-checkpoint-sqlite")
    durability = {"durability": "sync"}

    async def start(self) -> None:
        await super().start()
        self.stack = AsyncExitStack()
        path = str(self.room / "langgraph.db")
        saver = AsyncSqliteSaver.from_conn_string(path)
        self.saver = await self.stack.enter_async_context(saver)
        await self.saver.setup()

    async def stop(self) -> None:
        await self.stack.aclose()


async def cold(kind: str, room: Path) -> str:
    system = {"memory": Memory, "durable": Durable}[kind](room)
    await system.start()
    app = diamond_graph().compile(checkpointer=system.saver)
    config = {"configurable": {"thread_id": f"cold-{perf_counter()}"}}
    state = await app.ainvoke({"size": 3}, config, **system.durability)
    await system.stop()
    return state["result"]


if __name__ == "__main__":
    print(asyncio.run(cold(sys.argv[1], Path(sys.argv[2]))))

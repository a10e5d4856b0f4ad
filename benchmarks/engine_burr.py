"""Burr, in memory and with AsyncSQLitePersister (saves after every step).

A run is an Application over a graph that is built once. The persister's file is put into WAL mode,
which Burr does not do by itself: it is the faster setting that still waits for the disk.
"""

# pyright: basic, reportMissingImports=false
import asyncio
import sys
from itertools import count, pairwise
from pathlib import Path
from time import perf_counter

from burr.core import ApplicationBuilder, State, action
from burr.core.graph import Graph, GraphBuilder
from burr.core.parallelism import MapActions, MapStates, RunnableGraph
from burr.integrations.persisters.b_aiosqlite import AsyncSQLitePersister

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


@action(reads=["value"], writes=["value"])
async def step(state: State) -> State:
    return state.update(value=await tally.step(state["value"]))


@action(reads=[], writes=["source"])
async def source(state: State) -> State:
    return state.update(source=await tally.step())


@action(reads=["source"], writes=["part"])
async def part(state: State) -> State:
    return state.update(part=await tally.step(state["source"]))


@action(reads=["parts"], writes=["result"])
async def sink(state: State) -> State:
    return state.update(result=await tally.step(state["parts"]))


@action(reads=[], writes=["draft"])
async def draft(state: State) -> State:
    return state.update(draft=await tally.step())


@action(reads=[], writes=["answer"])
async def person(state: State, answer: str) -> State:
    return state.update(answer=answer)


@action(reads=["draft", "answer"], writes=["result"])
async def send(state: State) -> State:
    return state.update(result=await tally.step((state["draft"], state["answer"])))


PART = RunnableGraph.create(part)  # built once, not once per branch


class Parts:
    """What both fan-outs share: async, and the results gathered into a list."""

    reads = ["source", "size"]
    writes = ["parts"]

    def is_async(self):
        return True

    async def reduce(self, state, states):
        return state.update(parts=[each["part"] async for each in states])


class FanOut(Parts, MapStates):
    """`size` sub-applications of one action."""

    def action(self, state, inputs):
        return PART

    async def states(self, state, context, inputs):
        for _ in range(state["size"]):
            yield state


class Middle(Parts, MapActions):
    """The three middle steps of a diamond."""

    async def actions(self, state, context, inputs):
        for _ in range(3):
            yield PART

    def state(self, state, inputs):
        return state


def chain_graph(size: int) -> Graph:
    names = [f"s{i}" for i in range(size)]
    actions = dict.fromkeys(names, step)
    edges = pairwise(names)
    return GraphBuilder().with_actions(**actions).with_transitions(*edges).build()


def fan_graph(middle: MapActions | MapStates) -> Graph:
    actions = {"source": source, "middle": middle, "sink": sink}
    edges = (("source", "middle"), ("middle", "sink"))
    return GraphBuilder().with_actions(**actions).with_transitions(*edges).build()


def parked_graph() -> Graph:
    edges = (("draft", "person"), ("person", "send"))
    return GraphBuilder().with_actions(draft, person, send).with_transitions(*edges).build()


class Memory(System):
    """Burr without persistence; parked runs are kept as Applications."""

    name = "Burr"
    kind = "memory"
    packages = ("apache-burr",)

    async def start(self) -> None:
        self.ids = count()
        self.persister = None

    async def new(self, graph: Graph, entry: str, **state):
        """A new application: a run."""
        builder = (
            ApplicationBuilder()
            .with_graph(graph)
            .with_entrypoint(entry)
            .with_state(**state)
            .with_identifiers(app_id=f"run-{next(self.ids)}")
        )
        if self.persister is not None:
            builder = builder.with_state_persister(self.persister)
        return await builder.abuild()

    async def run(self, graph: Graph, entry: str, last: str, **state) -> State:
        app = await self.new(graph, entry, **state)
        _, _, end = await app.arun(halt_after=[last])
        return end

    async def chain(self, size: int) -> Values:
        graph = chain_graph(size)
        started = begin()
        state = await self.run(graph, "s0", f"s{size - 1}", value="")
        elapsed_s = perf_counter() - started
        expect(state["value"], PAYLOAD, size)
        return {"step_us": elapsed_s / size * 1e6}

    async def fanout(self, size: int) -> Values:
        graph = fan_graph(FanOut())
        started = begin()
        state = await self.run(graph, "source", "sink", size=size)
        elapsed_s = perf_counter() - started
        expect((state["result"], len(state["parts"])), (PAYLOAD, size), size + 2)
        return {"total_ms": elapsed_s * 1e3}

    async def diamonds(self, size: int) -> Values:
        graph = fan_graph(Middle())
        started = begin()
        states = await asyncio.gather(
            *(self.run(graph, "source", "sink", size=3) for _ in range(size))
        )
        elapsed_s = perf_counter() - started
        expect([state["result"] for state in states], [PAYLOAD] * size, size * 5)
        return {"total_s": elapsed_s}

    async def park(self, graph: Graph):
        """Run one application up to the person; what is kept of it is what `resume` needs."""
        app = await self.new(graph, "draft")
        await app.arun(halt_before=["person"])
        return app

    async def resume(self, graph: Graph, kept) -> State:
        _, _, state = await kept.arun(halt_after=["send"], inputs={"answer": ANSWER})
        return state

    async def parked(self, size: int) -> Values:
        graph = parked_graph()
        footprint = Footprint(self.room if self.persister else None)
        kept = [await self.park(graph) for _ in range(size)]
        cost = footprint.per_run(size)
        started = begin()
        states = await asyncio.gather(*(self.resume(graph, each) for each in kept))
        elapsed_s = perf_counter() - started
        expect({(s["answer"], s["result"]) for s in states}, {(ANSWER, PAYLOAD)}, size)
        return {**cost, "resume_s": elapsed_s}


class Durable(Memory):
    """Burr with its SQLite persister; parked runs are kept as ids."""

    kind = "durable"
    packages = ("apache-burr", "aiosqlite")

    async def start(self) -> None:
        await super().start()
        path = str(self.room / "burr.db")
        self.persister = await AsyncSQLitePersister.from_values(db_path=path)
        await self.persister.connection.execute("PRAGMA journal_mode = WAL")
        await self.persister.initialize()

    async def stop(self) -> None:
        assert self.persister is not None
        await self.persister.cleanup()

    async def park(self, graph: Graph):
        app = await super().park(graph)
        return app.uid

    async def resume(self, graph: Graph, kept) -> State:
        app = await (
            ApplicationBuilder()
            .with_graph(graph)
            .with_identifiers(app_id=kept)
            .initialize_from(
                self.persister,
                resume_at_next_action=True,
                default_state={},
                default_entrypoint="draft",
            )
            .with_state_persister(self.persister)
            .abuild()
        )
        return await super().resume(graph, app)


async def cold(kind: str, room: Path) -> str:
    system = {"memory": Memory, "durable": Durable}[kind](room)
    await system.start()
    system.ids = count(int(perf_counter() * 1e6))
    state = await system.run(fan_graph(Middle()), "source", "sink", size=3)
    await system.stop()
    return state["result"]


if __name__ == "__main__":
    print(asyncio.run(cold(sys.argv[1], Path(sys.argv[2]))))

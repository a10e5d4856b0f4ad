"""Batuta, in memory and durable, as an application has it: policy, budget and facts are on.

Everything goes through `App`, and every call through three rules of the policy, one of which looks at its arguments.
"""

import asyncio
import sys
from functools import cache
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from batuta import App, capability
from batuta.journal.codec import encode_fact, references
from batuta.journal.memory import MemoryJournal
from batuta.plans.build import plan_from_data, plan_to_yaml
from batuta.plans.check import check
from batuta.spec.call import Expand
from batuta.spec.plan import Plan
from batuta.spec.value import encode
from engine_harness import (
    ANSWER,
    PAYLOAD,
    Footprint,
    System,
    Values,
    begin,
    expect,
    run_process,
    tally,
)

WORKSPACE = """\
policy:
  - {capability: [look, send], when: "args.value == 'the secret word'", verdict: ask, who: [security]}
  - {effect: write, capability: "pay*", verdict: ask, who: [finance]}
  - {reach: irreversible, verdict: deny, reason: "not from here"}
budget: {usd: 1000, calls: 1000000, seconds: 86400}
limits: {calls: 10000}
capabilities:
  person: {kind: human, question: "Send this?", schema: {type: string}}
"""
# The cold start is that of the command line: a workspace with a module, and a plan in a file.
MODULE = f"""\
from typing import Any

from batuta import capability

@capability(effect="read", reach="local")
async def look(value: Any) -> str:
    return {PAYLOAD!r}

@capability(effect="write", reach="egress")
async def send(value: Any) -> str:
    return {PAYLOAD!r}
"""
# What a turn of an agent adds, in bytes: what the model says, and what its tool answers (short, or long as a page).
SAID_BYTES = 700
ANSWERED_BYTES = (2_300, 10_000)


@capability(effect="read", reach="local")
async def look(value: Any) -> str:
    return await tally.step(value)


@capability(effect="write", reach="egress")
async def send(value: Any) -> str:
    return await tally.step(value)


def chain_plan(size: int, use: str) -> Plan:
    steps = {
        f"s{i}": {"use": use, "with": {"value": f"${{steps.s{i - 1}}}" if i else ""}}
        for i in range(size)
    }
    return made("chain", steps, f"${{steps.s{size - 1}}}")


def fan_plan() -> Plan:
    steps = {
        "source": {"use": "look", "with": {"value": ""}},
        "part": {"use": "look", "each": "inputs.items", "with": {"value": "${steps.source}"}},
        "sink": {"use": "look", "with": {"value": "${steps.part}"}},
    }
    return made("fan", steps, {"sink": "${steps.sink}", "parts": "${size(steps.part)}"}, items={})


def diamond_plan() -> Plan:
    arms = {name: {"use": "look", "with": {"value": "${steps.a}"}} for name in ("b", "c", "d")}
    joined = [f"${{steps.{name}}}" for name in arms]
    steps = {
        "a": {"use": "look", "with": {"value": ""}},
        **arms,
        "e": {"use": "look", "with": {"value": joined}},
    }
    return made("diamond", steps, "${steps.e}")


def parked_plan() -> Plan:
    steps = {
        "draft": {"use": "look", "with": {"value": ""}},
        "person": {"use": "person", "with": {"show": "${steps.draft}"}},
        "send": {"use": "look", "with": {"value": ["${steps.draft}", "${steps.person}"]}},
    }
    return made("parked", steps, ["${steps.person}", "${steps.send}"])


def agent_plan(turns: int) -> Plan:
    turn = {
        "use": "think",
        "with": {"index": "${index}", "before": "${previous}"},
        "repeat": {"until": "steps.turn.final", "at_most": turns},
    }
    return made("agent", {"turn": turn}, "${steps.turn}")


@cache
def tools_plan() -> Plan:
    """What a thought answers with: the call of a tool, and the round of the conversation that comes of it."""
    steps = {"t0": {"use": "ask", "with": {"index": "${inputs.said.ask}"}}}
    answers = [{"value": "${steps.t0}"}]
    result = {"said": "${inputs.said}", "answers": answers, "final": "${inputs.last}"}
    return made("tools", steps, result, said={}, last={})


def write_workspace(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "batuta.yaml").write_text(WORKSPACE)


def made(name: str, steps: dict[str, Any], result: Any, **inputs: Any) -> Plan:
    return plan_from_data({"name": name, "inputs": inputs, "steps": steps, "result": result}).plan


class Talk:
    """A conversation of an agent: each turn it says something, and a tool answers with `answer_bytes`."""

    def __init__(self, turns: int, answer_bytes: int) -> None:
        self.turns = turns
        self.answer_bytes = answer_bytes
        self.message_bytes = 0

    def functions(self) -> tuple[Any, ...]:
        """The model, which wants a tool called in each turn, and the tool."""

        @capability(effect="read", reach="local", expands=True)
        async def think(index: int, before: Any) -> Expand:
            said = {"text": self.message("said", index, SAID_BYTES), "ask": index}
            return Expand(tools_plan(), {"said": said, "last": index == self.turns - 1})

        @capability(effect="read", reach="local")
        async def ask(index: int) -> str:
            return self.message("answered", index, self.answer_bytes)

        return think, ask

    def message(self, kind: str, index: int, size: int) -> str:
        text = f"{kind} in turn {index}: ".ljust(size - 2, ".")
        self.message_bytes += len(encode(text))
        return text


class Memory(System):
    """Batuta with the journal in memory."""

    name = "Batuta"
    kind = "memory"
    packages = ("apsw", "msgspec", "cel-expr-python")

    async def start(self) -> None:
        self.app = await self.open(self.room, look, send)
        self.checked = count()

    async def open(self, folder: Path, *functions: Any) -> App:
        write_workspace(folder)
        return await App.open(folder, functions=functions, journal=MemoryJournal())

    async def stop(self) -> None:
        await self.app.close()

    async def chain(self, size: int) -> Values:
        return await self.timed_chain(size, chain_plan(size, "look"))

    async def writes(self, size: int) -> Values:
        return await self.timed_chain(size, chain_plan(size, "send"))

    async def timed_chain(self, size: int, plan: Plan) -> Values:
        started = begin()
        run = await self.app.run(plan, {})
        elapsed_s = perf_counter() - started
        expect(run["result"], PAYLOAD, size)
        return {"step_us": elapsed_s / size * 1e6}

    async def fanout(self, size: int) -> Values:
        plan, inputs = fan_plan(), {"items": list(range(size))}
        started = begin()
        run = await self.app.run(plan, inputs)
        elapsed_s = perf_counter() - started
        expect(run["result"], {"sink": PAYLOAD, "parts": size}, size + 2)
        return {"total_ms": elapsed_s * 1e3}

    async def diamonds(self, size: int) -> Values:
        plan = diamond_plan()
        started = begin()
        runs = await asyncio.gather(*(self.app.run(plan, {}) for _ in range(size)))
        elapsed_s = perf_counter() - started
        expect([run["result"] for run in runs], [PAYLOAD] * size, size * 5)
        return {"total_s": elapsed_s}

    async def parked(self, size: int) -> Values:
        plan = parked_plan()
        footprint = Footprint(self.room if self.kind == "durable" else None)
        names = [await self.parked_run(plan) for _ in range(size)]
        cost = footprint.per_run(size)
        started = begin()
        results = await asyncio.gather(*(self.answered(name) for name in names))
        elapsed_s = perf_counter() - started
        expect(results, [[ANSWER, PAYLOAD]] * size, size)
        return {**cost, "resume_s": elapsed_s}

    async def parked_run(self, plan: Plan) -> str:
        run = await self.app.run(plan, {})
        assert run["status"] == "waiting", run
        return run["run"]

    async def answered(self, run_id: str) -> Any:
        await self.app.answer(run_id, "person", ANSWER)
        return (await self.app.resume(run_id))["result"]

    async def help(self, size: int) -> Values:
        elapsed_s, out = run_process([sys.executable, "-m", "batuta", "--help"])
        assert "run" in out, out
        return {"help_ms": elapsed_s * 1e3}

    async def check(self, size: int) -> Values:
        # Names that were never seen before, so that no cache of expressions can answer.
        fresh = next(self.checked)
        steps = {
            f"n{fresh}_{i}": {
                "use": "look",
                "with": {"value": f"${{steps.n{fresh}_{i - 1}}}" if i else ""},
            }
            for i in range(size)
        }
        plan = made("check", steps, f"${{steps.n{fresh}_{size - 1}}}")
        started = begin()
        findings = check(plan, self.app.cards)
        elapsed_s = perf_counter() - started
        expect(findings, [], 0)
        return {"check_ms": elapsed_s * 1e3}

    async def agent(self, size: int) -> Values:
        short, long = [await self.talked(Talk(size, answer)) for answer in ANSWERED_BYTES]
        return {"ratio": short, "long_ratio": long}

    async def talked(self, talk: Talk) -> float:
        """Bytes in the journal, of facts and of what they refer to, by the bytes of all that was said."""
        app = await self.open(self.room / f"agent{next(self.checked)}", *talk.functions())
        run = await app.run(agent_plan(talk.turns), {})
        expect(run["result"]["said"]["ask"], talk.turns - 1)
        journal = app.engine.journal
        facts = [row.fact for row in await journal.read_all(limit=100_000)]
        journaled = sum(len(encode_fact(fact)) for fact in facts)
        for ref in {ref for fact in facts for ref in references(fact)}:
            journaled += len(await journal.get(ref))
        await app.close()
        return journaled / talk.message_bytes


class Durable(Memory):
    """Batuta with its SQLite journal: every commit is on the disk before it counts."""

    kind = "durable"

    def cold_argv(self) -> list[str]:
        folder = self.room / "cold"
        if not folder.exists():
            write_workspace(folder)
            (folder / "tools.py").write_text(MODULE)
            with (folder / "batuta.yaml").open("a") as file:
                file.write("python: [tools.py]\n")
            (folder / "plan.yaml").write_text(plan_to_yaml(diamond_plan()))
        plan = str(folder / "plan.yaml")
        return [sys.executable, "-m", "batuta", "run", "-w", str(folder), "--plan", plan, "--json"]

    async def open(self, folder: Path, *functions: Any) -> App:
        write_workspace(folder)
        return await App.open(folder, functions=functions)


async def cold(room: Path) -> str:
    system = Memory(room)
    await system.start()
    run = await system.app.run(diamond_plan(), {})
    await system.stop()
    return run["result"]


if __name__ == "__main__":
    print(asyncio.run(cold(Path(sys.argv[2]))))

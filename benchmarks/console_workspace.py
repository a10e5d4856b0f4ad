"""A workspace with small and huge things in it, for those who look at its pages."""

import json
from pathlib import Path

from server import Served
from server_load import asked, request

__all__ = ["PAGES", "SETTINGS", "begun", "filled", "furnish", "marked"]

SETTINGS = """
python: [tools.py]
plans: [plans/*.yaml]
knowledge:
  handbook: {paths: ["handbook/*.md"], description: What we promise}
"""
TOOLS = '''
import asyncio, time
from batuta.capabilities.function import capability

@capability(effect="read", reach="local")
async def wait(seconds: float) -> float:
    """Wait so long."""
    await asyncio.sleep(seconds)
    return seconds

@capability(effect="write", reach="local")
async def mark(number: int) -> int:
    """Write a line."""
    await asyncio.sleep(0.01)
    with open(__file__ + ".book", "a") as book:
        book.write(f"{time.time()}\\n")
    return number
'''
CALLS = 746
_EACH = """name: {name}
inputs: {{numbers: {{type: array, items: {{type: integer}}}}}}
steps:
  all: {{use: {use}, each: "${{inputs.numbers}}", with: {{{argument}: "${{item}}"}}}}
"""
MARKS = _EACH.format(name="marks", use="mark", argument="number")
TURNS = _EACH.format(name="turns", use="value", argument="value")
_RUNS = 200
# What a page of each kind is called here; braces hold what is only known later.
PAGES = {
    "ask": "/",
    "runs": "/runs",
    "inbox": "/inbox",
    "plans": "/plans",
    "a plan": "/plans/echo",
    "a plan of 300 steps": "/plans/large",
    "a plan of 1,000 steps": "/plans/big",
    "capabilities": "/capabilities",
    "a capability": "/capabilities/value",
    "knowledge": "/knowledge",
    "a collection": "/knowledge/handbook",
    "monitor": "/monitor",
    "settings": "/settings",
    "sign in": "/login",
    "not found": "/runs/nothing",
    "a run": "/runs/{echo}",
    "a run that asks": "/runs/{asks}",
    "a run of 300 steps": "/runs/{large}",
    "a run of 1,000 steps": "/runs/{big}",
    f"a run of {CALLS} calls": "/runs/{turns}",
    "a step of a run of 300": "/runs/{large}?step=s29_9",
}


def steps(name: str, rows: int, wide: int, use: str) -> str:
    """A plan of `rows` times `wide` steps, each after the one above it."""
    lines = [
        f"  s{row}_{n}: {{use: {use}" + (f", after: [s{row - 1}_{n}]}}" if row else "}")
        for row in range(rows)
        for n in range(wide)
    ]
    return f"name: {name}\ndescription: {rows * wide} steps.\nsteps:\n" + "\n".join(lines) + "\n"


def furnish(folder: Path) -> None:
    """Put plans, functions and documents into `folder`."""
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "handbook").mkdir(exist_ok=True)
    (folder / "tools.py").write_text(TOOLS)
    plans = {
        "marks": MARKS,
        "turns": TURNS,
        "large": steps("large", 30, 10, "wait, with: {seconds: 0.05}"),
        "big": steps("big", 100, 10, "value, with: {value: 1}"),
    }
    for name, text in plans.items():
        (folder / "plans" / f"{name}.yaml").write_text(text)
    for number in range(40):
        words = f"# Promise {number}\n\nA parcel can be sent back within {number} days.\n"
        (folder / "handbook" / f"promise-{number}.md").write_text(words)


def marked(folder: Path) -> list[Path]:
    """The book that `mark` writes into: when each call was; none before the first."""
    return list(folder.glob("tools.py.book"))


async def filled(server: Served) -> dict[str, str]:
    """Have something done there; the runs that pages are shown of, by plan."""
    for _ in range(_RUNS):
        await begun(server, "echo", {"text": "Good morning"}, wait_s=0)
    numbers = {"numbers": list(range(CALLS))}
    return {
        "echo": await begun(server, "echo", {"text": "Good morning"}),
        "asks": await begun(server, "asks"),
        "turns": await begun(server, "turns", numbers),
        "large": await begun(server, "large"),
        "big": await begun(server, "big"),
    }


async def begun(server: Served, plan: str, inputs: object = None, *, wait_s: int = 60) -> str:
    """The id of a new run of a registered plan, which has ended or asks, if that did not take longer than `wait_s`."""
    body = json.dumps({"plan": plan, "inputs": inputs or {}}).encode()
    sent = request("POST", f"/api/v1/runs?wait={wait_s}", body)
    return json.loads(await asked(server.port, sent))["run"]

"""Makes the golden runs: real runs of every kind of step, as this version records and decides them.

    python tests/journal/golden/decisions/make.py

Written once per change of what is recorded, and then replayed by every later version: it must decide the same.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from batuta.app import JOURNAL_FILE, App
from batuta.engine.past.fork import Wish
from batuta.errors import BatutaError
from batuta.journal.file.backup import copy_journal
from batuta.plans.build import plan_from_yaml

HERE = Path(__file__).parent

PLANS: dict[str, tuple[str, dict[str, Any]]] = {
    "chain": (
        """
inputs: {n: number}
steps:
  a: {use: double, with: {n: "${inputs.n}"}}
  b: {use: double, with: {n: "${steps.a}"}, when: "steps.a > 2.0"}
  c: {use: double, with: {n: "${steps.a}"}, when: "steps.a > 200.0"}
  d: {use: double, with: {n: "${steps.c}"}}
result: {b: "${steps.b}", d: "${steps.d}"}
""",
        {"n": 2.0},
    ),
    "spread": (
        """
steps:
  lines: {use: lines, with: {count: 5}}
  each: {use: double, each: "${steps.lines}", limit: 2, when: "item.n != 2", with: {n: "${double(item.n)}"}}
  round: {use: double, with: {n: "${double(index)}"}, repeat: {until: "steps.round > 3.0", at_most: 5, wait: 0.01}}
result: {each: "${steps.each}", round: "${steps.round}"}
""",
        {},
    ),
    "mended": (
        """
steps:
  shaky: {use: shaky, with: {n: 1.0}, retry: {at_most: 2, backoff: 0.01}}
  boom: {use: boom, with: {why: always}, fallback: [{use: double, with: {n: 4.0}}]}
  fast: {use: double, with: {n: 1.0}}
  slow: {use: double, with: {n: 2.0}, after: [fast, shaky]}
  first: {use: value, join: first, with: {value: ["${steps.fast}", "${steps.slow}"]}}
result: {shaky: "${steps.shaky}", boom: "${steps.boom}", first: "${steps.first}"}
""",
        {},
    ),
    "approved": ("steps: {pay: {use: pay, with: {amount: 150.0}}}\nresult: ${steps.pay.id}", {}),
    "rejected": ("steps: {pay: {use: pay, with: {amount: 160.0}}}\nresult: ${steps.pay.id}", {}),
    "denied": ("steps: {pay: {use: pay, with: {amount: 5000.0}}}\nresult: ${steps.pay.id}", {}),
    "broke": (
        """
budget: {usd: 0.015}
steps: {s: {use: shaky, each: "[1.0, 2.0]", limit: 1, retry: 1, with: {n: "${item}"}}}
""",
        {},
    ),
    "undone": (
        """
steps:
  pay: {use: pay, with: {amount: 5.0}, undo: {use: refund, with: {id: "${steps.pay.id}"}}}
  boom: {use: boom, with: {why: on purpose}, after: [pay]}
""",
        {},
    ),
    "doubtful": (
        """
steps: {lost: {use: lost}, then: {use: value, with: {value: "${steps.lost}"}}}
result: ${steps.then}
""",
        {},
    ),
    "asked": (
        """
steps:
  think: {use: think, with: {topic: apples}}
  ask: {use: approve, with: {question: "${'Are ' + string(steps.think) + ' right?'}"}}
result: {n: "${steps.think}", ok: "${steps.ask.approved}"}
""",
        {},
    ),
    "cancelled": ("steps: {ask: {use: approve, with: {question: 'Well?'}}}", {}),
}  # fmt: skip


async def make() -> None:
    folder = Path(tempfile.mkdtemp())
    for name in ("batuta.yaml", "tools.py"):
        shutil.copy(HERE / name, folder)
    async with await App.open(folder) as app:
        runs: dict[str, str] = {}
        for name, (text, inputs) in PLANS.items():
            plan = plan_from_yaml(f"name: {name}\n{text}").plan
            runs[name] = (await app.run(plan, inputs, author="golden"))["run"]
        await _people(app, runs)
        for name, run in runs.items():
            await _said(await app.show(run), name)
        for name, at in (
            ("undone", "boom"),
            ("chain", "d"),
            ("approved", "pay"),
            ("spread", "each.1"),
        ):
            run = (await app.fork(runs[name], Wish(at), author="golden")).run.id
            await _said(await app.resume(run))
        for name, run in runs.items():
            await _said(await app.show(run), name)
    target = HERE / "journal.sqlite"
    target.unlink(missing_ok=True)
    copy_journal(folder / JOURNAL_FILE, target)
    shutil.rmtree(folder)


async def _people(app: App, runs: dict[str, str]) -> None:
    await app.answer(runs["approved"], "pay", {"approved": True}, who="ann")
    await app.answer(runs["rejected"], "pay", {"approved": False}, who="ann")
    await app.answer(runs["doubtful"], "lost", {"how": "done", "value": "it did"}, who="ann")
    await app.answer(runs["asked"], "think", 21, who="ann")
    await app.cancel(runs["cancelled"], who="ann", why="enough")
    for run in runs.values():
        try:
            await app.resume(run)
        except BatutaError as error:
            sys.stdout.write(f"{run}: {error}\n")
    await app.answer(runs["asked"], "ask", {"approved": True}, who="bob")
    await app.resume(runs["asked"])


async def _said(document: dict[str, Any], name: str = "fork") -> None:
    states = {one["path"]: one["state"] for one in document["steps"]}
    sys.stdout.write(f"{name}: {document['status']} {document['error']} {states}\n")


if __name__ == "__main__":
    asyncio.run(make())

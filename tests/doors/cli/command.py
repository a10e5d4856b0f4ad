"""The real command in a process of its own, in a workspace of real functions."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.nursery import Said, nursery, surroundings

WAIT_S = 90.0  # whatever takes longer hangs, on a busy machine too

TOOLS = '''
import asyncio, time
from pathlib import Path
from batuta.capabilities.function import capability
from batuta.spec.call import Call

def reached() -> None:
    Path(__file__).with_name("reached").touch()

@capability(effect="pure", reach="local")
def greet(name: str) -> str:
    """Say hello."""
    return f"Hello {name}"

@capability(effect="read", reach="local")
async def nap(seconds: float, call: Call) -> float:
    """Sleep, and say so."""
    call.report(f"sleeping for {seconds}")
    reached()
    await asyncio.sleep(seconds)
    return seconds

@capability(effect="write", reach="local")
def pay(amount: float) -> str:
    """Pay, once, into a book of its own."""
    with open(Path(__file__).with_name("book.txt"), "a") as book:
        book.write(f"{amount}\\n")
    return f"paid {amount}"

@capability(effect="write", reach="local")
async def pay_slowly(amount: float) -> str:
    """Pay, and never answer."""
    with open(Path(__file__).with_name("book.txt"), "a") as book:
        book.write(f"{amount}\\n")
    reached()
    await asyncio.sleep(60)
    return f"paid {amount}"

@capability(effect="read", reach="local")
async def stubborn() -> str:
    """Be long about ending."""
    reached()
    try:
        await asyncio.sleep(60)
    finally:
        reached()
        await asyncio.sleep(60)

@capability(effect="pure", reach="local")
def boom(text: str = "kaputt") -> str:
    """Fail."""
    raise ValueError(text)

@capability(effect="pure", reach="local")
def gate(name: str) -> str:
    """Wait until the file `name` exists."""
    reached()
    path = Path(__file__).with_name(name)
    until = time.monotonic() + 90
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    return name
'''

WORKSPACE = """
python: [tools.py]
capabilities:
  approve: {kind: human, who: [ops]}
policy:
  - {when: "card.name == 'pay' && args.amount > 1000.0", verdict: deny, reason: too much}
  - {when: "card.name == 'pay' && args.amount > 100.0", verdict: ask}
"""

PLANS = {
    "hello": """
name: hello
inputs: {name: string}
steps:
  greet: {use: greet, with: {name: "${inputs.name}"}}
result: ${steps.greet}
""",
    "ask": """
name: ask
inputs: {amount: number}
steps:
  approve:
    use: approve
    with: {question: "Refund ${inputs.amount}?", show: {amount: "${inputs.amount}"}}
  pay: {use: pay, with: {amount: "${inputs.amount}"}, when: steps.approve.approved}
result: {pay: "${steps.pay}"}
""",
    "pay": """
name: pay
inputs: {amount: number}
steps:
  pay: {use: pay, with: {amount: "${inputs.amount}"}}
result: ${steps.pay}
""",
    "nap": """
name: nap
inputs: {seconds: number}
steps:
  nap: {use: nap, with: {seconds: "${inputs.seconds}"}}
result: ${steps.nap}
""",
    "boom": """
name: boom
inputs: {text: {type: string, default: kaputt}}
steps:
  fine: {use: greet, with: {name: Ada}}
  boom: {use: boom, with: {text: "${inputs.text}"}, after: [fine]}
result: ${steps.boom}
""",
    "choose": """
name: choose
steps:
  choose:
    use: approve
    with: {question: "Which way?", schema: {enum: [express, slow]}}
result: ${steps.choose}
""",
    "wide": """
name: wide
inputs: {items: array}
steps:
  greet: {use: greet, each: "${inputs.items}", with: {name: "${item}"}}
result: "${size(steps.greet)}"
""",
    "gated": """
name: gated
steps:
  gate: {use: gate, with: {name: open}}
  approve: {use: approve, with: {question: "Go on?"}, after: [gate]}
result: ${steps.approve.approved}
""",
    "slow_pay": """
name: slow_pay
steps:
  pay: {use: pay_slowly, with: {amount: 5.0}}
result: ${steps.pay}
""",
}


class Folder:
    """A workspace in `path`, with the plans of `PLANS` in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "batuta.yaml").write_text(WORKSPACE, encoding="utf-8")
        (path / "tools.py").write_text(TOOLS, encoding="utf-8")
        for name, text in PLANS.items():
            (path / f"{name}.yaml").write_text(text, encoding="utf-8")

    def batuta(self, *words: str, **environment: str) -> Said:
        """Run the command to its end."""
        if hasattr(os, "fork"):
            said = nursery().run(words, self.path, surroundings(**environment))
        else:
            with self.start(*words, **environment) as process:
                out, err = process.communicate(timeout=WAIT_S)
            said = Said(process.returncode, out, err)
        assert "Traceback" not in said.out + said.err, said
        return said

    def limited(self, blocks: int, *words: str) -> Said:
        """Run the command where no file may grow beyond so many KiB."""
        command = [sys.executable, "-P", "-m", "batuta", *words]
        ended = subprocess.run(
            ["bash", "-c", f'ulimit -f {blocks} && exec "$@"', "-", *command],
            cwd=self.path,
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=WAIT_S,
            check=False,
        )
        assert "Traceback" not in ended.stdout + ended.stderr, ended
        return Said(ended.returncode, ended.stdout, ended.stderr)

    @contextmanager
    def start(self, *words: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """The command while it runs; killed if it outlives the block."""
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "batuta", *words],
            cwd=self.path,
            env=surroundings(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(WAIT_S)
            for stream in (process.stdout, process.stderr):
                assert stream is not None
                stream.close()

    def waiting(self, plan: str = "ask", *words: str) -> str:
        """The id of a new run that waits for an answer."""
        inputs = words or (("--input", "amount=50") if plan == "ask" else ())
        said = self.batuta("run", "--plan", f"{plan}.yaml", *inputs, "--json")
        assert said.code == 3, said
        return said.document["run"]

    def runs(self) -> list[dict[str, Any]]:
        return self.batuta("runs", "--json").document["runs"]

    def status(self, run: str) -> str:
        return self.batuta("show", run, "--json").document["status"]

    def book(self) -> list[str]:
        """What was paid."""
        path = self.path / "book.txt"
        return path.read_text(encoding="utf-8").split() if path.exists() else []

    def until_reached(self) -> str:
        """The id of the newest run, as soon as one of its calls is under way."""
        path, until = self.path / "reached", time.monotonic() + WAIT_S
        while not path.exists():
            assert time.monotonic() < until, "no call was ever made"
            time.sleep(0.005)
        path.unlink()
        return self.runs()[0]["run"]

"""A real browser, and a real server with a workspace for it. Pictures of pages go where BATUTA_SHOTS says."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SHOTS = os.environ.get("BATUTA_SHOTS", "")
SLOW = '''
import asyncio
from batuta.capabilities.function import capability

@capability(effect="read", reach="local")
async def wait(seconds: float) -> float:
    """Wait so long."""
    await asyncio.sleep(seconds)
    return seconds
'''
FLOW = """
name: flow
description: Wait, ask, and say it.
inputs: {words: string}
steps:
  first: {use: wait, with: {seconds: 0.5}}
  many: {use: wait, each: "${[0.1, 0.2, 0.3]}", with: {seconds: "${item}"}}
  ask: {use: human, after: [first, many], with: {question: "${inputs.words}", show: "${inputs.words}"}}
  said: {use: value, when: steps.ask.approved, with: {value: "${inputs.words}"}}
result: ${steps.said}
"""


ANSWER = "Thirty days. <b>Really</b> <img src=x onerror=alert(1)> thirty."
MODELS = """
models:
  speaker: {provider: openai-compatible, url: "URL", model: tiny, prices: free}
network: {allow_private: [127.0.0.1]}
"""
SAYS = """
name: says
description: Ask a model, and say what it rests upon.
inputs: {words: string}
steps:
  speak: {use: speaker, with: {prompt: "${inputs.words}"}}
result:
  answer: ${steps.speak.text}
  citations: [{source: "returns.md", page: 2, text: "within <i>thirty</i> days"}]
"""


@contextmanager
def serving(folder: Path, **environment: str) -> Generator[str]:
    """The address of a server of the workspace in `folder`."""
    command = [sys.executable, "-m", "batuta", "serve", "--port", "0", "-w", str(folder)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | environment,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said = msgspec.json.decode(line)
            if said.get("event") == "serving":
                break
        else:
            raise AssertionError("the server did not begin")
        # What is said into a full pipe would wait for ever.
        listening = threading.Thread(target=process.stdout.read, daemon=True)
        listening.start()
        try:
            yield f"http://127.0.0.1:{said['port']}"
        finally:
            process.terminate()
            process.wait(timeout=90)
            listening.join(timeout=90)


def large() -> str:
    """A plan of three hundred steps, ten at a time."""
    steps = [
        f"  s{row}_{n}: {{use: wait, with: {{seconds: 0.05}}"
        + (f", after: [s{row - 1}_{n}]}}" if row else "}")
        for row in range(30)
        for n in range(10)
    ]
    lines = "\n".join(steps)
    return f"name: large\ndescription: Many steps.\nsteps:\n{lines}\nresult: ${{steps.s29_9}}\n"


class Page:
    """A tab, and everything that it has asked elsewhere for or complained about."""

    @classmethod
    async def open(cls, chromium: Any, address: str) -> "Page":
        context = await chromium.new_context(
            base_url=address, viewport={"width": 1280, "height": 900}
        )
        context.set_default_timeout(90_000)  # of a machine that has much else to do
        return cls(await context.new_page(), address)

    def __init__(self, tab: Any, address: str) -> None:
        self.tab = tab
        self.strayed: list[str] = []
        self.complaints: list[str] = []
        tab.on("request", lambda one: one.url.startswith(address) or self.strayed.append(one.url))
        tab.on("console", lambda one: one.type == "error" and self.complaints.append(one.text))
        tab.on("pageerror", lambda one: self.complaints.append(str(one)))
        tab.on("dialog", lambda one: self.complaints.append(f"a dialog: {one.message}"))

    async def keep(self, name: str) -> None:
        """A picture of the page, for those who want to look."""
        if SHOTS:
            shot = Path(SHOTS) / f"{name}.png"
            # Hiding the caret would take a style in the page, which its policy does not allow.
            await self.tab.screenshot(path=shot, full_page=True, caret="initial")

    async def begun(self, plan: str, **inputs: Any) -> str:
        """The id of a new run of a registered plan."""
        asked = {"plan": plan, "inputs": inputs}
        sent = await self.tab.context.request.post("/api/v1/runs", data=asked)
        return (await sent.json())["run"]

    async def asked(self, words: str) -> None:
        """Ask for the plan `flow` with `words` and begin it."""
        await self.tab.goto("/plans/flow")
        await self.tab.click("text=Run it")
        await self.tab.fill("#f-words", words)
        await self.keep("asked")
        await self.tab.click("button.main")
        await self.tab.wait_for_url(re.compile("/runs/"))

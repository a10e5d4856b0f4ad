"""A server in a process of its own, on a free port of the loopback."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

WORKSPACE = """
python: [tools.py]
plans: [plans/*.yaml]
knowledge: {handbook: {paths: ["handbook/**/*.md"], description: how we do things}}
budget: {calls: 100}
"""
TOOLS = '''
import asyncio
import time

from batuta.capabilities.function import capability


@capability(effect="write", reach="local")
def publish(text: str) -> str:
    """Show a text to everybody."""
    with open(__file__ + ".book", "a") as book:
        book.write(text + "\\n")
    return f"published {text}"


@capability(effect="pure", reach="local")
async def slowly(seconds: float) -> str:
    """Take so long."""
    await asyncio.sleep(seconds)
    return "done"
'''
PLANS = {
    "announce": """
name: announce
description: Publish a note once somebody has said yes.
examples: ["publish {text}"]
inputs: {text: string}
steps:
  approve: {use: human, with: {question: "Publish this?", show: "${inputs.text}"}}
  publish: {use: publish, when: steps.approve.approved, with: {text: "${inputs.text}"}}
result: "${steps.publish}"
""",
    "echo": """
name: echo
description: Say it again.
inputs: {text: string}
steps: {said: {use: value, with: {value: "${inputs.text}"}}}
result: "${steps.said}"
""",
    "nap": """
name: nap
inputs: {seconds: number}
steps: {sleep: {use: slowly, with: {seconds: "${inputs.seconds}"}}}
result: "${steps.sleep}"
""",
    "broken": """
name: broken
inputs: {text: string}
steps: {bad: {use: value, with: {value: "${1 / size(inputs.text)}"}}}
result: "${steps.bad}"
""",
}


def make_workspace(folder: Path) -> Path:
    """A workspace with four plans and a collection."""
    (folder / "plans").mkdir(parents=True)
    (folder / "handbook").mkdir()
    (folder / "batuta.yaml").write_text(WORKSPACE)
    (folder / "tools.py").write_text(TOOLS)
    for name, text in PLANS.items():
        (folder / "plans" / f"{name}.yaml").write_text(text)
    (folder / "handbook" / "returns.md").write_text(
        "# Returns\n\nGoods come back within 30 days.\n"
    )
    return folder


class Server:
    """A `batuta serve` that is up. `log` is what it has said so far."""

    def __init__(self, folder: Path, *words: str, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.log: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "batuta", "serve", "-w", str(folder), "--port", "0", *words],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        )
        self._up = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._up.wait(240), self.log
        assert self.process.poll() is None, self.log
        self.url = f"http://127.0.0.1:{self.log[0]['port']}"
        self.http = httpx.Client(base_url=self.url, timeout=90)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            text = line.decode()
            self.log.append(json.loads(text) if text.startswith("{") else {"event": text})
            self._up.set()
        self._up.set()

    def run(self, plan: str, wait: float = 60.0, **inputs: Any) -> dict[str, Any]:
        """The document of a run."""
        asked = {"plan": plan, "inputs": inputs}
        answer = self.http.post("/api/v1/runs", params={"wait": wait}, json=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal; its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(90)
        self._reader.join(90)
        assert self.process.stderr is not None
        self.process.stderr.close()
        self.http.close()
        return code


@contextmanager
def serving(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Generator[Server]:
    """A server while the block runs."""
    server = Server(folder, *words, env=env)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)


def connected(server: Server) -> socket.socket:
    """A connection to it, on which nothing was asked yet."""
    address = httpx.URL(server.url)
    return socket.create_connection((address.host, address.port), timeout=90)


def readable(raw: Sequence[socket.socket], timeout_s: float) -> list[socket.socket]:
    """Those on which something has come."""
    with selectors.DefaultSelector() as selector:
        for one in raw:
            selector.register(one, selectors.EVENT_READ, one)
        return [key.data for key, _ in selector.select(timeout_s)]


def whole_answer(raw: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of what is answered; of a body without an end, what there is of it."""
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        piece = raw.recv(65_536)
        assert piece, f"the connection was closed: {head[:200]}"
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    while len(body) < int(length or 0):
        body += raw.recv(65_536)
    return head, body


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all who change nothing that others look at."""
    with serving(make_workspace(tmp_path_factory.mktemp("served") / "desk")) as one:
        yield one

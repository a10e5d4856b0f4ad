"""The process one system is measured in: reads commands (JSON lines) on stdin, answers on stdout.

Run by engine.py: `python engine_worker.py MODULE CLASS ROOM LOOP`. The first line it writes says
whether the system can run here; then each command `{"call": METHOD, "size": N, "repeats": R}` is
answered by `{"values": {...}}`, `{"absent": true}` or `{"error": "..."}`.
"""

import asyncio
import importlib
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from statistics import median
from typing import Any, TextIO

from engine_harness import System, Values


def loop_factory(wish: str) -> tuple[str, Callable[[], asyncio.AbstractEventLoop] | None]:
    """The event loop to use: its name, and its factory (None: asyncio's own)."""
    if wish != "asyncio":
        try:
            import uvloop
        except ModuleNotFoundError:
            return "asyncio", None
        factory: Any = uvloop.new_event_loop
        return "uvloop", factory
    return "asyncio", None


def load(module: str, name: str) -> type[System] | str:
    """The class, or why it cannot run here; any error but a missing module is a bug: raised."""
    try:
        found: type[System] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        return f"{error.name} is not installed"
    return found.available() or found


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    return {package: importlib.metadata.version(package) for package in packages}


def measure(runner: asyncio.Runner, system: System, command: dict[str, Any]) -> dict[str, Any]:
    """Run one command; the value of a metric is the median over the repeats."""
    method: Callable[[int], Coroutine[None, None, Values]] | None
    method = getattr(system, command["call"], None)
    if method is None:
        return {"absent": True}
    try:
        samples = [runner.run(method(command["size"])) for _ in range(command["repeats"])]
    except Exception as error:  # the report is the answer: one bad system must not end the run
        text = str(error).strip().splitlines()
        return {"error": f"{type(error).__name__}: {text[0] if text else ''}"[:300]}
    return {"values": {key: median(sample[key] for sample in samples) for key in samples[0]}}


def serve(out: TextIO, found: type[System], room: Path, loop: str) -> None:
    """Start the system, say hello, answer commands until stdin ends."""
    loop_name, factory = loop_factory(found.loop if found.loop != "auto" else loop)
    with asyncio.Runner(loop_factory=factory) as runner:
        system = found(room)
        runner.run(system.start())
        hello = {
            "python": platform.python_version(),
            "loop": loop_name,
            "packages": versions(found.packages),
        }
        print(json.dumps(hello), file=out, flush=True)
        for line in sys.stdin:
            print(json.dumps(measure(runner, system, json.loads(line))), file=out, flush=True)
        runner.run(system.stop())


def main() -> None:
    module, name, room, loop = sys.argv[1:]
    # Systems print and log to stdout; the protocol keeps the real one for itself.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    found = load(module, name)
    if isinstance(found, str):
        print(json.dumps({"unavailable": found}), file=out, flush=True)
        return
    serve(out, found, Path(room), loop)


if __name__ == "__main__":
    main()

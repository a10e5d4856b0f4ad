"""What a served workspace needs: memory, disk, time to come up. `python benchmarks/sizing.py [--parked N]`.

Memory is what the process has resident, as Linux counts it. Each figure is of a server and a workspace of its own.
"""

import argparse
import asyncio
import base64
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batuta.app import App
from batuta.plans.build import plan_from_file, plan_from_yaml
from batuta.testing.providers import Answer, Providers
from server import CLIENTS, Served, ended, followed, serving
from server_load import asked, load, request

BIG = (
    "name: big\ninputs: {text: string}\nsteps: {a: {use: value, with: {value: '${inputs.text}'}}}\n"
)
THINKS = "name: thinks\nsteps: {a: {use: fast, with: {prompt: Hello}}}\n"
# Each is another one, and packs badly.
_DOCUMENT_BYTES = 10_000
_DOCUMENTS = 200
_AT_ONCE = 500


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder for one, whose modules are compiled already."""
    with tempfile.TemporaryDirectory() as name:
        with serving(Path(name)):
            pass
        yield Path(name)


def disk_kb(folder: Path) -> float:
    """The journal of a workspace that is closed, in thousands of bytes."""
    files = (folder / ".batuta").glob("journal.sqlite*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1_000


def tell(what: str, figure: str) -> None:
    """One line."""
    print(f"{what:44} {figure}", flush=True)


async def at_rest(server: Served) -> float:
    """MiB of a server that was asked once."""
    await asked(server.port, request("GET", "/ready"))
    return server.rss_mib()


async def idle_and_followed() -> None:
    with workspace() as folder, serving(folder) as server:
        tell("idle", f"{await at_rest(server):.0f} MiB, {server.cpu_s():.1f} s of CPU to come up")
        tell("1,000 followers", f"{await followed(server):+.0f} MiB")


async def small_runs(seconds: float) -> None:
    body = json.dumps({"plan": "echo", "inputs": {"text": "x" * 100}}).encode()
    running = request("GET", "/api/v1/runs?status=running&limit=1", head="Connection: close\r\n")
    with workspace() as folder:
        before = disk_kb(folder)
        with serving(folder) as server:
            idle = await at_rest(server)
            await load(server.port, request("POST", "/api/v1/runs", body), seconds, CLIENTS)
            while json.loads(await asked(server.port, running))["runs"]:
                await asyncio.sleep(0.05)
            runs = await ended(server)
            grown = server.rss_mib() - idle
        tell(f"{runs:,} runs of one step, {CLIENTS} clients", f"{grown:+.0f} MiB")
        tell("disk, a run of one step", f"{(disk_kb(folder) - before) / runs:.1f} kB")


async def waiting_runs(count: int) -> None:
    with workspace() as folder:
        with serving(folder) as server:
            idle = await at_rest(server)
        before, plan = disk_kb(folder), plan_from_file(str(folder / "plans" / "asks.yaml")).plan
        async with await App.open(folder) as app:
            for _ in range(0, count, _AT_ONCE):
                await asyncio.gather(*(app.run(plan, {}) for _ in range(_AT_ONCE)))
        tell("disk, a run that waits for an answer", f"{(disk_kb(folder) - before) / count:.1f} kB")
        with serving(folder) as server:
            up_s = server.cpu_s()
            await asked(server.port, request("GET", "/api/v1/runs?limit=100"))
            await asyncio.sleep(3.0)  # it looks for what is due once a second
            grown = server.rss_mib() - idle
            tell(f"{count:,} runs that wait", f"{grown:+.0f} MiB, {up_s:.1f} s of CPU to come up")


async def models() -> None:
    body = json.dumps({"plan": "thinks"}).encode()
    with Providers([Answer("ok")]) as providers, workspace() as folder:
        (folder / "plans" / "thinks.yaml").write_text(THINKS)
        model = f"{{provider: openai-compatible, model: tiny, url: '{providers.url()}'}}"
        with serving(folder, f"models: {{fast: {model}}}\n") as server:
            idle = await at_rest(server)
            said = await asked(server.port, request("POST", "/api/v1/runs?wait=60", body))
            assert json.loads(said)["status"] == "succeeded"
            tell("the first question to a model", f"{server.rss_mib() - idle:+.0f} MiB")


async def documents() -> None:
    plan = plan_from_yaml(BIG).plan
    with workspace() as folder:
        before = disk_kb(folder)
        async with await App.open(folder) as app:
            for _ in range(_DOCUMENTS):
                text = base64.b64encode(os.urandom(_DOCUMENT_BYTES * 3 // 4)).decode()
                await app.run(plan, {"text": text})
        tell(
            "disk, a run with a text of 10 kB", f"{(disk_kb(folder) - before) / _DOCUMENTS:.1f} kB"
        )


async def measure(seconds: float, parked: int) -> None:
    await idle_and_followed()
    await small_runs(seconds)
    await waiting_runs(parked)
    await documents()
    await models()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--parked", type=int, default=10_000)
    given = parser.parse_args()
    asyncio.run(measure(given.seconds, given.parked))

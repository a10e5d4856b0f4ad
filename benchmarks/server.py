"""What a served workspace takes on: `python benchmarks/server.py [--seconds N]`. Load and server share the machine.

Beside it stands a bare FastAPI route that commits one row to SQLite with the same care: what is the least that a
request that is kept can cost here. Rounds of both alternate; the middle one of each counts, and the best beside it.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server_load import asked, load, request

PLAN = """
name: echo
inputs: {text: string}
steps: {a: {use: value, with: {value: "${inputs.text}"}}}
result: "${steps.a}"
"""
ASKS = 'name: asks\nsteps: {a: {use: human, with: {question: "Go on?"}}}\n'
BARE = """
import sys, time, apsw, uvicorn
from fastapi import FastAPI, Request
db = apsw.Connection(sys.argv[1])
db.execute("pragma journal_mode=wal; pragma synchronous=full").fetchall()
db.execute("create table t (id integer primary key, body text)")
app = FastAPI()
@app.post("/")
async def put(request: Request):
    body = await request.json()
    db.execute("insert into t (body) values (?)", (str(body),))
    return {"id": db.last_insert_rowid()}
@app.get("/")
async def ready():
    return {}
uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False)
"""
BARE_PORT = 48485
CLIENTS = 64
FOLLOWERS = 1_000
ROUNDS = 5


class Served:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, up_s: float) -> None:
        self.process = process
        self.port = port
        self.up_s = up_s

    def cpu_s(self) -> float:
        """What it has used of the processors, as Linux counts it."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        """What it has in memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@contextmanager
def serving(folder: Path, settings: str = "") -> Iterator[Served]:
    """A workspace with these `settings`, served."""
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "batuta.yaml").write_text(settings)
    (folder / "plans" / "echo.yaml").write_text(PLAN)
    (folder / "plans" / "asks.yaml").write_text(ASKS)
    words = [sys.executable, "-m", "batuta", "serve", "-w", str(folder), "--port", "0"]
    with _process(words, folder / "log") as process:
        began = time.perf_counter()
        while not (said := (folder / "log").read_text()).startswith("{"):
            time.sleep(0.01)
        yield Served(process, json.loads(said.splitlines()[0])["port"], time.perf_counter() - began)


@contextmanager
def _process(words: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    # Modules that are compiled anew at every start are nobody's start.
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with log.open("wb") as stream:
        process = subprocess.Popen(words, stderr=stream, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


async def completed(server: Served, seconds: float) -> tuple[float, float, float]:
    """Submits a second; runs a second from the first submit to the end of the last; ms of CPU for each run."""
    body = json.dumps({"plan": "echo", "inputs": {"text": "x"}}).encode()
    sent = request("POST", "/api/v1/runs", body)
    running = request("GET", "/api/v1/runs?status=running&limit=1", head="Connection: close\r\n")
    before, began, cpu_s = await ended(server), time.perf_counter(), server.cpu_s()
    submitted = await load(server.port, sent, seconds, CLIENTS)
    assert not submitted.refused
    while json.loads(await asked(server.port, running))["runs"]:
        await asyncio.sleep(0.02)
    took, used = time.perf_counter() - began, server.cpu_s() - cpu_s
    runs = await ended(server) - before
    assert runs == len(submitted.took), "every run that was acknowledged has ended"
    return submitted.per_second, runs / took, used / runs * 1_000


async def ended(server: Served) -> int:
    """How many runs have succeeded."""
    text = (await asked(server.port, request("GET", "/metrics"))).decode()
    for line in text.splitlines():
        if line.startswith('batuta_runs_ended{status="succeeded"}'):
            return int(float(line.split()[-1]))
    return 0


async def followed(server: Served) -> float:
    """MiB that the server grows by for `FOLLOWERS` of one run."""
    body = json.dumps({"plan": "asks"}).encode()
    run = json.loads(await asked(server.port, request("POST", "/api/v1/runs?wait=5", body)))["run"]
    before, writers = server.rss_mib(), list[asyncio.StreamWriter]()
    sent = request("GET", f"/api/v1/runs/{run}/events")
    for _ in range(FOLLOWERS):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(sent)
        await reader.readuntil(b"event: waited")
        writers.append(writer)
    grown = server.rss_mib() - before
    for writer in writers:
        writer.close()
    return grown


@contextmanager
def bare(folder: Path) -> Iterator[None]:
    """The route beside it."""
    words = [sys.executable, "-c", BARE, str(folder / "bare.sqlite"), str(BARE_PORT)]
    with _process(words, folder / "bare.log"):
        yield


async def bare_submits(seconds: float) -> float:
    """What the bare route takes in a second, of as many clients."""
    sent = request("POST", "/", json.dumps({"plan": "echo", "inputs": {"text": "x"}}).encode())
    return (await load(BARE_PORT, sent, seconds, CLIENTS)).per_second


async def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        with serving(Path(name)):
            pass  # its modules are compiled now
        await measure(Path(name), seconds)


async def measure(folder: Path, seconds: float) -> None:
    """Print all figures."""
    with serving(folder) as server, bare(folder):
        print(f"{'up':34} {server.up_s:.2f} s")
        idle = (await load(server.port, request("GET", "/api/v1/runs?limit=1"), seconds, 1)).took
        print(f"{'idle GET, p99':34} {statistics.quantiles(idle, n=100)[98] * 1_000:.1f} ms")
        print(f"{f'{FOLLOWERS:,} followers of a run':34} {await followed(server):.1f} MiB")
        rounds = [
            (*await completed(server, seconds), await bare_submits(seconds)) for _ in range(ROUNDS)
        ]
        for at, what in enumerate(
            ("submits/s", "runs/s, to the end of the last", "ms of CPU a run", "bare submits/s")
        ):
            figures = [one[at] for one in rounds]
            best = min(figures) if "CPU" in what else max(figures)
            print(f"{what:34} {statistics.median(figures):.4g} (best {best:.4g})")
        beside = statistics.median(one[0] / one[3] for one in rounds)
        print(f"{'submits, of those of the bare route':34} {beside:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    asyncio.run(main(parser.parse_args().seconds))

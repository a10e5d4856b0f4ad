"""What a served workspace takes on: `python benchmarks/server.py [--seconds N]`. Load and server share the machine.

Beside it stands a bare FastAPI route that commits one row to SQLite with the same care: what is the least that a
request that is kept can cost here.
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
from pathlib import Path
from typing import Any

import httpcore

PLAN = """
name: echo
inputs: {text: string}
steps: {a: {use: value, with: {value: "${inputs.text}"}}}
result: "${steps.a}"
"""
ASKS = 'name: asks\nsteps: {a: {use: human, with: {question: "Go on?"}}}\n'
BARE = """
import sys, apsw, uvicorn
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
uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False)
"""
CLIENTS = 16
FOLLOWERS = 1_000


async def load(
    url: str, body: bytes, seconds: float, clients: int = CLIENTS
) -> tuple[float, list[float]]:
    """Requests a second, and how long each took in seconds."""
    took: list[float] = []
    head = [("Content-Type", "application/json")] if body else []
    async with httpcore.AsyncConnectionPool(max_connections=clients) as pool:
        end = time.perf_counter() + seconds

        async def ask() -> None:
            while (began := time.perf_counter()) < end:
                method = "POST" if body else "GET"
                answer = await pool.request(method, url, headers=head, content=body or None)
                assert answer.status == 200, answer.content[:300]
                took.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(clients)))
        return len(took) / (time.perf_counter() - began), took


async def counted(url: str) -> int:
    """How many runs have succeeded."""
    answer = await httpcore.AsyncConnectionPool().request("GET", f"{url}/metrics")
    for line in answer.content.decode().splitlines():
        if line.startswith('batuta_runs_ended{status="succeeded"}'):
            return int(float(line.split()[-1]))
    return 0


async def followed(url: str, run: str, pid: int) -> float:
    """MiB that the server grows by for `FOLLOWERS` of one run."""
    before = rss_mib(pid)
    async with httpcore.AsyncConnectionPool(max_connections=FOLLOWERS + 1) as pool:
        there = 0
        enough, over = asyncio.Event(), asyncio.Event()

        async def follow() -> None:
            nonlocal there
            async with pool.stream("GET", f"{url}/api/v1/runs/{run}/events") as answer:
                async for _ in answer.aiter_stream():
                    there += 1
                    if there == FOLLOWERS:
                        enough.set()
                    await over.wait()
                    return

        tasks = [asyncio.ensure_future(follow()) for _ in range(FOLLOWERS)]
        await enough.wait()
        grown = rss_mib(pid) - before
        over.set()
        await asyncio.gather(*tasks)
        return grown


def rss_mib(pid: int) -> float:
    """Of a process, as Linux counts it."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def measured(folder: Path, seconds: float) -> dict[str, Any]:
    words = [sys.executable, "-m", "batuta", "serve", "-w", str(folder), "--port", "0"]
    log = (folder / "log").open("w")
    began = time.perf_counter()
    server = subprocess.Popen(words, stderr=log)  # noqa: ASYNC220
    try:
        while not (said := (folder / "log").read_text()).startswith("{"):
            await asyncio.sleep(0.02)
        up_s = time.perf_counter() - began
        url = f"http://127.0.0.1:{json.loads(said.splitlines()[0])['port']}"
        asked = json.dumps({"plan": "asks"}).encode()
        pool = httpcore.AsyncConnectionPool()
        head = [("Content-Type", "application/json")]
        answer = await pool.request(
            "POST", f"{url}/api/v1/runs?wait=5", headers=head, content=asked
        )
        waiting = json.loads(answer.content)["run"]
        _, idle = await load(f"{url}/api/v1/runs?limit=1", b"", seconds / 2, clients=1)
        grown = await followed(url, waiting, server.pid)
        begun, before = time.perf_counter(), await counted(url)
        body = json.dumps({"plan": "echo", "inputs": {"text": "x"}}).encode()
        submits, _ = await load(f"{url}/api/v1/runs", body, seconds)
        while json.loads((await pool.request("GET", f"{url}/api/v1/runs?status=running")).content)[
            "runs"
        ]:
            await asyncio.sleep(0.05)
        done = await counted(url) - before
        return {
            "up_s": round(up_s, 2),
            "idle GET p99 ms": round(statistics.quantiles(idle, n=100)[98] * 1_000, 1),
            f"{FOLLOWERS} followers MiB": round(grown, 1),
            "submits/s": round(submits),
            "runs/s": round(done / (time.perf_counter() - begun)),
        }
    finally:
        server.terminate()
        server.wait()


async def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plans").mkdir()
        (folder / "batuta.yaml").write_text("")
        (folder / "plans" / "echo.yaml").write_text(PLAN)
        (folder / "plans" / "asks.yaml").write_text(ASKS)
        figures = await measured(folder, seconds)
        words = [sys.executable, "-c", BARE, str(folder / "bare.sqlite"), "48485"]
        bare = subprocess.Popen(words)  # noqa: ASYNC220
        try:
            while True:
                try:
                    await load("http://127.0.0.1:48485/", b'{"text": "x"}', 0.1)
                    break
                except httpcore.ConnectError:
                    await asyncio.sleep(0.05)
            figures["bare submits/s"] = round(
                (await load("http://127.0.0.1:48485/", b'{"text": "x"}', seconds))[0]
            )
        finally:
            bare.terminate()
            bare.wait()
        figures["of bare"] = round(figures["submits/s"] / figures["bare submits/s"], 2)
        for what, figure in figures.items():
            print(f"{what:24} {figure}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    asyncio.run(main(parser.parse_args().seconds))

"""The process: it comes up, says what it is, takes up what was left, and ends in order."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

from batuta.app import JOURNAL_FILE
from batuta.journal.sqlite import open_sqlite
from tests.doors.http.conftest import Server, make_workspace, serving


def test_anybody_may_ask_whether_it_is_alive_and_can_take_on_something(server: Server) -> None:
    assert server.http.get("/health").json() == {"status": "ok"}
    assert server.http.get("/ready").json() == {"status": "ready"}


def test_it_says_of_itself_one_document_a_line_and_no_text_of_anybody(server: Server) -> None:
    server.http.get("/api/v1/runs", params={"plan": "s3cret"}, headers={"X-Secret": "s3cret"})
    server.http.get("/health")
    seen = [line for line in server.log if line["event"] == "request"]
    assert server.log[0]["event"] == "serving"
    assert {"method", "route", "status", "ms", "caller"} <= seen[-1].keys()
    assert "s3cret" not in str(server.log)


def test_what_it_does_can_be_counted(server: Server) -> None:
    server.run("echo", text="counted")
    text = server.http.get("/metrics").text
    assert 'batuta_http_requests_total{method="POST",route="/api/v1/runs",status="200"}' in text
    assert 'batuta_runs_ended{status="succeeded"}' in text


def test_an_address_that_others_reach_is_refused_without_keys(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "open")
    words = [sys.executable, "-m", "batuta", "serve", "-w", str(folder), "--host", "0.0.0.0"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 2
    assert "batuta keys add" in done.stderr


def test_a_port_that_is_taken_is_told(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    words = [sys.executable, "-m", "batuta", "serve", "-w", str(server.folder), "--port", port]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, "cannot be listened at" in done.stderr) == (2, True)


def test_told_to_end_it_lets_requests_and_runs_come_to_their_end(tmp_path: Path) -> None:
    with serving(make_workspace(tmp_path / "desk"), "--drain", "120") as server:
        document = server.run("nap", wait=0, seconds=0.7)
        followed: list[str] = []

        def follow() -> None:
            with httpx.stream("GET", f"{server.url}/api/v1/runs/{waits}/events", timeout=90) as it:
                followed.extend(it.iter_lines())

        waits = server.run("announce", text="later")["run"]
        follower = threading.Thread(target=follow)
        follower.start()
        while not any("waited" in line for line in followed):
            assert follower.is_alive()
        with (
            server.http.stream("GET", f"/runs/{waits}/live") as page,
            server.http.stream("GET", "/live/runs") as pages,
        ):
            lines = page.iter_lines(), pages.iter_lines()
            assert all(next(one) for one in lines)
            told = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert not any("error" in line for one in lines for line in one)
        assert server.end() == 0
        # Runs and requests have 120 s to come to their end here; who only follows takes none of them.
        assert time.monotonic() - told < 90
        follower.join(90)
        assert not follower.is_alive()
    assert [line["event"] for line in server.log if line["event"] in ("draining", "ended")] == [
        "draining",
        "ended",
    ]
    assert _statuses(server.folder)[document["run"]] == "succeeded"


def test_kill_9_under_load_loses_no_run_that_was_acknowledged(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    acknowledged: list[str] = []
    with serving(folder) as server:
        enough = threading.Event()

        def load(number: int) -> None:
            with httpx.Client(base_url=server.url, timeout=90) as client:
                for at in range(1_000):
                    try:
                        asked = {"plan": "echo", "inputs": {"text": f"{number}-{at}"}}
                        answer = client.post("/api/v1/runs", json=asked)
                    except httpx.HTTPError:
                        return
                    if answer.status_code == 200:
                        acknowledged.append(answer.json()["run"])
                    if len(acknowledged) >= 60:
                        enough.set()

        threads = [threading.Thread(target=load, args=(one,)) for one in range(4)]
        for one in threads:
            one.start()
        assert enough.wait(180)
        server.end(signal.SIGKILL)
        for one in threads:
            one.join(30)
    with serving(folder) as server:
        for run in acknowledged:
            document = server.http.get(f"/api/v1/runs/{run}").json()
            assert document.get("run") == run
        last = server.run("echo", text="afterwards")["run"]
        while server.http.get("/api/v1/runs?status=running&limit=1").json()["runs"]:
            assert server.process.poll() is None
        server.end()
    statuses = _statuses(folder)
    assert {statuses[run] for run in [*acknowledged, last]} == {"succeeded"}


def test_it_is_not_ready_while_nothing_can_be_written_beside_the_journal(server: Server) -> None:
    in_the_way = server.folder / ".batuta" / "room.probe"
    in_the_way.mkdir()
    try:
        answer = server.http.get("/ready")
    finally:
        in_the_way.rmdir()
    assert (answer.status_code, answer.json()["code"]) == (507, "journal_full")
    assert server.http.get("/ready").status_code == 200


def _statuses(folder: Path) -> dict[str, str]:
    import asyncio

    async def look() -> dict[str, str]:
        journal = open_sqlite(folder / JOURNAL_FILE, read_only=True)
        try:
            return {row.run: row.status for row in await journal.runs(limit=10_000)}
        finally:
            await journal.close()

    return asyncio.run(look())

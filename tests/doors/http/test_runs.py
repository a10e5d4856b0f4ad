"""Runs over HTTP: begun once, listed in pages, followed, answered, cancelled, forked."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.doors.http.conftest import Server, make_workspace, serving


def _facts(server: Server, run: str, **headers: str) -> list[dict[str, Any]]:
    text = server.http.get(f"/api/v1/runs/{run}/events", headers=headers).text
    events = [one.splitlines() for one in text.split("\n\n") if "\ndata: " in f"\n{one}"]
    return [json.loads(lines[-1].removeprefix("data: ")) for lines in events]


def test_a_run_of_a_registered_plan_gives_its_document(server: Server) -> None:
    document = server.run("echo", text="hello")
    assert (document["status"], document["result"]) == ("succeeded", "hello")
    again = server.http.get(f"/api/v1/runs/{document['run']}").json()
    assert again == document


def test_a_plan_may_come_with_the_request(server: Server) -> None:
    text = "name: own\nsteps: {a: {use: value, with: {value: 7}}}\nresult: ${steps.a}"
    answer = server.http.post("/api/v1/runs?wait=60", json={"text": text})
    assert answer.json()["result"] == 7
    plan = {"name": "own", "steps": {"a": {"use": "value", "with": {"value": 8}}}, "result": "${steps.a}"}  # fmt: skip
    assert server.http.post("/api/v1/runs?wait=60", json={"plan": plan}).json()["result"] == 8


def test_words_begin_what_they_mean_and_what_has_no_yes_does_not_begin(server: Server) -> None:
    answer = server.http.post("/api/v1/runs?wait=60", json={"words": "publish good news"})
    assert answer.json()["waiting"][0]["question"] == "Publish this?"
    unclear = server.http.post("/api/v1/runs", json={"words": "xylophone quarterly zebra"})
    assert (unclear.status_code, unclear.json()["code"] in ("unclear", "approve")) == (422, True)
    denied = server.http.post("/api/v1/runs", json={"words": "do not play a xylophone"}).json()
    assert (denied["code"], "says only what is not to be done" in denied["detail"]) == (
        "unclear",
        True,
    )
    assert "/api/v1/capabilities" in denied["remedy"]


def test_the_same_key_is_the_same_run_even_at_the_same_time(server: Server) -> None:
    asked = {"plan": "echo", "inputs": {"text": "once"}}

    def ask(_: int) -> str:
        headers = {"Idempotency-Key": "order-1"}
        return server.http.post("/api/v1/runs", json=asked, headers=headers).json()["run"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(16)))) == 1
    other = server.http.post(
        "/api/v1/runs",
        json={"plan": "echo", "inputs": {"text": "twice"}},
        headers={"Idempotency-Key": "order-1"},
    )
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


def test_a_key_counts_for_words_as_well(server: Server) -> None:
    headers = {"Idempotency-Key": "words-1"}
    runs = [
        server.http.post("/api/v1/runs", json={"words": "publish it once"}, headers=headers).json()
        for _ in range(2)
    ]
    assert runs[0]["run"] == runs[1]["run"]
    other = server.http.post("/api/v1/runs", json={"words": "publish that"}, headers=headers)
    assert other.status_code == 409


def test_runs_are_listed_in_pages_none_twice_and_none_left_out(server: Server) -> None:
    begun = [server.run("echo", text=f"page {at}")["run"] for at in range(5)]
    listed: list[str] = []
    cursor = ""
    while True:
        page = server.http.get(
            "/api/v1/runs",
            params={"plan": "echo", "status": "succeeded", "limit": 2, "cursor": cursor},
        ).json()
        listed += [row["run"] for row in page["runs"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert listed[:5] == begun[::-1]
    assert len(set(listed)) == len(listed)


def test_facts_are_followed_from_where_one_was(server: Server) -> None:
    run = server.run("echo", text="followed")["run"]
    facts = _facts(server, run)
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    assert facts[-1]["is"] == "ended"
    rest = _facts(server, run, **{"Last-Event-ID": str(facts[1]["seq"])})
    assert rest == facts[2:]
    for behind in (len(facts), len(facts) + 5):  # as a browser asks that comes back
        over = server.http.get(f"/api/v1/runs/{run}/events", params={"after": behind})
        assert (over.status_code, over.text) == (204, "")
    listed = server.http.get(f"/api/v1/runs/{run}/facts", params={"after": 2}).json()
    assert listed["facts"] == facts[2:]
    assert not any("salt" in fact for fact in facts)


def test_a_question_waits_in_the_inbox_and_is_answered_once(server: Server) -> None:
    run = server.run("announce", text="inbox")["run"]
    questions = server.http.get("/api/v1/inbox").json()["questions"]
    (asked,) = [one for one in questions if one["run"] == run]
    said = {"step": asked["step"], "value": {"approved": True}}
    for _ in range(2):
        assert server.http.post(f"/api/v1/runs/{run}/answers", json=said).status_code == 200
    assert _facts(server, run)[-1]["status"] == "succeeded"
    other = said | {"value": {"approved": False}}
    late = server.http.post(f"/api/v1/runs/{run}/answers", json=other)
    assert (late.status_code, late.json()["code"]) == (409, "answer")
    misfit = server.http.post(f"/api/v1/runs/{run}/answers", json=said | {"step": "nobody"})
    assert misfit.status_code == 404


def test_a_run_is_cancelled_forked_and_gone_on_with(server: Server) -> None:
    run = server.run("announce", text="cancelled")["run"]
    assert server.http.post(f"/api/v1/runs/{run}/resume", json={}).json()["status"] == "waiting"
    server.http.post(f"/api/v1/runs/{run}/cancel", json={"why": "wrong"})
    assert _facts(server, run)[-1]["status"] == "cancelled"
    late = server.http.post(f"/api/v1/runs/{run}/cancel", json={})
    assert late.status_code == 409
    done = server.run("echo", text="first")["run"]
    fork = server.http.post(
        f"/api/v1/runs/{done}/fork", json={"at": "said", "inputs": {"text": "second"}}
    ).json()
    assert fork["forked_from"] == {"run": done, "at": "said"}
    assert _facts(server, fork["run"])[-1]["status"] == "succeeded"


def test_what_failed_says_why(server: Server) -> None:
    document = server.run("broken", text="")
    assert document["status"] == "failed"
    assert document["error"]["path"] == "bad"


def test_a_run_gets_a_score_and_the_latest_of_each_caller_counts(server: Server) -> None:
    run = server.run("echo", text="scored")["run"]
    about = f"/api/v1/runs/{run}/score"
    assert list(server.http.post(about, json={"score": 0.8}).json()["scores"].values()) == [0.8]
    server.http.post(about, json={"score": 0.2})
    assert list(server.http.get(about).json()["scores"].values()) == [0.2]
    assert server.http.post(about, json={"score": 2}).status_code == 400
    assert server.http.post("/api/v1/runs/rnobody/score", json={"score": 1}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "input"),
        ({"plan": "echo", "text": "name: x"}, 400, "input"),
        ({"plan": "ecko"}, 404, "not_found"),
        ({"plan": "echo"}, 400, "input"),
        ({"plan": "echo", "inputs": {"text": 1}}, 400, "input"),
        ({"plan": "echo", "inputs": []}, 400, "input"),
        ({"plan": 3}, 400, "input"),
        ({"plan": "echo", "extra": 1}, 400, "input"),
        ({"text": "steps: ["}, 422, "plan"),
    ],
)
def test_what_cannot_begin_is_told_as_a_problem(
    server: Server, body: dict[str, Any], status: int, code: str
) -> None:
    answer = server.http.post("/api/v1/runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_everything_is_stopped_within_a_second_and_goes_on_when_it_is_released(
    tmp_path: Path,
) -> None:
    with serving(make_workspace(tmp_path / "w")) as server:
        http = server.http
        asked = {"plan": "nap", "inputs": {"seconds": 3_600}}
        long = http.post("/api/v1/runs", json=asked).json()["run"]
        short = http.post("/api/v1/runs", json={**asked, "inputs": {"seconds": 0.2}}).json()["run"]
        assert http.put("/api/v1/stop", json={"why": "enough"}).json()["stopped"]["why"] == "enough"
        refused = http.post("/api/v1/runs", json=asked)
        assert (refused.status_code, refused.json()["code"]) == (503, "stopped")
        assert http.get("/ready").status_code == 503
        assert http.get("/api/v1/stop").json()["stopped"]["why"] == "enough"
        _until(lambda: "batuta_runs_driven 0" in http.get("/metrics").text)
        http.post(f"/api/v1/runs/{long}/cancel", json={})
        assert http.delete("/api/v1/stop").json() == {"stopped": None}
        _until(lambda: http.get(f"/api/v1/runs/{long}").json()["status"] == "cancelled")
        _until(lambda: http.get(f"/api/v1/runs/{short}").json()["status"] == "succeeded")


def _until(holds: Callable[[], bool]) -> None:
    """Returns when it holds; it may take a while on a busy machine."""
    end = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_run_is_told_more_and_another_one_goes_on_with_what_was_said(server: Server) -> None:
    asked = {"plan": "announce", "inputs": {"text": "old news"}}
    run = server.http.post("/api/v1/runs?wait=60", json=asked).json()["run"]
    refused = server.http.post(f"/api/v1/runs/{run}/notes", json={"inputs": {"txt": "x"}})
    assert (refused.status_code, refused.json()["code"]) == (400, "input")
    said = server.http.post(f"/api/v1/runs/{run}/notes", json={"inputs": {"text": "new news"}})
    assert said.status_code == 200
    assert said.json()["told"]["inputs"] == {"text": "new news"}

    def document(of: str) -> dict[str, Any]:
        return server.http.get(f"/api/v1/runs/{of}").json()

    _until(lambda: "replanned" in document(run))
    by = document(run)["replanned"]["by"]
    _until(lambda: bool(document(by)["waiting"]))
    assert document(by)["waiting"][0]["show"] == "new news"
    late = server.http.post(f"/api/v1/runs/{run}/notes", json={"words": "and more"})
    assert late.status_code == 409

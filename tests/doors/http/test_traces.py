"""A server that tells its traces: killed in the middle, and asked inside of a trace."""

import signal
from pathlib import Path

from batuta.testing.collector import Collector, Reply
from tests.doors.http.conftest import WORKSPACE, make_workspace, serving

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_server_that_was_killed_tells_the_rest_when_it_is_up_again(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    with Collector() as collector:
        (folder / "batuta.yaml").write_text(
            f"{WORKSPACE}observe: {{otlp: {{url: '{collector.url}'}}}}\n"
        )
        collector.say(Reply(503))
        with serving(folder) as server:
            runs = {server.run("echo", text=f"{number}")["run"] for number in range(20)}
            asked = server.run("announce", text="x")["run"]
            server.end(signal.SIGKILL)
        collector.say(Reply())
        with serving(folder) as server:
            headers = {"traceparent": CALLER}
            body = {"plan": "echo", "inputs": {"text": "again"}}
            answer = server.http.post("/api/v1/runs", json=body, headers=headers)
            server.http.post(
                f"/api/v1/runs/{asked}/answers",
                json={"step": "approve", "value": {"approved": True}},
            )
            wanted = {*runs, asked, answer.json()["run"]}
            collector.wait(
                lambda spans: (
                    wanted
                    <= {
                        one.attributes["batuta.run"]
                        for one in spans
                        if one.name.startswith("invoke_workflow")
                    }
                ),
                90.0,
            )
            text = server.http.get("/metrics").text
            assert server.end() == 0
        spans = collector.spans
        assert collector.flaws == []
    assert "batuta_traces_dropped 0.0" in text
    within = [one for one in spans if one.attributes["batuta.run"] == answer.json()["run"]]
    assert {one.trace for one in within} == {CALLER[3:35]}
    # Each is told once or, where the crash was between the telling and the note of it, again as it was.
    assert len({one.id for one in spans}) == len(set(map(str, spans)))

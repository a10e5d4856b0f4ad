"""The support desk through the server: a chat client and curl have the tickets answered, and say yes and no."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.doors.http.conftest import Server, serving
from tests.examples.desk import Desk, open_desk

# Of the refunds that a person is asked about, by the order that they are for; of the last one only if it is read right.
ANSWERS = {"BW-20388": True, "BW-20301": False, "BW-20799": True}


class Served(NamedTuple):
    desk: Desk
    server: Server


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with open_desk(tmp_path / "desk") as desk:
        environment = {"LEDGER_URL": desk.bank.url, "OPENAI_API_KEY": ""}
        with serving(desk.folder, env=environment) as server:
            yield Served(desk, server)


def _check_paid(served: Served, result: dict[str, Any]) -> None:
    """What the run says, and what the bank has done."""
    due = [
        (case["order"], case["refund_cents"])
        for case in result["cases"]
        if case["state"] == "refunded"
    ]
    assert served.desk.paid() == sorted(due)
    assert "BW-20388" in dict(due)
    assert "BW-20301" not in dict(due)
    assert (served.desk.folder / "out" / "report.html").is_file()


def test_a_chat_client_has_the_tickets_answered_and_is_asked_about_the_large_refunds(
    served: Served,
) -> None:
    said: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": "answer the tickets in tickets.csv"}
    ]
    asked: list[str] = []
    with OpenAI(base_url=f"{served.server.url}/v1", api_key="none", max_retries=0) as chat:
        while True:
            completion = chat.chat.completions.create(model="batuta", messages=said, timeout=120)
            text = completion.choices[0].message.content or ""
            if "(batuta: " not in text:
                break
            (order,) = [order for order in ANSWERS if order in text]
            asked.append(order)
            assert len(asked) <= len(ANSWERS), text
            turns: list[ChatCompletionMessageParam] = [
                {"role": "assistant", "content": text},
                {"role": "user", "content": "yes" if ANSWERS[order] else "no"},
            ]
            said += turns
    assert {"BW-20388", "BW-20301"} <= set(asked)
    _check_paid(served, json.loads(text))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_curl_has_the_tickets_answered_and_follows_the_run_to_its_end(served: Served) -> None:
    def curl(path: str, body: Any = None, *words: str) -> str:
        given = ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body else []
        command = ["curl", "-sS", "--fail-with-body", "--max-time", "120", *words, *given]
        done = subprocess.run(
            [*command, f"{served.server.url}/api/v1{path}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    begin = {"plan": "answer_tickets", "inputs": {"tickets": "tickets.csv"}}
    key = ("-H", "Idempotency-Key: tickets of today")
    run = json.loads(curl("/runs?wait=60", begin, *key))
    assert json.loads(curl("/runs", begin, *key))["run"] == run["run"], (
        "sent again, it is the same run"
    )
    while json.loads(curl(f"/runs/{run['run']}"))["status"] == "running":
        pass  # as a person would, who comes back to it
    questions = json.loads(curl("/inbox"))["questions"]
    assert len(questions) >= 2
    for question in questions:
        (approved,) = [yes for order, yes in ANSWERS.items() if order in question["question"]]
        value = {"step": question["step"], "value": {"approved": approved}}
        curl(f"/runs/{run['run']}/answers", value)
    events = curl(f"/runs/{run['run']}/events", None, "-N").split("\n\n")
    assert "event: ended" in [event for event in events if event][-1]
    document = json.loads(curl(f"/runs/{run['run']}"))
    assert document["status"] == "succeeded"
    _check_paid(served, document["result"])

"""A plan that a model drafts in one process is approved by its digest, and run, in another one."""

import json
import signal
import sys
import threading

import pytest

from batuta.testing.providers import Answer, Asked, Providers
from tests.doors.cli.command import WAIT_S, Folder
from tests.doors.cli.pseudo_terminal import Terminal

WORDS = "salute the people of the archive whose name is Ada"
DRAFT = {
    "name": "salute",
    "description": "Salute somebody.",
    "inputs": {"who": {"type": "string"}},
    "values": {"who": "Ada"},
    "steps": [{"name": "hello", "use": "greet", "with": {"name": "${inputs.who}"}}],
    "result": "${steps.hello}",
}


def drafts_with(folder: Folder, providers: Providers) -> None:
    """Let the model of `providers` draft plans in `folder`."""
    model = f"provider: openai-compatible, url: '{providers.url()}', model: m, prices: free"
    path = folder.path / "batuta.yaml"
    more = f"models: {{strong: {{{model}}}}}\nplanning: {{model: strong}}\n"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")


def test_what_was_shown_is_what_runs_and_it_is_drafted_once(folder: Folder) -> None:
    with Providers() as providers:
        drafts_with(folder, providers)
        providers.say([Answer(json.dumps(DRAFT))])
        shown = folder.batuta("plan", WORDS, "--planner", "draft", "--json").document
        assert shown["request"]["planner"] == "draft"
        yes = shown["request"]["approve"]
        said = folder.batuta("run", WORDS, "--planner", "draft", "--approve", yes, "--json")
        assert said.document["result"] == "Hello Ada"
        assert said.document["routed"]["approved"] == yes
        assert len(providers.requests) == 1
        # Another plan, had there been one, would have another digest, and nothing would run.
        other = folder.batuta("run", WORDS, "--planner", "draft", "--approve", "0" * 32, "--json")
        assert (other.code, other.document["request"]["approve"]) == (2, yes)
        assert len(providers.requests) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_who_waits_for_a_slow_model_sees_so_and_ctrl_c_ends_it(folder: Folder) -> None:
    answers = threading.Event()

    def slow(asked: Asked) -> Answer:
        assert answers.wait(WAIT_S)
        return Answer(json.dumps(DRAFT))

    with Providers(slow) as providers:
        drafts_with(folder, providers)
        terminal = Terminal(folder, "plan", WORDS, "--planner", "draft")
        terminal.until(lambda seen: "a model is asked for a plan: " in seen)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        # The line is gone before anything else is said.
        assert "\r\x1b[K\x1b" in terminal.seen or "\r\x1b[Kerror" in terminal.seen
        (run,) = folder.batuta("runs", "--json").document["runs"]
        assert (run["plan"], run["status"]) == ("draft-a-plan", "cancelled")
        answers.set()
        shown = folder.batuta("plan", WORDS, "--planner", "draft", "--json")
        assert (shown.document["request"]["plan"], shown.err) == ("salute", "")

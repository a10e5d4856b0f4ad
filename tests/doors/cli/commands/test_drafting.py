"""A plan that a model drafts in one process is approved by its digest, and run, in another one."""

import json

from batuta.testing.providers import Answer, Providers
from tests.doors.cli.command import Folder

WORDS = "salute the people of the archive whose name is Ada"
DRAFT = {
    "name": "salute",
    "description": "Salute somebody.",
    "inputs": {"who": {"type": "string"}},
    "values": {"who": "Ada"},
    "steps": [{"name": "hello", "use": "greet", "with": {"name": "${inputs.who}"}}],
    "result": "${steps.hello}",
}


def test_what_was_shown_is_what_runs_and_it_is_drafted_once(folder: Folder) -> None:
    with Providers() as providers:
        model = f"{{provider: openai-compatible, url: '{providers.url()}', model: m, prices: {{input: 1, output: 1}}}}"
        path = folder.path / "batuta.yaml"
        text = path.read_text(encoding="utf-8")
        more = f"models: {{strong: {model}}}\nplanning: {{model: strong}}\n"
        path.write_text(text + more, encoding="utf-8")
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

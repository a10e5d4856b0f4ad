"""Agents of pydantic-ai's own documentation, unchanged, as capabilities of a workspace.

The pages are those that the library carries in its wheel: nothing is copied. A block is taken up to where it runs its
agent, for in a workspace a plan does that.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic_ai
import pytest

from batuta import App, plan_from_yaml
from batuta.testing.providers import Answer, Providers, ToolCall
from tests.doors.cli.command import Folder

PAGES = Path(pydantic_ai.__file__).parent / ".agents/skills/building-pydantic-ai-agents"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
RUNS = re.compile(r"^\w+ = agent\.run_sync\(.*", re.MULTILINE | re.DOTALL)
POLICY = "policy: [{capability: agent, verdict: ask, reason: nobody has looked into it}]\n"


def documented(page: str, mark: str) -> str:
    """The block of `page` that has `mark` in it, as it stands there."""
    (block,) = [one for one in BLOCK.findall((PAGES / page).read_text()) if mark in one]
    return RUNS.sub("", block)


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    """The agents find their keys and addresses in the environment, as on the page."""
    with Providers() as running:
        for variable, value in {
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": running.url("openai"),
            "GOOGLE_API_KEY": "none",
            "GOOGLE_GEMINI_BASE_URL": running.url("google"),
        }.items():
            monkeypatch.setenv(variable, value)
        yield running


def workspace(folder: Path, code: str, lent: str, policy: str = POLICY) -> None:
    (folder / "tools.py").write_text(f"{code}\n\nfrom batuta import capability\n{lent}\n")
    (folder / "batuta.yaml").write_text(f"python: [tools.py]\n{policy}")


async def approved(folder: Path, arguments: str, result: str) -> Any:
    """What a plan that uses the agent gives, once somebody has approved of it."""
    plan = plan_from_yaml(
        f"name: p\nsteps: {{a: {{use: agent, with: {arguments}}}}}\nresult: {result}"
    ).plan
    async with await App.open(folder) as app:
        run = await app.run(plan, {})
        assert run["status"] == "waiting"
        await app.answer(run["run"], "a", {"approved": True}, kind="approval")
        ended = await app.resume(run["run"])
        return ended.get("result", ended)


async def test_the_dice_game_rolls_and_greets_its_player(
    providers: Providers, tmp_path: Path
) -> None:
    calls = Answer(tools=(ToolCall("roll_dice"), ToolCall("get_player_name")))
    providers.say([calls, Answer("Congratulations Anne!")])
    code = documented("SKILL.md", "dice_game_agent")
    workspace(tmp_path, code, 'lent = capability(agent, name="agent")')
    result = await approved(tmp_path, "{prompt: My guess is 4, deps: Anne}", "${steps.a}")
    assert (result["text"], result["turns"], result["tool_calls"]) == (
        "Congratulations Anne!",
        2,
        2,
    )
    first, second = providers.requests
    assert (first.flaws, second.flaws) == ((), ())
    assert "dice game" in first.text
    assert "Anne" in json.dumps(second.body)


async def test_a_city_comes_back_as_a_value_that_the_plan_can_look_into(
    providers: Providers, tmp_path: Path
) -> None:
    city = {"city": "London", "country": "United Kingdom"}
    providers.say([Answer(tools=(ToolCall("final_result", city),))])
    code = documented("SKILL.md", "city_location_agent")
    workspace(tmp_path, code, 'lent = capability(agent, name="agent")')
    arguments = "{prompt: Where were the olympics held in 2012?}"
    result = await approved(tmp_path, arguments, "${steps.a.value.country}")
    assert result == "United Kingdom"


async def test_instructions_that_are_made_for_each_call_know_its_customer(
    providers: Providers, tmp_path: Path
) -> None:
    providers.say([Answer("Hello Frank.")])
    code = documented("SKILL.md", "greeting_agent")
    workspace(tmp_path, code, 'lent = capability(agent, name="agent")')
    result = await approved(tmp_path, "{prompt: What is the date?, deps: Frank}", "${steps.a.text}")
    assert result == "Hello Frank."
    (asked,) = providers.requests
    assert "The user's name is Frank." in json.dumps(asked.body)


async def test_an_answer_that_its_validator_refuses_is_put_right_within_the_call(
    providers: Providers, tmp_path: Path
) -> None:
    def triage(ticket: str) -> Answer:
        return Answer(tools=(ToolCall("final_result", {"ticket_id": ticket, "summary": "x"}),))

    providers.say([triage("T-9"), triage("T-1")])
    code = documented("references/AGENTS-CORE.md", "class TriageDeps")
    workspace(tmp_path, code, 'lent = capability(agent, name="agent")')
    arguments = "{prompt: Broken, deps: {open_ticket_ids: [T-1]}}"
    assert await approved(tmp_path, arguments, "${steps.a.value.ticket_id}") == "T-1"
    assert "is not an open ticket" in json.dumps(providers.requests[1].body)


async def test_a_store_that_json_cannot_say_is_made_for_the_call(
    providers: Providers, tmp_path: Path
) -> None:
    refund = {"response": [{"order_id": "A-1", "reason": "late"}]}
    providers.say([Answer(tools=(ToolCall("final_result", refund),))])
    code = documented("references/AGENTS-CORE.md", "class RefundDeps")
    lent = """
class Store:
    def __init__(self, known: list[str]) -> None:
        self.known = known
    async def existing_order_ids(self, order_ids: list[str]) -> set[str]:
        return set(self.known) & set(order_ids)

def deps(known: list[str]) -> RefundDeps:
    return RefundDeps(Store(known))

lent = capability(agent, name="agent", deps=deps)
"""
    workspace(tmp_path, code, lent)
    result = await approved(tmp_path, "{prompt: Late!, known: [A-1]}", "${steps.a.value}")
    assert result == [{"order_id": "A-1", "reason": "late"}]


def test_it_can_be_tried_by_itself(providers: Providers, tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    providers.say([Answer("Hello Frank.")])
    code = documented("SKILL.md", "greeting_agent")
    workspace(folder.path, code, 'lent = capability(agent, name="agent")', "")
    words = ("try", "agent", "--with", "prompt=Hm?", "--with", "deps=Frank")
    surrounded = {name: os.environ[name] for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL")}
    assert folder.batuta(*words, **surrounded).code == 2  # it is a write, and nobody said --yes
    said = folder.batuta(*words, "--yes", **surrounded)
    assert (said.code, json.loads(said.out)["text"]) == (0, "Hello Frank.")
    assert len(providers.requests) == 1


async def test_in_a_plan_in_python_a_call_of_it_is_a_step(
    providers: Providers, tmp_path: Path
) -> None:
    providers.say([Answer("Hello Frank.")])
    code = documented("SKILL.md", "greeting_agent")
    lent = """
from batuta import workflow
lent = capability(agent, name="agent", effect="read", reach="egress")

@workflow
def greet(name: str):
    return lent(prompt="Hm?", deps=name)["text"]
"""
    workspace(tmp_path, code, lent, "")
    async with await App.open(tmp_path) as app:
        run = await app.run(app.plans["greet"].plan, {"name": "Frank"})
    assert run["result"] == "Hello Frank."


async def test_what_it_did_before_its_time_was_up_is_for_a_person_to_find_out(
    providers: Providers, tmp_path: Path
) -> None:
    providers.say([Answer("Hello Frank.", first_s=1.0)])
    code = documented("SKILL.md", "greeting_agent")
    workspace(tmp_path, code, 'lent = capability(agent, name="agent")', "")
    plan = plan_from_yaml(
        "name: p\nsteps: {a: {use: agent, timeout: 300ms, with: {prompt: Hm?, deps: Frank}}}\n"
        "result: ${steps.a.text}"
    ).plan
    async with await App.open(tmp_path) as app:
        run = await app.run(plan, {})
        assert run["status"] == "waiting"
        await app.answer(run["run"], "a", {"how": "fail"}, kind="resolve")
        ended = await app.resume(run["run"])
    assert ended["status"] == "failed"

"""Agents in the workspace: what they are before they run, and what is wrong with their settings."""

from pathlib import Path
from typing import Any

import pytest

from batuta import App, capability
from batuta.errors import WorkspaceError
from batuta.reading.agents import AgentConfig
from batuta.spec.budget import Budget
from batuta.testing.providers import Providers
from tests.capabilities.agent.workplace import asking, opened

MODEL = "models: {strong: {provider: openai-compatible, url: 'http://127.0.0.1:1/v1', model: m, prices: free}}\n"


@capability(effect="read", reach="local")
def look(at: str) -> str:
    """Looks at something."""
    return at


async def test_settings_are_read(tmp_path: Path) -> None:
    text = """
agents:
  support:
    model: strong
    instructions: Help.
    tools: [human, value]
    turns: 5
    output: {type: object, properties: {total: {type: integer}}}
    hand_over: [billing]
    budget: {usd: 0.5, calls: 50}
    timeout: 2h
    compact: 20000
    description: Answers customers.
  billing: {model: strong, output: string}
"""
    (tmp_path / "batuta.yaml").write_text(MODEL + text)
    async with await App.open(tmp_path) as app:
        agents = app.workspace.agents
        cards = app.cards
    assert agents["support"] == AgentConfig(
        "strong",
        "Help.",
        ("human", "value"),
        5,
        {"type": "object", "properties": {"total": {"type": "integer"}}},
        ("billing",),
        Budget(usd=0.5, calls=50),
        7_200.0,
        "Answers customers.",
        20_000,
    )
    assert agents["billing"].output == {"type": "string"}
    kinds = {name: cards[name].kind for name in cards if name.startswith("support")}
    assert kinds == {"support": "agent", "support.think": "thought"}
    output = cards["support"].output
    assert output is not None
    assert output["properties"]["value"] == agents["support"].output


async def test_flaws_of_all_who_name_a_model_are_told_at_once(tmp_path: Path) -> None:
    text = "agents: {a: {model: strang}, b: {model: strong, tools: [valu]}}\nplanning: {model: a}\n"
    (tmp_path / "batuta.yaml").write_text(MODEL + text)
    with pytest.raises(WorkspaceError) as caught:
        await App.open(tmp_path)
    assert [one.message for one in caught.value.findings] == [
        "planning.model: there is no model 'a'",
        "agents.a.model: there is no model 'strang'",
        "agents.b.tools[0]: there is no capability 'valu'",
    ]


@pytest.mark.parametrize(
    ("agent", "line", "message", "remedy"),
    [
        (
            "{model: strang}",
            2,
            "agents.support.model: there is no model 'strang'",
            "did you mean 'strong'?",
        ),
        (
            "{model: strong, tools: [human, valu]}",
            2,
            "agents.support.tools[1]: there is no capability 'valu'",
            "did you mean 'value'?",
        ),
        (
            "{model: strong, tools: [support.think]}",
            2,
            "agents.support.tools[0]: support.think is a part of support",
            "name support instead",
        ),
        (
            "{model: strong, hand_over: [value]}",
            2,
            "agents.support.hand_over[0]: there is no agent 'value'",
            "there is no agent at all",
        ),
    ],
)
async def test_what_is_not_there_is_a_flaw_with_its_place(
    tmp_path: Path, agent: str, line: int, message: str, remedy: str
) -> None:
    (tmp_path / "batuta.yaml").write_text(f"{MODEL}agents: {{support: {agent}}}\n")
    with pytest.raises(WorkspaceError) as caught:
        await App.open(tmp_path)
    (finding,) = caught.value.findings
    assert (finding.code, finding.message, finding.place.line) == ("B604", message, line)
    assert remedy in finding.remedy


async def test_explain_looks_inside_and_a_budget_is_a_bound(tmp_path: Path) -> None:
    with Providers() as providers:
        async with await opened(
            tmp_path, providers, functions=[look], budget={"usd": 0.5, "calls": 40}
        ) as app:
            explained = await app.explain(asking(), {"prompt": "Hm?"})
    (ask,) = explained.steps
    assert ask.inner is not None
    turn = next(one for one in ask.inner.steps if one.name == "turn")
    assert (turn.use, turn.metered) == ("support.think", True)
    worst = explained.totals.forecast
    assert (worst.cost_worst_nusd, worst.calls_worst) == (500_000_000, 41)


async def test_explain_says_how_far_its_tools_go(tmp_path: Path) -> None:
    @capability(effect="write", reach="irreversible")
    def pay(cents: int) -> str:
        """Pays."""
        return f"{cents} paid"

    with Providers() as providers:
        async with await opened(
            tmp_path,
            providers,
            functions=[look, pay],
            tools=["look", "payer"],
            agents={"payer": {"model": "strong", "tools": ["pay"]}},
        ) as app:
            (ask,) = (await app.explain(asking())).steps
            cards = app.cards
    assert (ask.effect, ask.reach, ask.metered) == ("write", "irreversible", True)
    assert cards["support"].calls == ("support.think", "look", "payer")


async def test_without_a_budget_there_is_no_bound(tmp_path: Path) -> None:
    with Providers() as providers:
        async with await opened(tmp_path, providers, functions=[look]) as app:
            explained = await app.explain(asking())
    assert explained.totals.forecast.cost_worst_nusd is None


async def test_other_settings_are_another_capability_to_a_run_that_waits(tmp_path: Path) -> None:
    digests: set[Any] = set()
    with Providers() as providers:
        for words in ("Help.", "Help!", "Help."):
            async with await opened(tmp_path, providers, instructions=words) as app:
                digests.add(tuple(app.cards[n].digest() for n in ("support", "support.think")))
    assert len(digests) == 2


async def test_an_agent_whose_model_lacks_its_key_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (tmp_path / "batuta.yaml").write_text(
        "models: {strong: 'openai:gpt-5-mini'}\nagents: {support: {model: strong}}\n"
    )
    async with await App.open(tmp_path) as app:
        missing = {app.cards[name].missing for name in ("support", "support.think")}
    assert missing == {"the environment has no OPENAI_API_KEY"}

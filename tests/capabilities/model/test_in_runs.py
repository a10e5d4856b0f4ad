"""Models in runs: what is set aside, what is streamed, what a budget refuses; and what they cost those without them."""

import subprocess
import sys
from pathlib import Path

import pytest

from batuta import App, Plan, plan_from_yaml
from batuta.capabilities.model.capability import ModelCapability
from batuta.engine.past.replay import Replay
from batuta.errors import PlanError
from batuta.ports import Progress
from batuta.spec.facts import Failure as Failed
from batuta.spec.facts import Finished, Started
from batuta.testing.providers import Answer, Failure, Providers

PLAN = """
name: draft
{budget}
steps:
  draft: {{use: fast, retry: {{at_most: 2, backoff: 0}}, with: {{prompt: How much?}}}}
result: "${{steps.draft.text}}"
"""


def plan_with(budget: str = "") -> Plan:
    return plan_from_yaml(PLAN.format(budget=budget)).plan


def workspace(folder: Path, providers: Providers, prices: str = "{input: 1, output: 10}") -> Path:
    settings = f"provider: openai-compatible, model: m, url: '{providers.url()}', max_tokens: 100"
    priced = f", prices: {prices}" if prices else ""
    (folder / "batuta.yaml").write_text(f"models: {{fast: {{{settings}{priced}}}}}")
    return folder


async def test_a_call_is_reserved_by_its_length_and_settled_by_its_tokens(tmp_path: Path) -> None:
    with Providers([Answer("Four.", input_tokens=50, output_tokens=2)]) as providers:
        async with await App.open(workspace(tmp_path, providers)) as app:
            run = await app.run(plan_with("budget: {usd: 0.01}"), {})
            facts = [row.fact for row in await app.engine.journal.read(run["run"])]
            price = app.cards["fast"].price_nusd
    (started,) = [fact for fact in facts if isinstance(fact, Started)]
    (finished,) = [fact for fact in facts if isinstance(fact, Finished)]
    assert (started.reserved_nusd, started.metered) == (1_000 * 509 + 10_000 * 100, True)
    assert started.reserved_nusd < price
    assert finished.cost_nusd == 1_000 * 50 + 10_000 * 2
    assert run["result"] == "Four."


async def test_what_has_been_said_is_taken_back_when_it_is_tried_again(tmp_path: Path) -> None:
    seen: list[Progress] = []
    script = [Answer("one two three", breaks_after=2), Failure("overloaded"), Answer("Four.")]
    with Providers(script) as providers:
        folder = workspace(tmp_path, providers)
        async with await App.open(folder, sink=lambda progress: seen.append(progress)) as app:
            run = await app.run(plan_with(), {})
            facts = [row.fact for row in await app.engine.journal.read(run["run"])]
    assert run["result"] == "Four."
    first = [one.data["text"] for one in seen if one.attempt == 1]
    assert "one two three".startswith("".join(first))
    assert [(one.attempt, one.reset, one.data) for one in seen if one.attempt > 1] == [
        (2, True, None),
        (3, True, None),
        (3, False, {"text": "Four."}),
    ]
    # What broke off is settled at the most; what was refused cost nothing.
    costs = [fact.cost_nusd for fact in facts if isinstance(fact, Failed)]
    assert costs == [1_000 * 509 + 10_000 * 100, 0]


async def test_the_client_is_closed_with_the_application(tmp_path: Path) -> None:
    with Providers() as providers:
        async with await App.open(workspace(tmp_path, providers)) as app:
            await app.run(plan_with(), {})
            model = app.engine.catalog.get("fast")
            assert isinstance(model, ModelCapability)
            client = model.client
            assert client is not None
            assert not client.is_closed
    assert client.is_closed


async def test_a_budget_of_money_refuses_what_nobody_knows_the_price_of(tmp_path: Path) -> None:
    with Providers() as providers:
        async with await App.open(workspace(tmp_path, providers, "")) as app:
            with pytest.raises(PlanError) as caught:
                await app.run(plan_with("budget: {usd: 5}"), {})
            free = await app.explain(plan_with())
            run = await app.run(plan_with(), {})
    (finding,) = caught.value.findings
    assert finding.code == "B126"
    assert finding.message.startswith("steps.draft.use: nobody knows what a call of 'fast' costs")
    assert "prices" in finding.remedy
    assert (free.totals.forecast.cost_worst_nusd, free.totals.forecast.cost_expected_nusd) == (
        None,
        None,
    )
    assert run["status"] == "succeeded"
    assert len(providers.requests) == 1


async def test_the_present_code_decides_the_same_about_a_recorded_call(tmp_path: Path) -> None:
    with Providers([Answer("Four.")]) as providers:
        async with await App.open(workspace(tmp_path, providers)) as app:
            run = await app.run(plan_with("budget: {usd: 0.01}"), {})
            replayed = await Replay(app.engine).run(run["run"])
    assert (replayed.verdict, replayed.difference) == ("same", None)


def test_nobody_without_models_imports_any_of_it() -> None:
    program = (
        "import sys; from batuta.doors.cli import main; from batuta import App, plan_from_yaml;"
        "import batuta.capabilities.model.opening;"
        "print(*sorted({'pydantic_ai', 'pydantic', 'openai', 'httpx2', 'httpcore', 'genai_prices'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""


async def test_a_fallback_serves_at_once_where_there_is_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    model = "{provider: openai, model: m, key: env:NO_SUCH_KEY, prices: {input: 1, output: 1}}"
    (tmp_path / "batuta.yaml").write_text(f"models: {{fast: {model}}}")
    text = """
name: p
steps:
  a:
    use: fast
    with: {prompt: "?"}
    fallback: {use: value, with: {value: nobody}}
result: "${steps.a}"
"""
    async with await App.open(tmp_path) as app:
        explanation = await app.explain(plan_from_yaml(text).plan)
        run = await app.run(plan_from_yaml(text).plan, {})
        facts = [row.fact for row in await app.engine.journal.read(run["run"])]
    (found,) = explanation.steps
    assert (found.use, found.why) == ("value", "the environment has no NO_SUCH_KEY")
    started = [fact for fact in facts if isinstance(fact, Started)]
    assert [(one.capability, one.alternative, one.attempt) for one in started] == [("value", 1, 1)]
    assert run["result"] == "nobody"

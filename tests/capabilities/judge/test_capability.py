"""Judges in runs: what is asked, what it costs, what EXPLAIN says of it before."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from batuta import App, plan_from_yaml
from batuta.errors import PlanError, WorkspaceError
from batuta.testing.providers import Answer, Asked, Failure, Providers

PLAN = """
name: pick
inputs: {{candidates: list}}
{budget}
steps:
  best: {{use: quality, with: {{task: How much is 2 + 2?, candidates: "${{inputs.candidates}}"}}}}
result: "${{steps.best}}"
"""


def judging(asked: Asked) -> Answer:
    """A judge that knows the sum, and likes what stands first a little better."""
    assert asked.flaws == ()
    found = re.findall(r"<(candidate_\d+) (\w+)>\n(.*?)\n</\1 \2>", asked.text, re.DOTALL)
    said = {
        name: {
            "reason": f"It says {text}.",
            "scores": {"right": (4 if "4" in text else 0) + (name == "candidate_1")},
        }
        for name, _, text in found
    }
    return Answer(json.dumps(said), input_tokens=100, output_tokens=10)


def workspace(folder: Path, providers: Providers, rubric: str = "right") -> Path:
    (folder / "batuta.yaml").write_text(
        f"""
models:
  strong:
    provider: openai-compatible
    url: {providers.url()}
    model: m
    max_tokens: 100
    max_input: 8000
    prices: {{input: 1, output: 10}}
capabilities:
  quality: {{kind: judge, model: strong, rubric: [{rubric}]}}
"""
    )
    return folder


async def ran(folder: Path, candidates: list[Any], budget: str = "") -> dict[str, Any]:
    async with await App.open(folder) as app:
        plan = plan_from_yaml(PLAN.format(budget=budget)).plan
        return await app.run(plan, {"candidates": candidates})


async def test_each_candidate_is_asked_about_in_each_order_and_the_place_is_told_apart(
    tmp_path: Path,
) -> None:
    with Providers(judging) as providers:
        document = await ran(workspace(tmp_path, providers), ["5", "it is 4", None])
    assert document["result"] == {
        "winner": 1,
        "scores": [pytest.approx(0.1), pytest.approx(0.9), None],
        "reasons": ["It says 5.", "It says it is 4.", ""],
        "criteria": [{"right": pytest.approx(0.1)}, {"right": pytest.approx(0.9)}, {}],
        "agreed": True,
        "bias": pytest.approx(0.1),
        "asked": 2,
    }
    assert [step["path"] for step in document["steps"] if step["path"].count("/") == 2][:4] == [
        "best/1/question",
        "best/1/question.0",
        "best/1/question.1",
        "best/1/answer",
    ]
    assert document["cost_usd"] == pytest.approx(2 * (100 * 1 + 10 * 10) / 1e6)


async def test_explain_sees_the_questions_of_a_list_that_is_known(tmp_path: Path) -> None:
    plan = plan_from_yaml(PLAN.format(budget="")).plan
    with Providers(judging) as providers:
        async with await App.open(workspace(tmp_path, providers)) as app:
            known = await app.explain(plan, {"candidates": ["4", "5", "6"]})
            unknown = await app.explain(plan)
            price = app.cards["strong"].price_nusd
    worst = known.totals.forecast
    # The call itself, three questions, three answers with two retries each, and the verdict.
    assert (worst.calls_worst, worst.cost_worst_nusd) == (1 + 3 + 9 + 1, 9 * price)
    assert known.steps[0].inner is not None
    assert [one.use for one in known.steps[0].inner.steps] == [
        "judge.question",
        "strong",
        "judge.verdict",
    ]
    assert unknown.totals.forecast.cost_worst_nusd == 60 * price


async def test_its_questions_are_reserved_and_held_to_the_budget(tmp_path: Path) -> None:
    with Providers(judging) as providers:
        document = await ran(workspace(tmp_path, providers), ["4", "5"], "budget: {usd: 0.000001}")
        assert not providers.requests
    assert (document["status"], document["error"]["code"]) == ("failed", "budget")


async def test_what_a_model_is_too_busy_for_is_asked_again(tmp_path: Path) -> None:
    script = iter([Failure("overloaded"), None, None])
    with Providers(lambda asked: next(script) or judging(asked)) as providers:
        document = await ran(workspace(tmp_path, providers), ["4", "5"])
    assert document["result"]["winner"] == 0


async def test_an_answer_that_is_none_is_repaired_and_then_fails(tmp_path: Path) -> None:
    with Providers([Answer("The first one is the best.")]) as providers:
        document = await ran(workspace(tmp_path, providers), ["4"])
    assert (document["status"], document["error"]["code"]) == ("failed", "invalid_answer")


async def test_a_rubric_that_looks_like_an_expression_is_none(tmp_path: Path) -> None:
    with Providers(judging) as providers:
        folder = workspace(tmp_path, providers, "{name: right, says: '${steps.x} $${y} ${'}")
        await ran(folder, ["4"])
        (asked,) = providers.requests
    assert "- right: ${steps.x} $${y} ${\n" in asked.text


async def test_another_rubric_is_another_card(tmp_path: Path) -> None:
    with Providers(judging) as providers:
        cards = []
        for rubric in ("right", "kind"):
            async with await App.open(workspace(tmp_path, providers, rubric)) as app:
                cards.append(app.cards["quality"])
    assert cards[0].digest() != cards[1].digest()


@pytest.mark.parametrize("candidates", [["4"] * 21, []])
async def test_a_list_without_end_is_refused_and_an_empty_one_has_no_winner(
    tmp_path: Path, candidates: list[str]
) -> None:
    with Providers(judging) as providers:
        document = await ran(workspace(tmp_path, providers), candidates)
        assert not providers.requests
    if candidates:
        assert (document["status"], document["error"]["code"]) == ("failed", "invalid")
    else:
        assert (document["result"]["winner"], document["result"]["asked"]) == (None, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("rubric: [right], model: stong", "model: there is no 'stong'; did you mean strong"),
        ("rubric: [right]", "the key model is missing"),
        ("model: strong", "the key rubric is missing"),
        ("model: strong, rubric: []", "expected 1 to 20 criteria"),
        ("model: strong, rubric: [a, a]", "two criteria called 'a'"),
        ("model: strong, rubric: [{says: b}]", "the key name is missing"),
        ("model: strong, rubric: [a], scale: 0", "scale: expected a whole number of at least 1"),
        (
            "model: strong, rubric: [{name: a, weight: 0}]",
            "rubric[0].weight: expected a number above 0",
        ),
        ("model: strong, rubric: ''", "a criterion is called has 1 to 200 characters"),
        (f"model: strong, rubric: {'a' * 201}", "say the rest in `says`"),
        ("model: strong, rubric: [a], points: 3", "unknown key points"),
        ("model: '', rubric: [a]", "model: expected the name of a model"),
    ],
)
async def test_settings_that_are_wrong_are_told_at_their_place(
    tmp_path: Path, settings: str, message: str
) -> None:
    (tmp_path / "batuta.yaml").write_text(
        "models:\n  strong: {provider: openai-compatible, url: 'http://127.0.0.1:9/v1', model: m}\n"
        f"capabilities:\n  quality: {{kind: judge, {settings}}}\n"
    )
    with pytest.raises(WorkspaceError) as caught:
        await App.open(tmp_path)
    (finding,) = caught.value.findings
    assert message in f"{finding.message}; {finding.remedy}".replace("'strong'", "strong")
    assert finding.place.line == 4


async def test_a_model_that_is_none_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").write_text(
        "capabilities: {quality: {kind: judge, model: merge, rubric: [a]}}"
    )
    async with await App.open(tmp_path, functions=()) as app:
        with pytest.raises(PlanError, match="values"):
            await app.run(plan_from_yaml(PLAN.format(budget="")).plan, {"candidates": ["a"]})

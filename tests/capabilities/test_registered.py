"""Registered plans are called like anything else, and carried out as part of the run that calls them."""

from pathlib import Path
from typing import Any

import pytest

from batuta import App, plan_from_yaml
from batuta.errors import InputError, PlanError
from batuta.plans.build import plan_from_file

GREET = """\
name: greet
description: Greets one person.
inputs: {name: string, mark: {type: string, default: "!"}}
steps:
  text: {use: value, with: {value: "Hello ${inputs.name}${inputs.mark}"}}
result: "${steps.text}"
"""
ALL = """\
name: greet-all
inputs: {names: list}
steps:
  each: {use: plan.greet, each: "${inputs.names}", with: {name: "${item}"}}
result: "${steps.each}"
"""


def workspace(folder: Path, **plans: str) -> Path:
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "batuta.yaml").touch()
    for name, text in plans.items():
        (folder / "plans" / f"{name}.yaml").write_text(text)
    return folder


async def ran(folder: Path, text: str, inputs: dict[str, Any]) -> dict[str, Any]:
    async with await App.open(folder) as app:
        return await app.run(plan_from_yaml(text).plan, inputs)


async def test_its_result_is_the_value_of_the_step(tmp_path: Path) -> None:
    document = await ran(workspace(tmp_path, greet=GREET), ALL, {"names": ["Ada", "Bob"]})
    assert (document["status"], document["result"]) == ("succeeded", ["Hello Ada!", "Hello Bob!"])
    assert "each.1/1/text" in [one["path"] for one in document["steps"]]


async def test_its_card_takes_the_inputs_of_the_plan_and_names_the_plan(tmp_path: Path) -> None:
    async with await App.open(workspace(tmp_path, greet=GREET)) as app:
        card = app.cards["plan.greet"]
    assert (card.description, card.expands, card.kind) == ("Greets one person.", True, "plan")
    assert (card.input["required"], set(card.input["properties"])) == (["name"], {"name", "mark"})
    assert card.plan == plan_from_yaml(GREET).plan.digest()


async def test_a_wrong_argument_is_told_before_anything_runs(tmp_path: Path) -> None:
    folder = workspace(tmp_path, greet=GREET)
    wrong = "name: wrong\nsteps: {a: {use: plan.greet, with: {nmae: Ada}}}"
    with pytest.raises(PlanError, match="nmae"):
        await ran(folder, wrong, {})


async def test_a_flaw_inside_is_told_at_its_place_before_anything_runs(tmp_path: Path) -> None:
    folder = workspace(tmp_path, greet=GREET.replace("use: value", "use: valeu"))
    with pytest.raises(PlanError, match=r"greet\.yaml:5:15: B101 there is no capability 'valeu'"):
        await ran(folder, ALL, {"names": []})


async def test_a_plan_that_cannot_be_read_stands_in_lists_and_refuses_to_be_used(
    tmp_path: Path,
) -> None:
    folder = workspace(tmp_path, greet=GREET.replace("steps:", "steps: ["))
    async with await App.open(folder) as app:
        assert app.cards["plan.greet"].description.startswith("cannot be used: ")
    with pytest.raises(PlanError):
        await ran(folder, ALL, {"names": []})


async def test_two_plans_of_one_name_are_refused_by_that_name(tmp_path: Path) -> None:
    folder = workspace(tmp_path, greet=GREET, again=GREET)
    with pytest.raises(InputError, match="2 registered plans are called 'greet'"):
        await ran(folder, ALL, {"names": []})


async def test_workflows_of_modules_are_plans_too(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    (folder / "batuta.yaml").write_text("python: [flows.py]")
    (folder / "flows.py").write_text(
        "from batuta import use, workflow\n\n\n"
        "@workflow\ndef greet(name: str) -> str:\n    return use('value')(value='Hello ' + name)\n"
    )
    document = await ran(folder, ALL, {"names": ["Ada"]})
    assert document["result"] == ["Hello Ada"]


async def test_plans_that_call_each_other_without_end_are_stopped_by_their_depth(
    tmp_path: Path,
) -> None:
    loop = "name: loop\nsteps: {again: {use: plan.loop}}"
    document = await ran(workspace(tmp_path, loop=loop), loop, {})
    assert document["status"] == "failed"
    assert "deep" in document["error"]["message"]


async def test_a_changed_plan_is_a_change_that_a_waiting_run_is_told_of(tmp_path: Path) -> None:
    asking = GREET.replace("use: value, with: {value:", "use: human, with: {question:")
    folder = workspace(tmp_path, greet=asking)
    outer = (
        "name: two\nsteps:\n  a: {use: human, with: {question: 'Go?'}}\n"
        "  b: {use: plan.greet, after: [a], with: {name: Ada}}\n"
    )
    (folder / "plans" / "two.yaml").write_text(outer)
    async with await App.open(folder) as app:
        run = (await app.run(plan_from_file(folder / "plans" / "two.yaml").plan, {}))["run"]
        await app.answer(run, "a", {"approved": True})
    (folder / "plans" / "greet.yaml").write_text(asking.replace("Hello", "Hi"))
    async with await App.open(folder) as app:
        document = await app.resume(run)
    assert document["status"] == "waiting"
    assert "plan.greet" in str(document)

"""`batuta diff`: plans field by field, runs step by step."""

from typing import Any

import pytest

from tests.doors.cli.command import Folder


def ran(folder: Folder, plan: str, *inputs: str) -> str:
    words = [word for one in inputs for word in ("--input", one)]
    return folder.batuta("run", "--plan", f"{plan}.yaml", *words, "--json").document["run"]


def changes(folder: Folder, before: str, after: str) -> list[tuple[Any, ...]]:
    said = folder.batuta("diff", before, after, "--json")
    assert said.code == (0 if said.document["same"] else 1), said
    return [(c["kind"], c["path"], c["before"], c["after"]) for c in said.document["changes"]]


def test_plans_are_compared_field_by_field(folder: Folder) -> None:
    text = (folder.path / "boom.yaml").read_text()
    edited = text.replace("after: [fine]", "after: [well], retry: 2").replace("fine:", "well:")
    edited += "  # a comment is no difference\nlimit: 3\n"
    (folder.path / "other.yaml").write_text(edited)

    assert changes(folder, "boom.yaml", "other.yaml") == [
        ("added", "limit", None, 3),
        ("renamed", "steps.fine", "fine", "well"),
        ("changed", "steps.boom.after[0]", "fine", "well"),
        ("added", "steps.boom.retry", None, {"at_most": 2}),
    ]
    assert changes(folder, "boom.yaml", "boom.yaml") == []


def test_runs_are_compared_by_what_they_came_to(folder: Folder) -> None:
    one, other = ran(folder, "hello", "name=Ada"), ran(folder, "hello", "name=Bob")

    assert changes(folder, one, other) == [
        ("changed", "inputs.name", "Ada", "Bob"),
        ("changed", "result", "Hello Ada", "Hello Bob"),
        ("changed", "steps.greet.inputs.name", "Ada", "Bob"),
        ("changed", "steps.greet.output", "Hello Ada", "Hello Bob"),
    ]
    assert changes(folder, one, ran(folder, "hello", "name=Ada")) == []


def test_runs_of_different_plans_differ_in_their_plans_too(folder: Folder) -> None:
    paths = [
        path
        for _, path, _, _ in changes(folder, ran(folder, "hello", "name=A"), ran(folder, "boom"))
    ]
    assert {"status", "error", "plan.name", "plan.steps.greet", "steps.greet", "steps.boom"} <= set(
        paths
    )


def test_the_plan_of_a_run_is_compared_with_a_plan(folder: Folder) -> None:
    run = ran(folder, "hello", "name=Ada")
    assert changes(folder, run, "hello.yaml") == []
    text = (folder.path / "hello.yaml").read_text()
    (folder.path / "hello.yaml").write_text(text.replace("${steps.greet}", "${inputs.name}"))
    assert changes(folder, run, "hello.yaml") == [
        ("changed", "result", "${steps.greet}", "${inputs.name}")
    ]


def test_registered_plans_are_found_by_name(folder: Folder) -> None:
    plans = folder.path / "plans"
    plans.mkdir()
    (folder.path / "hello.yaml").rename(plans / "greeting.yaml")
    assert changes(folder, "hello", "plans/greeting.yaml") == []


@pytest.mark.parametrize("columns", ["80", "200"])
def test_words_are_aligned_and_fit(folder: Folder, columns: str) -> None:
    one = ran(folder, "hello", f"name={'Ada' * 60}")
    other = ran(folder, "hello", f"name={'Bob' * 60}")

    said = folder.batuta("diff", one, other, COLUMNS=columns)

    lines = said.out.splitlines()
    assert said.code == 1
    assert [line.split()[:2] for line in lines[:4]] == [
        ["~", "inputs.name"],
        ["~", "result"],
        ["~", "steps.greet.inputs.name"],
        ["~", "steps.greet.output"],
    ]
    assert {line.index(" → ") for line in lines[:4]} and max(map(len, lines)) <= 200
    assert lines[-1] == f"✗ 4 differences between {one} and {other}"
    assert "\x1b" not in said.out


def test_what_is_neither_is_told(folder: Folder) -> None:
    said = folder.batuta("diff", "hello.yaml", "nothing", "--json")
    assert (said.code, said.document["error"]["code"]) == (2, "not_found")
    assert "neither a run nor a plan" in said.document["error"]["message"]

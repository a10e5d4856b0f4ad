"""Workflows of the modules of a workspace are plans by name on the command line."""

import pytest

from tests.doors.cli.command import Folder

FLOWS = '''
from batuta import use, when, workflow
from tools import greet

@workflow
def welcome(name: str, loud: bool = False) -> str:
    """Say hello, and mean it."""
    greeting = greet(name=name)
    with when(loud):
        again = greet(name=greeting)
    return greeting

@workflow(name="doubtful")
def doubtful() -> None:
    answer = use("approve")(question="Really?")
    assert answer.approved

@workflow
def mistaken(amount: float) -> str:
    paid = use("pay")(amuont=amount)
    return paid
'''


@pytest.fixture
def recorded(folder: Folder) -> Folder:
    (folder.path / "flows.py").write_text(FLOWS, encoding="utf-8")
    workspace = (folder.path / "batuta.yaml").read_text(encoding="utf-8")
    workspace = workspace.replace("[tools.py]", "[tools.py, flows.py]")
    (folder.path / "batuta.yaml").write_text(workspace, encoding="utf-8")
    return folder


def test_a_workflow_is_run_by_its_name(recorded: Folder) -> None:
    said = recorded.batuta("run", "--plan", "welcome", "--input", "name=Ada")
    assert (said.code, said.out) == (0, "Hello Ada\n")
    assert [row["plan"] for row in recorded.runs()] == ["welcome"]


def test_a_workflow_is_explained_by_its_name(recorded: Folder) -> None:
    document = recorded.batuta("plan", "welcome", "--json").document
    assert [step["name"] for step in document["steps"]] == ["greeting", "again"]


def test_what_is_wrong_is_told_at_the_line_of_the_module(recorded: Folder) -> None:
    said = recorded.batuta("run", "--plan", "mistaken", "--input", "amount=3")
    assert said.code == 2
    assert "flows.py:20:30: B110 step 'paid': 'pay' has no argument 'amuont'" in said.err
    said = recorded.batuta("run", "--plan", "doubtful")
    assert said.code == 2
    assert "flows.py:16:5: B701 steps.answer.approved has no value yet" in said.err


def test_the_check_of_a_workspace_checks_its_workflows(recorded: Folder) -> None:
    said = recorded.batuta("check")
    assert said.code == 2
    for line in (
        "flows.py:16:5: B701 steps.answer.approved has no value yet",
        "flows.py:20:30: B110 step 'paid': 'pay' has no argument 'amuont'",
    ):
        assert line in said.out


def test_a_workflow_is_checked_by_its_name(recorded: Folder) -> None:
    said = recorded.batuta("check", "welcome", "--json")
    assert said.code == 0
    assert [one["plan"] for one in said.document["plans"]] == ["welcome"]
    said = recorded.batuta("check", "mistaken", "hello.yaml")
    assert said.code == 2
    assert "flows.py:20:30: B110" in said.out
    assert "B701" not in said.out


def test_runs_are_replayed_against_a_workflow_by_its_name(recorded: Folder) -> None:
    recorded.batuta("run", "--plan", "welcome", "--input", "name=Ada")
    document = recorded.batuta("replay", "--plan", "welcome", "--json").document
    assert (document["ok"], document["same"]) == (True, 1)
    text = FLOWS.replace("greet(name=name)", 'greet(name="Bob")')
    (recorded.path / "flows.py").write_text(text, encoding="utf-8")
    said = recorded.batuta("replay", "--plan", "welcome")
    assert said.code == 1
    assert "greeting (flows.py:8:16)" in said.out


def test_a_workflow_is_compared_by_its_name(recorded: Folder) -> None:
    run = recorded.batuta("run", "--plan", "welcome", "--input", "name=Ada", "--json").document
    assert recorded.batuta("diff", run["run"], "welcome").code == 0
    changes = recorded.batuta("diff", "welcome", "hello.yaml", "--json").document["changes"]
    assert ("removed", "steps.again") in [(one["kind"], one["path"]) for one in changes]
    said = recorded.batuta("diff", "welcome", "nobody")
    assert said.code == 2
    assert "'nobody' is neither a run nor a plan here" in said.err


def test_a_name_that_nothing_has_is_a_file_that_is_not_there(recorded: Folder) -> None:
    said = recorded.batuta("run", "--plan", "welcom")
    assert said.code == 2
    assert "welcom" in said.err

"""A run that failed is planned around: by itself, after a yes, by the next process, or not at all."""

from pathlib import Path

import pytest

from tests.contract.test_replanning import killed
from tests.doors.cli.command import Folder
from tests.nursery import Said
from tests.planning.broken import CALLS, TOOLS, WORDS


class Workspace(Folder):
    """One with a broken capability, and another that does the same."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        (path / "tools.py").write_text(TOOLS, encoding="utf-8")
        self.configure("autonomous")

    def configure(self, autonomy: str, replan: int = 2) -> None:
        text = f"python: [tools.py]\nplanning: {{autonomy: {autonomy}, replan: {replan}}}\n"
        (self.path / "batuta.yaml").write_text(text, encoding="utf-8")

    def asked(self, *more: str) -> Said:
        return self.batuta("run", WORDS, "--planner", "compose", *more)

    def approval(self) -> str:
        said = self.batuta("plan", WORDS, "--planner", "compose", "--json")
        return said.document["request"]["approve"]

    def calls(self) -> list[str]:
        return (self.path / "calls.txt").read_text(encoding="utf-8").split()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_a_run_goes_on_by_another_plan_and_both_say_so(workspace: Workspace) -> None:
    said = workspace.asked()
    assert said.code == 0, said
    assert said.out == "0.9\n"
    assert "rates_lookup failed, and the rest is planned again: " in said.err
    second, first = [row["run"] for row in workspace.runs()]
    assert f"planned again: {second} goes on" in workspace.batuta("show", first).out
    shown = workspace.batuta("show", second).out
    assert f"goes on in place of {first}, by another plan" in shown
    assert "planned again, because rates_lookup failed" in shown
    assert workspace.calls() == CALLS


def test_a_document_is_that_of_the_last_run(workspace: Workspace) -> None:
    said = workspace.asked("--json")
    assert said.document["status"] == "succeeded"
    assert said.document["forked_from"]["replanned"] == 1
    first = said.document["forked_from"]["run"]
    document = workspace.batuta("show", first, "--json").document
    assert document["replanned"] == {
        "by": said.document["run"],
        "why": "rates_lookup failed",
    }


def test_with_confirm_the_other_plan_waits_for_a_yes(workspace: Workspace) -> None:
    workspace.configure("confirm")
    said = workspace.asked("--approve", workspace.approval())
    assert said.code == 3, said
    assert "May the rest be done by another plan" in said.err
    (run,) = [row["run"] for row in workspace.runs() if row["status"] == "waiting"]
    assert f"batuta resume {run} --accept" in said.err
    assert workspace.calls() == CALLS[:2]
    said = workspace.batuta("resume", run, "--accept")
    assert said.code == 0, said
    assert workspace.calls() == CALLS


def test_with_confirm_it_can_be_given_up(workspace: Workspace) -> None:
    workspace.configure("confirm")
    run = workspace.asked("--approve", workspace.approval(), "--json").document["run"]
    workspace.batuta("cancel", run)
    assert workspace.status(run) == "cancelled"
    assert workspace.calls() == CALLS[:2]


@pytest.mark.parametrize("words", [("resume", "--all"), ("resume", "RUN")])
def test_what_a_dead_process_left_is_taken_up(workspace: Workspace, words: tuple[str, ...]) -> None:
    workspace.configure("autonomous", 0)
    run = workspace.asked("--json").document["run"]
    workspace.configure("autonomous")
    said = workspace.batuta(*(run if word == "RUN" else word for word in words))
    assert said.code == 0, said
    assert workspace.calls() == CALLS
    again = workspace.batuta("resume", "--all")
    assert "nothing is due" in again.err
    assert len(workspace.runs()) == 2


@pytest.mark.parametrize("json", [False, True])
def test_what_was_begun_and_is_not_linked_yet_is_listed_once(
    workspace: Workspace, json: bool
) -> None:
    workspace.configure("autonomous", 0)
    run = workspace.asked("--json").document["run"]
    workspace.configure("autonomous")
    killed(workspace.path, run, '"is":"replanned"', "before")
    (by,) = [row["run"] for row in workspace.runs() if row["run"] != run]
    if json:
        said = workspace.batuta("resume", "--all", "--json")
        assert [(one["run"], one["status"]) for one in said.document["runs"]] == [(by, "succeeded")]
    else:
        said = workspace.batuta("resume", "--all")
        assert (said.out + said.err).count(f"{by}  ") == 1, said
    assert said.code == 0
    assert workspace.calls() == CALLS


def test_why_nothing_goes_on_is_said(workspace: Workspace) -> None:
    text = TOOLS.replace("archive.rate", "stock.count").replace(
        "The exchange rate of a currency as the archive has it.", "Count what is in stock."
    )
    (workspace.path / "tools.py").write_text(text, encoding="utf-8")
    said = workspace.asked()
    assert said.code == 1, said
    assert "nothing goes on: rates_lookup failed, and there is no other plan for it" in said.err


def test_both_runs_replay_the_same_and_what_waits_can_go_on(workspace: Workspace) -> None:
    workspace.configure("confirm")
    run = workspace.asked("--approve", workspace.approval(), "--json").document["run"]
    live = workspace.batuta("check", "--live")
    assert "1 unfinished run" in live.err + live.out, live
    workspace.batuta("resume", run, "--accept")
    replayed = workspace.batuta("replay", "--all")
    assert replayed.code == 0, replayed
    facts = workspace.batuta("show", run, "--facts").out
    assert "inherited" in facts
    first = workspace.batuta("show", run, "--json").document["forked_from"]["run"]
    assert "replanned" in workspace.batuta("show", first, "--facts").out


def test_what_is_said_later_goes_on_here_and_both_runs_say_so(workspace: Workspace) -> None:
    plan = """
name: waits
inputs: {currency: {type: string, default: USD}}
steps:
  sure: {use: human, with: {question: "Sure?"}}
  rate: {use: archive.rate, after: [sure], with: {currency: "${inputs.currency}"}}
"""
    (workspace.path / "waits.yaml").write_text(plan, encoding="utf-8")
    run = workspace.batuta("run", "--plan", "waits.yaml", "--json").document["run"]
    said = workspace.batuta("tell", run, "the weather is fine", "--input", "currency=1")
    assert said.code == 0, said
    assert "more was said, and the rest is planned again" in said.err
    second = next(row["run"] for row in workspace.runs() if row["run"] != run)
    shown = workspace.batuta("show", run).out
    assert 'has said since: “the weather is fine; currency="1"”' in shown
    assert f"planned again: {second} goes on" in shown
    late = workspace.batuta("tell", run, "the currency is EUR")
    assert (late.code, "has already ended" in late.err) == (2, True)
    nothing = workspace.batuta("tell", second, "play some jazz")
    assert nothing.code == 2
    assert "the run goes on as it was" in nothing.err
    assert workspace.status(second) == "waiting"

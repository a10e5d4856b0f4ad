"""`--autonomy`, `--approve` and `--planner`: what may run by itself, and what somebody has said yes to."""

import re
import sys
from pathlib import Path

import pytest

from tests.doors.cli.command import Folder
from tests.doors.cli.commands.test_requests import terminal
from tests.doors.cli.commands.wishes import BOTH, REPORT, TWO, with_plans

PLANS = {
    "refund": """
name: refund-order
description: Refund an order to the customer.
examples: ["refund order {order} with {amount}"]
inputs: {order: string, amount: {type: number, minimum: 0}}
steps: {back: {use: pay, with: {amount: "${inputs.amount}"}}}
result: ${steps.back}
""",
    "report": REPORT,
}


@pytest.fixture
def desk(folder: Folder) -> Folder:
    return with_plans(folder, PLANS)


def allow(folder: Folder, autonomy: str) -> None:
    path = Path(folder.path, "batuta.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\nplanning: {{autonomy: {autonomy}}}\n", encoding="utf-8")


def shown(folder: Folder, *words: str) -> str:
    """The digest that `batuta plan` shows."""
    return folder.batuta("plan", TWO, "--json", *words).document["request"]["approve"]


def test_a_plan_that_was_made_runs_once_somebody_says_yes_to_what_was_shown(desk: Folder) -> None:
    digest = shown(desk)
    for_people = desk.batuta("plan", TWO).out
    assert f"say yes to exactly this: batuta run '{TWO}' --approve {digest}" in for_people
    assert re.search(rf"{BOTH}  \w+  2 steps in 1 wave, composed\n", for_people)
    assert re.search(r"compose +\d+% +plan-refund-order[^\n]*no model tokens", for_people)
    assert re.search(
        r"recall +nothing +no model tokens +no plan has been made here yet", for_people
    )
    refused = desk.batuta("run", TWO, "--approve", digest[:-1] + "x", "--json")
    assert (refused.code, refused.document["request"]["approve"]) == (2, digest)
    said = desk.batuta("run", TWO, "--approve", digest, "--json")
    assert (said.code, said.document["status"]) == (0, "succeeded")
    assert said.document["routed"]["approved"] == digest
    told = desk.batuta("show", said.document["run"]).out
    assert re.search(rf"; \S+ said yes to {digest[:12]}", told)


def test_the_command_that_says_yes_has_all_that_was_said(desk: Folder) -> None:
    with_input = desk.batuta("plan", TWO, "--planner", "compose", "--input", "amount=7").out
    more = "--input amount=7 --planner compose --approve [0-9a-f]{32}"
    again = re.search(more, with_input)
    assert again is not None
    assert desk.batuta("run", TWO, *again[0].split(), "--json").code == 0


def test_what_changed_between_showing_and_saying_yes_does_not_run(desk: Folder) -> None:
    digest = shown(desk)
    path = desk.path / "plans" / "refund.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('amount}"', 'amount * 100.0}"'), encoding="utf-8")
    said = desk.batuta("run", TWO, "--approve", digest)
    assert (said.code, said.out) == (2, "")
    assert f"'{digest}' was said yes to, and what would run now is " in said.err
    path.write_text(text, encoding="utf-8")
    other = desk.batuta("run", TWO, "--input", "amount=50", "--approve", digest)
    assert (other.code, "nothing runs" in other.err) == (2, True)
    assert desk.runs() == []
    assert desk.batuta("run", TWO, "--approve", digest).code == 0


def test_a_suggestion_is_shown_and_does_not_run(desk: Folder) -> None:
    allow(desk, "suggest")
    for words in (TWO, "refund order A-1 with 5 EUR"):
        said = desk.batuta("run", words, "--yes")
        assert (said.code, said.out) == (2, "")
        assert "is a suggestion: nothing runs" in said.err
    document = desk.batuta("run", TWO, "--json").document
    assert document["request"]["made"]["name"] == BOTH
    assert len(document["request"]["approve"]) == 32
    assert desk.batuta("run", TWO, "--approve", shown(desk)).code == 2
    assert "its digest is" in desk.batuta("plan", TWO).out
    assert desk.runs() == []


def test_supervised_it_runs_unasked_and_waits_before_it_pays(desk: Folder) -> None:
    allow(desk, "supervised")
    shown = desk.batuta("plan", TWO)
    assert "the plan was made for a request" in shown.out and "nobody" not in shown.out
    (asked,) = desk.batuta("plan", TWO, "--json").document["questions"]
    assert (asked["kind"], asked["rule"], asked["certain"]) == ("approval", "supervised", True)
    said = desk.batuta("run", TWO, "--json")
    assert asked["step"].endswith(said.document["waiting"][0]["step"].rpartition("/")[2])
    assert (said.code, said.document["status"]) == (3, "waiting")
    (question,) = said.document["waiting"]
    assert "the plan was made for a request" in question["question"]
    run = said.document["run"]
    assert "; supervised" in desk.batuta("show", run).out
    done = desk.batuta("answer", run, question["step"], "--approve", "--json")
    assert (done.code, done.document["result"]["plan_weekly_report"]) == (0, "written")
    # A plan that somebody has registered asks what the policy asks.
    assert desk.batuta("run", "refund order A-1 with 5 EUR", "--json").code == 0


def test_autonomous_it_runs_inside_the_policy(desk: Folder) -> None:
    allow(desk, "autonomous")
    assert desk.batuta("run", TWO, "--json").code == 0
    denied = desk.batuta("run", TWO.replace("5 EUR", "5000 EUR"), "--json")
    assert (denied.code, denied.document["error"]["code"]) == (4, "denied")
    less = desk.batuta("run", TWO, "--autonomy", "suggest")
    assert (less.code, "is a suggestion" in less.err) == (2, True)


def test_a_request_has_no_more_autonomy_than_the_workspace(desk: Folder) -> None:
    said = desk.batuta("run", TWO, "--autonomy", "autonomous")
    assert said.code == 2
    assert "autonomous is more than this workspace allows, which is confirm" in said.err
    wrong = desk.batuta("run", TWO, "--autonomy", "sugest", "--json")
    assert wrong.document["error"]["remedy"] == "did you mean 'suggest'?"


def test_one_planner_may_be_asked_alone(desk: Folder) -> None:
    said = desk.batuta("plan", TWO, "--planner", "compose", "--json").document
    assert [one["planner"] for one in said["request"]["ladder"]] == ["compose"]
    none = desk.batuta("plan", TWO, "--planner", "recall", "--json")
    assert (none.code, none.document["request"]["plan"]) == (2, None)
    assert "did you mean 'compose'?" in desk.batuta("plan", TWO, "--planner", "composer").err


def test_the_ladder_of_a_registered_plan_has_one_rung(desk: Folder) -> None:
    said = desk.batuta("plan", "refund order A-1 with 5 EUR").out
    assert re.search(r"route +\d+% +refund-order +[^\n]*no model tokens", said)
    assert "say yes" not in said


# ── kept, and edited ─────────────────────────────────────────────────────────────────────────────────────────


def editor(folder: Folder, *changes: tuple[str, str], code: int = 0) -> str:
    """A command that edits the file it is given: each time it is started, the next of `changes`."""
    script = folder.path / "editor.py"
    script.write_text(
        f"""
import pathlib, sys
path, count = pathlib.Path(sys.argv[1]), pathlib.Path({str(folder.path / "edits")!r})
done = len(count.read_text()) if count.exists() else 0
before, after = {list(changes)!r}[done % {max(1, len(changes))}]
text = path.read_text(encoding="utf-8")
assert before in text, text
path.write_text(text.replace(before, after), encoding="utf-8")
count.write_text("x" * (done + 1))
print("noise of the editor")
sys.exit({code})
""",
        encoding="utf-8",
    )
    return f"{sys.executable} {script}"


def test_a_plan_that_was_made_is_registered_and_asked_for_like_any_other(desk: Folder) -> None:
    said = desk.batuta("plan", TWO, "--save", "refund-and-report", "--json")
    path = desk.path / "plans" / "refund-and-report.yaml"
    assert (said.code, Path(said.document["request"]["saved"])) == (0, path)
    text = path.read_text(encoding="utf-8")
    assert "refund order {order} with {amount} and write me the weekly report of tickets" in text
    assert desk.batuta("check").code == 0
    again = desk.batuta("run", TWO.replace("17", "18"), "--json")
    assert (again.code, again.document["plan"]) == (0, "refund-and-report")
    named = desk.batuta("run", "refund-and-report", "--input", "order=1", "--input", "amount=2")
    assert named.code == 0


def test_a_name_that_is_taken_is_not_taken_again(desk: Folder) -> None:
    for name in ("refund-order", "refund", "weekly-report"):
        said = desk.batuta("plan", TWO, "--save", name)
        assert (said.code, f"the name {name} is taken, by " in said.err) == (2, True)
    before = (desk.path / "plans" / "refund.yaml").read_text(encoding="utf-8")
    assert desk.batuta("plan", TWO, "--save", "refund", "--force").code == 2
    assert (desk.path / "plans" / "refund.yaml").read_text(encoding="utf-8") == before
    assert desk.batuta("plan", TWO, "--save", "both").code == 0
    words = (TWO, "--planner", "compose", "--save", "both")
    assert "or replace it with --force" in desk.batuta("plan", *words).err
    assert desk.batuta("plan", *words, "--force").code == 0
    for odd in ("../evil", "a b", "", "/tmp/evil"):
        if odd:
            assert desk.batuta("plan", TWO, "--planner", "compose", "--save", odd).code == 2, odd
    registered = desk.batuta("plan", "refund order A-1 with 5 EUR", "--save", "mine")
    assert (registered.code, "refund-order is registered already" in registered.err) == (2, True)
    assert sorted(one.name for one in (desk.path / "plans").iterdir()) == [
        "both.yaml",
        "refund.yaml",
        "report.yaml",
    ]


def test_a_plan_edited_by_hand_runs_and_is_recalled(desk: Folder) -> None:
    edit = editor(desk, ("name: plan-refund-order-plan-weekly-report", "name: my-own"))
    assert desk.batuta("run", TWO, "--edit", EDITOR=edit).code == 2  # nobody has said yes
    said = desk.batuta("run", TWO, "--edit", "--yes", "--json", EDITOR=edit)
    assert (said.code, said.document["plan"]) == (0, "my-own")
    routed = said.document["routed"]
    assert (routed["planner"], routed["why"]) == (
        "edited",
        f"edited by hand, from {BOTH} of compose",
    )
    assert len(routed["approved"]) == 32
    again = desk.batuta("run", TWO.replace("17", "18"), "--json")
    assert (again.code, again.document["plan"]) == (0, "my-own")
    assert again.document["routed"]["planner"] == "recall"


def test_what_an_editor_leaves_with_flaws_does_not_run(desk: Folder) -> None:
    edit = editor(desk, ("use: plan.weekly-report", "use: plan.weekly-reprot"))
    said = desk.batuta("run", TWO, "--edit", "--yes", EDITOR=edit)
    assert (said.code, "plan.weekly-report" in said.err, desk.runs()) == (2, True, [])
    left = desk.batuta("run", TWO, "--edit", "--yes", EDITOR=editor(desk, ("name", "name"), code=3))
    assert (left.code, "the editor ended with 3" in left.err) == (2, True)
    # Left as it was, it is what it was: made, and looked at by nobody.
    same = desk.batuta("run", TWO, "--edit", "--yes", EDITOR=editor(desk, ("name", "name")))
    assert (same.code, "nobody has said yes to it" in same.err) == (2, True)
    for none in ("", "no-such-editor-anywhere", "'"):
        odd = desk.batuta("plan", TWO, "--edit", EDITOR=none, VISUAL="")
        assert (odd.code, "editor" in odd.err) == (2, True), none


def test_flaws_are_shown_and_the_plan_is_offered_again(desk: Folder) -> None:
    edit = editor(
        desk,
        ("use: plan.weekly-report", "use: plan.weekly-reprot"),
        ("use: plan.weekly-reprot", "use: plan.weekly-report\n    may_fail: true"),
    )
    with terminal(desk, "run", TWO, "--edit", EDITOR=edit) as screen:
        screen.until("plan.weekly-reprot")
        screen.until(r"Edit it again\? \[y/N\] ")
        screen.type("y\n")
        screen.until(r"Run it\? \[y/N\] ")
        screen.type("y\n")
        code, _ = screen.end()
    assert code == 0
    (run,) = desk.runs()
    assert desk.batuta("show", run["run"], "--json").document["routed"]["planner"] == "edited"


def test_an_edited_plan_may_be_saved_and_is_shown_with_its_digest(desk: Folder) -> None:
    edit = editor(desk, ("name: plan-refund-order-plan-weekly-report", "name: my-own"))
    said = desk.batuta("plan", TWO, "--edit", "--save", "mine", "--json", VISUAL=edit)
    assert (said.code, said.document["request"]["planner"]) == (0, "edited")
    assert (desk.path / "plans" / "mine.yaml").exists()
    assert desk.batuta("plan", "refund-order", "--edit").code == 2

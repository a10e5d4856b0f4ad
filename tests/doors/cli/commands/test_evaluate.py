"""`batuta eval` with real processes: exit codes, documents, comparisons, and what a kill leaves."""

import json
import os
import signal
from typing import Any

import pytest

from tests.doors.cli.command import WAIT_S, Folder

SUITE = """\
name: greetings
data: people.csv
target: {use: greet, with: {name: "${case.name}"}}
title: "${case.name}"
scorers:
  right: {exact: "${case.greeting}", pass: 0.6}
"""
PEOPLE = "name,greeting\nAda,Hello Ada\nBob,Hello Bob\nEve,Hallo Eve\n"
GATES = """\
name: gates
cases: [{name: open}, {name: shut}]
limit: 2
target: {use: gate, with: {name: "${case.name}"}}
scorers:
  right: {exact: "${case.name}"}
"""
LEFT = "`batuta eval` with the file of the suite paying goes on with it"
PAYING = """\
name: paying
cases: [{amount: 1.5}, {amount: 500.0}, {amount: 5000.0}]
target: {use: pay, with: {amount: "${case.amount}"}}
scorers:
  said: {contains: paid}
"""


@pytest.fixture
def suite(folder: Folder) -> Folder:
    (folder.path / "suite.yaml").write_text(SUITE)
    (folder.path / "people.csv").write_text(PEOPLE)
    return folder


def document(folder: Folder, *words: str, code: int = 0) -> dict[str, Any]:
    said = folder.batuta("eval", *words, "--json")
    assert said.code == code, said
    return said.document


def test_scores_that_reach_what_is_wanted_pass(suite: Folder) -> None:
    told = document(suite, "suite.yaml")
    (right,) = told["scorers"]
    assert (told["suite"], told["outcome"], told["cases"], told["target"]) == (
        "greetings",
        "passed",
        3,
        "greet",
    )
    assert (right["mean"], right["pass"], right["passed"], right["interval"]) == (
        pytest.approx(2 / 3, abs=1e-6),
        0.6,
        True,
        "wilson",
    )
    worst = told["items"][0]
    assert (worst["number"], worst["title"], worst["case"]["greeting"]) == (3, "Eve", "Hallo Eve")
    assert worst["trials"][0]["scores"]["right"] == {"score": 0.0, "why": "expected Hallo Eve"}
    assert suite.status(told["run"]) == "succeeded"


def test_people_read_the_scores_what_they_show_and_the_worst_cases(suite: Folder) -> None:
    said = suite.batuta("eval", "suite.yaml")
    assert said.code == 0
    assert "right   0.667  0.208 to 0.939  Wilson  ✓ 0.6" in said.out
    assert "  #3  right 0.00  Eve  expected Hallo Eve · Hello Eve" in said.out
    assert "greetings: 3 cases, 1 scorer; free of charge" in said.err


def test_scores_that_do_not_are_missed_with_a_code_of_their_own(suite: Folder) -> None:
    (suite.path / "suite.yaml").write_text(SUITE.replace("0.6", "0.9"))
    assert document(suite, "suite.yaml", code=6)["outcome"] == "missed"
    assert "missed  greetings" in suite.batuta("eval", "suite.yaml").out


def test_some_cases_may_be_chosen_and_repeated(suite: Folder) -> None:
    told = document(suite, "suite.yaml", "--only", "1,2", "--repeats", "2")
    assert (told["cases"], told["repeats"], told["scorers"][0]["mean"]) == (2, 2, 1.0)
    told = document(suite, "suite.yaml", "--only", "case.name == 'Eve'", code=6)
    assert [one["number"] for one in told["items"]] == [3]


def test_a_version_that_is_worse_is_missed_where_so_many_cases_can_show_it(suite: Folder) -> None:
    people = [f"P{at}" for at in range(20)]
    (suite.path / "people.csv").write_text(
        "name,greeting\n" + "".join(f"{one},Hello {one}\n" for one in people)
    )
    (suite.path / "before.json").write_text(json.dumps(document(suite, "suite.yaml")))
    tools = suite.path / "tools.py"
    same = document(suite, "suite.yaml", "--against", "before.json")
    assert (same["against"]["worse"], same["against"]["scorers"][0]["same"]) == (False, 20)
    tools.write_text(
        tools.read_text().replace(
            'return f"Hello {name}"', 'return f"Hello {name}" if len(name) == 3 else "Hm"'
        )
    )
    (suite.path / "suite.yaml").write_text(SUITE.replace(", pass: 0.6", ""))
    told = document(suite, "suite.yaml", "--against", "before.json", code=6)
    (right,) = told["against"]["scorers"]
    assert (told["outcome"], right["word"], right["test"], right["worse"]) == (
        "measured",
        "worse",
        "mcnemar",
        10,
    )
    said = suite.batuta("eval", "suite.yaml", "--baseline")
    assert (said.code, "the same on all 20 cases" in said.out) == (0, True)


def test_the_report_is_one_file_with_every_case(suite: Folder) -> None:
    said = suite.batuta("eval", "suite.yaml", "--report", "out.html")
    page = (suite.path / "out.html").read_text()
    assert "written: out.html" in said.err
    assert "<script" not in page
    assert all(name in page for name in ("Ada", "Bob", "Eve", "expected Hallo Eve"))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_killed_in_its_middle_the_same_command_goes_on(folder: Folder) -> None:
    (folder.path / "gates.yaml").write_text(GATES)
    (folder.path / "open").touch()
    with folder.start("eval", "gates.yaml", "--json") as process:
        run = folder.until_reached()
        while not any(
            one["path"] == "trials.0" and one["state"] == "done"
            for one in folder.batuta("show", run, "--json").document["steps"]
        ):
            assert process.poll() is None
        process.kill()
        process.communicate(timeout=WAIT_S)
    (folder.path / "shut").touch()
    told = document(folder, "gates.yaml")
    assert (told["run"], told["cases"], told["failed"]) == (run, 2, 0)
    attempts = {
        one["path"]: one["attempts"]
        for one in folder.batuta("show", run, "--json").document["steps"]
    }
    assert attempts["trials.0/1/target"] == 1


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_lets_go_and_says_how_it_goes_on(folder: Folder) -> None:
    (folder.path / "gates.yaml").write_text(GATES)
    (folder.path / "open").touch()
    with folder.start("eval", "gates.yaml") as process:
        run = folder.until_reached()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, "`batuta eval gates.yaml` goes on where it stopped" in err) == (
        130,
        True,
    )
    (folder.path / "shut").touch()
    said = folder.batuta("eval", "gates.yaml")
    assert (said.code, f"{run} was interrupted, and goes on" in said.err) == (0, True)


def test_policy_holds_and_approvals_are_asked_for(folder: Folder) -> None:
    (folder.path / "paying.yaml").write_text(PAYING)
    asked = folder.batuta("eval", "paying.yaml", "--json")
    assert (asked.code, [one["kind"] for one in asked.document["waiting"]]) == (3, ["approval"])
    run, step = asked.document["run"], asked.document["waiting"][0]["step"]
    assert folder.book() == ["1.5"]
    said = folder.batuta("answer", run, step, "--approve")
    assert (said.code, LEFT in said.err) == (0, True)
    told = document(folder, "paying.yaml")
    denied = next(one for one in told["items"] if one["case"]["amount"] == 5_000.0)
    assert (told["run"], told["failed"], denied["trials"][0]["error"]["code"]) == (run, 1, "denied")
    assert folder.book() == ["1.5", "500.0"]


def test_no_other_command_goes_on_with_it_or_loses_a_case(folder: Folder) -> None:
    (folder.path / "paying.yaml").write_text(PAYING)
    run = folder.batuta("eval", "paying.yaml", "--json").document["run"]
    refused = folder.batuta("resume", run, "--accept")
    assert (refused.code, LEFT in refused.err) == (2, True)
    everything = folder.batuta("resume", "--all", "--json")
    assert (everything.code, everything.document) == (0, {"runs": []})
    assert folder.batuta("show", run, "--json").document["status"] == "waiting"
    assert folder.batuta("check", "--live", "--json").document["live"] == []
    assert folder.batuta("replay", "--all", "--json").code == 0
    # To cancel it takes no suite.
    assert folder.batuta("cancel", run).code == 0
    assert folder.batuta("show", run, "--json").document["status"] == "cancelled"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.yaml"], "there is no suite"),
        (["suite.yaml", "--only", "9"], "leaves none of 3 cases"),
        (["suite.yaml", "--repeats", "0"], "no number from 1 to 100"),
        (["suite.yaml", "--repeats", "x"], "no number from 1 to 100"),
        (["suite.yaml", "--against", "none.json"], "there is no result"),
        (["suite.yaml", "--against", "people.csv"], "is no result of an evaluation"),
        (["suite.yaml", "--against", "a.json", "--baseline"], "two comparisons"),
        (["suite.yaml", "--baseline"], "no earlier evaluation of greetings"),
        (["suite.yaml", "--report", "no/such/folder.html"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(
    suite: Folder, words: list[str], said: str
) -> None:
    told = suite.batuta("eval", *words)
    assert (told.code, said in told.err) == (2, True), told
    assert suite.runs() == []


def test_every_flaw_of_a_suite_is_told_with_its_place(suite: Folder) -> None:
    (suite.path / "suite.yaml").write_text(
        SUITE.replace("use: greet", "use: gret").replace("name:", "nme:")
    )
    told = suite.batuta("eval", "suite.yaml", "--json")
    assert (told.code, told.document["error"]["code"]) == (2, "suite")
    places = [(one["place"]["line"], one["code"]) for one in told.document["error"]["findings"]]
    assert (1, "B020") in places


def test_a_target_that_was_changed_meanwhile_is_evaluated_anew(folder: Folder) -> None:
    (folder.path / "paying.yaml").write_text(PAYING)
    run = folder.batuta("eval", "paying.yaml", "--json").document["run"]
    tools = folder.path / "tools.py"
    tools.write_text(
        tools.read_text().replace("def pay(amount: float)", "def pay(amount: float, to: str = '')")
    )
    again = folder.batuta("eval", "paying.yaml", "--json")
    assert (again.code, again.document["run"] != run) == (3, True)


def test_the_suite_may_stand_in_a_folder(suite: Folder) -> None:
    (suite.path / "suites").mkdir()
    (suite.path / "suites" / "s.yaml").write_text(SUITE)
    assert document(suite, "suites/s.yaml")["cases"] == 3

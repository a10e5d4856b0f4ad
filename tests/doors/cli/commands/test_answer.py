"""`answer` and `cancel`: what people tell a run, and what they are told when it makes no sense."""

import pytest

from tests.doors.cli.command import WAIT_S, Folder


def test_an_answer_is_recorded_and_the_run_goes_on_here_to_its_end(folder: Folder) -> None:
    run = folder.waiting()
    said = folder.batuta("answer", run, "approve", "--approve", "--json")
    assert (said.code, said.document["status"]) == (0, "succeeded")
    assert said.document["result"] == {"pay": "paid 50.0"}
    assert folder.book() == ["50.0"]


def test_a_note_is_part_of_the_answer(folder: Folder) -> None:
    run = folder.waiting()
    said = folder.batuta("answer", run, "approve", "--reject", "--note", "no money", "--json")
    (approve, pay) = said.document["steps"]
    assert (approve["output"], pay["state"]) == ({"approved": False, "note": "no money"}, "skipped")
    assert folder.book() == []


def test_an_answer_of_any_shape_is_given_as_json(folder: Folder) -> None:
    run = folder.waiting("choose")
    said = folder.batuta("answer", run, "choose", "--value", '"express"', "--json")
    assert (said.code, said.document["result"]) == (0, "express")


def test_an_answer_can_come_from_a_file(folder: Folder) -> None:
    run = folder.waiting("choose")
    (folder.path / "way.json").write_text('"slow"', encoding="utf-8")
    said = folder.batuta("answer", run, "choose", "--value", "@way.json", "--json")
    assert said.document["result"] == "slow"


def test_choices_are_printed_as_commands_that_can_be_copied(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "choose.yaml")
    run = folder.runs()[0]["run"]
    assert f"batuta answer {run} choose --value '\"express\"'\n" in said.err
    assert f"batuta answer {run} choose --value '\"slow\"'\n" in said.err


def test_the_command_exits_0_even_if_the_run_then_fails(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "pay.yaml", "--input", "amount=500", "--json")
    run = said.document["run"]
    assert said.document["waiting"][0]["kind"] == "approval"
    told = folder.batuta("answer", run, "pay", "--reject", "--json")
    assert (told.code, told.document["status"]) == (0, "failed")
    assert folder.batuta("resume", run).code == 4
    assert folder.book() == []


def test_an_answer_counts_once(folder: Folder) -> None:
    run = folder.waiting()
    folder.batuta("answer", run, "approve", "--approve")
    again = folder.batuta("answer", run, "approve", "--approve", "--json")
    assert (again.code, again.document["status"]) == (0, "succeeded")
    other = folder.batuta("answer", run, "approve", "--reject", "--json")
    assert (other.code, other.document["error"]["code"]) == (2, "answer")
    assert folder.book() == ["50.0"]


def test_an_answer_that_does_not_fit_leaves_the_question_open(folder: Folder) -> None:
    run = folder.waiting("choose")
    said = folder.batuta("answer", run, "choose", "--value", '"by bike"')
    assert said.code == 2
    assert "does not fit the question of choose" in said.err
    assert folder.status(run) == "waiting"


def test_a_doubt_is_ended_by_whoever_knows_what_happened(folder: Folder) -> None:
    with folder.start("run", "--plan", "slow_pay.yaml", "--json") as process:
        run = folder.until_reached()
        process.kill()
        process.communicate(timeout=WAIT_S)
    asked = folder.batuta("resume", run, "--json")
    assert (asked.code, asked.document["waiting"][0]["kind"]) == (3, "resolve")
    told = folder.batuta("resume", run)
    assert f"batuta answer {run} pay --resolve done --value JSON\n" in told.err
    wrong = folder.batuta("answer", run, "pay", "--approve")
    assert (wrong.code, "done, retry or fail" in wrong.err) == (2, True)
    said = folder.batuta(
        "answer", run, "pay", "--resolve", "done", "--value", '{"id": 17}', "--json"
    )
    assert (said.code, said.document["result"]) == (0, {"id": 17})
    assert folder.book() == ["5.0"]


def test_an_answer_to_a_run_that_another_process_drives_is_taken_up_there(folder: Folder) -> None:
    (folder.path / "both.yaml").write_text(BOTH, encoding="utf-8")
    with folder.start("run", "--plan", "both.yaml", "--json") as driver:
        run = folder.until_reached()
        said = folder.batuta("answer", run, "approve", "--approve", "--json")
        assert (said.code, said.document["status"]) == (0, "running")
        (folder.path / "open").touch()
        driver.communicate(timeout=WAIT_S)
        assert driver.returncode == 0


BOTH = """
name: both
steps:
  approve: {use: approve, with: {question: "Go on?"}}
  gate: {use: gate, with: {name: open}}
result: ${steps.approve.approved}
"""


@pytest.mark.parametrize("words", [(), ("--why", "wrong batch")])
def test_cancelling_a_run_that_nobody_drives_ends_it_here(
    folder: Folder, words: tuple[str, ...]
) -> None:
    run = folder.waiting()
    said = folder.batuta("cancel", run, *words, "--json")
    assert (said.code, said.document["status"]) == (0, "cancelled")
    assert folder.batuta("resume", run).code == 5


def test_cancelling_a_run_that_another_process_drives_waits_for_its_end(folder: Folder) -> None:
    with folder.start("run", "--plan", "nap.yaml", "--input", "seconds=60", "--json") as driver:
        run = folder.until_reached()
        said = folder.batuta("cancel", run, "--why", "enough", "--json")
        assert (said.code, said.document["status"]) == (0, "cancelled")
        driver.communicate(timeout=WAIT_S)
        assert driver.returncode == 5


def test_a_run_that_has_ended_cannot_be_cancelled(folder: Folder) -> None:
    run = folder.batuta("run", "--plan", "hello.yaml", "--input", "name=A", "--json").document[
        "run"
    ]
    said = folder.batuta("cancel", run, "--json")
    assert (said.code, said.document["run"]) == (2, run)
    assert "has already ended" in said.document["error"]["message"]

"""`batuta fork` with real processes: effects happen once, however the fork is killed, and never unasked."""

import signal
import time

import pytest

from tests.doors.cli.command import Folder

PLAN = """
name: order
inputs: {amount: number}
steps:
  greet: {use: greet, with: {name: Ada}}
  pay: {use: pay, with: {amount: "${inputs.amount}"}, after: [greet]}
  nap: {use: nap, with: {seconds: 0.01}, after: [pay]}
  letter: {use: greet, with: {name: "${steps.pay}"}, after: [nap]}
result: ${steps.letter}
"""


@pytest.fixture
def order(folder: Folder) -> str:
    """A run that has paid 50."""
    (folder.path / "order.yaml").write_text(PLAN, encoding="utf-8")
    said = folder.batuta("run", "--plan", "order.yaml", "--input", "amount=50", "--json")
    assert said.document["result"] == "Hello paid 50.0"
    (folder.path / "reached").unlink()
    return said.document["run"]


def test_what_was_done_is_not_done_again(folder: Folder, order: str) -> None:
    said = folder.batuta("fork", order, "--at", "letter", "--json")
    document = said.document
    assert (said.code, document["status"], document["result"]) == (
        0,
        "succeeded",
        "Hello paid 50.0",
    )
    assert document["run"] != order
    assert document["forked_from"] == {"run": order, "at": "letter"}
    assert document["fork"] == {
        "taken_over": ["greet", "pay", "nap"], "repeated": [], "asks": True, "taken_back": [], "stale": [],
    }  # fmt: skip
    assert folder.book() == ["50.0"]
    shown = folder.batuta("show", document["run"]).out
    assert f"taken over from {order}" in shown


def test_an_effect_of_before_is_asked_about_and_happens_under_a_key_of_its_own(
    folder: Folder, order: str
) -> None:
    said = folder.batuta("fork", order, "--at", "pay", "--input", "amount=60")
    assert said.code == 3
    assert f"pay may have happened in {order}" in said.err
    assert folder.book() == ["50.0"]
    fork = folder.runs()[0]["run"]
    assert folder.batuta("answer", fork, "pay", "--approve").code == 0
    assert folder.book() == ["50.0", "60.0"]
    assert folder.status(fork) == "succeeded"


def test_with_yes_it_happens_unasked(folder: Folder, order: str) -> None:
    said = folder.batuta("fork", order, "--at", "pay", "--yes", "--json")
    assert (said.code, said.document["fork"]["repeated"]) == (0, ["pay"])
    assert folder.book() == ["50.0", "50.0"]


def test_the_value_of_a_step_can_be_given(folder: Folder, order: str) -> None:
    said = folder.batuta("fork", order, "--at", "letter", "--set", 'pay="a cheque"', "--json")
    assert said.document["result"] == "Hello a cheque"
    assert said.document["fork"]["stale"] == ["nap"]
    assert folder.book() == ["50.0"]


def test_values_and_places_that_are_wrong_are_told_and_nothing_begins(
    folder: Folder, order: str
) -> None:
    def refused(*words: str) -> str:
        said = folder.batuta("fork", order, *words, "--json")
        assert said.code == 2, said
        return said.document["error"]["message"] + " " + said.document["error"]["remedy"]

    assert "no step 'lettr'" in refused("--at", "lettr")
    assert "did you mean 'letter'" in refused("--at", "lettr")
    assert "a text needs its quotes: --set pay='" in refused(
        "--at", "letter", "--set", "pay=cheque"
    )
    assert "is no assignment" in refused("--at", "letter", "--set", "pay")
    assert "expected a string" in refused("--at", "letter", "--set", "pay=1")
    assert "runs again in a fork at pay" in refused("--at", "pay", "--set", "letter=1")
    assert "amount" in refused("--at", "pay", "--input", "amount=much")
    assert "no run 'r1'" in folder.batuta("fork", "r1", "--at", "pay").err
    assert len(folder.runs()) == 1


def test_what_retention_erased_cannot_be_forked(folder: Folder, order: str) -> None:
    folder.batuta("gc", "--older-than", "0")
    said = folder.batuta("fork", order, "--at", "letter", "--input", "amount=5", "--json")
    assert said.code == 2
    assert "erased by retention" in said.document["error"]["message"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_killed_in_its_middle_it_goes_on_and_repeats_no_effect(folder: Folder, order: str) -> None:
    slow = PLAN.replace("seconds: 0.01", "seconds: 30")
    (folder.path / "order.yaml").write_text(slow, encoding="utf-8")
    with folder.start("run", "--plan", "order.yaml", "--input", "amount=70") as first:
        origin = folder.until_reached()
        first.kill()
    with folder.start("fork", origin, "--at", "nap", "--yes") as process:
        fork = folder.until_reached()
        assert fork != origin
        process.kill()
    assert folder.book() == ["50.0", "70.0"]
    (folder.path / "tools.py").write_text(
        (folder.path / "tools.py")
        .read_text()
        .replace("asyncio.sleep(seconds)", "asyncio.sleep(0)"),
        encoding="utf-8",
    )
    said = folder.batuta("resume", fork, "--json")
    assert (said.document["status"], said.document["result"]) == ("succeeded", "Hello paid 70.0")
    assert folder.book() == ["50.0", "70.0"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_killed_at_any_moment_a_fork_is_there_as_a_whole_or_not_at_all(
    folder: Folder, order: str
) -> None:
    for wait_s in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8):
        with folder.start("fork", order, "--at", "pay", "--yes") as process:
            time.sleep(wait_s)
            process.kill()
    forks = [one["run"] for one in folder.runs() if one["run"] != order]
    folder.batuta("resume", "--all")
    for fork in forks:
        shown = folder.batuta("show", fork, "--json").document
        assert shown["forked_from"] == {"run": order, "at": "pay"}
        assert shown["steps"][0] == shown["steps"][0] | {"path": "greet", "taken_over": True}
        assert shown["status"] in (
            "succeeded",
            "waiting",
        )  # a payment that nobody answered is asked about
        assert {one["kind"] for one in shown["waiting"]} <= {"resolve"}
    assert len(folder.book()) <= 1 + len(forks)
    assert folder.batuta("replay", "--all").code == 0

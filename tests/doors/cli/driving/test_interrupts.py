"""Signals: the first one cancels and waits, the second one leaves, and nothing is lost by either."""

import json
import signal

import pytest

from tests.doors.cli.command import WAIT_S, Folder


@pytest.mark.parametrize("one", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_cancels_the_run_and_waits_for_its_end(
    folder: Folder, one: signal.Signals
) -> None:
    with folder.start("run", "--plan", "nap.yaml", "--input", "seconds=60", "--json") as process:
        folder.until_reached()
        process.send_signal(one)
        out, err = process.communicate(timeout=WAIT_S)
    document = json.loads(out)
    assert (process.returncode, document["status"], err) == (5, "cancelled", "")
    assert document["error"]["message"] == "interrupted"


def test_the_second_signal_leaves_at_once_and_the_run_can_be_resumed(folder: Folder) -> None:
    (folder.path / "stubborn.yaml").write_text(STUBBORN, encoding="utf-8")
    with folder.start("run", "--plan", "stubborn.yaml", "--json") as process:
        run = folder.until_reached()
        process.send_signal(signal.SIGINT)
        folder.until_reached()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT_S)
    document = json.loads(out)
    assert (process.returncode, document["run"], err) == (130, run, "")
    assert document["error"]["code"] == "interrupted"
    assert folder.batuta("resume", run, "--json").code == 5


# Cancelling it takes longer than anybody waits.
STUBBORN = """
name: stubborn
steps:
  stubborn: {use: stubborn}
result: ${steps.stubborn}
"""


def test_a_write_that_is_interrupted_is_asked_about_and_not_forgotten(folder: Folder) -> None:
    with folder.start("run", "--plan", "slow_pay.yaml", "--json") as process:
        folder.until_reached()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=WAIT_S)
    document = json.loads(out)
    assert document["steps"][0]["path"] == "pay"
    assert document["status"] in ("waiting", "cancelled")
    assert folder.book() == ["5.0"]


def test_a_run_that_is_let_go_stays_as_it_is(folder: Folder) -> None:
    with folder.start("run", "--plan", "gated.yaml", "--json") as process:
        run = folder.until_reached()
        process.kill()
        process.communicate(timeout=WAIT_S)
    with folder.start("resume", run, "--let-go", "--json") as process:
        folder.until_reached()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=WAIT_S)
    assert (process.returncode, json.loads(out)["status"]) == (130, "running")
    (folder.path / "open").touch()
    assert folder.batuta("resume", run, "--json").code == 3


def test_an_interrupt_of_resume_all_cancels_nothing(folder: Folder) -> None:
    with folder.start("run", "--plan", "gated.yaml", "--json") as process:
        run = folder.until_reached()
        process.kill()
        process.communicate(timeout=WAIT_S)
    with folder.start("resume", "--all", "--json") as process:
        folder.until_reached()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=WAIT_S)
    assert (process.returncode, json.loads(out)) == (130, {"runs": []})
    assert folder.status(run) == "running"


def test_an_interrupt_of_a_follower_only_ends_the_following(folder: Folder) -> None:
    with folder.start("run", "--plan", "gated.yaml", "--json") as driver:
        run = folder.until_reached()
        with folder.start("resume", run) as follower:
            assert follower.stderr is not None
            first = follower.stderr.readline()
            follower.send_signal(signal.SIGINT)
            follower.communicate(timeout=WAIT_S)
        assert (follower.returncode, "another process" in first) == (0, True)
        (folder.path / "open").touch()
        driver.communicate(timeout=WAIT_S)
    assert driver.returncode == 3

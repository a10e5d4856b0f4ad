"""`run` and `resume`, as scripts use them."""

import json
import signal
import subprocess
import sys

import pytest

from tests.doors.cli.command import WAIT_S, Folder
from tests.nursery import surroundings


def test_a_run_that_succeeds_prints_its_result_and_exits_0(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "hello.yaml", "--input", "name=Ada")
    assert (said.code, said.out) == (0, "Hello Ada\n")


def test_a_plan_is_looked_for_here_and_then_in_the_workspace(folder: Folder) -> None:
    (folder.path / "below").mkdir()
    command = [sys.executable, "-P", "-m", "batuta", "run", "-w", "..", "--plan", "hello.yaml"]
    ended = subprocess.run(
        [*command, "--input", "name=Ada"],
        cwd=folder.path / "below",
        env=surroundings(),
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, b"Hello Ada\n")


def test_the_document_of_a_run_has_everything_that_was_promised(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "hello.yaml", "--input", "name=Ada", "--json")
    document = said.document
    assert (said.code, said.err) == (0, "")
    assert {key: document[key] for key in ("status", "plan", "result", "error", "waiting")} == {
        "status": "succeeded",
        "plan": "hello",
        "result": "Hello Ada",
        "error": None,
        "waiting": [],
    }
    assert document["cost_usd"] == 0.0
    (step,) = document["steps"]
    assert {key: step[key] for key in ("path", "state", "attempts", "inputs", "output")} == {
        "path": "greet",
        "state": "done",
        "attempts": 1,
        "inputs": {"name": "Ada"},
        "output": "Hello Ada",
    }


def test_a_run_that_waits_exits_3_and_says_how_it_is_answered(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "ask.yaml", "--input", "amount=50")
    assert (said.code, said.out) == (3, "")
    run = folder.runs()[0]["run"]
    assert f"batuta answer {run} approve --approve\n" in said.err
    assert "Refund 50?" in said.err


def test_the_document_of_a_waiting_run_names_the_step_and_the_question(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "ask.yaml", "--input", "amount=50", "--json")
    assert (said.code, said.document["status"]) == (3, "waiting")
    (waiting,) = said.document["waiting"]
    assert (waiting["step"], waiting["question"], waiting["who"], waiting["show"]) == (
        "approve",
        "Refund 50?",
        ["ops"],
        {"amount": 50},
    )


def test_a_run_that_fails_exits_1_and_names_step_place_and_reason(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "boom.yaml")
    assert (said.code, said.out) == (1, "")
    assert "failed at boom (boom.yaml:6:3): " in said.err
    assert "kaputt" in said.err


def test_the_error_of_a_failed_run_has_code_message_path_place_and_remedy(folder: Folder) -> None:
    error = folder.batuta("run", "--plan", "boom.yaml", "--json").document["error"]
    assert error.keys() == {"code", "message", "path", "place", "remedy"}
    assert error["path"] == "boom"
    assert error["place"] == {"file": "boom.yaml", "line": 6, "column": 3}


def test_a_run_that_the_policy_denies_exits_4(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "pay.yaml", "--input", "amount=5000", "--json")
    assert (said.code, said.document["error"]["code"]) == (4, "denied")
    assert folder.book() == []


def test_what_a_step_writes_is_shown_escaped(folder: Folder) -> None:
    text = "red \x1b[31m and \u202eover"
    said = folder.batuta("run", "--plan", "boom.yaml", "--input", f"text={text}")
    assert "red \\x1b[31m and \\u202eover" in said.err
    assert not {"\x1b", "\u202e"} & set(said.err)


def test_the_workspace_can_be_named_from_anywhere(folder: Folder) -> None:
    (folder.path / "else" / "where").mkdir(parents=True)
    inner = Folder.__new__(Folder)
    inner.path = folder.path / "else" / "where"
    below = inner.batuta("run", "--plan", "../../hello.yaml", "--input", "name=Ada")
    assert below.out == "Hello Ada\n"
    named = inner.batuta("-w", "../..", "runs", "--json")
    assert [run["status"] for run in named.document["runs"]] == ["succeeded"]


def test_commands_that_are_printed_name_the_workspace_as_it_was_named(folder: Folder) -> None:
    said = folder.batuta("run", "-w", ".", "--plan", "ask.yaml", "--input", "amount=5")
    assert " approve --approve -w .\n" in said.err


def test_resuming_a_run_that_has_ended_prints_it_and_exits_by_its_status(folder: Folder) -> None:
    run = folder.batuta("run", "--plan", "boom.yaml", "--json").document["run"]
    said = folder.batuta("resume", run, "--json")
    assert (said.code, said.document["run"], said.document["status"]) == (1, run, "failed")


def test_resuming_a_run_that_waits_asks_again_and_exits_3(folder: Folder) -> None:
    run = folder.waiting()
    said = folder.batuta("resume", run)
    assert said.code == 3
    assert f"batuta answer {run} approve --reject\n" in said.err


def test_a_run_that_was_killed_goes_on_where_its_log_ends(folder: Folder) -> None:
    with folder.start("run", "--plan", "gated.yaml", "--json") as process:
        run = folder.until_reached()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=WAIT_S)
    assert folder.status(run) == "running"
    (folder.path / "open").touch()
    said = folder.batuta("resume", run, "--json")
    assert (said.code, said.document["waiting"][0]["step"]) == (3, "approve")


def test_resume_all_takes_every_due_run_to_its_end_or_its_question(folder: Folder) -> None:
    for _ in range(2):
        with folder.start("run", "--plan", "gated.yaml", "--json") as process:
            folder.until_reached()
            process.kill()
            process.communicate(timeout=WAIT_S)
    waiting = folder.waiting()
    (folder.path / "open").touch()
    said = folder.batuta("resume", "--all", "--json")
    runs = said.document["runs"]
    assert said.code == 3
    assert [run["status"] for run in runs] == ["waiting"] * len(runs)
    assert waiting not in {run["run"] for run in runs}


def test_resume_all_with_nothing_due_says_so_and_exits_0(folder: Folder) -> None:
    folder.waiting()
    assert folder.batuta("resume", "--all", "--json").document == {"runs": []}
    said = folder.batuta("resume", "--all")
    assert (said.code, said.out) == (0, "")
    assert "nothing is due" in said.err


def test_resuming_a_run_that_another_process_drives_follows_it_to_its_pause(folder: Folder) -> None:
    with folder.start("run", "--plan", "gated.yaml", "--json") as driver:
        run = folder.until_reached()
        with folder.start("resume", run, "--json") as follower:
            (folder.path / "open").touch()
            out, _ = follower.communicate(timeout=WAIT_S)
            assert follower.returncode == 3
        driven, _ = driver.communicate(timeout=WAIT_S)
    assert (run in out, run in driven) == (True, True)


def test_a_follower_takes_over_when_the_driver_dies(folder: Folder) -> None:
    with folder.start("run", "--plan", "gated.yaml", "--json") as driver:
        run = folder.until_reached()
        with folder.start("resume", run, "--json") as follower:
            driver.kill()
            driver.communicate(timeout=WAIT_S)
            (folder.path / "open").touch()
            follower.communicate(timeout=WAIT_S)
            assert follower.returncode == 3
    assert folder.status(run) == "waiting"


def test_a_detached_run_is_accepted_at_once_and_goes_on_by_itself(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "gated.yaml", "--detach", "--json")
    run = said.document["run"]
    assert (said.code, said.document["status"]) == (0, "running")
    folder.until_reached()
    (folder.path / "open").touch()
    assert folder.batuta("resume", run, "--json").code == 3
    log = folder.path / ".batuta" / "logs" / f"{run}.log"
    assert log.exists()


def test_items_of_a_wide_fan_out_that_are_skipped_are_counted_not_listed(folder: Folder) -> None:
    (folder.path / "wide.yaml").write_text(
        "name: wide\nsteps:\n  odd: {use: value, each: '${[0,1,2,3,4,5,6,7,8,9]}', when: item > 8, with: {value: 1}}\n",
    )
    said = folder.batuta("run", "--plan", "wide.yaml")
    assert "odd.0" not in said.err
    assert "1/10 done, 9 skipped" in said.err


def test_steps_inside_the_items_of_a_wide_fan_out_are_counted_with_them(folder: Folder) -> None:
    (folder.path / "batuta.yaml").write_text("plans: [inner.yaml]\n")
    (folder.path / "inner.yaml").write_text(
        "name: inner\ninputs: {n: integer}\n"
        "steps: {same: {use: value, with: {value: '${inputs.n}'}}}\nresult: '${steps.same}'\n",
    )
    (folder.path / "wide.yaml").write_text(
        "name: wide\nsteps:\n  all: {use: plan.inner, each: '${[0,1,2,3,4,5,6,7,8,9]}', with: {n: '${item}'}}\n",
    )
    said = folder.batuta("run", "--plan", "wide.yaml")
    assert (said.code, "all.0" in said.err) == (0, False)
    assert "10/10 done" in said.err


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_progress_never_mixes_with_the_result(folder: Folder, words: tuple[str, ...]) -> None:
    said = folder.batuta("run", "--plan", "wide.yaml", "--input", 'items=["a","b"]', *words)
    if words:
        assert (said.document["result"], said.err) == (2, "")
    else:
        assert said.out == "2\n"
        assert "✓ greet.0" in said.err


def test_rewrite_runs_the_better_plan_and_says_what_is_different(folder: Folder) -> None:
    plan = """
name: wasteful
steps:
  a: {use: value, with: {value: 1}}
  b: {use: value, with: {value: 2}}
result: "${steps.a}"
"""
    (folder.path / "wasteful.yaml").write_text(plan)
    said = folder.batuta("run", "--plan", "wasteful.yaml", "--rewrite")
    assert (said.code, said.out) == (0, "1\n")
    assert "rewritten: b is not called: nothing uses its value, and it is pure\n" in said.err
    quiet = folder.batuta("run", "--plan", "wasteful.yaml", "--rewrite", "--json")
    assert (quiet.err, [step["path"] for step in quiet.document["steps"]]) == ("", ["a"])
    says = "b is not called: nothing uses its value, and it is pure"
    assert quiet.document["changes"] == [{"rule": "dead", "steps": ["b"], "says": says}]
    same = folder.batuta("plan", "wasteful.yaml", "--json").document["changes"]
    assert quiet.document["changes"] == same


TABLE = """
name: table
inputs: {table: {type: file, default: tickets.csv}}
steps:
  rows: {use: file.rows, with: {file: "${inputs.table}"}}
result: {n: "${size(steps.rows.rows)}", path: "${inputs.table.path}"}
"""


def test_a_file_is_named_as_it_is_seen_from_here(folder: Folder) -> None:
    below = folder.path / "below"
    below.mkdir()
    (folder.path / "table.yaml").write_text(TABLE)
    (folder.path / "tickets.csv").write_text("a\n1\n2\n")
    (below / "more.csv").write_text("a\n1\n")
    command = [
        sys.executable,
        "-P",
        "-m",
        "batuta",
        "run",
        "-w",
        "..",
        "--plan",
        "table.yaml",
        "--json",
    ]
    found: dict[str, object] = {}
    for given in (
        "",
        "../tickets.csv",
        "more.csv",
        str(below / "more.csv"),
        "@more.csv",
        "tickets.csv",
        "../../x",
    ):
        ended = subprocess.run(
            [*command, *(["--input", f"table={given}"] if given else [])],
            cwd=below, env=surroundings(), capture_output=True, timeout=WAIT_S, check=False,
        )  # fmt: skip
        document = json.loads(ended.stdout)
        found[given.removeprefix(str(below))] = (
            document.get("result") or document["error"]["message"]
        )
    assert found == {
        "": {"n": 2, "path": "tickets.csv"},
        "../tickets.csv": {"n": 2, "path": "tickets.csv"},
        "more.csv": {"n": 1, "path": "below/more.csv"},
        "/more.csv": {"n": 1, "path": "below/more.csv"},
        "@more.csv": {"n": 1, "path": "below/more.csv"},
        "tickets.csv": "input 'table': there is no file 'below/tickets.csv' in the workspace",
        "../../x": f"input 'table': '../../x' is outside the workspace {str(folder.path)!r}",
    }

"""Whatever is given wrongly is answered with one message, place and remedy, exit code 2, and nothing half-written."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.doors.cli.command import Folder

NO_RUN = "r1m00000000000a"


class Wrong(NamedTuple):
    """What is done, and what the answer must contain; `make` spoils the workspace first."""

    words: str
    says: tuple[str, ...]
    make: Callable[[Path], object] | None = None
    code: int = 2


def write(name: str, text: str | bytes) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        file = path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    return make


def journal_of_a_newer_version(path: Path) -> None:
    Folder(path).batuta("run", "--plan", "hello.yaml", "--input", "name=A")
    with sqlite3.connect(path / ".batuta" / "journal.sqlite") as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()


def journal_cut_short(path: Path) -> None:
    Folder(path).batuta("run", "--plan", "hello.yaml", "--input", "name=A")
    os.truncate(path / ".batuta" / "journal.sqlite", 5_000)


HELLO = "run --plan hello.yaml"
ADA = f"{HELLO} --input name=Ada"
BAD = "run --plan bad.yaml"

WRONG = {
    # the command line itself
    "no command": Wrong("", ("no command", "--help")),
    "unknown command": Wrong("rnu", ("'rnu'", "did you mean 'run'")),
    "no plan": Wrong("run", ("--plan", "batuta run --help")),
    "plan without a name": Wrong("run --plan", ("--plan",)),
    "unknown option": Wrong(f"{HELLO} --inptu name=A", ("--inptu", "did you mean '--input'")),
    "abbreviated option": Wrong("run --plan hello.yaml --inp name=A", ("--inp", "--input")),
    "one word too many": Wrong("show a b", ("'b'", "one word too many")),
    "a request without quotes": Wrong("run refund order 17", ("'order'", "in quotes")),
    "unknown status": Wrong("runs --status done", ("done", "succeeded")),
    "limit of nothing": Wrong("runs --limit 0", ("--limit", "'0'")),
    "limit that is no number": Wrong("runs --limit many", ("--limit", "'many'")),
    "show nothing": Wrong("show", ("RUN",)),
    "days that are no number": Wrong("gc --older-than soon", ("--older-than", "'soon'")),
    "days of the future": Wrong("gc --older-than=-1", ("--older-than", "'-1'")),
    "resume nothing": Wrong("resume", ("RUN", "--all")),
    "resume one and all": Wrong(f"resume {NO_RUN} --all", ("RUN", "--all")),
    "accept for all": Wrong("resume --all --accept", ("--accept", "one RUN")),
    "detach all": Wrong("resume --all --detach", ("--detach", "one RUN")),
    "no answer": Wrong(f"answer {NO_RUN} a", ("no answer", "--approve")),
    "yes and no": Wrong(f"answer {NO_RUN} a --approve --reject", ("--approve and --reject",)),
    "yes and a value": Wrong(f"answer {NO_RUN} a --approve --value 1", ("contradict",)),
    "retry with a value": Wrong(f"answer {NO_RUN} a --resolve retry --value 1", ("contradict",)),
    "unknown way to resolve": Wrong(f"answer {NO_RUN} a --resolve maybe", ("maybe", "retry")),
    "note on a value": Wrong(f"answer {NO_RUN} a --value 1 --note x", ("--note",)),
    "value that is no JSON": Wrong(f"answer {NO_RUN} a --value yes", ("not JSON", "quotes")),
    "value in no file": Wrong(f"answer {NO_RUN} a --value @no.json", ("no.json",)),
    # plans
    "plan that is not there": Wrong("run --plan no.yaml", ("no.yaml",)),
    "plan that is a folder": Wrong("run --plan .", ("'.'",)),
    "plan that is no YAML": Wrong(BAD, ("bad.yaml", '"line":3'), write("bad.yaml", "name: a\nsteps: [\n")),
    "plan of nothing": Wrong(BAD, ("bad.yaml",), write("bad.yaml", "")),
    "plan that is no text": Wrong(BAD, ("bad.yaml",), write("bad.yaml", b"\xff\xfe\x00\x01")),
    "plan with a key twice": Wrong(BAD, ("bad.yaml", "name"), write("bad.yaml", "name: a\nname: b\n")),
    "plan with an unknown key": Wrong(BAD, ("stepz", "bad.yaml"), write("bad.yaml", "name: a\nstepz: {}\n")),
    "plan of aliases": Wrong(
        BAD,
        ("bad.yaml",),
        write("bad.yaml", "a: &a [x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(9))),
    ),
    "unknown capability": Wrong(
        BAD, ("'gret'", "greet", '"line":3'),
        write("bad.yaml", "name: a\nsteps:\n  s: {use: gret, with: {name: x}}\n"),
    ),
    "unknown step": Wrong(
        BAD, ("B102", '"line":3'),
        write("bad.yaml", 'name: a\nsteps:\n  s: {use: greet, with: {name: "${steps.t}"}}\n'),
    ),
    "steps in a circle": Wrong(
        BAD, ("B104",),
        write("bad.yaml", "name: a\nsteps:\n  s: {use: value, after: [t]}\n  t: {use: value, after: [s]}\n"),
    ),
    "broken expression": Wrong(
        BAD, ("B111", "bad.yaml"),
        write("bad.yaml", 'name: a\nsteps:\n  s: {use: greet, with: {name: "${1 +}"}}\n'),
    ),
    # inputs
    "missing input": Wrong(HELLO, ("'name'", "--input name=")),
    "unknown input": Wrong(f"{HELLO} --input name=A --input nam=A", ("'nam'", "name")),
    "input twice": Wrong(f"{HELLO} --input name=A --input name=B", ("twice",)),
    "input without a value": Wrong(f"{HELLO} --input name", ("NAME=VALUE",)),
    "input of another type": Wrong("run --plan ask.yaml --input amount=lots", ("'amount'", "'lots'")),
    "input from no file": Wrong(f"{HELLO} --input name=@no.txt", ("no.txt",)),
    "input from a broken file": Wrong(
        "run --plan wide.yaml --input items=@items.json", ("items.json",), write("items.json", "[1,")
    ),
    "input from uneven rows": Wrong(
        "run --plan wide.yaml --input items=@items.csv", ("items.csv", "line 3"),
        write("items.csv", "a,b\n1,2\n1\n"),
    ),
    # workspaces
    "workspace that is not there": Wrong("runs -w no/where", ("no/where",)),
    "workspace that is a file": Wrong("runs -w hello.yaml", ("hello.yaml", "not a folder")),
    "folder that is no workspace": Wrong(
        "runs -w bare", ("no workspace", "batuta.yaml"), lambda path: (path / "bare").mkdir()
    ),
    "workspace that is no YAML": Wrong("runs", ("batuta.yaml",), write("batuta.yaml", "python: [")),
    "workspace with an unknown key": Wrong("runs", ("pyton", "python"), write("batuta.yaml", "pyton: [a.py]\n")),
    "module that is not there": Wrong(HELLO, ("toolz.py", '"line":1'), write("batuta.yaml", "python: [toolz.py]\n")),
    "module that is no Python": Wrong(ADA, ("tools.py", '"line":2'), write("tools.py", "\ndef (:\n")),
    "module that raises": Wrong(ADA, ("tools.py", "ZeroDivisionError"), write("tools.py", "1 / 0\n")),
    "module that misses another": Wrong(
        ADA, ("no_such_thing", "install"), write("tools.py", "import no_such_thing\n")
    ),
    "module without capabilities": Wrong(ADA, ("tools.py", "@capability"), write("tools.py", "x = 1\n")),
    "broken policy": Wrong(
        "runs", ("B201", "batuta.yaml"), write("batuta.yaml", 'policy: [{when: "card.", verdict: ask}]')
    ),
    # runs and steps
    "show an unknown run": Wrong(f"show {NO_RUN}", (NO_RUN, "batuta runs")),
    "facts of an unknown run": Wrong(f"show {NO_RUN} --facts", (NO_RUN,)),
    "answer an unknown run": Wrong(f"answer {NO_RUN} a --approve", (NO_RUN,)),
    "cancel an unknown run": Wrong(f"cancel {NO_RUN}", (NO_RUN,)),
    "resume an unknown run": Wrong(f"resume {NO_RUN}", (NO_RUN,)),
    "run with a strange name": Wrong("show ../../etc/passwd", ("../../etc/passwd",)),
    # journals
    "journal of garbage": Wrong(
        "runs", ("journal.sqlite", "restore"), write(".batuta/journal.sqlite", b"garbage" * 999)
    ),
    "journal cut short": Wrong("runs", ("journal.sqlite", "restore"), journal_cut_short),
    "journal of a newer version": Wrong("runs", ("journal.sqlite", "newer"), journal_of_a_newer_version),
    "journal that is a folder": Wrong(
        ADA, ("journal.sqlite",), lambda path: (path / ".batuta/journal.sqlite").mkdir(parents=True), 1
    ),
    "no room for a journal": Wrong(ADA, (".batuta",), write(".batuta", "a file"), code=1),
    "backup of nothing": Wrong("backup copy.sqlite", ("no journal",)),
    "backup over a file": Wrong("backup hello.yaml", ("hello.yaml", "never replaces")),
    "backup into no folder": Wrong("backup no/copy.sqlite", ("no",)),
    "restore from nothing": Wrong("restore no.sqlite --yes", ("no.sqlite",)),
    "restore something else": Wrong("restore hello.yaml --yes", ("hello.yaml",)),
    "restore unasked": Wrong("restore hello.yaml", ("--yes",)),
    "check a missing plan": Wrong("check no.yaml", ("no.yaml",)),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_it_is_refused_with_place_and_remedy(folder: Folder, name: str) -> None:
    wrong = WRONG[name]
    if wrong.make is not None:
        wrong.make(folder.path)
    said = folder.batuta(*wrong.words.split(), "--json")
    assert said.code == wrong.code, said
    assert said.err == ""
    document = said.document
    if wrong.words.startswith("check"):
        assert document["ok"] is False
    else:
        assert (document["status"], document["error"].keys() >= {"code", "message", "remedy"}) == (
            "error",
            True,
        )
    assert [part for part in wrong.says if part not in said.out.replace('\\"', '"')] == []


@pytest.mark.parametrize("name", ["unknown command", "unknown capability", "show an unknown run"])
def test_for_people_the_same_is_said_on_standard_error_alone(folder: Folder, name: str) -> None:
    wrong = WRONG[name]
    if wrong.make is not None:
        wrong.make(folder.path)
    said = folder.batuta(*wrong.words.split())
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ")
    assert "\n    → " in said.err or "\n  → " in said.err


def test_a_wrong_step_is_answered_with_those_that_wait(folder: Folder) -> None:
    run = folder.waiting()
    unknown = folder.batuta("answer", run, "aprove", "--approve", "--json").document
    assert (unknown["run"], "these wait: approve" in unknown["error"]["remedy"]) == (run, True)
    silent = folder.batuta("answer", run, "pay", "--approve", "--json")
    assert (silent.code, "no open question" in silent.out) == (2, True)
    assert folder.status(run) == "waiting"


def test_a_plan_that_is_refused_leaves_no_journal(folder: Folder) -> None:
    folder.batuta("run", "--plan", "no.yaml")
    folder.batuta("run", "--plan", "hello.yaml", "--input", "x")
    assert not (folder.path / ".batuta").exists()


def test_a_folder_that_is_no_workspace_does_not_become_one_by_mistake(folder: Folder) -> None:
    (folder.path / "batuta.yaml").unlink()
    said = folder.batuta("run", "--plan", "hello.yaml", "--input", "name=A", "--json")
    assert (said.code, "name the workspace with -w" in said.document["error"]["remedy"]) == (
        2,
        True,
    )
    assert not (folder.path / ".batuta").exists()
    assert folder.batuta("runs").code == 2


def test_looking_at_runs_writes_nothing(folder: Folder) -> None:
    assert folder.batuta("runs", "--json").document == {"runs": []}
    assert folder.batuta("check").code == 0
    assert folder.batuta("capabilities").code == 0
    assert not (folder.path / ".batuta").exists()


def test_a_workspace_with_broken_modules_can_still_be_looked_at_and_saved(folder: Folder) -> None:
    run = folder.waiting()
    (folder.path / "tools.py").write_text("1 / 0", encoding="utf-8")
    assert folder.batuta("show", run, "--json").document["status"] == "waiting"
    assert folder.batuta("backup", "copy.sqlite").code == 0
    assert folder.batuta("gc").code == 0
    said = folder.batuta("answer", run, "approve", "--approve", "--json")
    assert (said.code, "ZeroDivisionError" in said.out) == (2, True)


def test_a_restore_is_refused_while_a_run_is_driven(folder: Folder) -> None:
    folder.waiting()
    folder.batuta("backup", "copy.sqlite")
    with folder.start("run", "--plan", "gated.yaml", "--json"):
        folder.until_reached()
        said = folder.batuta("restore", "copy.sqlite", "--yes", "--json")
    assert (said.code, "in use" in said.document["error"]["message"]) == (1, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(folder: Folder) -> None:
    folder.path.chmod(0o555)
    try:
        said = folder.batuta("run", "--plan", "hello.yaml", "--input", "name=A", "--json")
    finally:
        folder.path.chmod(0o755)
    assert (said.code, str(folder.path) in said.out) == (1, True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell to limit the size of files")
def test_a_full_disk_is_a_clean_refusal_and_the_run_goes_on_later(folder: Folder) -> None:
    run = folder.waiting()
    note = "x" * 90_000
    said = folder.limited(64, "answer", run, "approve", "--approve", "--note", note, "--json")
    assert (said.code, said.document["error"]["code"]) == (1, "journal_full")
    assert folder.status(run) == "waiting"
    assert folder.batuta("answer", run, "approve", "--approve").code == 0
    assert folder.book() == ["50.0"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell to limit the size of files")
@pytest.mark.parametrize("detach", [(), ("--detach",)])
def test_a_run_that_finds_no_room_is_not_accepted(folder: Folder, detach: tuple[str, ...]) -> None:
    folder.batuta("run", "--plan", "hello.yaml", "--input", "name=A")
    # Nothing in it is there twice, so that it takes as much room as it is long.
    long = f"name={random.Random(1).randbytes(45_000).hex()}"
    said = folder.limited(64, "run", "--plan", "hello.yaml", "--input", long, *detach, "--json")
    assert (said.code, said.document["error"]["code"]) == (1, "journal_full")
    assert len(folder.runs()) == 1

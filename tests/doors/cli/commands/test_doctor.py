"""`doctor`: is everything in order here, and if not, what to do."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from batuta.config import workspace_from_yaml
from batuta.doors.cli.checkup import journal as checkup_journal
from batuta.doors.cli.checkup import machine as checkup_machine
from batuta.doors.cli.checkup.item import Looked
from batuta.doors.cli.checkup.workspace import secrets
from batuta.journal.sqlite import open_sqlite
from batuta.memory.database import By, open_memory
from batuta.memory.memories import Memories, make_collection
from batuta.memory.threads import Threads
from batuta.memory.workspace import MEMORY_FILE
from batuta.spec.facts import Accepted, Claimed, Doubted, Parked, Resolved
from batuta.spec.request import Request
from batuta.testing.collector import Collector
from tests.doors.cli.command import WAIT_S, Folder
from tests.doors.cli.pseudo_terminal import Terminal, plain
from tests.nursery import nursery, surroundings


def checks(folder: Folder, *words: str, **environment: str) -> dict[str, list[dict[str, Any]]]:
    document = folder.batuta("doctor", *words, "--json", **environment).document
    found: dict[str, list[dict[str, Any]]] = {}
    for one in document["checks"]:
        found.setdefault(one["name"], []).append(one)
    return found


def test_a_sound_workspace_is_well(folder: Folder) -> None:
    folder.waiting()
    said = folder.batuta("doctor")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "machine",
        "workspace",
        "journal",
        "✓ all is well",
    ]
    assert {line[2] for line in lines if line.startswith("  ") and line[2] != " "} == {"✓"}
    assert "  ✓ runs          1 waiting" in lines


def test_it_changes_nothing(folder: Folder) -> None:
    before = sorted(folder.path.rglob("*"))
    assert folder.batuta("doctor").code == 0
    left = [path for path in folder.path.rglob("*") if "__pycache__" not in path.parts]
    assert sorted(left) == before


def test_without_a_workspace_the_machine_is_looked_at(tmp_path: Path) -> None:
    said = nursery().run(("doctor", "--json"), tmp_path)
    document = json.loads(said.out)
    assert (said.code, document["ok"]) == (0, True)
    assert document["checks"][-1]["state"] == "warning"
    assert "batuta init" in document["checks"][-1]["remedy"]


@pytest.mark.parametrize(
    ("file", "text", "name", "said"),
    [
        ("batuta.yaml", "python: [nowhere.py]\n", "batuta.yaml", "there is no file 'nowhere.py'"),
        ("batuta.yaml", "polcy: []\n", "batuta.yaml", "polcy"),
        ("tools.py", "import nonesuch\n", "module", "No module named 'nonesuch'"),
        ("tools.py", "1 / 0\n", "module", "ZeroDivisionError"),
        ("batuta.yaml", "capabilities: {x: {kind: ftp}}\n", "capabilities", "there is no kind 'ftp'"),
    ],
)  # fmt: skip
def test_what_does_not_work_is_a_problem_with_a_remedy(
    folder: Folder, file: str, text: str, name: str, said: str
) -> None:
    (folder.path / file).write_text(text, encoding="utf-8")
    found = folder.batuta("doctor", "--json")
    bad = [one for one in found.document["checks"] if one["state"] == "problem"]
    assert (found.code, found.document["ok"]) == (1, False)
    assert [(one["name"], said in one["said"], one["remedy"] != "") for one in bad] == [
        (name, True, True)
    ]


def test_databases_are_asked_and_what_keeps_them_is_told(folder: Folder) -> None:
    workspace = "sql: {gone: {url: 'sqlite:///gone.db'}, secret: {url: env:NO_SUCH_DATABASE}}\n"
    (folder.path / "batuta.yaml").write_text(workspace, encoding="utf-8")
    found = folder.batuta("doctor", "--json")
    bad = [
        (one["name"], one["said"]) for one in found.document["checks"] if one["state"] == "problem"
    ]
    assert bad == [
        ("sql", "gone: 1 capability; the file of the database cannot be opened"),
        ("sql", "secret: 1 capability; the environment has no NO_SUCH_DATABASE"),
        ("secret", "NO_SUCH_DATABASE is not set, for secret"),
    ]


def test_what_plans_may_call_here_is_what_runs_may_call(folder: Folder) -> None:
    (folder.path / "more.py").write_text(_WORKFLOW, encoding="utf-8")
    workspace = folder.path / "batuta.yaml"
    text = workspace.read_text().replace("[tools.py]", "[tools.py, more.py]")
    workspace.write_text(text, encoding="utf-8")
    (folder.path / "plans").mkdir()
    (folder.path / "plans" / "calls.yaml").write_text(
        "name: calls\n"
        "steps:\n"
        "  a: {use: planner, with: {request: find the latest bill}}\n"
        "  b: {use: plan.doubled, with: {n: 1}}\n",
        encoding="utf-8",
    )
    assert folder.batuta("check").code == 0
    found = checks(folder)
    assert found["plans"][0]["said"] == "2 registered, no flaws"
    known = folder.batuta("capabilities", "--json").document["capabilities"]
    assert found["capabilities"][0]["said"].startswith(f"{len(known)}, of which")


_WORKFLOW = '''
from batuta import capability, workflow

@capability(effect="pure", reach="local")
def twice(n: int) -> int:
    """Twice as much."""
    return 2 * n

@workflow
def doubled(n: int) -> int:
    """Twice as much, too."""
    return twice(n)
'''


def test_plans_with_flaws_are_counted(folder: Folder) -> None:
    (folder.path / "plans").mkdir()
    (folder.path / "plans" / "good.yaml").write_text("name: a\nsteps: {}\n", encoding="utf-8")
    (folder.path / "plans" / "bad.yaml").write_text(
        "name: a\nsteps: {x: {use: nope}}\n", encoding="utf-8"
    )
    (plans,) = checks(folder)["plans"]
    assert plans["state"] == "problem"
    assert "of which 1 has flaws" in plans["said"] or "of which 2 have flaws" in plans["said"]


def test_secrets_are_present_or_missing_and_never_printed(folder: Folder) -> None:
    (folder.path / "batuta.yaml").write_text(
        "capabilities:\n"
        "  bank: {kind: http, url: 'https://bank.example/x', headers: {A: 'Bearer env:BANK_TOKEN'}}\n"
        "  other: {kind: http, url: 'env:OTHER_URL/x', headers: {B: 'env:BANK_TOKEN'}}\n"
        "knowledge: {book: {paths: docs, embedder: {url: 'https://x.example', model: m, key: 'env:MODEL_KEY'}}}\n",
        encoding="utf-8",
    )
    for words in ([], ["--json"]):
        with folder.start("doctor", "--offline", *words, BANK_TOKEN="hunter2hunter2") as process:
            out, err = process.communicate()
        assert process.returncode == 1
        assert "hunter2" not in out + err
        assert "BANK_TOKEN is set, for bank, other" in out
        assert "OTHER_URL is not set, for other" in out
        assert "MODEL_KEY is not set, for book" in out
        assert "export OTHER_URL=" in out


def test_an_empty_secret_is_missing() -> None:
    config = workspace_from_yaml("capabilities: {a: {kind: http, url: 'env:BASE/x'}}")
    (one,) = secrets(config, {"BASE": ""})
    assert (one.state, one.said) == ("problem", "BASE is empty, for a")


def test_hosts_are_asked_unless_it_is_told_not_to(folder: Folder) -> None:
    (folder.path / "batuta.yaml").write_text(
        "capabilities:\n"
        "  a: {kind: http, url: 'http://127.0.0.1:1/x'}\n"
        "  b: {kind: http, url: 'http://localhost:2/{y}'}\n"
        "network: {allow_private: ['127.0.0.1:1']}\n",
        encoding="utf-8",
    )
    assert "reach" not in checks(folder, "--offline")
    one, two = checks(folder)["reach"]
    assert (one["state"], two["state"]) == ("problem", "problem")
    assert "http://127.0.0.1:1: it cannot be reached" in one["said"]
    assert "not public" in two["said"]
    assert "network.allow_private" in two["remedy"]


def test_the_collector_of_traces_is_asked_and_its_key_is_looked_for(folder: Folder) -> None:
    with Collector() as collector:
        settings = f"{{url: '{collector.url}', headers: {{X-Key: env:TRACES_KEY}}}}"
        file = folder.path / "batuta.yaml"
        file.write_text(f"{file.read_text()}\nobserve: {{otlp: {settings}}}\n")
        without, found = checks(folder), checks(folder, TRACES_KEY="s3cret-s3cret")
        assert collector.headers[0]["x-key"] == "s3cret-s3cret"
    gone = checks(folder, TRACES_KEY="s3cret-s3cret")
    states = [one["traces"][0]["state"] for one in (without, found, gone)]
    assert states == ["warning", "ok", "warning"]
    assert "TRACES_KEY" in without["traces"][0]["said"]


def test_the_memory_is_read_through_and_a_broken_one_is_a_problem(folder: Folder) -> None:
    path = folder.path / MEMORY_FILE
    connection = open_memory(path, create=True)
    Threads(connection).add("t", [{"role": "user", "text": "x"}], By(1.0))
    Memories(connection, make_collection(connection, "customers")).remember("tea", By(1.0))
    connection.close()
    said = folder.batuta("doctor")
    assert "1 thread, 1 message, memories: 1 in customers, read through" in " ".join(
        said.out.split()
    )
    content = bytearray(path.read_bytes())
    content[4_096 * 3 :] = b"\xff" * (len(content) - 4_096 * 3)
    path.write_bytes(content)
    checks = folder.batuta("doctor", "--json").document["checks"]
    (one,) = [one for one in checks if one["area"] == "memory"]
    assert (one["state"], one["remedy"]) == ("problem", "restore a backup: batuta restore FILE")


def test_a_broken_journal_is_a_problem(folder: Folder) -> None:
    folder.waiting()
    journal = folder.path / ".batuta" / "journal.sqlite"
    content = bytearray(journal.read_bytes())
    for wal in journal.parent.glob("journal.sqlite-*"):
        wal.unlink()
    content[0:16] = b"x" * 16
    journal.write_bytes(bytes(content))
    found = folder.batuta("doctor", "--json")
    (bad,) = (one for one in found.document["checks"] if one["state"] == "problem")
    assert (found.code, bad["area"], bad["name"]) == (1, "journal", "journal")
    assert "not an SQLite file" in bad["said"]


async def _looked(path: Path, full: bool = False) -> list[Looked]:
    return [one async for one in checkup_journal.journal(path, full=full, say=lambda _: None)]


async def test_runs_that_are_stuck_are_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    now = time.time()
    journal = open_sqlite(path)
    me = journal.owner

    def begin(run: str, at: float, *facts: Any) -> None:
        first = Accepted(at=at, run=run, request=Request(plan="p"), salt="5a17")
        journal.append(run, [first, *facts], after=0)

    def parked(at: float) -> list[Any]:
        return [Claimed(at=at, owner=me, term=1), Parked(at=at, term=1, waiting=("a",))]

    doubted = Doubted(at=now, path="a", attempt=1, why="no answer", resolve="ask")
    resolved = Resolved(at=now, path="a", attempt=1, how="fail", who="ada")
    begin("due", now - 5)
    begin("long", now - 9 * 86_400, *parked(now - 8 * 86_400))
    begin("doubtful", now, doubted, *parked(now))
    begin("resolved", now, doubted, resolved, *parked(now))
    begin("fine", now, *parked(now))
    await journal.flush()
    found = {one.name: one for one in await _looked(path)}
    await journal.close()
    assert found["runs"].said == "1 running, 4 waiting"
    assert found["due"].said == "1 run could go on, and nobody drives them: due"
    assert found["due"].remedy == "batuta resume --all"
    assert "more than a week: long, since 8 d ago" in found["waiting"].said
    assert "nobody knows what became: doubtful" in found["in doubt"].said
    assert "stuck" not in found


async def test_facts_from_the_future_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = open_sqlite(path)
    fact = Accepted(at=time.time() + 7_200, run="r", request=Request(plan="p"), salt="5a17")
    await journal.commit(journal.append("r", [fact], after=0))
    await journal.close()
    (clock,) = (one for one in await _looked(path) if one.name == "clock")
    assert (clock.state, "which is to come" in clock.said) == ("problem", True)


async def test_a_large_journal_is_read_through_when_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.sqlite"
    await open_sqlite(path).close()
    monkeypatch.setattr(checkup_journal, "READ_BYTES_MAX", 10)
    assert "doctor --full" in (await _looked(path))[0].said
    assert "0 facts, read through" in (await _looked(path, full=True))[0].said


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with contextlib.ExitStack() as after:
        after.callback(tmp_path.chmod, 0o700)
        (one,) = (one for one in checkup_machine.surroundings(tmp_path) if one.name == "writing")
    assert one.state == "problem"


def test_the_report_fits_narrow_and_wide_terminals(folder: Folder) -> None:
    for width in (80, 200):
        terminal = Terminal(folder, "doctor", columns=width)
        assert terminal.end() == 0
        lines = [line for line in plain(terminal.seen) if str(folder.path) not in line]
        assert [line for line in lines if len(line) > width] == []


def test_a_package_that_is_missing_is_told_before_anything_needs_it(folder: Folder) -> None:
    # An installation without apsw: it can neither be imported nor found by its name.
    script = (
        "import sys, importlib.metadata as m; sys.modules['apsw'] = None; found = m.version\n"
        "def version(name):\n"
        "    if name == 'apsw': raise m.PackageNotFoundError(name)\n"
        "    return found(name)\n"
        "m.version = version\n"
        "from batuta.doors.cli import main; sys.exit(main(['doctor']))"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=folder.path,
        env=surroundings(),
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "✗ packages      apsw is missing, and nothing runs without it" in ended.stdout
    assert "✗ sqlite        it cannot be loaded" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "✗ 2 problems"

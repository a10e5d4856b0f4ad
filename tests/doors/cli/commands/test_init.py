"""`init`: a workspace from a template, whole or not at all."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from batuta.doors.cli.commands.init import commands_of, files_of
from batuta.doors.cli.words import COMMANDS
from batuta.doors.cli.words.starting import PATTERNS, TEMPLATES
from tests.doors.cli.command import WAIT_S
from tests.nursery import Said, nursery

PORT = "8765"  # of the server of the template `http`


def batuta(cwd: Path, *words: str) -> Said:
    said = nursery().run(words, cwd)
    assert "Traceback" not in said.out + said.err, said
    return said


def document(cwd: Path, *words: str) -> dict[str, Any]:
    return json.loads(batuta(cwd, *words, "--json").out)


def made(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """The server of the workspace, if it has one, on a port of its own."""
    server = folder / "server.py"
    if not server.exists():
        yield
        return
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    config = folder / "batuta.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace(PORT, port), encoding="utf-8")
    process = subprocess.Popen([sys.executable, str(server), port], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + WAIT_S
        while True:
            with closing(socket.socket()) as client:
                if client.connect_ex(("127.0.0.1", int(port))) == 0:
                    break
            assert time.monotonic() < until
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(WAIT_S)


def the_run(folder: Path, commands: list[str]) -> dict[str, Any]:
    """The run that the commands begin; a program has begun its own."""
    for one in commands:
        if one.startswith("batuta run "):
            return document(folder, *shlex.split(one)[1:])
    return document(folder, "show", document(folder, "runs")["runs"][0]["run"])


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_checks_without_findings_and_runs_to_its_result(
    template: str, tmp_path: Path
) -> None:
    said = document(tmp_path, "init", "new", "--template", template)
    folder = tmp_path / "new"
    assert said["next"][0] == "cd new"
    assert made(folder) == said["files"]
    with serving(folder):
        for command in said["next"][1:]:
            words = shlex.split(command)
            if words[0] == "batuta" and words[1] != "run":
                ended = batuta(folder, *words[1:])
                assert (ended.code, "warning" in ended.out) == (0, False), ended
            elif words[0] == "python" and words[-1] != "&":
                done = subprocess.run([sys.executable, *words[1:]], cwd=folder, timeout=WAIT_S)
                assert done.returncode == 0
        for plan in ([], *([one.stem] for one in (folder / "plans").glob("*.yaml"))):
            found = document(folder, "check", *plan)
            assert (found["ok"], found["findings"]) == (True, [])
        ran = the_run(folder, said["next"])
        for _ in range(4):
            if ran["status"] != "waiting":
                break
            ran = document(folder, "answer", ran["run"], ran["waiting"][0]["step"], "--approve")
    assert (ran["status"], ran["error"]) == ("succeeded", None)
    assert ran["result"]


def test_the_batch_of_refunds_is_taken_back_as_a_whole_when_a_part_is_rejected(
    tmp_path: Path,
) -> None:
    document(tmp_path, "init", "--template", "refunds")
    batch = tmp_path / "batch.csv"
    batch.write_text(
        batch.read_text(encoding="utf-8").replace("120.00", "500.00"), encoding="utf-8"
    )
    run = document(tmp_path, "run", "--plan", "refunds", "--input", "batch=@batch.csv")
    assert (run["status"], [one["step"] for one in run["waiting"]]) == ("waiting", ["pay.3"])
    book = tmp_path / "payments.csv"
    assert len(book.read_text(encoding="utf-8").splitlines()) == 2
    rejected = document(tmp_path, "answer", run["run"], "pay.3", "--reject")
    assert (rejected["status"], rejected["error"]["code"]) == ("failed", "rejected")
    assert book.read_text(encoding="utf-8") == ""


def test_the_list_names_every_template_there_is(tmp_path: Path) -> None:
    everything = document(tmp_path, "init", "--list")
    listed = everything["templates"]
    folders = [one.name for one in (files("batuta.doors.cli") / "templates").iterdir()]
    assert sorted(one["name"] for one in listed) == sorted(folders)
    assert [one["name"] for one in listed] == list(TEMPLATES)
    lines = batuta(tmp_path, "init", "--list").out.splitlines()
    assert lines[len(TEMPLATES) :][:2] == ["", "patterns, for --pattern"]
    names = [line.split()[0] for line in lines if line]
    assert names == [*TEMPLATES, "patterns,", *PATTERNS]
    assert [one["name"] for one in everything["patterns"]] == [*PATTERNS]
    assert made(tmp_path) == []


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_a_workspace_that_checks_and_says_what_to_type_next(
    pattern: str, tmp_path: Path
) -> None:
    said = document(tmp_path, "init", "new", "--pattern", pattern)
    folder = tmp_path / "new"
    assert (said["template"], said["pattern"]) == (None, pattern)
    assert made(folder) == said["files"]
    assert said["next"][:2] == ["cd new", "batuta check"]
    for command in said["next"][1:3]:
        ended = batuta(folder, *shlex.split(command)[1:])
        assert (ended.code, "warning" in ended.out) == (0, False), ended


def test_an_unknown_pattern_is_answered_with_the_nearest(tmp_path: Path) -> None:
    said = batuta(tmp_path, "init", "--pattern", "map_reduced")
    assert said.code == 2
    assert said.err.splitlines()[-1].strip() == "→ did you mean 'map-reduce'?"
    both = batuta(tmp_path, "init", "--pattern", "panel", "--template", "http")
    assert (both.code, "not allowed with" in both.err) == (2, True)
    assert made(tmp_path) == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_complete_and_its_readme_fits_a_glance(template: str) -> None:
    content = files_of(template)
    assert {"README.md", "batuta.yaml", ".gitignore"} <= content.keys()
    assert list(content)[-1] == "batuta.yaml"
    workflows = [name for name, text in content.items() if b"\n@workflow\n" in text]
    assert workflows or [name for name in content if name.startswith("plans/")]
    readme = content["README.md"].decode()
    assert len(readme.splitlines()) <= 12
    first = {shlex.split(line)[1] for line in commands_of(readme) if line.startswith("batuta ")}
    assert first - COMMANDS.keys() == set()


def test_no_file_is_ever_overwritten_and_nothing_else_is_written_then(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("mine\n", encoding="utf-8")
    (tmp_path / "plans").mkdir()
    os.symlink("nowhere", tmp_path / "plans" / "hello.yaml")
    said = batuta(tmp_path, "init")
    assert (said.code, said.out) == (2, "")
    assert "plans/hello.yaml, tools.py exist in '.', and no file is ever overwritten" in said.err
    assert made(tmp_path) == ["tools.py"]
    assert (tmp_path / "tools.py").read_text(encoding="utf-8") == "mine\n"


def test_a_readme_and_a_gitignore_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    for name in ("README.md", ".gitignore"):
        (tmp_path / name).write_text("mine\n", encoding="utf-8")
    said = batuta(tmp_path, "init")
    assert said.code == 0
    assert "left as they were: .gitignore, README.md" in said.out
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine\n"
    assert (tmp_path / "batuta.yaml").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="limits are of Unix")
def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "batuta", "init", "deep/new", "--template", "refunds"]
    ended = subprocess.run(
        ["bash", "-c", 'ulimit -f 1 && exec "$@"', "-", *command],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_S,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "error: " in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_no_folder_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    said = batuta(tmp_path, "init", "file")
    assert (said.code, "'file' is a file, not a folder" in said.err) == (2, True)
    inside = batuta(tmp_path, "init", "file/inside")
    assert (inside.code, inside.out) == (2, "")
    assert made(tmp_path) == ["file"]


def test_a_workspace_cannot_be_named_twice(tmp_path: Path) -> None:
    said = batuta(tmp_path, "-w", "there", "init")
    assert (said.code, "batuta init there" in said.err) == (2, True)


def test_an_unknown_template_is_answered_with_those_there_are(tmp_path: Path) -> None:
    said = batuta(tmp_path, "init", "--template", "helo")
    assert said.code == 2
    assert re.search(r"'?hello'?, '?approval'?", said.err)


def test_the_folder_is_quoted_where_it_has_to_be(tmp_path: Path) -> None:
    said = batuta(tmp_path, "init", "my plans")
    assert said.code == 0
    assert "    cd 'my plans'\n    batuta check\n" in said.out


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_file_names_the_schema_that_lies_beside_it(template: str) -> None:
    content = files_of(template)
    for name, text in content.items():
        if name.endswith(".yaml"):
            found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text.decode())
            assert found is not None
            named = os.path.normpath(os.path.join(os.path.dirname(name), found[1]))
            kind = "plan" if name.startswith("plans/") else "workspace"
            assert named == os.path.join(".schemas", f"{kind}.schema.json")
            assert named.replace(os.sep, "/") in content


def test_a_workspace_at_the_root_of_the_file_system_is_refused(tmp_path: Path) -> None:
    said = batuta(tmp_path, "init", tmp_path.anchor)
    assert (said.code, "every folder would be inside" in said.err) == (2, True)


def test_a_folder_that_cannot_be_made_is_an_error_in_words(tmp_path: Path) -> None:
    said = batuta(tmp_path, "init", "a" * 300)
    assert (said.code, "cannot be written" in said.err) == (2, True)

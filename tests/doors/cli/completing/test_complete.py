"""What may stand at the tabulator, and that real shells offer it."""

import os
import re
import select
import shutil
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.doors.cli.completing.complete import candidates
from batuta.doors.cli.words import COMMANDS
from batuta.imports.manifest import Entry, made
from batuta.imports.pin import write_pin
from batuta.memory.database import By, open_memory
from batuta.memory.memories import Memories, make_collection
from batuta.memory.threads import Threads
from batuta.memory.workspace import MEMORY_FILE
from tests.doors.cli.command import WAIT_S, Folder
from tests.nursery import surroundings


@pytest.fixture
def here(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A workspace with registered plans, in which this process stands."""
    (folder.path / "plans").mkdir()
    for name in ("hello", "ask"):
        (folder.path / f"{name}.yaml").rename(folder.path / "plans" / f"{name}.yaml")
    monkeypatch.chdir(folder.path)
    return folder


def words(line: str) -> list[str]:
    """The candidates for a line that ends at the tabulator, without what they stand for."""
    return [one.partition("\t")[0] for one in candidates(line.split(" "))]


def test_collections_are_offered_with_what_is_in_them(here: Folder) -> None:
    collections = "knowledge: {handbook: {paths: docs, description: Rules}, notes: {paths: notes}}"
    (here.path / "batuta.yaml").write_text(f"python: []\n{collections}\n")
    assert candidates(["knowledge", "search", ""]) == ["handbook\tRules", "notes"]
    assert words("knowledge status no") == ["notes"]
    assert words("knowledge search handbook ") == []


def test_sources_and_what_they_offer_are_offered(here: Folder) -> None:
    (here.path / "batuta.yaml").write_text("mcp: {crm: {command: [x]}, old: {command: [x]}}\n")
    write_pin(here.path, "crm", made("mcp", [Entry("find", description="Finds notes.")]))
    assert words("trust ") == ["crm", "old"]
    assert words("add o") == ["openapi"]
    assert candidates(["try", "crm."]) == ["crm.find\tFinds notes."]


def test_memories_and_threads_are_offered_with_what_they_say(here: Folder) -> None:
    (here.path / "batuta.yaml").write_text("python: []\nmemory: {customers: {description: Who}}\n")
    assert (words("threads show "), words("memory show ")) == ([], [])
    connection = open_memory(here.path / MEMORY_FILE, create=True)
    Threads(connection).add("c-17", [{"role": "user", "text": "x"}], By(1.0))
    Threads(connection).add("$(rm)", [{"role": "user", "text": "x"}], By(1.0))
    kept = Memories(connection, make_collection(connection, "customers"))
    id_ = kept.remember("likes tea", By(1.0))["id"]
    connection.close()
    assert candidates(["threads", "show", "c"]) == ["c-17\t1 message"]
    assert words("threads forget ") == ["c-17"]
    assert candidates(["memory", "forget", ""]) == [f"{id_}\tlikes tea"]
    assert candidates(["memory", "search", ""]) == ["customers\tWho"]
    assert words("memory cor") == ["correct"]


def test_commands_come_with_what_they_do(here: Folder) -> None:
    assert words("") == list(COMMANDS)
    assert candidates(["runs"]) == [f"runs\t{COMMANDS['runs'].summary}"]
    assert words("-") == ["--workspace", "--json", "--help", "--version"]
    assert words("-w somewhere doc") == ["doctor"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-w ", [":dirs"]),
        ("show --fa", ["--facts"]),
        ("runs --status wa", ["waiting"]),
        ("runs --status=wa", ["--status=waiting"]),
        ("runs --since to", ["today"]),
        ("runs --plan h", ["hello"]),
        ("knowledge se", ["search"]),
        ("knowledge search han", []),
        ("run --plan he", ["hello", ":files"]),
        ("run he", ["hello", ":files"]),
        ("run --plan hello --input ", ["name="]),
        ("run --plan plans/hello.yaml --input n", ["name="]),
        ("run --plan hello --input name=A --input ", []),
        ("run --plan hello --input name=@x", [":files"]),
        ("try gr", ["greet"]),
        ("try greet --with ", ["name="]),
        ("try nap --with ", ["seconds="]),
        ("try vote --with me", ["method="]),
        ("try greet --with-json @", [":files"]),
        ("capabilities app", ["approve"]),
        ("run --autonomy ", ["suggest", "confirm"]),
        ("plan words --autonomy su", ["suggest"]),
        ("run --planner ", ["route", "recall", "compose"]),
        ("plan words --planner=co", ["--planner=compose"]),
        ("backup ", [":files"]),
        ("init --template ap", ["approval"]),
        ("completion z", ["zsh"]),
        ("init ", [":dirs"]),
        ("init x ", []),
        ("nonesuch ", list(COMMANDS)),
        ("answer r1 ", []),
    ],
)
def test_what_fits_depends_on_what_stands_before(
    here: Folder, line: str, expected: list[str]
) -> None:
    found = words(line)
    assert found == expected


def test_an_option_is_offered_once_unless_it_may_be_repeated(here: Folder) -> None:
    assert "--limit" not in words("runs --limit 3 --")
    assert "--status" in words("runs --status failed --")
    assert "--words" not in words("completion --")


def test_runs_are_offered_newest_first_in_the_state_that_the_command_needs(here: Folder) -> None:
    ended = here.batuta("run", "--plan", "hello", "--input", "name=A", "--json").document["run"]
    waiting = here.batuta("run", "--plan", "ask", "--input", "amount=5", "--json").document["run"]
    assert words("show ") == [waiting, ended]
    assert words("answer ") == words("cancel ") == words("resume ") == [waiting]
    assert words(f"answer {waiting} ") == ["approve"]
    assert words(f"answer {waiting} approve --re") == ["--reject", "--resolve"]
    assert words(f"show {ended} --step ") == ["greet"]
    assert re.fullmatch(rf"{waiting}\twaiting, ask, .*(ago|now)", candidates(["show", ""])[0])


def test_whatever_is_wrong_nothing_is_offered_and_nothing_is_said(here: Folder) -> None:
    (here.path / "batuta.yaml").write_text("{", encoding="utf-8")
    for line in ("show ", "try ", "run --plan x --input ", "try greet --with "):
        assert words(line) == []
    said = here.batuta("completion", "--words", "+show", "+")
    assert (said.code, said.out.strip(), said.err) == (0, "", "")
    assert here.batuta("completion", "--words", "+sho", "+--json", "+-").code == 0


def test_workflows_are_plans_too(here: Folder) -> None:
    flow = """
from batuta import workflow
import batuta

@workflow
def inbox(mails: list[str], limit: int = 3): ...

@batuta.workflow(name="outbox", limit=2)
def other(): ...
"""
    (here.path / "flow.py").write_text(flow, encoding="utf-8")
    (here.path / "batuta.yaml").write_text("python: [flow.py]\n", encoding="utf-8")
    for line in ("plan ", "check ", "run --plan ", "replay --plan ", "diff "):
        assert words(line) == ["ask", "hello", "inbox", "outbox", ":files"]
    assert words("runs --plan ") == ["ask", "hello", "inbox", "outbox"]
    assert words("run --plan inbox --input ") == ["mails=", "limit="]


def test_a_module_with_a_flaw_hides_nothing_but_itself(here: Folder) -> None:
    (here.path / "half.py").write_text("@workflow\ndef half(", encoding="utf-8")
    (here.path / "batuta.yaml").write_text("python: [half.py]\n", encoding="utf-8")
    assert words("plan ") == ["ask", "hello", ":files"]


def test_plans_and_runs_are_offered_where_either_may_stand(here: Folder) -> None:
    run = here.batuta("run", "--plan", "hello", "--input", "name=A", "--json").document["run"]
    assert words("diff ") == ["ask", "hello", run, ":files"]
    assert words(f"diff {run} he") == ["hello", ":files"]
    assert words(f"fork {run} --at g") == ["greet"]
    assert words(f"fork {run} --set ") == ["greet="]
    assert words(f"fork {run} --input ") == ["name="]
    assert words(f"fork {run} --input name=@") == [":files"]
    assert words(f"fork {run} --input name=B --input ") == []


def test_a_fork_has_the_inputs_of_its_log_whatever_became_of_the_file(here: Folder) -> None:
    long = "\n".join(
        f"  n{at}: {{type: string, default: '', description: {'d' * 90}}}" for at in range(20)
    )
    plan = f"name: long\ninputs:\n{long}\nresult: ${{inputs.n0}}\n"
    (here.path / "long.yaml").write_text(plan, encoding="utf-8")
    run = here.batuta("run", "--plan", "long.yaml", "--json").document["run"]
    (here.path / "long.yaml").unlink()
    assert words(f"fork {run} --input n1") == ["n1=", *(f"n1{at}=" for at in range(10))]


@given(
    st.lists(
        st.sampled_from([*COMMANDS, "-w", "--plan", "--input", "--", "-", "=", "--with", "x=@", ""])
        | st.text(max_size=8)
    )
)
def test_no_line_is_too_odd_to_be_completed(line: list[str]) -> None:
    assert all("\n" not in one for one in candidates(line))


def test_what_a_shell_would_carry_out_is_never_offered(here: Folder) -> None:
    for number, name in enumerate(("$(touch evil)", "a;b", "`x`", "a b", "~root", "fine-1.x")):
        plan = here.path / "plans" / f"{number}.yaml"
        plan.write_text(f'name: "{name}"\nsteps: {{}}\n', encoding="utf-8")
    assert sorted(words("run --plan ")) == [":files", "ask", "fine-1.x", "hello"]


def test_no_module_of_the_workspace_is_loaded(here: Folder) -> None:
    tools = here.path / "tools.py"
    tools.write_text(
        tools.read_text(encoding="utf-8") + "\nraise SystemExit('loaded')\n", encoding="utf-8"
    )
    assert words("try gre") == ["greet"]


def test_a_script_is_printed_for_each_shell(folder: Folder) -> None:
    for shell in ("bash", "zsh", "fish"):
        said = folder.batuta("completion", shell)
        assert (said.code, said.err) == (0, "")
        assert "completion --words" in said.out
    assert folder.batuta("completion").code == 2
    assert folder.batuta("completion", "csh").code == 2


# ── real shells ──────────────────────────────────────────────────────────────────────────────────────────────

CASES = [
    ("batuta docto", "doctor"),
    ("batuta runs --status wai", "waiting"),
    ("batuta runs --status=wai", "waiting"),
    ("batuta run --plan he", "hello"),
    ("batuta run --plan hello --input name=@batuta.y", "name=@batuta.yaml"),
    ("batuta try nap --with s", "seconds="),
    ("batuta runs --lim", "--limit"),
    ("batuta init pl", "plans"),
]


def programs(folder: Folder) -> dict[str, str]:
    """An environment whose PATH begins with a `batuta` that is this one."""
    place = folder.path / "bin"
    place.mkdir(exist_ok=True)
    program = place / "batuta"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m batuta "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join([str(place), os.environ["PATH"]])
    return surroundings(PATH=path, HOME=str(folder.path), TERM="dumb")


def shell(folder: Folder, *command: str) -> str:
    ended = subprocess.run(
        command,
        cwd=folder.path,
        env=programs(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes(here: Folder) -> None:
    script = 'eval "$(batuta completion bash)"\n'
    for line, _ in CASES:
        # As bash splits it: = is a word of its own.
        split = " ".join(f"'{word}'" for word in re.findall(r"=|[^ =]+", line))
        script += (
            f"COMP_WORDS=({split}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _batuta batuta;"
            ' printf "%s," "${COMPREPLY[@]}"; echo\n'
        )
    said = shell(here, "bash", "--norc", "-c", script).splitlines()
    assert said == [f"{expected.rpartition('=')[2] or expected}," for _, expected in CASES]


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_fish_completes(here: Folder) -> None:
    asks = "; ".join(f"complete -C '{line}'; echo ." for line, _ in CASES)
    said = shell(here, "fish", "--no-config", "-c", f"batuta completion fish | source; {asks}")
    found = [
        [line.partition("\t")[0].rstrip("/") for line in part.strip().splitlines()]
        for part in said.split("\n.\n")[: len(CASES)]
    ]
    assert [one[0].removeprefix("--status=") for one in found] == [one for _, one in CASES]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_zsh_completes(here: Folder) -> None:
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(
        ["zsh", "-f", "-i"],
        cwd=here.path,
        env=programs(here) | {"PS1": "> ", "COLUMNS": "200"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    seen = ""

    def until(mark: str) -> str:
        nonlocal seen
        end = time.monotonic() + WAIT_S
        while mark not in seen:
            assert time.monotonic() < end, seen
            if select.select([master], [], [], 0.1)[0]:
                seen += os.read(master, 65_536).decode("utf-8", "replace")
        before, _, seen = seen.partition(mark)
        return before

    os.write(master, b"autoload -Uz compinit && compinit -u -D\n")
    os.write(master, b'eval "$(batuta completion zsh)"; print rea""dy\n')
    until("ready")
    try:
        for line, expected in CASES:
            os.write(master, f"{line}\t".encode())
            typed = f"{line.rpartition(' ')[0]} "
            until(f"{typed}{expected}" if "=wai" not in line else "--status=waiting")
            os.write(master, b"\x15")  # the line is forgotten
    finally:
        process.kill()
        process.wait(WAIT_S)
        os.close(master)

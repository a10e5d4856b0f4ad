"""Nothing but what was asked for reaches standard output, whatever the functions of a workspace print."""

import json
import subprocess
import sys

from tests.doors.cli.command import WAIT_S, Folder
from tests.nursery import surroundings

NOISY = '''
import os, subprocess, sys
from batuta import capability

print("at import")
os.write(1, b"to the descriptor\\n")

@capability(effect="pure", reach="local")
def chatter() -> str:
    """Print in every way there is."""
    print("in a thread")
    sys.stdout.write("to the stream\\n")
    subprocess.run([sys.executable, "-c", "print('in a child')"], check=True)
    return "quiet"
'''
PLAN = "name: chatter\nsteps: {a: {use: chatter}}\nresult: ${steps.a}\n"


def noisy(folder: Folder) -> Folder:
    (folder.path / "tools.py").write_text(NOISY, encoding="utf-8")
    (folder.path / "batuta.yaml").write_text("python: [tools.py]\n", encoding="utf-8")
    (folder.path / "chatter.yaml").write_text(PLAN, encoding="utf-8")
    return folder


def test_what_functions_and_their_children_print_goes_to_standard_error(folder: Folder) -> None:
    said = noisy(folder).batuta("run", "--plan", "chatter.yaml", "--json")
    assert (said.code, said.document["result"]) == (0, "quiet")
    lines = ["at import", "to the descriptor", "in a thread", "to the stream", "in a child"]
    assert sorted(said.err.splitlines()) == sorted(lines)


def test_a_result_for_a_pipe_holds_nothing_else(folder: Folder) -> None:
    assert noisy(folder).batuta("run", "--plan", "chatter.yaml").out == "quiet\n"


def test_a_module_that_prints_spoils_no_document_of_a_flaw(folder: Folder) -> None:
    said = noisy(folder).batuta("run", "--plan", "nap.yaml", "--json")
    assert (said.code, said.document["status"]) == (2, "error")


def test_a_closed_standard_input_does_not_change_what_is_printed(folder: Folder) -> None:
    command = [sys.executable, "-P", "-m", "batuta", "run", "--plan", "hello.yaml", "--json"]
    ended = subprocess.run(
        ["bash", "-c", 'exec "$@" 0<&-', "-", *command, "--input", "name=Ada"],
        cwd=folder.path,
        env=surroundings(),
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert json.loads(ended.stdout)["result"] == "Hello Ada"

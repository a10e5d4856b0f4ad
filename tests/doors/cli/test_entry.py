"""Ctrl-C before the command has begun: an exit code, and no traceback."""

import subprocess
import sys

import pytest

from tests.doors.cli.command import WAIT_S, Folder
from tests.nursery import surroundings

# Python's own start is not ours; the program as its script and `python -m batuta` run it, with a Ctrl-C that comes
# when something is about to be loaded.
PROGRAM = """
import os, signal, sys

# Whoever runs the tests in the background may have had Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {at!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["batuta", "runs", "--json"]
from batuta.__main__ import main
sys.exit(main())
"""


def interrupted(folder: Folder, at: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM.format(at=at)],
        cwd=folder.path,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


@pytest.mark.parametrize("at", ["batuta.doors", "argparse", "batuta.doors.cli.words"])
def test_who_interrupts_the_start_gets_the_exit_code_and_no_word(folder: Folder, at: str) -> None:
    said = interrupted(folder, at)
    assert (said.returncode, said.stdout, said.stderr) == (130, "", "")


@pytest.mark.parametrize(
    "at", ["batuta.doors.cli.commands.runs", "batuta.app", "apsw", "msgspec", "asyncio.events"]
)
def test_who_interrupts_the_loading_of_a_command_is_told_in_the_document(
    folder: Folder, at: str
) -> None:
    said = interrupted(folder, at)
    assert (said.returncode, said.stderr) == (130, "")
    assert said.stdout.count("\n") == 1
    assert '"interrupted"' in said.stdout

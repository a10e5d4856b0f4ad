"""A command that waits for a stopped process says so."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doors.cli.command import WAIT_S, Folder
from tests.nursery import surroundings

HOLD = """
import sys, apsw
db = apsw.Connection(sys.argv[1])
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
db.execute("ROLLBACK")
"""


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux says who holds a lock")
def test_after_two_seconds_it_is_told_which_stopped_process_holds_the_journal(
    folder: Folder,
) -> None:
    folder.waiting()
    journal = folder.path / ".batuta" / "journal.sqlite"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(journal)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=surroundings(),
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        words = ("run", "--plan", "hello.yaml", "--input", "name=Ada", "--json")
        with folder.start(*words) as process:
            assert process.stderr is not None
            said = process.stderr.readline()
            assert said.startswith(f"waiting for process {holder.pid} ({sys.executable} -c import")
            assert "it is stopped, and holds the journal" in said
            holder.send_signal(signal.SIGCONT)
            holder.communicate("\n", timeout=WAIT_S)
            out, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, err) == (0, "")
    assert '"status":"succeeded"' in out


def test_nothing_is_said_where_nobody_waits(folder: Folder) -> None:
    said = folder.batuta("run", "--plan", "hello.yaml", "--input", "name=Ada", "--json")
    assert (said.code, said.err) == (0, "")

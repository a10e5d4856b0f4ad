"""Says for whom a command waits: a stopped process that stands in the middle of a write holds the journal.

The journal itself only waits, for a bounded time. Who holds it the system knows; where it does not say, nothing is
said here either.
"""

import os
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from batuta.doors.cli.terminal.text import one_line

__all__ = ["told_when_held"]

# Nobody is told of what is over sooner, in seconds.
_PATIENCE_S = 2.0
_LOOK_S = 0.25
_LOCKS = Path("/proc/locks")
# The byte of the index that SQLite locks while somebody writes to the log.
_WRITE_BYTE = 120
_COMMAND_CELLS = 60


@contextmanager
def told_when_held(journal: Path, say: Callable[[str], None]) -> Generator[None]:
    """While the block runs, `say` once which stopped process holds the file `journal`, if one does so for 2 s."""
    over = threading.Event()
    if not _LOCKS.exists():  # only Linux has such a list
        yield
        return
    threading.Thread(target=_look, args=(journal, say, over), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _look(journal: Path, say: Callable[[str], None], over: threading.Event) -> None:
    held_s, before = 0.0, 0
    while not over.wait(_LOOK_S):
        holder = _holder(journal)
        held_s = held_s + _LOOK_S if holder and holder == before else 0.0
        before = holder
        if held_s >= _PATIENCE_S:
            say(
                f"waiting for process {holder}{_command(holder)}: it is stopped, and holds the journal; "
                f"let it go on with `kill -CONT {holder}`, or end it"
            )
            return


def _holder(journal: Path) -> int:
    """The stopped process that holds the journal for writing, or its gate; 0 if there is none."""
    index = _inode(journal.with_name(f"{journal.name}-shm"))
    gate = _inode(journal.with_name(f"{journal.name}.owners") / "gate")
    try:
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    for line in lines:
        # "7: POSIX  ADVISORY  WRITE 4711 08:01:1234 120 120"
        words = line.split()
        if len(words) != 8 or words[3] != "WRITE":
            continue
        kind, pid, inode = words[1], int(words[4]), words[5].rpartition(":")[2]
        last = sys.maxsize if words[7] == "EOF" else int(words[7])
        writes = kind == "POSIX" and inode == index and int(words[6]) <= _WRITE_BYTE <= last
        if (writes or (kind == "FLOCK" and inode == gate)) and pid > 0 and pid != os.getpid():
            if _is_stopped(pid):
                return pid
    return 0


def _inode(path: Path) -> str:
    try:
        return str(path.stat().st_ino)
    except OSError:
        return ""


def _is_stopped(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return False
    return state[:1] in (["T"], ["t"])


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return ""
    said = one_line(words.decode("utf-8", "replace").strip(), _COMMAND_CELLS)
    return f" ({said})" if said else ""

"""The command on a terminal of a given size: what it writes there, byte by byte."""

import os
import re
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable

from tests.doors.cli.command import WAIT_S, Folder
from tests.nursery import surroundings

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """One process on a pseudo-terminal; `seen` is everything it wrote so far."""

    def __init__(self, folder: Folder, *words: str, columns: int = 80, rows: int = 24, **env: str):
        import fcntl
        import pty
        import termios

        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "batuta", *words],
            cwd=folder.path,
            env=surroundings(**{"TERM": "xterm-256color"} | env),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def until(self, ready: Callable[[str], bool]) -> str:
        """Read until `ready(seen)` or the end; everything seen."""
        end = time.monotonic() + WAIT_S
        while not ready(self.seen):
            assert time.monotonic() < end, self.seen
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                chunk = os.read(self._master, 65_536)
            except OSError:  # the other side has closed
                chunk = b""
            if not chunk:
                break
            self.seen += chunk.decode("utf-8", "replace")
        return self.seen

    def type(self, text: str) -> None:
        """What somebody types."""
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        self.until(lambda _: False)
        os.close(self._master)
        return self.process.wait(WAIT_S)


def plain(seen: str) -> list[str]:
    """The lines without the codes that move the cursor and set colours."""
    return CODES.sub("", seen.replace("\x1b[1A", "\n")).replace("\r", "").split("\n")

"""Who ends the programs that were started here if we are ended ourselves before we could: by `kill -9`, most often.

A process of its own, in a few lines and without any package. It is told which groups of processes there are, and hears
of our end by the end of the pipe over which it is told: then it does what we would have done.
"""

import contextlib
import os
import subprocess
import sys
import threading

__all__ = ["Warden"]

# How long they may take to end by themselves, their input being closed, and then to obey SIGTERM (s).
_SCRIPT = """
import os, signal, sys, time
groups = set()
for line in sys.stdin.buffer:
    (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
def tell(sign):
    for one in list(groups):
        try:
            os.killpg(one, sign)
        except OSError:
            groups.discard(one)
for sign in (signal.SIGTERM, signal.SIGKILL):
    end = time.monotonic() + 1.0
    while groups and time.monotonic() < end:
        tell(0)
        time.sleep(0.02)
    tell(sign)
"""
# It ends at once where nothing is left to be ended (s).
_CLOSE_S = 5.0


class Warden:
    """Watches over groups of processes, from the first one on. Where there are no groups (Windows), nobody does."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = not hasattr(os, "killpg")
        self._lock = threading.Lock()

    def ready(self) -> None:
        """Be there before the first program is. Takes some milliseconds."""
        with self._lock, contextlib.suppress(OSError):  # a machine that is full has other troubles
            if self._process is None and not self._closed:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _SCRIPT],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd=os.sep,
                    start_new_session=True,
                )

    def watch(self, group: int) -> None:
        """`group` is to be ended with us."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """`group` has ended."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let it go; what it still watches over is ended."""
        with self._lock:
            self._closed, process, self._process = True, self._process, None
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_CLOSE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _tell(self, line: str) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # somebody has ended it
                process.stdin.write(line.encode())
                process.stdin.flush()

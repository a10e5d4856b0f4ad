"""Standard output for this command alone: functions of a workspace, and what they start, may print."""

import io
import os
import sys

__all__ = ["keep_output", "lend_output"]

_OUT, _ERR = 1, 2


def keep_output() -> None:
    """Move `sys.stdout` to a descriptor nobody else knows; what is written to descriptor 1 is an error message."""
    stream: object = sys.stdout
    if not isinstance(stream, io.TextIOWrapper):
        return  # closed before we began, or not ours
    try:
        for descriptor in (0, _OUT, _ERR):
            os.fstat(descriptor)
        stream.flush()
        own = os.dup(_OUT)
        os.dup2(_ERR, _OUT)
    except OSError:
        return  # one of the three is closed: the copy would take its number
    binary = io.FileIO(own, "w")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(binary), "utf-8", "backslashreplace")


def lend_output() -> None:
    """From here on `print` goes to standard error; who has the stream of before keeps it."""
    if sys.stderr is not None:  # it is None where it was closed before we began
        sys.stdout = sys.stderr

"""The program: `batuta` and `python -m batuta`.

Loading the command line takes a tenth of a second; who presses Ctrl-C in it gets the exit code, and no traceback.
"""

import sys

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> int:
    """Carry out the command in `sys.argv`; the exit code."""
    try:
        from batuta.doors.cli import main as carried_out  # here, so that it can be interrupted

        return carried_out()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

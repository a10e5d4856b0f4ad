"""The command line: `batuta`. See `docs/reference/cli.md`, the contract for scripts.

Starting costs what is imported; each command brings its own rooms in when it runs, and help brings none.
"""

from batuta.doors.cli.entry import main

__all__ = ["main"]

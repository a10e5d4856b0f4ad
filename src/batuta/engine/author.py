"""Who is at the keyboard, for the log."""

import functools
import getpass
import os

__all__ = ["local_user"]


@functools.cache
def local_user() -> str:
    """The name of the user of this process, as the system has it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return os.environ.get("USER", "") or "local"

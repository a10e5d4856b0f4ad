"""A lock on an open file that dies with its process."""

import sys

__all__ = ["try_lock"]

if sys.platform == "win32":
    import msvcrt

    def try_lock(fd: int, *, shared: bool = False) -> bool:
        """True if the lock on `fd` is ours now; it is given back when `fd` is closed."""
        del shared  # there is no such lock; who looks at the same moment sees a living owner, and looks again
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def try_lock(fd: int, *, shared: bool = False) -> bool:
        """True if the lock on `fd` is ours now; it is given back when `fd` is closed."""
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

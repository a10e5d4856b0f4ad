"""How many connections there may be at once: each takes an open file, and the journal needs some, too."""

import contextlib
import sys

__all__ = ["connections_max"]

# Beyond so many, a process of this kind has nothing left to serve them with.
_CONNECTIONS_MAX, _CONNECTIONS_MIN = 10_000, 32
# Kept for files that are read, sources that are asked, programs and their pipes.
_OTHERS = 256


def connections_max() -> int:
    """So many connections are taken in, once this process may have all the files that it can get."""
    if sys.platform == "win32":
        return _CONNECTIONS_MAX
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted, unlimited = _CONNECTIONS_MAX + _OTHERS, resource.RLIM_INFINITY
    if soft == unlimited:
        return _CONNECTIONS_MAX
    most = wanted if hard == unlimited else min(wanted, hard)
    if soft < most:
        # Some systems have a bound of their own, which they do not tell.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return max(min(_CONNECTIONS_MAX, soft - _OTHERS), _CONNECTIONS_MIN)

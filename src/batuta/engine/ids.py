"""Names of new runs."""

import hashlib
import secrets

__all__ = ["new_run_id", "successor_id"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# What tells runs of one millisecond apart.
_BITS = 25


def new_run_id(now: float) -> str:
    """A new id: sorts by time, is safe in shells and file names, and will not be met twice."""
    return _id(now, secrets.randbits(_BITS))


def successor_id(run: str, ended_at: float) -> str:
    """The id of the run that goes on in place of `run`, which ended then: the same one whoever asks, and when."""
    mark = hashlib.blake2b(run.encode(), digest_size=8).digest()
    return _id(ended_at, int.from_bytes(mark, "big") & ((1 << _BITS) - 1))


def _id(at: float, mark: int) -> str:
    number = int(at * 1_000) << _BITS | mark
    return "r" + "".join([_ALPHABET[(number >> shift) & 31] for shift in range(65, -1, -5)])

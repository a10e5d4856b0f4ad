"""Names of new runs."""

import hashlib
import secrets

__all__ = ["new_run_id", "run_id_of", "successor_id"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# What tells runs of one millisecond apart.
_BITS = 25


def new_run_id(now: float) -> str:
    """A new id: sorts by time, is safe in shells and file names, and is hardly met twice (`before.begun`)."""
    return _id(now, secrets.randbits(_BITS))


def successor_id(run: str, ended_at: float) -> str:
    """The id of the run that goes on in place of `run`, which ended then: the same one whoever asks, and when."""
    mark = hashlib.blake2b(run.encode(), digest_size=8).digest()
    return _id(ended_at, int.from_bytes(mark, "big") & ((1 << _BITS) - 1))


def run_id_of(author: str, key: str) -> str:
    """The id of the run that `author` has begun, or begins, under `key`: always the same. Says nothing of the time."""
    mark = hashlib.blake2b(f"{author}\0{key}".encode("utf-8", "replace"), digest_size=9).digest()
    return "rk" + _letters(int.from_bytes(mark, "big"))


def _id(at: float, mark: int) -> str:
    return "r" + _letters(int(at * 1_000) << _BITS | mark)


def _letters(number: int) -> str:
    return "".join([_ALPHABET[(number >> shift) & 31] for shift in range(65, -1, -5)])

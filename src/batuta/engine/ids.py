"""Names of new runs."""

import secrets

__all__ = ["new_run_id"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_run_id(now: float) -> str:
    """A new id: sorts by time, is safe in shells and file names, and will not be met twice."""
    number = int(now * 1_000) << 25 | secrets.randbits(25)
    return "r" + "".join([_ALPHABET[(number >> shift) & 31] for shift in range(65, -1, -5)])

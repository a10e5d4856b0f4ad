"""Where a run stands in traces: ids that follow from the run alone, and W3C Trace Context to and from text.

The same run, step and attempt have the same ids in every process, so what is exported twice is the same span.
"""

import hashlib
import re

__all__ = ["Place", "place_of", "read_traceparent", "span_id", "traceparent"]

# Version 00, or a later one, which may have more behind the flags.
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,500})?")
_SAMPLED = 1

# Trace, span and whether it is recorded: as hex, as hex, and a bool.
Place = tuple[str, str, bool]


def read_traceparent(text: str) -> Place | None:
    """What the header `traceparent` says; None if it says nothing that counts."""
    found = _TRACEPARENT.fullmatch(text.strip())
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    if not int(found[2], 16) or not int(found[3], 16):
        return None
    return found[2], found[3], bool(int(found[4], 16) & _SAMPLED)


def traceparent(place: Place) -> str:
    """The header that hands `place` on."""
    trace, span, sampled = place
    return f"00-{trace}-{span}-{'01' if sampled else '00'}"


def place_of(run: str, trace: str) -> Place:
    """The trace that `run` belongs to, and what its own span is inside of ("": nothing).

    `trace`: the `traceparent` that its request came with; "" if it came with none.
    """
    asked = read_traceparent(trace) if trace else None
    return asked or (_hashed(16, "trace", run), "", True)


def span_id(run: str, kind: str, *names: str | int) -> str:
    """The id of one span of `run`, as hex: `kind` is run, step, attempt, question or call, `names` say which one."""
    return _hashed(8, kind, run, *names)


def _hashed(size: int, *names: str | int) -> str:
    made = hashlib.blake2b("\0".join(map(str, names)).encode(), digest_size=size).hexdigest()
    return made if int(made, 16) else made[:-1] + "1"  # nothing but zeros is no id

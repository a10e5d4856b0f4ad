"""Whether what was recorded and what would be recorded now are one decision; if not, how they differ, in words."""

from typing import Any

import msgspec

from batuta.spec.facts import (
    Answered,
    Doubted,
    Dropped,
    Ended,
    Fact,
    Failure,
    Finished,
    Lost,
    Resolved,
    Skipped,
    Spread,
    Started,
    Waited,
)
from batuta.spec.value import Value, canonical, decode

__all__ = ["Unlike", "compared", "described", "kind_of_fact", "same_time", "when"]

# Two times that differ by less were computed alike, in seconds.
_TIME_S = 1e-6


class Unlike(msgspec.Struct, frozen=True):
    """What was recorded and what would be recorded now, each in a few words."""

    recorded: str
    now: str


# What makes two facts of a kind one decision. Texts for people, and times that follow from dice, do not.
_FIELDS: dict[type[Fact], tuple[str, ...]] = {
    Started: (
        "capability", "effect", "verdict", "rule", "reserved_nusd", "alternative", "args_digest", "key", "metered",
        "ends_at",
    ),
    Skipped: (),
    Spread: ("count", "open_at"),
    Failure: ("code", "alternative", "retry_at"),
    Finished: ("value",),
    Waited: ("kind", "rule", "digest"),
    Answered: ("value",),
    Resolved: ("how", "value"),
    Doubted: ("resolve",),
    Lost: (),
    Dropped: (),
    Ended: ("status", "code", "path", "value"),
}  # fmt: skip
# Said of an attempt in other words than those of its fact.
_WORDS = {
    "args_digest": "arguments",
    "reserved_nusd": "reservation",
    "digest": "what is approved",
    "ends_at": "time of the call",
    "retry_at": "next attempt",
    "open_at": "next round",
}
_TIMES = frozenset({"ends_at", "retry_at", "open_at"})


def compared(recorded: Fact, now: Fact) -> Unlike | None:
    """How the decision `now` differs from the one that was recorded; None if they are one."""
    if type(recorded) is not type(now):
        return Unlike(described(recorded), described(now))
    for name in _FIELDS.get(type(recorded), ()):
        before, after = getattr(recorded, name), getattr(now, name)
        if name == "key" and not (before and after):
            continue  # logs of the first versions have keys for calls that nobody knows by them
        if not _same(before, after):
            word = _WORDS.get(name, name)
            if name in _TIMES:
                was, is_ = when(before, recorded.at), when(after, recorded.at)
                return Unlike(f"{word}: {was}", f"{word}: {is_}")
            if name in ("args_digest", "digest", "key"):
                return Unlike(f"{word} {before[:12]}…", f"other {word}: {after[:12]}…")
            return Unlike(f"{word}: {_short(before)}", f"{word}: {_short(after)}")
    return None


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, float) or isinstance(after, float):
        return same_time(before, after)
    if isinstance(before, Value) and isinstance(after, Value):
        if before.mark and after.mark:
            return before.mark == after.mark
        return _json(before) == _json(after)
    return bool(before == after)


def _json(value: Value) -> bytes:
    """What stands in for the JSON where there is no commitment to it: as it is written, if some of it is stored."""
    if value.stored:
        return msgspec.json.encode(msgspec.structs.replace(value, mark=""))
    return b"" if value.erased else canonical(decode(value.data))


def same_time(before: float | None, after: float | None) -> bool:
    """True if both are the same moment, in seconds, but for what computing it has rounded."""
    if before is None or after is None:
        return before is after
    return before == after or abs(before - after) < _TIME_S


def when(time: float | None, at: float) -> str:
    """How long after `at` the moment `time` is, in words."""
    return "none" if time is None else f"{time - at:.3g} s"


def _short(value: Any) -> str:
    if isinstance(value, Value):
        if value.erased:
            return "none"
        text = f"#{value.refs[0][:10]}" if value.stored else bytes(value.data).decode()
    else:
        text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def kind_of_fact(fact: Fact) -> str:
    """The word that stands in the log for this kind of fact."""
    return str(fact.__struct_config__.tag)


def described(fact: Fact) -> str:
    """What `fact` says, in a few words."""
    match fact:
        case Started():
            return f"{fact.capability} starts ({fact.effect}, {fact.verdict})"
        case Skipped():
            return f"skipped: {fact.why}"
        case Spread():
            return f"{fact.count:,} instances"
        case Failure(retry_at=None):
            return f"fails: {fact.code}"
        case Failure():
            return f"fails: {fact.code}, and is tried again"
        case Waited():
            rule = f" ({fact.rule})" if fact.rule else ""
            return f"asks: {fact.kind}{rule}"
        case Ended():
            return f"ends: {fact.status}" + (f" ({fact.code} at {fact.path})" if fact.code else "")
        case Dropped():
            return "dropped"
        case _:
            return kind_of_fact(fact)

"""`--since`: a point in time, as people name one."""

import re
from datetime import datetime, timedelta

from batuta.errors import InputError

__all__ = ["since"]

_UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
# Farther back than anybody keeps a log; also what a calendar can still subtract. In seconds.
_AGO_MAX_S = 1_000 * 365 * 86_400
_AGO = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ?(s|min|m|h|d|w)", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


def since(text: str, now: float) -> float:
    """The time that `text` names, in seconds of the Unix epoch; dates and times are those of this machine's zone.

    `2h` (ago), `today`, `yesterday`, `2026-11-01`, `2026-11-01T14:30`, with `Z` or `+02:00` if wanted.

    Raises:
        InputError: it names no time.
    """
    word = text.strip()
    if found := _AGO.fullmatch(word):
        return max(now - min(float(found[1]) * _UNITS_S[found[2]], _AGO_MAX_S), 0.0)
    try:
        if word in ("today", "yesterday"):
            day = datetime.fromtimestamp(now).astimezone().date()
            day -= timedelta(days=word == "yesterday")
            return datetime(day.year, day.month, day.day).astimezone().timestamp()
        if _DAY.fullmatch(word) or _TIME.fullmatch(word):
            return max(datetime.fromisoformat(word).astimezone().timestamp(), 0.0)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(
            f"--since {word!r} is no time: {error}", remedy="write it as 2026-11-01T14:30"
        ) from None
    raise InputError(
        f"--since {text[:40]!r} is no time",
        remedy="write how long ago (90s, 30min, 2h, 7d), today, yesterday, or 2026-11-01T14:30",
    )

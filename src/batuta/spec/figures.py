"""Times, money and numbers as people read them: one way for terminals, pictures and messages."""

import re

__all__ = ["dollars", "duration", "money", "plural", "round_duration"]

# Of `1 h 00 min` and `30.0 s` what says nothing where times are round.
_ZEROS = re.compile(r"\.0(?= s)| 00 (?:s|min)| 0 h")


def duration(seconds: float) -> str:
    """`12 ms`, `3.2 s`, `2 min 05 s`, `3 h 12 min`, `2 d 4 h`."""
    seconds = max(seconds, 0.0)
    if seconds < 0.9995:
        return f"{seconds * 1_000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3_600} h {whole % 3_600 // 60:02d} min"
    return f"{whole // 86_400:,} d {whole % 86_400 // 3_600} h"


def round_duration(seconds: float) -> str:
    """`30 s`, `5 min`, `1 h`: as `duration`, without parts that are zero."""
    return _ZEROS.sub("", duration(seconds))


def money(amount_usd: float) -> str:
    """`$0.0123`: four digits after the point, more for less than a cent that would look like nothing."""
    if amount_usd and abs(amount_usd) < 0.0001:
        digits = 6 if abs(amount_usd) >= 1e-6 else 9  # nano-dollars are the least there is
        return f"${amount_usd:.{digits}f}"
    return f"${amount_usd:,.4f}" if abs(amount_usd) < 100 else f"${amount_usd:,.2f}"


def dollars(amount_nusd: int) -> str:
    """`$0.04`, of nano-dollars: as many digits as there are, two to four after the point."""
    from batuta.spec.budget import usd  # 18 ms, of which help and errors need nothing

    text = money(usd(amount_nusd))
    whole, point, digits = text.partition(".")
    if not point or len(digits) <= 2:
        return text
    return f"{whole}.{digits.rstrip('0').ljust(2, '0')}"


_Y_AFTER_CONSONANT = tuple(f"{letter}y" for letter in "bcdfghjklmnpqrstvwxz")


def plural(number: int, noun: str) -> str:
    """`1 run`, `12,000 runs`, `2 memories`."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith(_Y_AFTER_CONSONANT) else f"{noun}s"
    return f"{number:,} {noun}"

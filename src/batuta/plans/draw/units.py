"""Times, money and numbers in the few letters that a box has room for."""

from batuta.spec.budget import usd

__all__ = ["cost_text", "number_text", "plural", "time_text"]

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def time_text(seconds: float) -> str:
    """`0 ms`, `12 ms`, `3.2 s`, `45 s`, `2 min 5 s`, `3 h 12 min`, `2 d 4 h`."""
    seconds = max(seconds, 0.0)
    if seconds < 0.9995:
        return f"{seconds * 1_000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < _MINUTE:
        return f"{whole} s"
    for unit, name, part, part_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // part
            return (
                f"{whole // unit:,} {name} {rest} {part_name}"
                if rest
                else f"{whole // unit:,} {name}"
            )
    raise AssertionError


def cost_text(nusd: int) -> str:
    """`$0.0021`, `$1.50`, `$1,200`: three figures at most behind the zeros."""
    dollars = usd(nusd)
    if not dollars:
        return "$0"
    if dollars >= 1_000:
        return f"${dollars:,.0f}"
    if dollars >= 0.995:
        return f"${dollars:,.2f}"
    text = f"{dollars:.9f}"
    zeros = len(text) - len(text[2:].lstrip("0")) - 2
    return "$" + f"{dollars:.{min(zeros + 2, 9)}f}".rstrip("0")


def number_text(number: int) -> str:
    """`950`, `10,000`, `1.2 million`."""
    return f"{number:,}" if number < 1_000_000 else f"{number / 1e6:,.1f} million"


def plural(number: int, noun: str) -> str:
    """`1 step`, `12 steps`."""
    return f"{number_text(number)} {noun}" if number == 1 else f"{number_text(number)} {noun}s"

"""Regular expressions of others: refused if they could take for ever."""

import re

__all__ = ["safe_pattern"]

_CHARS_MAX = 300
# A group that is repeated without a bound, or repeated at all while something in it is.
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{\d*,\}|\{\d{2,}|\{\d*,\d{2,})")
_NESTED = re.compile(r"(?:[*+}]|[*+}]\?)\)\{")
_ENDLESS = re.compile(r"(?<!\\)[*+]|\{\d*,\}")
# Each more multiplies the time by the length of a line.
_ENDLESS_MAX = 4
_BACKREFERENCE = re.compile(r"\\[1-9]|\(\?P=")


def safe_pattern(pattern: str) -> re.Pattern[str]:
    """`pattern`, compiled. Raises `ValueError` with what is wrong with it."""
    if len(pattern) > _CHARS_MAX:
        raise ValueError(f"{len(pattern):,} characters; at most {_CHARS_MAX}")
    plain = re.sub(r"\\\\|\\[()*+{}?]", "_", re.sub(r"\[\^?\]?[^\]]*\]", "_", pattern))
    if _REPEATED_GROUP.search(plain) or _NESTED.search(plain) or _BACKREFERENCE.search(plain):
        raise ValueError(
            "a repeated group, or a reference back, can take for ever; repeat characters, as in [A-Z]{2}-\\d+"
        )
    if len(_ENDLESS.findall(plain)) > _ENDLESS_MAX:
        raise ValueError(f"more than {_ENDLESS_MAX} of * and +; give them bounds, as in \\d{{1,8}}")
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"it is no regular expression: {error}") from None

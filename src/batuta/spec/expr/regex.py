"""How large the automaton of a regular expression becomes: the cost of `matches` per character of text.

RE2 needs no backtracking, but counted repetitions multiply: `((a?){1,300}a{1,3}){1,3}` takes 37 s for 1 MB.
"""

import re

__all__ = ["STATES_MAX", "states"]

# Above this, compiling the pattern alone takes tens of milliseconds.
STATES_MAX = 2_000

# States of one atom, measured or from the UTF-8 ranges it expands to; rather too many than too few.
_LITERAL, _NON_ASCII, _CLASS, _UNICODE_CLASS = 1, 4, 12, 500

_COUNT = re.compile(r"\{(\d{0,6})(,?)(\d{0,6})\}", re.ASCII)


def states(pattern: str) -> int:
    """An upper estimate of the number of states of `pattern`. Never raises: wrong patterns are RE2's to refuse."""
    sums, last, at = [0], 0, 0
    while at < len(pattern):
        char = pattern[at]
        count = _COUNT.match(pattern, at) if char == "{" else None
        if count is not None:
            times = max(int(count[1] or 1), int(count[3] or 1))
            sums[-1] += last * (times - 1)
            last *= times
            at = count.end()
        elif char == "(":
            sums.append(0)
            last, at = 0, at + 1
        elif char == ")" and len(sums) > 1:
            last = sums.pop() + 1
            sums[-1] += last
            at += 1
        elif char in "*+?|^$":
            sums[-1] += 1
            at += 1
        else:
            last, at = _atom(pattern, at)
            sums[-1] += last
    return sum(sums)


def _atom(pattern: str, at: int) -> tuple[int, int]:
    char = pattern[at]
    if char == "[":
        end = pattern.find("]", at + 2)
        end = len(pattern) if end < 0 else end + 1
        body = pattern[at:end]
        wide = "\\p" in body or "\\P" in body or not body.isascii()
        return (_UNICODE_CLASS if wide else _CLASS), end
    if char == "\\":
        wide = pattern[at + 1 : at + 2] in ("p", "P")
        return (_UNICODE_CLASS if wide else _CLASS), at + 2
    if char == ".":
        return _CLASS, at + 1
    return (_LITERAL if char.isascii() else _NON_ASCII), at + 1

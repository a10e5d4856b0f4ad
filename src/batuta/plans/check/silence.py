"""`# batuta: allow CODE why` silences a warning on its own line, or on the next one if it stands alone.

B150  without a reason     B151  what is no warning     B152  where there is nothing to silence
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

from batuta.errors import Finding
from batuta.plans.rules import RULES
from batuta.reading.nearest import did_you_mean
from batuta.reading.places import Places
from batuta.reading.report import line_starts

__all__ = ["silenced"]

_MARK = "batuta: allow"
_COMMENT = re.compile(
    r"#[ \t]*batuta: allow\b[ \t]*(?P<code>[A-Za-z]+[0-9]+|)(?P<reason>[^\n]*)", re.IGNORECASE
)
# More of them are read by nobody.
_ALLOWANCES_MAX = 200


class _Allowance(NamedTuple):
    """One comment: where it is, what it allows, and on which line a warning is silenced."""

    at: int
    code: str
    reason: str
    line: int


def silenced(findings: list[Finding], places: Places) -> list[Finding]:
    """`findings` without the warnings that comments of the text silence, and with what is wrong with the comments."""
    text = places.text
    if _MARK not in text.lower():
        return findings
    kept = list(findings)
    for allowance in _allowances(text):
        flaw = _flaw(allowance, places)
        if flaw is None:
            rest = [one for one in kept if not _meets(allowance, one)]
            if len(rest) < len(kept):
                kept = rest
                continue
            flaw = _finding(
                "B152",
                f"there is no {allowance.code} to silence on line {allowance.line}",
                allowance,
                places,
                "take the comment out, or put it on the line of the warning or on the one above",
            )
        kept.append(flaw)
    kept.sort(key=lambda finding: (finding.place.line, finding.place.column))
    return kept


def _meets(allowance: _Allowance, finding: Finding) -> bool:
    return (
        finding.warning and finding.code == allowance.code and finding.place.line == allowance.line
    )


def _flaw(allowance: _Allowance, places: Places) -> Finding | None:
    rule = RULES.get(allowance.code)
    if rule is None or not rule.warning:
        warnings = [code for code, rule in RULES.items() if rule.warning]
        what = "is no warning" if rule is not None else "is no code"
        remedy = (
            "a flaw is not silenced: correct it"
            if rule is not None
            else did_you_mean(allowance.code, warnings, "warnings")
        )
        message = f"{allowance.code or 'nothing'} {what}, so nothing is silenced"
        return _finding("B151", message, allowance, places, remedy)
    if not allowance.reason:
        return _finding(
            "B150",
            f"{allowance.code} is not silenced without a reason",
            allowance,
            places,
            f"say why: # batuta: allow {allowance.code} because …",
        )
    return None


def _finding(
    code: str, message: str, allowance: _Allowance, places: Places, remedy: str
) -> Finding:
    place = places.position(allowance.at)
    return Finding(code, message, place=place, remedy=remedy, warning=True)


def _allowances(text: str) -> Iterable[_Allowance]:
    """The comments, in their order. What stands in a text or a block is no comment."""
    starts, ends = _scalars(text)
    begins = line_starts(text)
    following = _next_contents(text.split("\n"))
    for count, found in enumerate(_COMMENT.finditer(text)):
        if count >= _ALLOWANCES_MAX:
            return
        at = found.start()
        inside = bisect_right(starts, at) - 1
        if inside >= 0 and at < ends[inside]:
            continue
        line = bisect_right(begins, at) - 1
        if not text[begins[line] : at].strip():
            line = following[line]
        reason = found["reason"].strip(" \t\r-–—:,.()")
        yield _Allowance(at, found["code"].upper(), reason, line + 1)


def _next_contents(lines: list[str]) -> list[int]:
    """For every line (from 0) the next one that is more than a comment: what a comment that stands alone is about."""
    found = [len(lines)] * len(lines)
    for line in range(len(lines) - 2, -1, -1):
        bare = lines[line + 1].lstrip()[:1] in ("#", "")
        found[line] = found[line + 1] if bare else line + 1
    return found


def _scalars(text: str) -> tuple[list[int], list[int]]:
    """Where the texts and blocks that hold a `#` begin, and where they end, in their order."""
    import yaml  # only where such a comment is: plans in Python are checked without it

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    starts: list[int] = []
    ends: list[int] = []
    tokens: Iterable[Any] = cast(Any, yaml).scan(text, Loader=loader)
    try:
        for token in tokens:
            if type(token).__name__ == "ScalarToken" and "#" in token.value:
                starts.append(token.start_mark.index)
                ends.append(token.end_mark.index)
    except yaml.YAMLError:
        return [0], [len(text)]  # JSON that is no YAML has no comments
    return starts, ends

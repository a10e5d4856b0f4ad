"""Patterns of paths: `*` and `?` inside a name, `[…]` for one letter, `**` through folders."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from functools import lru_cache

__all__ = ["fits", "fits_any", "fixed_part"]

_WILD = frozenset("*?[")


def fits_any(path: str, patterns: Iterable[str]) -> bool:
    """True if one of `patterns` fits `path` (with `/`, relative)."""
    return any(fits(path, pattern) for pattern in patterns)


def fits(path: str, pattern: str) -> bool:
    """True if `pattern` fits `path`. A part with a leading dot is fitted by a part with a leading dot only.

    >>> fits("out/2026/a.html", "out/**"), fits("out/a.html", "*.html"), fits(".env", "**"), fits(".env", ".env")
    (True, False, False, True)
    >>> fits("out", "out/**"), fits("a.csv", "**/*.csv"), fits("x/y/a.csv", "**/*.csv")
    (False, True, True)
    """
    return _fits(tuple(path.split("/")), _parts(pattern))


def fixed_part(pattern: str) -> str:
    """The folders that everything it fits is in.

    >>> fixed_part("data/2026/*.csv"), fixed_part("**/*.csv"), fixed_part("data/a.csv")
    ('data/2026', '', 'data')
    """
    fixed: list[str] = []
    for part in pattern.split("/")[:-1]:
        if _WILD.intersection(part):
            break
        fixed.append(part)
    return "/".join(fixed)


def _fits(path: tuple[str, ...], pattern: Sequence[str]) -> bool:
    # The places in the pattern that may be reached with what was read of the path: no pattern takes longer than
    # its length times that of the path.
    places = _passed({0}, pattern)
    for part in path:
        reached: set[int] = set()
        for at in places:
            if at == len(pattern):
                continue
            one = pattern[at]
            if one == "**":
                if not part.startswith("."):
                    reached.add(at)
            elif part.startswith(".") <= one.startswith(".") and _compiled(one).fullmatch(part):
                reached.add(at + 1)
        places = _passed(reached, pattern)
        if not places:
            return False
    return len(pattern) in places


def _passed(places: set[int], pattern: Sequence[str]) -> set[int]:
    """`places`, and those behind each `**` that may stand for nothing."""
    passed = set(places)
    for at in places:
        while at < len(pattern) and pattern[at] == "**":
            at += 1
            passed.add(at)
    return passed


@lru_cache(maxsize=1_024)
def _parts(pattern: str) -> tuple[str, ...]:
    parts = tuple(part for part in pattern.split("/") if part not in ("", "."))
    # `out/**` is what is in the folder, and not the folder.
    return (*parts, "*") if parts and parts[-1] == "**" else parts


@lru_cache(maxsize=1_024)
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))

"""Which of some names a word can only mean, if it can only mean one. Pure."""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

__all__ = ["meant"]

# So alike are a word and a slip of it, and so much less alike is every other word.
_ALIKE, _APART = 0.75, 0.1
# No more names are compared letter by letter.
_NAMES_MAX = 2_000


def meant(word: str, candidates: Iterable[str]) -> str:
    """The one of `candidates` that `word` can only be; "" if that cannot be told."""
    known = list(candidates)
    words = sorted(_words(word))
    same = [one for one in known if sorted(_words(one)) == words]
    if same:
        return same[0] if len(same) == 1 else ""
    alike = sorted(
        (
            (SequenceMatcher(None, word.lower(), one.lower()).ratio(), one)
            for one in known[:_NAMES_MAX]
        ),
        reverse=True,
    )
    if not alike or alike[0][0] < _ALIKE:
        return ""
    clear = len(alike) == 1 or alike[0][0] - alike[1][0] >= _APART
    return alike[0][1] if clear else ""


def _words(name: str) -> Iterator[str]:
    """`searchHandbook`, `search-handbook`, `handbook.search` → search, handbook."""
    for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name):
        yield word.lower()

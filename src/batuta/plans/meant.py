"""Which of some names a word can only mean, if it can only mean one. Pure."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

__all__ = ["meant"]

# So alike are a word and a slip of it, and so much less alike is every other word.
_ALIKE, _APART = 0.75, 0.1
# So alike are a word of a name and a slip of it; shorter ones are spelt in one way only.
_SPELT, _SPELT_CHARS_MIN = 0.8, 4
# Without the source before it, a name of one word says too little: `search` is not that of any service.
_BARE_WORDS_MIN = 2
# No more names are compared letter by letter.
_NAMES_MAX = 2_000


def meant(word: str, candidates: Iterable[str]) -> str:
    """The one of `candidates` that `word` can only be; "" if that cannot be told."""
    known = list(candidates)
    words = _words(word)
    spoken = {one: _words(one) for one in known}
    bare = {one: _words(one.partition(".")[2]) for one in known if "." in one}
    bare = {one: said for one, said in bare.items() if len(said) >= _BARE_WORDS_MIN}
    for same in (
        [one for one, said in spoken.items() if said == words],
        [one for one, said in spoken.items() if sorted(said) == sorted(words)],
        [one for one, said in bare.items() if said == words],
        [one for one, said in spoken.items() if _is_slip(words, said)],
        [one for one, said in bare.items() if _is_slip(words, said)],
    ):
        if same:
            return same[0] if len(same) == 1 else ""
    alike = sorted(
        (
            (SequenceMatcher(None, word.lower(), one.lower()).ratio(), one)
            for one in known[:_NAMES_MAX]
            if _digits(word) == _digits(one) and not any(map(_turns, words, spoken[one]))
        ),
        reverse=True,
    )
    if not alike or alike[0][0] < _ALIKE:
        return ""
    clear = len(alike) == 1 or alike[0][0] - alike[1][0] >= _APART
    return alike[0][1] if clear else ""


def _words(name: str) -> list[str]:
    """`searchHandbook`, `search-handbook`, `search.handbook` → search, handbook."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]


def _is_slip(words: Sequence[str], others: Sequence[str]) -> bool:
    """True if each word is the other one in its place, or a slip of it; numbers have none."""
    return len(words) == len(others) > 1 and all(map(_is_spelt, words, others))


def _is_spelt(word: str, other: str) -> bool:
    if word == other:
        return True
    if min(len(word), len(other)) < _SPELT_CHARS_MIN or _digits(word) != _digits(other):
        return False
    if _turns(word, other):
        return False
    return SequenceMatcher(None, word, other).ratio() >= _SPELT


def _turns(word: str, other: str) -> bool:
    """True for a word and another one behind some letters: to deactivate is not to activate."""
    shorter, longer = sorted((word, other), key=len)
    return word != other and len(shorter) >= _SPELT_CHARS_MIN and longer.endswith(shorter)


def _digits(word: str) -> list[str]:
    return [char for char in word if char.isdigit()]

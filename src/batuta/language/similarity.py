"""How alike two short texts are, however they are written: 0 to 1."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from batuta.language.words import words

__all__ = ["Profile", "alike", "among", "beginning", "profile", "similarity"]

# A name or an address is shorter; of what is longer, the beginning is compared.
_CHARS_MAX = 300
_WORDS_MAX = 40
# Texts that share fewer of their pieces are not one word written apart or together.
_PIECES_MIN = 0.5
# Words that are less alike than this are different ones; that are so much alike, two spellings of one.
_WORD_MIN, _SPELT = 0.7, 0.8


class Profile(NamedTuple):
    """A text as it is compared: its folded words, sorted, and the pieces by which others like it are found."""

    words: tuple[str, ...]
    pieces: frozenset[str]


def profile(text: str) -> Profile:
    """The profile of the first 300 characters of `text`."""
    parts = _parts_of(text)
    pieces = set(parts)
    for part in parts:
        padded = f"^{part}$"
        pieces.update(padded[at : at + 3] for at in range(len(padded) - 2))
    return Profile(tuple(parts), frozenset(pieces))


def beginning(said: Iterable[str]) -> frozenset[str]:
    """The words of the profile of what is said, word by word; no more of it is asked for than there is a profile of."""
    kept: list[str] = []
    size = 0
    for word in said:
        kept.append(word)
        size += len(word) + 1
        if size > _CHARS_MAX:
            break
    return _words_of(" ".join(kept))


@lru_cache(maxsize=1_024)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_parts_of(text))


def similarity(left: Profile, right: Profile) -> float:
    """1 for the same words in any order; misspelt and abbreviated ones count in part. Symmetric."""
    if left.words == right.words:
        return 1.0 if left.words else 0.0
    if not left.words or not right.words:
        return 0.0
    if len(right.words) < len(left.words) or (
        len(right.words) == len(left.words) and right.words < left.words
    ):
        left, right = right, left
    common = 2 * len(left.pieces & right.pieces) / (len(left.pieces) + len(right.pieces))
    joined = _ratio("".join(left.words), "".join(right.words)) if common > _PIECES_MIN else 0.0
    free = list(right.words)
    shared = 0.0
    # The longest words first: they say most, and an abbreviation must not take what belongs to a whole word.
    for word in sorted(left.words, key=len, reverse=True):
        best, of = 0.0, -1
        for at, other in enumerate(free):
            likeness = alike(word, other)
            if likeness > best:
                best, of = likeness, at
        if best >= _WORD_MIN:
            shared += best * (len(word) + len(free[of]))
            free.pop(of)
    whole = sum(map(len, left.words)) + sum(map(len, right.words))
    return max(shared / whole, joined if joined > 0.85 else 0.0)


def _parts_of(text: str) -> list[str]:
    found = sorted(part for word in words(text[:_CHARS_MAX]) for part in _parts(word.text))
    return found[:_WORDS_MAX]


def _parts(word: str) -> list[str]:
    return [
        part
        for part in word.replace("'", "").replace(".", "-").replace("_", "-").split("-")
        if part
    ]


def alike(left: str, right: str) -> float:
    """The same for two words; a beginning of the other counts 0.8, another number nothing."""
    if left == right:
        return 1.0
    if left.isdigit() or right.isdigit():
        return 0.0  # numbers that differ are different, however little
    shorter, longer = sorted((left, right), key=len)
    if longer.startswith(shorter):
        return 0.8  # J for John, St for Street, Corp for Corporation
    return _ratio(left, right)


@lru_cache(maxsize=65_536)
def among(word: str, known: frozenset[str], chars_min: int) -> bool:
    """True if `word` is one of `known`, or another spelling of one. Shorter ones are spelt in one way only."""
    if word in known:
        return True
    if len(word) < chars_min:
        return False
    # Spellings of one word have two letters beside each other in common, and few others have.
    own = _pairs(word)
    return any(
        len(one) >= chars_min and not own.isdisjoint(_pairs(one)) and alike(word, one) >= _SPELT
        for one in known
    )


@lru_cache(maxsize=65_536)
def _pairs(word: str) -> frozenset[str]:
    return frozenset(word[at : at + 2] for at in range(len(word) - 1))


@lru_cache(maxsize=65_536)
def _ratio(left: str, right: str) -> float:
    left, right = sorted((left, right))
    # No more can be alike than letters are common: a tenth of what SequenceMatcher takes to say so.
    both = len(left) + len(right)
    if (
        2 * min(len(left), len(right)) / both < _WORD_MIN
        or 2 * _common(left, right) / both < _WORD_MIN
    ):
        return 0.0
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def _common(left: str, right: str) -> int:
    return sum(min(left.count(char), right.count(char)) for char in set(left))

"""Words of a text, folded so that `Café`, `café` and `CAFE` are one, each with the place where it stands."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

__all__ = ["SHORT_CHARS", "Word", "folded", "lowered", "stem", "stems", "words"]

# Letters and digits, with what holds a word together inside: don't, e-mail, A-1042, 3.5, x_y.
_WORD = re.compile(r"[^\W_]+(?:[’'.\-_][^\W_]+)*")
# Longer runs are data, not words.
_CHARS_MAX = 64
# Longer texts are asked for once, and would fill the memory.
SHORT_CHARS = 600
# Roots that end so have lost an e before -ing and -ed.
_LOST_E = tuple("at iz bl uc ic rg rv ng eas has ang iv ir ur us ys yz".split())
_VOWEL = re.compile(r"[aeiouy]")


class Word(NamedTuple):
    """A word as it is compared, and where it stands: characters from 0, `end` behind its last."""

    text: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of `text` in order, folded."""
    return [*_words_of_short(text)] if len(text) <= SHORT_CHARS else _words(text)


# Who plans asks for the words of the same request and its parts some sixty times.
@lru_cache(maxsize=1_024)
def _words_of_short(text: str) -> tuple[Word, ...]:
    return tuple(_words(text))


def _words(text: str) -> list[Word]:
    if text.isascii():  # most are: a third of the time
        low = text.lower()
        return [
            Word(found[0][:_CHARS_MAX], found.start(), found.end()) for found in _WORD.finditer(low)
        ]
    return [
        Word(folded(found[0][:_CHARS_MAX]), found.start(), found.end())
        for found in _WORD.finditer(text)
    ]


def lowered(text: str) -> str:
    """`text` in lower case, every character in its place: searching it is 3 to 5 times as fast as ignoring case."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)


@lru_cache(maxsize=65_536)
def folded(word: str) -> str:
    """`word` without case, accents and typographic apostrophes."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def stems(text: str) -> list[str]:
    """The stems of the words of `text`, in order."""
    return [stem(word.text) for word in words(text)]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A folded `word` without the endings of English inflection: orders, ordered, ordering → order.

    Much less than Porter's algorithm does, so that different words seldom become one. Words of other languages
    pass through almost as they are.
    """
    word = word.removesuffix("'s")
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root is not word and len(root) >= 3 and _VOWEL.search(root):
            return _restored(root)
    return word


def _restored(root: str) -> str:
    """What an ending has changed in the word before it: shipp-ed → ship, pric-ed → price, cancell-ed → cancel."""
    if root[-1] == root[-2] and root[-1] not in "aeiouszf":
        return root[:-1]
    return root + "e" if root.endswith(_LOST_E) else root

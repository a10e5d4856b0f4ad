"""What something does, by its name and what is said of it: the words with which one orders that."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from batuta.language.cues import words_of_name
from batuta.language.sentences import sentences
from batuta.language.similarity import alike
from batuta.language.words import stem
from batuta.planning.clauses import command_of
from batuta.planning.doubts import NO_DEEDS, doubts
from batuta.planning.phrases import is_value, parts_of, tells

__all__ = [
    "INFINITIVE",
    "INFLECTED",
    "LOOKS",
    "MAKES",
    "Deed",
    "deed_of",
    "deeds_in",
    "filled",
    "is_noun_of",
    "is_one",
]

# So much of a text is looked at.
_CHARS_MAX = 4_000
_PLACEHOLDER = re.compile(r"\{[^{}]{0,200}\}")
INFLECTED = ("ed", "ing")
INFINITIVE = ("en", "ern", "eln")
_NOUNS = ("ion", "ment", "ung", "al")
# Shorter words are spelt in one way only; words that are so much alike are one.
_ALIKE_CHARS_MIN, _SPELT = 3, 0.85
# With what one knows, this changes nothing: to look at it, or to work on it.
LOOKS = frozenset(
    """show find list give look check search fetch see display print read count compare explain describe summarise
    summarize analyse analyze report answer process handle take open zeige zeig finde such suche liste nenne prufe hole
    hol lies verarbeite bearbeite nimm""".split()
)
# What is made has been written, generated, …
MAKES = frozenset(
    """make create generate produce prepare write draft build erstelle erstellen erzeuge schreibe schreiben mache
    mach""".split()
)


class Deed(NamedTuple):
    """Something that is done: its name, and the words that say so, each as one begins an order with it."""

    name: str
    words: frozenset[str]


def deed_of(name: str, description: str = "", inputs: Iterable[str] = ()) -> Deed:
    """What something that is called `name` does, by its name and description. `inputs`: their names are things."""
    things = {stem(word) for one in inputs for word in words_of_name(one)[0].split()}
    own = words_of_name(name.rpartition(".")[2])[0].split()
    found = {stem(word) for word in own[:1]}
    if own and own[-1].endswith(INFINITIVE):
        found.add(own[-1])  # bestellung_erstatten
    for first in sentences(description[:_CHARS_MAX])[:1]:
        found |= _deeds_in(first.text)
    return Deed(name, frozenset(found - things))


def deeds_in(texts: Iterable[str]) -> frozenset[str]:
    """The words that say, in each part of the requests `texts`, what is to be done."""
    return frozenset(word for text in texts for word in _deeds_in(command_of(text)[:_CHARS_MAX]))


def filled(example: str) -> str:
    """`example` with a number in place of each `{input}`."""
    return _PLACEHOLDER.sub(" 0 ", example)


def is_one(word: str, known: frozenset[str]) -> bool:
    """True if `word` is one of `known` as one orders: not "refunded", "refunds", "storniert", "deactivate"."""
    if word in known:
        return True
    if len(word) < _ALIKE_CHARS_MIN or word.endswith(INFLECTED):
        return False
    return any(
        word[:2] == one[:2]
        and (_root(word) == _root(one) or (_is_spelt(word, one) and not _is_past(word, one)))
        for one in known
    )


def _is_spelt(word: str, one: str) -> bool:
    return not (word.startswith(one) or one.startswith(word)) and alike(word, one) >= _SPELT


def _is_past(word: str, one: str) -> bool:
    return any(word.endswith(end) and not one.endswith(end) for end in ("t", "te", "ten"))


def _root(word: str) -> str:
    """A German verb without what it ends in: storniere, stornieren → stornier."""
    return word.removesuffix("n").removesuffix("e")


def is_noun_of(word: str, words: frozenset[str]) -> bool:
    """True for "refund" and "cancellation", of what one of `words` says to do."""
    if word in words:
        return True
    return word.endswith(_NOUNS) and any(
        len(one) >= _ALIKE_CHARS_MIN and word.startswith(_root(one)) for one in words
    )


@lru_cache(maxsize=4_096)
def _deeds_in(text: str) -> frozenset[str]:
    found: set[str] = set()
    for part in parts_of(filled(text)):
        if not part.said or doubts(part.said):
            continue
        first, last = part.said[0], part.said[-1]
        if tells(first) and not is_value(first) and first not in NO_DEEDS:
            found.add(stem(first))
        if last.endswith(INFINITIVE) and part.raw[-1][:1].islower():
            found.add(last)
    return frozenset(found)

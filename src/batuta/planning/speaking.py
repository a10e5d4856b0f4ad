"""Whether a request and what is said of a workflow speak of the same, word by word."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from batuta.language.similarity import among, beginning
from batuta.language.weights import content
from batuta.planning.clauses import wishes

__all__ = ["says_all_of", "speaks_of"]

# So much of a request is most of it. A letter or two begin any word.
_MOST = 0.6
_ALIKE_CHARS_MIN = 3
# So many of the words of a request are in an example of several things, where these are what it asks for; half of so
# many as they are spelt there: to look for misspelt ones takes a hundred times as long.
_NEARLY_ALL = 0.8


def speaks_of(text: str, label: Mapping[str, Any]) -> bool:
    """True if a request has the first of its words, or most of them, in common with what is said of a workflow.

    The first says what is to be done: "delete all customers" is not what answers them, however near it is.
    """
    known = _words_in(label["label"], label["description"], *label.get("examples", ()))
    asked = _asked_in(text)
    if not asked or _among(asked[0], known):
        return bool(asked)
    return sum(_among(word, known) for word in asked) >= _MOST * len(asked)


def says_all_of(command: str, examples: Iterable[str]) -> bool:
    """True if an example asks for several things, and for nearly all that the words of `command` ask for."""
    asked = _asked_in(command)
    least = max(1.0, _NEARLY_ALL * len(asked))
    # All of a stem but its last letter stands in the word that it is of. To see that takes a hundredth of what it takes
    # to take an example apart, and a workflow may have two hundred.
    begun = [word[:-1] for word in asked]
    return any(
        _speaks_of_most(asked, _words_in(one), least) and _is_several(one)
        for one in examples
        if 2 * _found(begun, one) >= least
    )


@lru_cache(maxsize=4_096)
def _words_in(*said: str) -> frozenset[str]:
    return beginning(word for one in said for word in content(one))


def _asked_in(text: str) -> list[str]:
    """The words of a request that say something, without numbers."""
    return [word for word in content(text) if not any(char.isdigit() for char in word)]


def _among(word: str, known: frozenset[str]) -> bool:
    return among(word, known, _ALIKE_CHARS_MIN)


def _speaks_of_most(asked: Sequence[str], known: frozenset[str], least: float) -> bool:
    """True if `least` of the words of a request are among those of an example, and half of so many as they are spelt.

    Misspelt ones are looked for only as long as there may be enough of them.
    """
    other = [word for word in asked if word not in known]
    found = len(asked) - len(other)
    if 2 * found < least:
        return False
    for left, word in zip(range(len(other), 0, -1), other, strict=True):
        if found >= least or found + left < least:
            break
        found += _among(word, known)
    return found >= least


def _found(begun: Sequence[str], example: str) -> int:
    """How many of some words may be in an example."""
    if not example.isascii():
        return len(begun)
    plain = example.lower()
    return sum(word in plain for word in begun)


@lru_cache(maxsize=4_096)
def _is_several(example: str) -> bool:
    return bool(wishes(example))

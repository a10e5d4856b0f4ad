"""Chunks by the words of a question: BM25 of the rare ones, as a share of what a perfect chunk would have."""

import math
from collections import Counter
from typing import Any, NamedTuple

from batuta.knowledge.query import Query
from batuta.knowledge.searchable import Searchable

__all__ = ["Words", "by_words"]

# BM25 visits every chunk that has a word: about 2 µs each. Rare words come first; those that would exceed this
# many visits stay out (they are in so many chunks that they tell little).
_VISITS_MAX = 4_000
# Words are told apart by where they are; what is in a larger share of all chunks tells nothing.
_SHARE_MAX = 0.25
# A collection this small is searched whole, whatever is frequent in it.
_SMALL = 200
_TERMS_MAX = 32
_FOUND_MAX = 50
_SCORE_MAX = 3.0
# As SQLite's BM25: how soon a word that is repeated says no more, and how much the length of a piece counts; and
# how many words a piece has, about.
_SATURATION, _LENGTHS, _USUAL_TERMS = 1.2, 0.75, 110
# What must stand as it is and does in more pieces than these says little of each.
_FEW = 10


class Words(NamedTuple):
    """What the words of a question found.

    `scores`: by chunk, 0 to 3; 1 is a piece that has every word of the question, as often as pieces of its length do.
    `exact`: 1 if everything that must stand as it is (quoted, ids) does stand somewhere, 0 if nothing of it does or
    there is none. `known`: the share of the question, by rarity, that stands anywhere. `asked`: all words of it that
    say what it is about, with their rarity. `verbatim`: chunks that have something of what must stand as it is.
    """

    scores: dict[int, float]
    exact: float
    known: float
    asked: dict[str, float]
    verbatim: set[int]

    def found_in(self, terms: list[str]) -> float:
        """How well a piece of these words fits the question: as `scores`, but by every word of the question.

        Half of it is BM25, the other half how much of the question is there, however often.
        """
        whole = sum(self.asked.values())
        if not whole:
            return 0.0
        usual = _SATURATION * (1 - _LENGTHS + _LENGTHS * len(terms) / _USUAL_TERMS)
        found = 0.0
        # Few words of a piece are asked for: a quarter of the time that counting all of them takes.
        for term, count in Counter(term for term in terms if term in self.asked).items():
            found += self.asked[term] * (1 + count * (_SATURATION + 1) / (count + usual)) / 2
        return min(_SCORE_MAX, found / whole)


def by_words(index: Searchable[Any], query: Query, total: int, only: set[int] | None) -> Words:
    """The chunks of the collection that have the words of `query`; `only` these, if given.

    `total`: how many chunks there are.
    """
    if not total:
        return Words({}, 0.0, 0.0, {}, set())
    rarity, asked, whole = _terms(index, query.text, total)
    exact = [tuple(index.terms(one)) for one in (*query.phrases, *query.ids)]
    exact = [one for one in dict.fromkeys(exact) if not _EMPTY.issuperset(one)]
    scores = _covered(index, rarity) if total <= _SMALL else {}
    if rarity and total > _SMALL:
        limit = _FOUND_MAX if only is None else _VISITS_MAX
        scores = dict(index.matching(" OR ".join(map(_quoted, rarity)), limit))
    scores = {
        chunk: min(_SCORE_MAX, score / whole)
        for chunk, score in scores.items()
        if only is None or chunk in only
    }
    there = 0
    verbatim: set[int] = set()
    for one in exact:
        phrase = " + ".join(_quoted(term) for term in one)
        found = [
            chunk
            for chunk, _ in index.matching(phrase, _FOUND_MAX)
            if only is None or chunk in only
        ]
        there += bool(found)
        if len(found) > _FEW:  # it names a topic, and not one thing
            continue
        verbatim.update(found)
        for chunk in found:
            scores[chunk] = max(scores.get(chunk, 0.0), 0.75) + 0.25 / len(exact)
    known = sum(rarity.values())
    return Words(
        scores,
        there / len(exact) if exact else 0.0,
        known / (sum(asked.values()) or 1.0),
        asked,
        verbatim,
    )


def _covered(index: Searchable[Any], rarity: dict[str, float]) -> dict[int, float]:
    """How much of the question stands in each chunk. BM25 of SQLite is nothing for words in half of all chunks, which
    in a small collection is any word."""
    scores: dict[int, float] = {}
    for term, weight in rarity.items():
        for chunk, _ in index.matching(_quoted(term), _SMALL):
            scores[chunk] = scores.get(chunk, 0.0) + weight
    return scores


def _terms(
    index: Searchable[Any], text: str, total: int
) -> tuple[dict[str, float], dict[str, float], float]:
    """The terms to look for and all that are asked, each with its rarity (as BM25 has it); and what a piece would
    have that has all of them but those that are too frequent to be looked for."""
    asked: dict[str, float] = {}
    found: list[tuple[int, str]] = []
    left_out = 0.0
    for term in dict.fromkeys(index.terms(text)):
        if term in _EMPTY:
            continue
        count = index.frequency(term)
        asked[term] = max(0.05, math.log(1 + (total - count + 0.5) / (count + 0.5)))
        if total > _SMALL and count > total * _SHARE_MAX:
            left_out += asked[term]
        elif count:
            found.append((count, term))
    visits = 0
    looked_for: dict[str, float] = {}
    for count, term in sorted(found)[:_TERMS_MAX]:
        visits += count
        if visits > _VISITS_MAX and looked_for:
            left_out += asked[term]
            continue
        looked_for[term] = asked[term]
    return looked_for, asked, (sum(asked.values()) - left_out) or 1.0


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


# Words that say how something is asked, not what; as the index has them.
_EMPTY = frozenset(
    "a about all also am an and ani ar are as at be been but by can cannot could did do doe don for from get give"
    " go had ha hav have he her hi how i if in into is it its just know like me mai mani might mine more most much"
    " must my need no not of on onli or our out pleas s same shall she should so some such t tell than thank that"
    " the their them then there these thei they thi this those to too up us veri wa want was we were what when where"
    " which while who whom why will with would you your"
    " der die das den dem ein eine einen ist sind ich wir sie und oder nicht wie was wo wann kann mein meine fur mit"
    " von zu im auf el la los las un una es son yo mi que como cuando donde por para con de le les des du je mon ma"
    " est sont et ou pas pour avec comment quand".split()
)

"""Which capabilities a request asks for: part by part, and in each as many as its words account for."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from batuta.language.similarity import among
from batuta.language.weights import EMPTY
from batuta.language.words import folded, stem, words
from batuta.planning.compose.history import Likely
from batuta.planning.compose.offers import Offer

__all__ = [
    "FITS_FROM",
    "WHOLE",
    "Clause",
    "Pick",
    "accounted",
    "as_before",
    "chosen",
    "leading",
    "ordered_of",
    "said_in",
    "speaks_of",
    "unheard",
]

# A part of a request is about a capability from here on, and one that changes something from here on.
FITS_FROM, CAREFUL_FROM = 0.42, 0.5
# Another capability of the same part is nearly as near as the first, and accounts for words that the first does not.
_BESIDES = 0.8
PICKS_MAX = 6
_OF_PART_MAX = 3
# Shorter words may resemble each other and mean something else.
_ALIKE_CHARS_MIN = 4
# From here on it is enough that the first word says so: most of the others may be values.
_LEADING_FROM = 0.55


# In place of the number of a part: all of the request.
WHOLE = -1


class Clause(NamedTuple):
    """A part of a request: its words, where they begin, and how near each offer is to it, 0 to 1."""

    text: str
    start: int
    scores: Sequence[float]


class Pick(NamedTuple):
    """A capability that was chosen: for which part, how near it is, the words that led to it, and where they begin.

    `besides`: another one is nearer to the same part.
    """

    offer: Offer
    clause: int
    score: float
    words: tuple[str, ...]
    at: int
    besides: bool = False


class _Word(NamedTuple):
    text: str
    stem: str
    at: int


def said_in(clause: Clause) -> Sequence[_Word]:
    """The words of a part that say something."""
    return _said_in(clause.text, clause.start)


# Who chooses asks for those of the same part some sixteen times.
@lru_cache(maxsize=256)
def _said_in(text: str, start: int) -> tuple[_Word, ...]:
    return tuple(
        _Word(text[word.start : word.end], stem(word.text), start + word.start)
        for word in words(text)
        if word.text not in EMPTY and not any(char.isdigit() for char in word.text)
    )


def chosen(offers: Sequence[Offer], clauses: Sequence[Clause]) -> list[Pick]:
    """What the parts ask for, each capability once, at most six, in the order of the words."""
    picks: dict[str, Pick] = {}
    for number, clause in enumerate(clauses):
        for pick in _of_part(offers, clause, number):
            before = picks.get(pick.offer.name)
            if before is None or before.score < pick.score:
                picks[pick.offer.name] = pick
    best = sorted(picks.values(), key=lambda pick: -pick.score)[:PICKS_MAX]
    return sorted(best, key=lambda pick: (pick.clause, pick.at))


def as_before(
    offers: Sequence[Offer], clauses: Sequence[Clause], likely: Likely | None
) -> list[Pick]:
    """What served requests like this one, in that order; [] if nothing is likely to."""
    if likely is None or likely.worth <= 0:
        return []
    known = {offer.name: offer for offer in offers}
    said = [word for clause in clauses for word in said_in(clause)]
    picks: list[Pick] = []
    for at, name in enumerate(likely.chain):
        led = tuple(word.text for word in said if speaks_of(word.stem, known[name]))
        picks.append(Pick(known[name], WHOLE, likely.least, led, at))
    return picks


def ordered_of(
    picks: Sequence[Pick], led: Callable[[Offer], bool], together: Callable[[str, str], bool]
) -> list[Pick]:
    """`picks` without what changes something, is not ordered (`led`), and never served a request with what is."""
    wanted = [pick.offer.name for pick in picks if led(pick.offer)]
    return [
        pick
        for pick in picks
        if not wanted
        or not pick.offer.careful
        or pick.offer.name in wanted
        or any(together(name, pick.offer.name) for name in wanted)
    ]


def unheard(
    offers: Sequence[Offer], clauses: Sequence[Clause], picks: Sequence[Pick], likely: Likely | None
) -> list[Pick]:
    """What a part asks for by its name, if none of `picks` is for that part, and no earlier request knew it.

    Of what has never been asked for, earlier requests say nothing.
    """
    if likely is None or not picks or len(clauses) < 2:
        return []
    served = {
        number
        for number, clause in enumerate(clauses)
        if any(
            speaks_of(word.stem, pick.offer)
            for word in said_in(clause)
            if "." not in word.text  # a file is what something is done with
            for pick in picks
        )
    }
    return [
        pick
        for pick in chosen(offers, clauses)
        if pick.clause not in served
        and pick.offer.name not in likely.known
        and pick.score >= CAREFUL_FROM
        and any(_among(stem(folded(word)), pick.offer.named) for word in pick.words)
    ]


def leading(clauses: Sequence[Clause], picks: Sequence[Pick]) -> bool:
    """True if something that was chosen is near, and what the first word of its part speaks of, or two of them."""
    for pick in picks:
        said = said_in(clauses[pick.clause]) if pick.clause != WHOLE else ()
        if not said or pick.score < _LEADING_FROM:
            continue
        led = {word.stem for word in said if speaks_of(word.stem, pick.offer)}
        if said[0].stem in led or (len(led) > 1 and led & pick.offer.named):
            return True
    return False


def _of_part(offers: Sequence[Offer], clause: Clause, number: int) -> list[Pick]:
    said = said_in(clause)
    near = [at for at, score in enumerate(clause.scores) if score >= FITS_FROM]
    order = sorted(near, key=lambda at: (-clause.scores[at], offers[at].name))
    picks: list[Pick] = []
    open_words = said
    for at in order:
        offer, score = offers[at], clause.scores[at]
        if len(picks) >= _OF_PART_MAX:
            break
        led = [word for word in said if speaks_of(word.stem, offer)]
        new = [word for word in led if word in open_words]
        if offer.careful and (score < CAREFUL_FROM or not _is_asked(said, led, offer)):
            continue
        if picks and (score < _BESIDES * picks[0].score or not _named(new, offer)):
            continue
        first = new[0] if new else said[0] if said else None
        position = first.at if first is not None else clause.start
        texts = tuple(word.text for word in led)
        picks.append(Pick(offer, number, score, texts, position, bool(picks)))
        open_words = [word for word in open_words if word not in new]
    return picks


def _is_asked(said: Sequence[_Word], led: Sequence[_Word], offer: Offer) -> bool:
    """True if the words ask clearly: for its name, and with more than one word, unless they have only one.

    "Book a flight to Rome" does not ask to book an invoice.
    """
    others = [word for word in said if word not in led and not word.text[0].isupper()]
    return bool(_named(led, offer)) and (len({word.stem for word in led}) > 1 or not others)


def _named(said: Sequence[_Word], offer: Offer) -> list[_Word]:
    return [word for word in said if _among(word.stem, offer.named)]


def speaks_of(word: str, offer: Offer) -> bool:
    """True if the stem `word` is, or resembles, one of those that an offer is described with."""
    return _among(word, offer.named) or _among(word, offer.told) or _among(word, offer.asked)


def _among(word: str, known: frozenset[str]) -> bool:
    return among(word, known, _ALIKE_CHARS_MIN)


def accounted(
    clauses: Sequence[Clause], picks: Sequence[Pick], spans: Sequence[tuple[int, int]]
) -> float:
    """The share of what the request says that is accounted for: by what was chosen, or as a value (at `spans`)."""
    counted: Mapping[int, list[Offer]] = {
        number: [pick.offer for pick in picks if pick.clause in (number, WHOLE)]
        for number in range(len(clauses))
    }
    total = found = 0
    for number, clause in enumerate(clauses):
        for word in said_in(clause):
            total += 1
            inside = any(start <= word.at < end for start, end in spans)
            found += inside or any(speaks_of(word.stem, offer) for offer in counted[number])
    return found / total if total else 0.0

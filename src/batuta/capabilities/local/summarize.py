"""local.summarize: the sentences of a text that say most of it."""

from collections import Counter
from collections.abc import Sequence
from math import exp, sqrt
from typing import Annotated, TypedDict

import msgspec

from batuta.capabilities.function import capability
from batuta.capabilities.local.bounds import bounded
from batuta.language.sentences import Span
from batuta.language.sentences import sentences as sentences_of
from batuta.language.weights import content, rarity

__all__ = ["Chosen", "Summary", "summarize"]

# How much standing first counts beside saying what the whole text says.
_POSITION = 0.35
# Two sentences that have so much in common say the same.
_SAME = 0.6
# Sentences with fewer words that say something are headings, greetings, or nothing.
_WORDS_MIN = 3
# What is longer, or has so many bars, is a table or a listing.
_CHARS_MAX = 600
_BARS_MAX = 2
# Only the most central sentences are compared with each other: 50 times as many as are chosen.
_COMPARED = 50


class Chosen(TypedDict):
    """A sentence: characters `start` to before `end` of the text; `score` 0 to 1."""

    text: str
    start: int
    end: int
    score: float


class Summary(TypedDict):
    """The sentences, and all of them as one text; "" of a text without any."""

    summary: str
    sentences: list[Chosen]


@capability("local.summarize", effect="pure", reach="local")
def summarize(
    text: Annotated[str, msgspec.Meta(description="at most 1,000,000 characters")],
    sentences: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=100)], msgspec.Meta(description="at most so many")
    ] = 3,
) -> Summary:
    """Chooses the sentences that say most of what the text says, in its order and its words; no two say the same.

    Nothing is written anew. The beginning of a text counts a little more than the rest.
    """
    spans = _sentences(bounded(text, "text"))
    if not spans:
        return {"summary": "", "sentences": []}
    vectors = _vectors(spans)
    scores = _scores(vectors)
    best = sorted(range(len(spans)), key=lambda at: (-scores[at], at))
    chosen: list[int] = []
    for at in best[: sentences * _COMPARED]:
        if len(chosen) == sentences:
            break
        if all(_alike(vectors[at], vectors[other]) < _SAME for other in chosen):
            chosen.append(at)
    chosen.sort()
    return {
        "summary": " ".join(" ".join(spans[at].text.split()) for at in chosen),
        "sentences": [_chosen(spans[at], scores[at]) for at in chosen],
    }


def _chosen(span: Span, score: float) -> Chosen:
    return {"text": span.text, "start": span.start, "end": span.end, "score": round(score, 4)}


def _sentences(text: str) -> list[Span]:
    """Those that say something; all of them if none does."""
    every = sentences_of(text)
    return [span for span in every if _says(span.text)] or every


def _says(sentence: str) -> bool:
    if len(sentence) > _CHARS_MAX or sentence.count("|") > _BARS_MAX:
        return False
    return len(content(sentence)) >= _WORDS_MIN


def _vectors(spans: Sequence[Span]) -> list[dict[str, float]]:
    """Per sentence, its words with their weights; of length one, or empty."""
    found = [Counter(content(span.text)) for span in spans]
    weights = rarity(found)
    vectors: list[dict[str, float]] = []
    for words in found:
        vector = {word: count * weights[word] for word, count in words.items()}
        length = sqrt(sum(weight * weight for weight in vector.values()))
        vectors.append({word: weight / length for word, weight in vector.items()})
    return vectors


def _scores(vectors: Sequence[dict[str, float]]) -> list[float]:
    """How much of the whole text each sentence says, and how early: linear in the text."""
    middle: dict[str, float] = {}
    for vector in vectors:
        for word, weight in vector.items():
            middle[word] = middle.get(word, 0.0) + weight
    central = [
        sum(weight * (middle[word] - weight) for word, weight in vector.items())
        for vector in vectors
    ]
    highest = max(central) or 1.0
    # Halved after a tenth of the text, or after three sentences of a short one.
    half = max(3.0, len(vectors) / 10)
    return [
        (1 - _POSITION) * score / highest + _POSITION * exp(-0.69 * at / half)
        for at, score in enumerate(central)
    ]


def _alike(left: dict[str, float], right: dict[str, float]) -> float:
    if not left or not right:
        return float(left == right)
    if len(right) < len(left):
        left, right = right, left
    return sum(weight * right.get(word, 0.0) for word, weight in left.items())

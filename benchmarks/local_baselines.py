"""What anybody would try first: nearest centroid, nearest neighbour, naive Bayes, over the stems of words.

Each takes texts with their labels and gives a function from a text to the best label and how sure it is, 0 to 1.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from math import log
from typing import Any

import numpy as np

from batuta.language.words import stems

Row = tuple[str, str]
Best = Callable[[str], tuple[str, float]]


def centroid(rows: Sequence[Row]) -> Best:
    """The label whose sum of TF-IDF vectors is nearest, by cosine."""
    names = list(dict.fromkeys(label for _, label in rows))
    of = {name: at for at, name in enumerate(names)}
    return _nearest(rows, [of[label] for _, label in rows], names)


def neighbour(rows: Sequence[Row]) -> Best:
    """The label of the text whose TF-IDF vector is nearest, by cosine."""
    return _nearest(rows, list(range(len(rows))), [label for _, label in rows])


def naive_bayes(rows: Sequence[Row]) -> Best:
    """Multinomial, add-one smoothing; sure is the posterior."""
    names = list(dict.fromkeys(label for _, label in rows))
    of = {name: at for at, name in enumerate(names)}
    places: dict[str, int] = {}
    counted = [(of[label], Counter(stems(text))) for text, label in rows]
    for _, words in counted:
        for word in words:
            places.setdefault(word, len(places))
    counts = np.ones((len(places), len(names)))
    prior = np.zeros(len(names))
    for label, words in counted:
        prior[label] += 1
        for word, count in words.items():
            counts[places[word], label] += count
    likely = np.log(counts / counts.sum(axis=0))
    before = np.log(prior / prior.sum())

    def best(text: str) -> tuple[str, float]:
        at = before + sum(
            (likely[places[word]] for word in stems(text) if word in places), np.zeros(len(names))
        )
        chance = np.exp(at - at.max())
        top = int(chance.argmax())
        return names[top], float(chance[top] / chance.sum())

    return best


def _nearest(rows: Sequence[Row], of: Sequence[int], names: Sequence[str]) -> Best:
    """By cosine to the sums of the TF-IDF vectors of the rows with the same number in `of`."""
    seen: Counter[str] = Counter()
    for text, _ in rows:
        seen.update(set(stems(text)))
    weights = {word: log(len(rows) / count) + 1 for word, count in seen.items()}
    sums: dict[str, Counter[int]] = defaultdict(Counter)
    squares = np.zeros(len(names))
    for at, (text, _) in zip(of, rows, strict=True):
        for word, count in Counter(stems(text)).items():
            sums[word][at] += count * weights[word]  # type: ignore[assignment]
    postings: dict[str, tuple[Any, Any]] = {}
    for word, by in sums.items():
        here, there = (
            np.fromiter(by, np.int64, len(by)),
            np.fromiter(by.values(), np.float64, len(by)),
        )
        squares[here] += there * there
        postings[word] = here, there
    lengths = np.sqrt(np.maximum(squares, 1e-12))

    def best(text: str) -> tuple[str, float]:
        own = {
            word: count * weights[word]
            for word, count in Counter(stems(text)).items()
            if word in weights
        }
        scores = np.zeros(len(names))
        for word, value in own.items():
            here, there = postings[word]
            scores[here] += value * there
        scores /= lengths * (sum(value * value for value in own.values()) ** 0.5 or 1.0)
        top = int(scores.argmax())
        return names[top], min(float(scores[top]), 1.0)

    return best

"""What was learned of labels, from few texts by ridge regression, from many by margins; and how sure an answer is."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy

from batuta.capabilities.local.calibration import Said, Sureness, believed, fitted
from batuta.capabilities.local.labels import Known
from batuta.capabilities.local.margins import Margins
from batuta.capabilities.local.meaning import Meaning
from batuta.capabilities.local.ridge import Ridge
from batuta.language.spelling import Lexicon, Sparse, words_of

__all__ = ["Classifier", "Guess", "learned"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# Up to so many texts, the closed form leaves every text out exactly, and is better than margins: with 15 and 25
# examples of 150 labels, 1.6 and 0.8 points more are right, and 65 and 73 of 100 strangers are told at threshold 0.5
# instead of 29 and 14 (CLINC150, validation part; with 80 examples of 30 labels nothing is lost). With 150 labels it is
# learned in less time, with eight in twice as much: 4 s for 3,200 texts. It grows with the cube.
_FEW_MAX = 4_000
# Features of spelling that are kept, so many numbers in all (128 MB at most); of many texts, none that is alone.
_SPELLINGS, _SPELLINGS_OF_MANY = 65_536, 32_768
_NUMBERS_MAX = 2**25
# How sure an answer is, is learned from so many texts at least.
_CURVE_MIN = 40
# How strangers look is learned from labels that are left out, and those say little if they have fewer texts than so
# many each, their names among them. On tasks of 8 to 100 labels with 2 to 8 examples each (CLINC150, training and
# validation part) belief calls 10 to 20 of 100 strangers more none, and keeps 1 or 2 of 100 others less.
_EACH_MIN = 11
# Of many texts, a tenth is left out, and all texts of a tenth of the labels; at most so many of each.
_LEFT_OUT, _LEFT_OUT_MAX = 0.1, 1_500
# Passes through all texts but those, and then through all: 6 and 4 say what 10 say.
_PASSES, _PASSES_MORE = 6, 4


class Guess(NamedTuple):
    """The scores of all labels, the best of them, how sure it is, and what speaks for it.

    `stranger`: the text is more like those that have none of the labels.
    """

    scores: Array
    best: int
    sure: float
    stranger: bool
    words: list[str]
    nearest: str


class Classifier:
    """What was learned. Unchangeable; may be asked from several threads."""

    def __init__(self, known: Known, vectors: Mapping[str, Array], dim: int) -> None:
        texts = [words_of(text) for text in known.texts]
        self.known = known
        self._of = np.array(known.of)
        self._count = len(known.names) + (known.none is not None)
        few = len(texts) <= _FEW_MAX
        most = min(_SPELLINGS if few else _SPELLINGS_OF_MANY, _NUMBERS_MAX // self._count)
        self._lexicon = Lexicon(
            texts, seen_min=1 if few else 2, count_max=most, plain=not known.taught
        )
        self._meaning = Meaning(texts, vectors, dim, plain=not known.taught) if dim else None
        self._averages = self._meaning.averages if self._meaning is not None else None
        self._learner: Ridge | Margins
        self._sure: Sureness
        self._sure_of_none: Sureness
        if few:
            self._learn_few(texts)
        else:
            self._learn_many(texts, vectors)

    def guess(self, text: str, vectors: Mapping[str, Array], *, none: bool) -> Guess:
        """What `text` is, given the vectors of its words; `none`: it may be nothing of this."""
        all_scores, spelling, average = self._scores(words_of(text), vectors)
        said = Said.of(all_scores[None], self.known.none)
        scores = all_scores[: len(self.known.names)]
        best = int(scores.argmax())
        return Guess(
            scores,
            best,
            float((self._sure_of_none if none else self._sure)(said)[0]),
            bool(self.known.none is not None and all_scores[self.known.none] > scores[best]),
            self._speaking(
                spelling.places, spelling.values * self._learner.spelt[spelling.places, best]
            ),
            self._nearest(average, best),
        )

    def how_sure(self, words: Sequence[str], vectors: Mapping[str, Array], *, none: bool) -> float:
        """How sure `guess` is of the text with these words, or 1. What speaks for it, which is half of its time, is not
        looked for.
        """
        if not isinstance(self._learner, Ridge):
            return 1.0  # most of the time of a guess goes into the scores, and would be spent twice
        said = Said.of(self._scores(words, vectors)[0][None], self.known.none)
        return float((self._sure_of_none if none else self._sure)(said)[0])

    def _scores(
        self, words: Sequence[str], vectors: Mapping[str, Array]
    ) -> tuple[Array, Sparse, Array | None]:
        """The scores of all labels, that of none of them included, and what is known of the text."""
        spelling = self._lexicon(words)
        average = self._meaning.average(words, vectors) if self._meaning is not None else None
        if isinstance(self._learner, Ridge):
            return self._learner.scores(average, spelling), spelling, average
        dense = self._dense(words, average, vectors)
        return self._learner.scores(dense, spelling), spelling, average

    def _learn_few(self, texts: Sequence[Sequence[str]]) -> None:
        judged = self.known.taught and len(texts) >= _CURVE_MIN
        spelt = self._lexicon.rows(texts)
        ridge = Ridge(
            self._averages, spelt, len(self._lexicon.names), self._of, self._count, judged=judged
        )
        self._learner = ridge
        if ridge.alone is None or ridge.apart is None:
            self._sure, self._sure_of_none = believed()
            return
        own = self._of != self.known.none
        self._sure, self._sure_of_none = fitted(
            ridge.alone, self._of, ridge.apart[own], self.known.none
        )
        if self.known.none is None and len(texts) < _EACH_MIN * len(self.known.names):
            self._sure_of_none = believed()[1]

    def _learn_many(self, texts: Sequence[Sequence[str]], vectors: Mapping[str, Array]) -> None:
        dense = np.ones((len(texts), 1), dtype=np.float32)
        if self._averages is not None:
            dense = np.stack(
                [
                    self._dense(text, average, vectors)
                    for text, average in zip(texts, self._averages, strict=True)
                ]
            )
        spelt = self._lexicon.rows(texts)
        margins = Margins(spelt, len(self._lexicon.names), dense, self._of, self._count)
        self._learner = margins
        rest, alone, apart = _left_out(self._of, self.known.none)
        margins.learn(rest, _PASSES)
        said = np.stack([margins.scores_of(at) for at in (*alone, *apart)])
        self._sure, self._sure_of_none = fitted(
            said[: len(alone)], self._of[alone], said[len(alone) :], self.known.none
        )
        margins.learn(np.arange(len(texts)), _PASSES_MORE)
        margins.done()

    def _dense(
        self, words: Sequence[str], average: Array | None, vectors: Mapping[str, Array]
    ) -> Array:
        """The meaning, and a one, whose weight is how common a label is."""
        one = np.ones(1, dtype=np.float32)
        if self._meaning is None:
            return one
        return np.concatenate([average, one, self._meaning.pairs(words, vectors)])

    def _speaking(self, places: Array, worth: Array) -> list[str]:
        """The words that speak most for the best label."""
        order: list[int] = np.argsort(-worth)[:12].tolist()
        best = [(self._lexicon.names[int(places[at])], float(worth[at])) for at in order]
        return [name[2:] for name, value in best if value > 0 and name[0] == "w"][:3]

    def _nearest(self, average: Array | None, best: int) -> str:
        """The known text of the label that means most nearly the same."""
        if self._averages is None:
            return ""
        own = np.flatnonzero(self._of == best)
        nearest = int(own[(self._averages[own] @ average).argmax()])
        return self.known.texts[nearest]


def _left_out(of: Array, none: int | None) -> tuple[Array, Array, Array]:
    """Texts to learn from first; texts to leave out; and some to leave out with their whole label."""
    chance = np.random.default_rng(7)
    labels = chance.permutation(np.unique(of[of != none]))
    # Of two labels, nothing can be said of one without the other.
    gone = labels[: max(1, round(_LEFT_OUT * len(labels)))] if len(labels) > 2 else labels[:0]
    apart = chance.permutation(np.flatnonzero(np.isin(of, gone)))[:_LEFT_OUT_MAX]
    rest = chance.permutation(np.flatnonzero(~np.isin(of, gone)))
    alone = rest[: max(_CURVE_MIN, round(_LEFT_OUT * len(rest)))][:_LEFT_OUT_MAX]
    if none is not None:
        # So few have none of the labels that a third of them is needed to say how they look.
        strange = chance.permutation(np.flatnonzero(of == none))
        alone = np.union1d(alone, strange[: (len(strange) + 2) // 3])
    return np.setdiff1d(rest, alone), alone, apart


def learned(known: Known, vectors: Mapping[str, Array], dim: int) -> Classifier:
    """The classifier of `known`, given the vectors of all its words; `dim` 0: there are none."""
    return Classifier(known, vectors, dim)

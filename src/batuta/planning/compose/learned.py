"""What earlier requests teach: which capabilities serve a request, and which of them follows which.

Kernel ridge regression, in closed form: every capability and every pair of neighbours in a plan (with its beginning and
its end) is a label that an earlier request has or has not. A plan for a request is the chain whose capabilities and
pairs are likeliest together. Measured on the validation part of UltraTool; see docs/explanation/planning.md.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from batuta.language.spelling import Lexicon, Sparse, words_of
from batuta.planning.compose.history import Likely, Past

__all__ = ["Learned"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# How fast nearness falls with the angle; what spelling counts beside meaning; how much is not believed.
_SHARPNESS, _SPELLING, _RIDGE = 4.0, 0.4, 0.1
# Pairs count half of what capabilities do, and a capability of a chain is to be as likely as not.
_PAIR, _LIKELY = 0.5, 0.5
# What the words of a card count beside earlier requests: as many as `_SEEN` of them, from this nearness on.
_WORDS, _SEEN, _NEAR = 8.0, 8.0, 0.3
# What is looked at: the likeliest capabilities, chains of so many, the best of them.
_BREADTH, _LENGTH_MAX, _CHAINS = 10, 6, 12
_BEGIN, _END = "", "$"
# Words of which no capability is known to speak are features of requests all the same.
_FEATURES_MAX = 65_536


class Learned:
    """What was learned of `pasts`, with the `vectors` of their words (n, d), None if nobody knows what words mean."""

    def __init__(self, pasts: Sequence[Past], vectors: Array | None) -> None:
        assert pasts, "of nothing, nothing is learned"
        texts = [words_of(past.words) for past in pasts]
        self._pasts = pasts
        self._vectors = vectors
        self._lexicon = Lexicon(texts, seen_min=1, count_max=_FEATURES_MAX, plain=False)
        rows = self._lexicon.rows(texts)
        owner = np.repeat(np.arange(len(pasts)), np.diff(rows.begins))
        order = np.argsort(rows.places, kind="stable")
        self._owners, self._values = owner[order], rows.values[order]
        counts = np.bincount(rows.places, minlength=len(self._lexicon.names))
        self._ends = np.cumsum(counts)
        self._begins = self._ends - counts
        self.names = list(dict.fromkeys(name for past in pasts for name in past.uses))
        self._places = {name: at for at, name in enumerate(self.names)}
        pairs = dict.fromkeys(pair for past in pasts for pair in _pairs(past.uses))
        self._pairs = {pair: len(self.names) + at for at, pair in enumerate(pairs)}
        target = np.zeros((len(pasts), len(self.names) + len(pairs)), dtype=np.float32)
        for row, past in enumerate(pasts):
            target[row, [self._places[name] for name in past.uses]] = 1
            target[row, [self._pairs[pair] for pair in _pairs(past.uses)]] = 1
        spelt = rows.gram()
        gram = self._nearness(None if vectors is None else vectors @ vectors.T, spelt)
        gram[np.diag_indices_from(gram)] += _RIDGE
        self._weights = np.linalg.solve(gram, target).astype(np.float32)
        self.seen: Mapping[str, int] = Counter(name for past in pasts for name in set(past.uses))

    def likely(self, text: str, vector: Array | None, offers: Mapping[str, float]) -> Likely:
        """The likeliest chain for `text` of `offers`: capabilities with their nearness to the words, 0 to 1.

        `vector`: what the text means, as those of the pasts.
        """
        spelt = self._spelt(self._lexicon(words_of(text)))
        cosines = None if vector is None else self._vectors @ vector
        near = self._nearness(cosines, spelt)
        scores = near @ self._weights
        nodes = {
            name: (float(scores[at]) if (at := self._places.get(name)) is not None else 0.0)
            + max(0.0, nearness - _NEAR) * _WORDS / (_SEEN + self.seen.get(name, 0))
            for name, nearness in offers.items()
        }
        best = sorted(nodes, key=lambda name: (-nodes[name], name))[:_BREADTH]
        chain, worth = self._chain({name: nodes[name] for name in best}, scores)
        least = min((nodes[name] for name in chain), default=0.0)
        return Likely(chain, worth, least, self._pasts[int(near.argmax())].words)

    def _chain(self, nodes: Mapping[str, float], scores: Array) -> tuple[tuple[str, ...], float]:
        def pair(before: str, behind: str) -> float:
            at = self._pairs.get((before, behind))
            return 0.0 if at is None else _PAIR * float(scores[at])

        chains: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
        best: tuple[float, tuple[str, ...]] = (0.0, ())
        for _ in range(_LENGTH_MAX):
            longer = [
                (
                    worth + score - _LIKELY + pair(chain[-1] if chain else _BEGIN, name),
                    (*chain, name),
                )
                for worth, chain in chains
                for name, score in nodes.items()
                if name not in chain
            ]
            chains = sorted(longer, reverse=True)[:_CHAINS]
            ended = max(
                ((worth + pair(chain[-1], _END), chain) for worth, chain in chains),
                default=best,
            )
            best = max(best, ended)
        return best[1], best[0]

    def _nearness(self, cosines: Array | None, spelt: Array) -> Array:
        if cosines is None:
            return spelt
        return np.exp(_SHARPNESS * (cosines - 1)) + _SPELLING * spelt

    def _spelt(self, text: Sparse) -> Array:
        """How alike the spelling of each past is."""
        pieces = [slice(self._begins[place], self._ends[place]) for place in text.places]
        if not pieces:
            return np.zeros(len(self._pasts), dtype=np.float32)
        owners = np.concatenate([self._owners[piece] for piece in pieces])
        worth = np.concatenate(
            [self._values[piece] * value for piece, value in zip(pieces, text.values, strict=True)]
        )
        return np.bincount(owners, worth, minlength=len(self._pasts)).astype(np.float32)


def _pairs(uses: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip((_BEGIN, *uses), (*uses, _END), strict=True))

"""What earlier requests teach: which capabilities serve a request, and which of them follows which.

Kernel ridge regression, in closed form. Whatever can be said of a plan (it has this capability, this pair of
neighbours, this many steps) is a label that an earlier request has or has not; for a new one, each is as likely as the
requests that are near to it, and not near to each other, say.
See docs/explanation/planning.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, permutations
from typing import Any

import numpy

from batuta.language.spelling import Alike, Lexicon, words_of
from batuta.planning.compose.chains import BEGIN, END, Evidence, best_chain, neighbours
from batuta.planning.compose.history import Likely, Past

__all__ = ["Learned"]

np: Any = numpy  # whose annotations are not strict

Array = Any  # of NumPy

# How fast nearness falls with the angle; what spelling counts beside meaning; how much is not believed.
_SHARPNESS, _SPELLING, _RIDGE = 4.0, 0.4, 0.1
# What the part of a request that speaks most for a capability counts beside all of it.
_PART = 0.5
# What the words of a card count beside earlier requests: as many as `_SEEN` of them, from this nearness on.
_WORDS, _SEEN, _NEAR = 8.0, 8.0, 0.3
# How much more a part must speak for a capability than the others so that it stands there.
_PLACED = 6.0
# What is looked at: the likeliest capabilities, and the plans of the nearest requests.
_BREADTH, _NEAREST = 12, 12
# Words of which no capability is known to speak are features of requests all the same.
_FEATURES_MAX = 65_536


class Learned:
    """What was learned of `pasts`, with the `vectors` of their words (n, d), None if nobody knows what words mean."""

    def __init__(self, pasts: Sequence[Past], vectors: Array) -> None:
        assert pasts, "of nothing, nothing is learned"
        texts = [words_of(past.words) for past in pasts]
        self._pasts = pasts
        self._vectors = vectors
        self._lexicon = Lexicon(texts, seen_min=1, count_max=_FEATURES_MAX, plain=False)
        rows = self._lexicon.rows(texts)
        self._alike = Alike(rows)
        gram = self._nearness(None if vectors is None else vectors @ vectors.T, rows.gram())
        gram[np.diag_indices_from(gram)] += _RIDGE
        inverse = np.linalg.inv(gram).astype(np.float32)
        self._nodes = _Labels(inverse, (set(past.uses) for past in pasts))
        self._pairs = _Labels(inverse, (set(neighbours(past.uses)) for past in pasts))
        self._orders = _Labels(inverse, (set(combinations(past.uses, 2)) for past in pasts))
        self._sets = _Labels(inverse, ([frozenset(past.uses)] for past in pasts))
        self._lengths = _Labels(inverse, ([len(past.uses)] for past in pasts))
        self.seen = Counter(name for past in pasts for name in set(past.uses))

    def likely(self, texts: Sequence[str], vectors: Array, offers: Mapping[str, float]) -> Likely:
        """The likeliest chain for a request of `offers`: capabilities with their nearness to the words, 0 to 1.

        `texts`: the request, and its parts, if it has several; `vectors`: what each means, as those of the pasts.
        """
        evidence, nearest = self.evidence(texts, vectors, offers)
        chain, worth = best_chain(evidence)
        least = min((evidence.nodes[name] for name in chain), default=0.0) / (1 + _PART)
        return Likely(chain, worth, least, self._pasts[nearest].words, frozenset(self.seen))

    def evidence(
        self, texts: Sequence[str], vectors: Array, offers: Mapping[str, float]
    ) -> tuple[Evidence, int]:
        """What the earlier requests say of this one, and which is the nearest."""
        near = self._near(texts, vectors)
        whole = near[0]
        by_part = self._nodes.all(near[1:] if len(near) > 1 else near)
        said = self._nodes.all(near[:1])[0] + _PART * by_part.max(axis=0)
        known: dict[str, float] = dict(zip(self._nodes.names, said.tolist(), strict=True))
        nodes = {
            name: known.get(name, 0.0)
            + max(0.0, nearness - _NEAR) * _WORDS / (_SEEN + self.seen[name])
            for name, nearness in offers.items()
        }
        best = sorted(nodes, key=lambda name: (-nodes[name], name))[:_BREADTH]
        nearest: list[int] = np.argsort(-near[0], kind="stable")[:_NEAREST].tolist()
        earlier = [
            chain
            for chain in dict.fromkeys(self._pasts[at].uses for at in nearest)
            if chain and nodes.keys() >= {*chain}
        ]
        names = {*best, *(name for chain in earlier for name in chain)}
        two = list(permutations(names, 2))
        evidence = Evidence(
            nodes={name: nodes[name] for name in names},
            best=best,
            near=offers,
            places=dict(zip(names, self._places(names, by_part), strict=True)),
            pairs=self._pairs.some(
                whole, [*two, *((BEGIN, name) for name in names), *((name, END) for name in names)]
            ),
            orders=self._orders.some(whole, two),
            sets=self._sets.some(whole, [one for one in self._sets.names if one <= names]),
            lengths=self._lengths.some(whole, self._lengths.names),
            earlier=earlier,
        )
        return evidence, nearest[0]

    def _places(self, names: Iterable[str], by_part: Array) -> list[float]:
        """Where the parts speak of each: the average of their numbers, by how much each does."""
        known = [self._nodes.names.get(name, -1) for name in names]
        said = np.where(np.array(known) < 0, 0.0, by_part[:, known])
        weights = np.exp(_PLACED * (said - said.max(axis=0)))
        return (np.arange(len(weights)) @ weights / weights.sum(axis=0)).tolist()

    def _near(self, texts: Sequence[str], vectors: Array) -> Array:
        """How near each of `texts` is to each past."""
        spelt = self._alike([self._lexicon(words_of(text)) for text in texts])
        return self._nearness(None if vectors is None else vectors @ self._vectors.T, spelt)

    def _nearness(self, cosines: Array, spelt: Array) -> Array:
        if cosines is None:
            return spelt
        return np.exp(_SHARPNESS * (cosines - 1)) + _SPELLING * spelt


class _Labels:
    """What can be said of plans: `names`, each with its place among them, and what it is for each plan."""

    def __init__(self, inverse: Array, of_each: Iterable[Iterable[Any]]) -> None:
        rows: dict[Any, list[int]] = {}
        for row, some in enumerate(of_each):
            for one in some:
                rows.setdefault(one, []).append(row)
        self.names: Mapping[Any, int] = {name: at for at, name in enumerate(rows)}
        # A row for every label: what is looked at for a request are some hundred of some thousands.
        self._weights = np.empty((len(rows), len(inverse)), dtype=np.float32)
        for at, plans in enumerate(rows.values()):
            self._weights[at] = inverse[plans].sum(axis=0)

    def all(self, near: Array) -> Array:
        """How likely each label is: for each row of `near`, a column for each of `names`."""
        return near @ self._weights.T

    def some(self, near: Array, names: Iterable[Any]) -> dict[Any, float]:
        """How likely some labels are, by name; without those that nothing is known of."""
        places = {name: at for name in names if (at := self.names.get(name)) is not None}
        scores = self._weights[list(places.values())] @ near if places else np.zeros(0)
        return dict(zip(places, scores.tolist(), strict=True))

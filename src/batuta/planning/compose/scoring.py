"""How near each capability is to the words of a request: by meaning, by spelling, and by what served like ones."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from batuta.language.similarity import alike
from batuta.language.weights import content, rarity
from batuta.planning.compose.offers import Offer
from batuta.ports import Embedder

__all__ = ["Scorer"]

# What the cosine of meanings and the shares of common words count.
_MEANING, _OF_NAME, _OF_PART = 0.6, 0.35, 0.35
# How much a word says that stands in a name, in a description, in an argument.
_NAMED, _TOLD, _ASKED = 1.0, 0.7, 0.4
# Long words that begin alike and are so much alike are one in two spellings.
_SPELLING_CHARS_MIN, _BEGINNING, _SPELLED_ALIKE = 6, 3, 0.85

# What so many texts mean is kept: 1 KB each.
_MEANT_MAX = 20_000


class Scorer:
    """Scores of `offers`; `embedder` None: by spelling alone.

    `rare`: how rare a word is, if `offers` are not all there are; `meant`: what texts mean, as far as that is known.
    """

    def __init__(
        self,
        offers: Sequence[Offer],
        embedder: Embedder | None,
        rare: Callable[[str], float] | None = None,
        meant: dict[str, Any] | None = None,
    ) -> None:
        self._offers = offers
        self._embedder = embedder
        self._vectors: Any = None
        self._meant = {} if meant is None else meant
        if rare is None:
            worth = rarity([offer.named | offer.told for offer in offers])
            rare = partial(_worth_of, worth)
        self._rare = rare
        # By stem: which offers have it, how much it says of each, and whether it stands in the name.
        self._by_word: dict[str, list[tuple[int, float, bool]]] = {}
        for at, offer in enumerate(offers):
            for word, worth in _weighed(offer).items():
                known = self._by_word.setdefault(word, [])
                known.append((at, worth, word in offer.named))
        self._beginning: dict[str, list[str]] = {}
        for word in self._by_word:
            self._beginning.setdefault(word[:_BEGINNING], []).append(word)
        self._names = [sum(self._rare(word) for word in offer.named) or 1.0 for offer in offers]

    async def prepare(self) -> None:
        """Learn what the offers mean."""
        if self._embedder is None or not self._offers:
            return
        texts = [offer.text for offer in self._offers]
        new = [text for text in dict.fromkeys(texts) if text not in self._meant]
        if new:
            if len(self._meant) > _MEANT_MAX:
                self._meant.clear()
                new = [*dict.fromkeys(texts)]
            self._meant.update(zip(new, await self._embedder.embed(new), strict=True))
        from numpy import stack  # the embedder has loaded it

        self._vectors = stack([self._meant[text] for text in texts])

    async def scores(self, texts: Sequence[str]) -> list[list[float]]:
        """For each of `texts` how near each offer is, 0 to 1."""
        spelt = [self._spelt(text) for text in texts]
        if self._embedder is None or self._vectors is None:
            return spelt
        near = (await self._embedder.embed(list(texts))) @ self._vectors.T
        return (_MEANING * near + spelt).clip(0, 1).tolist()

    def _spelt(self, text: str) -> list[float]:
        said = dict.fromkeys(content(text))
        whole = sum(self._rare(word) for word in said) or 1.0
        scores = [0.0] * len(self._offers)
        for word in said:
            rare = self._rare(word)
            for at, worth, named in self._by_word.get(self._known(word), ()):
                scores[at] += _OF_PART * rare * worth / whole
                if named:
                    scores[at] += _OF_NAME * rare / self._names[at]
        return scores

    def _known(self, word: str) -> str:
        """`word`, or the one that it is another spelling of: summarise, summarize."""
        if word in self._by_word or len(word) < _SPELLING_CHARS_MIN:
            return word
        others = self._beginning.get(word[:_BEGINNING], ())
        return next((one for one in others if alike(word, one) >= _SPELLED_ALIKE), word)


def _worth_of(worth: Mapping[str, float], word: str) -> float:
    return worth.get(word, 1.0)


def _weighed(offer: Offer) -> Mapping[str, float]:
    """The stems by which an offer is known, each with how much it says."""
    return {
        **dict.fromkeys(offer.asked, _ASKED),
        **dict.fromkeys(offer.told, _TOLD),
        **dict.fromkeys(offer.named, _NAMED),
    }

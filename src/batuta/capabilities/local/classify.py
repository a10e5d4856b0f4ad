"""local.classify: which of some labels a text has, or none of them, and how sure that is."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Annotated, Any, NamedTuple, TypedDict

import msgspec

from batuta.capabilities.function import capability
from batuta.capabilities.local.bounds import bounded
from batuta.capabilities.local.labels import Labels, known_labels
from batuta.capabilities.threads import Threads
from batuta.errors import CallFailed
from batuta.ports import Embedder

__all__ = ["Classified", "Embedding", "Learning", "classifying", "foreseeing"]

# Gives the embedder of this machine, or None if it has none; asked once.
Embedding = Callable[[], Embedder | None]
# What was learned is kept for so many sets of labels; each takes 0.1 to 100 MB.
_KEPT = 8
# Vectors of so many words are kept: 1 KB each.
_WORDS_KEPT = 50_000
_SCORES_SHOWN = 10


class Classified(TypedDict):
    """The label (null: none of these, or too unsure), how sure that is, the ten best scores, and what speaks for it."""

    label: str | None
    confidence: float
    scores: dict[str, float]
    why: str


def classifying(embedding: Embedding) -> Callable[..., Awaitable[Classified]]:
    """The function behind `local.classify`. `embedding`: where it asks what words mean; by spelling alone if None."""
    return _capability(Learning(embedding))


def foreseeing(
    embedding: Embedding,
) -> tuple[Callable[..., Awaitable[Classified]], "Learning"]:
    """The same, and what it has learned, for who plans (`planning.candidate.Foresight`)."""
    room = Learning(embedding)
    return _capability(room), room


def _capability(room: "Learning") -> Callable[..., Awaitable[Classified]]:
    @capability("local.classify", effect="pure", reach="local")
    async def classify(
        text: Annotated[
            str,
            msgspec.Meta(description="its first 300 words are read; at most 1,000,000 characters"),
        ],
        labels: Labels,
        none: Annotated[
            bool | list[str],
            msgspec.Meta(description="it may have none of them; or texts that have none of them"),
        ] = False,
        threshold: Annotated[
            Annotated[float, msgspec.Meta(ge=0, le=1)] | None,
            msgspec.Meta(
                description="below this confidence the label is null; 0.5 if it may be none"
            ),
        ] = None,
    ) -> Classified:
        """Says which label a text has, by the meaning and the spelling of names, descriptions and examples.

        With two or more examples for every label, the confidence is calibrated: of the answers that are 80 % sure,
        about 80 % are right. What was learned is kept by the content of the labels, so that only the first call with
        them takes long.
        """
        bounded(text, "text")
        return await room.classified(text, labels, none, threshold)

    return classify


class _Learned(NamedTuple):
    """What is learned of some labels, or will be. `given`: the very labels; a tuple is not changed by who asks."""

    given: Any
    labels: Any
    none: Any
    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[Any]

    def of(self, labels: Any, none: Any, loop: asyncio.AbstractEventLoop) -> bool:
        if self.loop is not loop or self.none != none:
            return False
        if self.given is labels and isinstance(self.given, tuple):
            return True
        # Of two that begin alike, all would be compared before the end of one of them.
        return len(self.labels) == len(labels) and self.labels == labels


class Learning:
    """What was learned so far, and what words mean."""

    def __init__(self, embedding: Embedding) -> None:
        self._embedding = embedding
        self._embedder: Embedder | None = None
        self._asked = False
        self._vectors: dict[str, Any] = {}
        # The last that was asked for is the first.
        self._learned: list[_Learned] = []
        self._threads = Threads()

    async def classified(
        self, text: str, labels: Any, none: Any, threshold: float | None
    ) -> Classified:
        try:
            from batuta.language.spelling import words_of
        except ImportError:
            raise CallFailed(
                "local.classify needs NumPy: pip install 'batuta[knowledge]'", code="unavailable"
            ) from None
        classifier = await self._classifier(labels, none)
        own = words_of(text)
        if not own:
            return {"label": None, "confidence": 0.0, "scores": {}, "why": "the text has no words"}
        await self._look_up(own)
        maybe_none = none is not False
        guess = classifier.guess(text, self._vectors, none=maybe_none)
        names = classifier.known.names
        least = threshold if threshold is not None else (0.5 if maybe_none else 0.0)
        sure = _shown(guess.sure)
        best: list[int] = (-guess.scores).argsort(kind="stable")[:_SCORES_SHOWN].tolist()
        return {
            "label": None if guess.stranger or sure < least else names[guess.best],
            "confidence": sure,
            "scores": {names[at]: round(float(guess.scores[at]), 4) for at in best},
            "why": _why(guess.words, guess.nearest, guess.stranger),
        }

    async def maybe_sure(self, text: str, labels: Any, none: Any, least: float) -> bool:
        """False if `classified` is less sure of `text` than `least`."""
        from batuta.language.spelling import words_of

        classifier = await self._classifier(labels, none)
        own = words_of(text)
        await self._look_up(own)
        sure = classifier.how_sure(own, self._vectors, none=none is not False) if own else 0.0
        return _shown(sure) >= least

    def is_learned(self, labels: Any, none: Any) -> bool:
        """True if `labels` have been learned, or cannot be; if not, they are learned from now on."""
        loop = asyncio.get_running_loop()
        if any(one.of(labels, none, loop) and one.task.done() for one in self._learned):
            return True
        self._task(labels, none)
        return False

    async def _classifier(self, labels: Any, none: Any) -> Any:
        # Who stops waiting does not stop the others who wait for the same.
        return await asyncio.shield(self._task(labels, none))

    def _task(self, labels: Any, none: Any) -> asyncio.Task[Any]:
        """What learns `labels`, or has learned them."""
        # Two loops may ask one after the other (tests, notebooks): what a loop learns is that loop's.
        loop = asyncio.get_running_loop()
        # Comparing 15,000 examples with themselves takes 0.2 ms, hashing them 3.
        found = next((one for one in self._learned if one.of(labels, none, loop)), None)
        if found is not None:
            self._learned.remove(found)
        if found is None or _failed(found.task):
            # A copy, because who asks may change theirs.
            task = asyncio.ensure_future(self._learn(labels, none))
            found = _Learned(labels, deepcopy(labels), deepcopy(none), loop, task)
        self._learned.insert(0, found)
        del self._learned[_KEPT:]
        return found.task

    async def _learn(self, labels: Any, none: Any) -> Any:
        from batuta.capabilities.local.classifier import learned
        from batuta.language.spelling import words_of

        known = known_labels(labels, none)
        await self._look_up([word for text in known.texts for word in words_of(text)])
        dim = self._embedder.dim if self._embedder is not None else 0
        vectors = self._vectors
        # Nobody may be waiting for it, and a process does not stay for it.
        return await self._threads.run(lambda: learned(known, vectors, dim))

    async def _look_up(self, words: list[str]) -> None:
        """Make sure that it is known what `words` mean, if there is anybody to ask."""
        if not self._asked:
            self._embedder = await asyncio.to_thread(self._embedding)
            self._asked = True
        missing = [word for word in dict.fromkeys(words) if word not in self._vectors]
        if self._embedder is None or not missing:
            return
        if len(self._vectors) > _WORDS_KEPT:
            # A new map: what is being learned meanwhile goes on with the old one.
            self._vectors = {}
            missing = list(dict.fromkeys(words))
        from batuta.capabilities.local.meaning import meanings_of

        self._vectors.update(await meanings_of(self._embedder, missing))


def _shown(sure: float) -> float:
    return round(sure, 4)


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _why(words: list[str], nearest: str, stranger: bool) -> str:
    parts: list[str] = []
    if nearest:
        shown = nearest if len(nearest) <= 80 else nearest[:79] + "…"
        parts.append(f"nearest to “{shown}”")
    if words:
        parts.append(f"words: {', '.join(words)}")
    if stranger:
        parts.insert(0, "like the texts that have none of the labels")
    return "; ".join(parts) or "nothing in it is known"

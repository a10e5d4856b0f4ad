"""How much the words of some sentences say: rare ones more than common ones, the commonest nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import log

from batuta.language.words import SHORT_CHARS, stem, words

__all__ = ["EMPTY", "content", "rare", "rarity"]

# Words that hold sentences together and say nothing of what they are about.
EMPTY = frozenset(
    """a an the this that these those it its i me my mine we us our you your he him his she her they them their and or
    but nor so if then than as at by for from in into of off on onto to up with about over after before between out
    is am are was were be been being do does did doing done have has had having will would shall should can could may
    might must not no yes there here what which who whom whose when where why how much many long any some all each
    please tell get just also too very let want know need like""".split()
    # Of German, those that are no words of English.
    + """der die das dem den des ein eine einen einem einer eines dieser diese dieses diesen diesem und oder aber ich
    mich mir du dich dir wir uns ihr euch sie es mein meine meinen dein deine unser unsere unseren im am zum zur
    vom von mit zu auf aus bei nach uber unter vor fur durch gegen ist sind waren wird werden wurde haben habe
    kann kannst konnen soll sollen mochte muss nicht kein keine wie wer wo wann warum welche welcher welches
    wieviel bitte mal noch schon auch nur alle alles etwas""".split()
)


def content(text: str) -> list[str]:
    """The stems of the words of `text` that say something, in order."""
    return [*_content_of_short(text)] if len(text) <= SHORT_CHARS else [*_content(text)]


# Requests that are known are held against each new one. Of each, half a kilobyte.
@lru_cache(maxsize=16_384)
def _content_of_short(text: str) -> tuple[str, ...]:
    return tuple(_content(text))


def _content(text: str) -> Iterator[str]:
    return (stem(word.text) for word in words(text) if word.text.removesuffix("'s") not in EMPTY)


def rarity(pieces: Sequence[Iterable[str]]) -> dict[str, float]:
    """For every word of `pieces`, how rare it is in them: 0 < weight ≤ log(n + 1) + a half."""
    seen = Counter(word for piece in pieces for word in set(piece))
    n = len(pieces)
    return {word: rare(count, n) for word, count in seen.items()}


def rare(count: int, of: int) -> float:
    """How rare a word is that `count` of so many pieces have."""
    return log(1 + (of - count + 0.5) / (count + 0.5)) + 0.1

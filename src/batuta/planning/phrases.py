"""The parts of what is asked, word by word: how each begins (a courtesy, a wish), and what it says first."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from batuta.language.weights import EMPTY
from batuta.language.words import Word, words

__all__ = ["ASIDE", "BINDING", "DETERMINERS", "Part", "is_aside", "is_value", "parts_of", "tells"]

# Longer texts are asked for once, and would fill the memory.
_SHORT_CHARS = 600
_END = re.compile(r"[.!?…;:,()\n]|\s[-–—]+\s|—")
_SENTENCE_END = re.compile(r"[.!?…;\n]")
_QUOTE = re.compile(r"[\"“”„«»]|(?<!\w)'")
# Words are compared as they are folded: könntest is konntest.
_BETWEEN = frozenset("and und but aber then sondern y pero et mais e ma".split())
_COURTESY = re.compile(
    r"(?:please|pls|kindly|bitte|thanks|thank you|danke|ok|okay|yes|yeah|sure|ja|hi|hello|hey|hallo|now|just|simply"
    r"|also|so|first|quickly|nun|jetzt|dann|mal|gern|gerne|schnell|go ahead|go on"
    r"|(?:don't|dont|do not|never) forget to|vergiss nicht|(?:make|be) sure to|remember to|feel free to)(?: |$)"
)
_WISH = re.compile(
    r"(?:(?:can|could|will|would) you(?: mind)?|(?:i|we)(?: would|'d)? like(?: you)? to"
    r"|(?:i'd|we'd|id) like(?: you)? to|(?:(?:i|we) )?(?:want|need|wish)(?: you)? to|let's|lets|let us"
    r"|(?:kannst|konntest|wurdest) du|(?:konnen|konnten|wurden) sie|(?:konnt|konntet) ihr"
    r"|(?:ich|wir) (?:mochten?|will|wollen)|ich wurde(?= gerne? )|lass(?:t)? uns)(?: |$)"
)
# "I would like a refund for …"
_THING_WISHED = re.compile(
    r"(?:(?:i|we)(?: would|'d)? like|(?:i'd|we'd) like|(?:i|we) (?:want|need)) (?:a|an|the|my|our) "
)
_POLITE = frozenset({"please", "pls", "kindly", "bitte"})
# Behind a request, they say nothing of it.
_TAIL = frozenset(
    "please pls thanks bitte danke now today jetzt heute asap sofort immediately right away".split()
)
# A part that is nothing else takes nothing back.
ASIDE = re.compile(
    r"(?:many |vielen |herzlichen )?(?:thanks|thank you|thx|dank|danke|cheers)(?: a lot| very much| so much| again)?"
    r"(?: in advance| im voraus)?(?: for (?:the|your|any) (?:help|support))?"
    r"|go(?: ahead| on)?|nothing (?:else|more)|no (?:rush|hurry|problem|worries)|sonst nichts"
    r"|that's (?:all|it)|das ist alles"
    r"|as soon as possible|as soon as you can|so bald wie moglich"
)
DETERMINERS = frozenset(
    """a an the this that these those my our your their his her its all every each any both it them him us me everyone
    everybody das der die den dem des ein eine einen einem einer mein meine meinen meiner unser unsere unseren alle
    alles jede jeden ihn ihm ihr ihre ihren uns mir""".split()
)
# What goes on with what was said before, and names no new thing that is to be done.
BINDING = frozenset(
    """to for with without of from by at on in about via into as regarding per fur mit ohne von vom bei beim zu zum zur
    an am im uber per nach aus wegen including inclusive""".split()
)


class Part(NamedTuple):
    """A part of a request.

    Attributes:
        text, start, end: its words, and where they stand.
        said: its words, folded, behind courtesies and the words of a wish, and before courtesies.
        raw: the same as they are spelt.
        whole: all of its words, folded, with a space between.
        wished: it has the words of a wish ("could you"); `polite`: or of a courtesy ("please").
        asks: a question mark is behind it. `quoted`: it begins with a quotation mark.
        begins: a sentence begins with it.
    """

    text: str
    start: int
    end: int
    said: Sequence[str]
    raw: Sequence[str]
    whole: str
    wished: bool
    polite: bool
    asks: bool
    quoted: bool
    begins: bool


def parts_of(text: str) -> Sequence[Part]:
    """The parts of `text`: what stands between marks, and words like "and"."""
    return _parts_of_short(text) if len(text) <= _SHORT_CHARS else tuple(_divided(text))


# Who plans asks several times for those of the same request; who has many examples, for those of each.
@lru_cache(maxsize=4_096)
def _parts_of_short(text: str) -> tuple[Part, ...]:
    return tuple(_divided(text))


def is_aside(text: str) -> bool:
    """True if `text` is nothing but courtesies."""
    return all(not part.said or ASIDE.fullmatch(part.whole) for part in parts_of(text))


def is_value(word: str) -> bool:
    """True for what stands for itself: a number, an id, a file."""
    return any(char.isdigit() for char in word) or "." in word or "@" in word


def tells(word: str) -> bool:
    """True if `word` may be the one that says what is to be done."""
    word = word.removesuffix("'s")
    return word not in EMPTY and word not in DETERMINERS and word not in BINDING


def _divided(text: str) -> Iterator[Part]:
    said: list[Word] = []
    end, begins = 0, True
    for word in words(text):
        gap = text[end : word.start]
        if said and (_END.search(gap) or word.text in _BETWEEN):
            yield _part(text, said, gap, begins)
            begins, said = bool(_SENTENCE_END.search(gap)), []
        elif not said:
            begins = begins or bool(_SENTENCE_END.search(gap))
        if word.text not in _BETWEEN:
            said.append(word)
        end = word.end
    if said:
        yield _part(text, said, text[end:], begins)


def _part(text: str, said: Sequence[Word], gap: str, begins: bool) -> Part:
    start, end = said[0].start, said[-1].end
    whole = " ".join(word.text for word in said)
    # Places in `whole` are counted in words from here on.
    at, wished, polite = 0, False, False
    while True:
        courtesy = _COURTESY.match(whole, at)
        found = courtesy or _WISH.match(whole, at) or _THING_WISHED.match(whole, at)
        if found is None or not found[0]:
            break
        wished = wished or courtesy is None
        polite = polite or found[0].strip() in _POLITE
        at = found.end()
    first, last = whole[:at].count(" ") + (at == len(whole) > 0), len(said)
    while last > first and said[last - 1].text in _TAIL:
        last -= 1
        polite = polite or said[last].text in _POLITE
    kept = said[first:last]
    # "Storniere bitte …", "stornieren Sie bitte …"
    kept = [
        word
        for number, word in enumerate(kept)
        if not (0 < number < 4 and word.text in _POLITE)
        and not (number == 1 and word.text == "sie")
    ]
    polite = polite or len(kept) < last - first
    return Part(
        text[start:end],
        start,
        end,
        tuple(word.text for word in kept),
        tuple(text[word.start : word.end] for word in kept),
        whole,
        wished,
        wished or polite,
        "?" in gap,
        bool(_QUOTE.search(text[max(0, start - 1) : start])),
        begins,
    )

"""The parts of a request: the words that say what to do, what was only quoted or pasted, and one part per wish."""

import re
from functools import lru_cache
from itertools import islice

from batuta.language.marks import quotations
from batuta.language.sentences import Span, sentences
from batuta.language.weights import content
from batuta.language.words import words

__all__ = ["command_of", "wishes", "without_courtesies"]

# What a letter begins and ends with asks for nothing: "Hello Anna," and "Best regards". Of other words, names alone.
_NAME = r"(?-i:[A-ZÄÖÜ][\w'.-]{0,40})"
_GREETING = re.compile(
    r"\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|guten (?:morgen|tag|abend)|hola|bonjour"
    r"|liebe[rs]?|sehr geehrte[rs]?)"
    rf"(?:[ \t]+(?:there|all|team|everyone|everybody|together|sir|madam|or|and|colleagues|zusammen|{_NAME})){{0,5}}"
    r"[ \t]*(?:[,!.]\s|\n)\s*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:\n|(?<=[.!?,]))\s*(?:thanks|thank you|many thanks|thx|cheers|best|best regards|kind regards|regards|yours"
    r"|sincerely|please|bitte|danke|vielen dank|viele grüße|mit freundlichen grüßen|grüße|gruß|gracias|merci)\b"
    rf"(?:[\s,!.]*(?:very much|so much|a lot|in advance|again|all|team|truly|im voraus|{_NAME})){{0,4}}[\s,!.]*\Z",
    re.IGNORECASE,
)
_CLOSING_CHARS_MAX = 160

# Shorter quotations are names and values; what is longer is somebody else's text.
_QUOTED_WORDS_MIN = 4
# "refund: order 17" has its wish on both sides; a colon ends a command of two words or more.
_COMMAND_WORDS_MIN = 2
_BEHIND = re.compile(r":(?=\s)|\n")
_COMMAND_CHARS_MAX = 4_000
# Between two wishes. A piece of one word ("sales and marketing report") is no wish of its own.
_JOINT = re.compile(
    r"\s{0,9}(?:[;,]\s{0,9})?\b(?:and then|and also|then also|and|then|also|plus|as well as|und dann|und|et puis|et"
    r"|y luego|y|e poi|sowie)\b\s{1,9}|[;,]\s{1,9}",
    re.IGNORECASE,
)
_WISH_WORDS_MIN = 2
# More wishes in one request are a text, and more places where one could end, a list.
_WISHES_MAX = 6
_JOINTS_MAX = 60


# Each planner asks for the command of the same request.
@lru_cache(maxsize=64)
def command_of(text: str) -> str:
    """The words of `text` that say what to do, each in its place: without what is quoted, or pasted behind a colon or
    a line break. All of it where nothing is.

    What somebody pastes is what a request is about. It has no say in what is done with it.
    """
    # A command is short. What stands behind so many characters is not looked at for its end.
    beginning = [word.end for word in words(text[:_COMMAND_CHARS_MAX])][:_COMMAND_WORDS_MIN]
    end = len(text)
    if len(beginning) == _COMMAND_WORDS_MIN:
        mark = _BEHIND.search(text, beginning[-1], _COMMAND_CHARS_MAX)
        end = mark.start() if mark is not None else end
    pieces: list[str] = []
    start = 0
    for quoted in quotations(text[:end]):
        if len(words(quoted.text)) >= _QUOTED_WORDS_MIN:
            pieces += [text[start : quoted.start], " " * (quoted.end - quoted.start)]
            start = quoted.end
    command = "".join([*pieces, text[start:end]])
    return command if words(command[:_COMMAND_CHARS_MAX]) else text


def without_courtesies(text: str) -> str:
    """`text` without the greeting it begins with and the thanks it ends with, every other word in its place."""
    greeting = _GREETING.match(text)
    start = greeting.end() if greeting is not None else 0
    tail = max(start, len(text) - _CLOSING_CHARS_MAX)
    closing = _CLOSING.search(text, tail)
    end = closing.start() if closing is not None else len(text)
    kept = text[start:end]
    return " " * start + kept + " " * (len(text) - end) if words(kept) else text


def wishes(text: str) -> list[Span]:
    """The parts of `text` that may each ask for something of its own, at most six; [] if it is one part."""
    text = text[:_COMMAND_CHARS_MAX]
    parts: list[Span] = []
    spans = sentences(text)
    if len(spans) == 1 and _JOINT.search(text) is None:
        return []
    for sentence in spans:
        start = sentence.start
        joints = islice(_JOINT.finditer(text, sentence.start, sentence.end), _JOINTS_MAX)
        for joint in (*joints, None):
            end = sentence.end if joint is None else joint.start()
            piece = text[start:end]
            # "Can you tell me" and "do you know" ask for nothing yet.
            if len(words(piece)) >= _WISH_WORDS_MIN and content(piece):
                parts.append(Span(piece.strip(), start, end))
                start = end if joint is None else joint.end()
            elif joint is not None and not words(piece):
                start = joint.end()
            # A piece of one word goes with what follows.
    return parts[:_WISHES_MAX] if len(parts) > 1 else []

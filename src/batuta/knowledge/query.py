"""What a question is like: words for the index, phrases and ids that must stand there as they are."""

import re
from typing import NamedTuple

from batuta.language.marks import quotations

__all__ = ["CHARS_MAX", "Query", "read_query"]

# Characters of a question that are looked at.
CHARS_MAX = 2_000
_PHRASES_MAX = 8
_IDS_MAX = 16
# Words that hold together although they have marks inside, and say by digits, capitals or marks that they are names:
# A-1042, INV_2024_17, X100, support@example.com, config.yaml, E_TIMEOUT.
_TOKEN = re.compile(r"[^\s\"“”„«»(){}\[\]<>,;!?]{2,80}")
_ID = re.compile(
    r"(?=\S*\d)(?=\S*[^\W\d_])\w\S*"  # letters and digits
    r"|\d{5,}"  # a number too long for a year
    r"|[^\W_]+(?:[-_./@:][^\W_]+)*[_@/.:][^\W_]+"  # parts joined by marks that prose does not use
)
# Capitals only: a name, unless the whole question is written so.
_CAPITALS = re.compile(r"[A-Z]{2,}(?:[-_][A-Z]+)*")
_SHOUTED_SHARE = 0.5


class Query(NamedTuple):
    """A question as it is read.

    `phrases`: what stands in quotation marks; `ids`: what looks like a number or name of something.
    """

    text: str
    phrases: tuple[str, ...]
    ids: tuple[str, ...]


def read_query(text: str) -> Query:
    """What is asked, by its form alone."""
    asked = " ".join(text[:CHARS_MAX].split())
    phrases = [one.value for one in quotations(asked)][:_PHRASES_MAX]
    ids: list[str] = []
    tokens = asked.split()
    capitals = sum(bool(_CAPITALS.match(token)) for token in tokens)
    shouted = len(tokens) > 1 and capitals > len(tokens) * _SHOUTED_SHARE
    for found in _TOKEN.finditer(asked):
        token = found[0].strip(".:'’`*-/")
        named = _CAPITALS.fullmatch(token) and not shouted
        if (named or _ID.fullmatch(token)) and token not in ids and not _is_ordinary(token):
            ids.append(token)
    return Query(asked, tuple(phrases), tuple(ids[:_IDS_MAX]))


def _is_ordinary(token: str) -> bool:
    """Words with a full stop or a hyphen in them that are no ids: e.g., i.e., 2nd, 3pm."""
    bare = token.replace(".", "")
    return len(bare) <= 2 or bool(
        re.fullmatch(r"\d{1,2}(?:st|nd|rd|th|am|pm|h|x|kg|km|cm|mm|m)", bare)
    )

"""What kind of answer a question wants: how much an amount, when a date, who a name."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from batuta.language.dates import dates
from batuta.language.found import Found
from batuta.language.marks import emails, phones, urls
from batuta.language.names import names
from batuta.language.numbers import amounts, numbers, quantities

__all__ = ["Kind", "kind_asked"]


def _dated(text: str) -> list[Found]:
    return dates(text, _ANY_DAY)


_ANY_DAY = date(2001, 2, 5)  # only whether there is a date is asked


_TIME = re.compile(
    r"\b(?:\d{1,2}(?::\d\d)? ?(?:am|pm|a\.m\.|p\.m\.|h|uhr)\b|\d{1,2}:\d\d\b|daily|weekdays?)", re.I
)
_Reads = Callable[[str], Any]


class Kind(NamedTuple):
    """What a question that `asks` so wants to hear, and the words of it that say no more than that."""

    asks: re.Pattern[str]
    reads: tuple[_Reads, ...]
    said: frozenset[str]


def _kind(asks: str, said: str, *reads: _Reads) -> Kind:
    return Kind(re.compile(asks, re.IGNORECASE), reads, frozenset(said.split()))


_KINDS = (
    _kind(
        r"\bhow much\b|\bwhat (?:does|do)\b.{1,80}\bcost\b|\bprice of\b",
        "cost price pay",
        amounts,
        quantities,
    ),
    _kind(
        r"\bhow (?:long|fast|soon|quickly)\b|\bhow many (?:days|weeks|hours)\b",
        "take last fast soon quickly time day week hour",
        quantities,
        _dated,
    ),
    _kind(
        r"\bhow (?:many|old|big|heavy|far|tall)\b", "old big heavy far tall", quantities, numbers
    ),
    _kind(
        r"\bwhen\b|\bwhat (?:day|date|time)\b", "day date time", _dated, quantities, _TIME.search
    ),
    _kind(r"\bwho\b|\bwhose\b", "", names, emails),
    _kind(r"\be-?mail\b", "e-mail email address", emails),
    _kind(r"\b(?:phone|telephone) number\b", "phone telephone number call", phones),
    _kind(r"\b(?:website|web address|url)\b", "website web address url", urls),
)


def kind_asked(question: str) -> Kind | None:
    """What `question` wants to hear, if its words say so."""
    return next((kind for kind in _KINDS if kind.asks.search(question)), None)

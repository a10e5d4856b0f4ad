"""Dates as people write them: 2026-11-22 · 22 Nov · 11/22/2026 · tomorrow · next Friday · in 3 weeks · two days ago
· vom 1.12. · morgen · nächsten Freitag · in drei Wochen · vor zwei Tagen.

A date is read relative to a `today` that the caller gives. `03/04/2026` is read day first or month first as the caller
says; where only one reading is a date, that one counts.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from batuta.language.found import Found, without_overlaps
from batuta.language.german import NUMERAL
from batuta.language.numbers import read_number
from batuta.language.words import lowered

__all__ = ["dates"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar", "february feb februar", "march mar märz", "april apr", "may mai", "june jun juni",
            "july jul juli", "august aug", "september sep sept", "october oct oktober okt", "november nov",
            "december dec dezember dez",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_DAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon montag", "tuesday tue tues dienstag", "wednesday wed mittwoch", "thursday thu thurs donnerstag",
            "friday fri freitag", "saturday sat samstag sonnabend", "sunday sun sonntag",
        )
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_COUNT = r"\d{1,4}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_COUNT_DE = rf"\d{{1,4}}|eine[mnr]?|{NUMERAL}"
_UNITS_DE = {"tag": "day", "woche": "week", "monat": "month", "jahr": "year"}
_UNIT_DE = r"(tag|woche|monat|jahr)(?:en|e|n)?\b"

# The first letters stand first, so that most words of a text are passed over without being tried.
_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\w-])")
_NUMERIC = re.compile(r"(?<![\w./])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/])")
_DAY_MONTH = re.compile(
    rf"(?<!\w)(\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? ({_MONTH})\b(?:\.?,? (\d{{4}})\b)?"
)
_MONTH_DAY = re.compile(
    rf"(?=[jfmasond])\b({_MONTH})\b\.? (\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (\d{{4}}))?"
)
_WORD_OF_A_DAY = re.compile(
    r"(?=[dty])\b(?:day after tomorrow|day before yesterday|today|tonight|tomorrow|yesterday)\b"
)
_WHICH = re.compile(rf"(?=[ltncp])\b(last|this|next|coming|past) (week|month|year|{_DAY})\b")
_AHEAD = re.compile(rf"(?=i)\bin ({_COUNT}) (day|week|month|year)s?\b")
_AGO = re.compile(rf"(?=[\daotfsnet])\b({_COUNT}) (day|week|month|year)s? ago\b")
_WEEKDAY = re.compile(
    rf"(?=[mtwfsd])\b({'|'.join(name for name in _DAYS if name.endswith(('day', 'tag', 'mittwoch', 'abend')))})\b"
)
_WORD_OF_A_DAY_DE = re.compile(
    r"(?=[hmuüvg])(?<!guten )(?<!am )(?<!jeden )(?<!diesen )(?<!heute )\b"
    r"(?:heute|morgen|(?:ü|ue)bermorgen|gestern|vorgestern)\b"
)
_AHEAD_DE = re.compile(rf"(?=i)\bin ({_COUNT_DE}) {_UNIT_DE}")
_AGO_DE = re.compile(rf"(?=v)\bvor ({_COUNT_DE}) {_UNIT_DE}")
_WHICH_DE = re.compile(
    r"(?=[ldnkv])\b(letzt|vergangen|dies|n(?:ä|ae)chst|kommend)(?:e[mnrs]?) "
    rf"(woche|monat|jahr|{_DAY})s?\b"
)
# "1.12." is a day only where words say so: elsewhere it is the number of a chapter.
_DAY_AND_MONTH_DE = re.compile(r"(?=\d)(?<![\d.])(\d{1,2})\.(\d{1,2})\.(?!\d)")
_BEFORE_A_DAY_DE = re.compile(r"(?:\b(?:am|ab|bis|dem|den|der|seit|und|vom|zum)|[–-])\s?$")
_BEFORE_A_DAY_CHARS = 6
# A text without any of these is not looked through: in English that costs nearly nothing.
_NAMES_OF_A_DAY_DE = ("heute", "morgen", "gestern")
_UNITS_OF_TIME_DE = ("tagen", "m tag", "1 tag", "woche", "monat", "jahr")
_WHICH_WORDS_DE = ("letzte", "vergangene", "diese", "nächste", "naechste", "kommende")
# Words that tell of what was, and of what is to be. Most verbs of the past end in -ed.
_TENSE = re.compile(
    r"\b(?:(?P<future>will|shall|should|would|can|could|may|might|must|need|needs|want|wants|wanted|please|until|till|by"
    r"|before|going to|have to|has to|\w+'ll)"
    r"|(?P<past>since|was|were|did|didn't|had|has|have|got|came|went|sent|paid|bought|wrote|said|told|took|made|gave"
    r"|spoke|brought|left|lost|broke|found|saw|heard|began|\w{3,}(?<!ne)(?<!ee)ed))\b"
)
_TENSE_DE = re.compile(
    r"\b(?:(?P<future>bis|bitte|kann|können|möchte|muss|müssen|soll|sollen|werde|werden|will|wird|wollen)"
    r"|(?P<past>seit|war|waren|wurde|wurden|hatte|hatten|kam|kamen|gab|ging|bekam|bekamen|ge\w{2,}t))\b"
)
_WHICH_OF = {"l": "last", "v": "last", "d": "this", "n": "next", "k": "next"}
_CLAUSE_END = re.compile(r"[.,;:!?\n]")
_CLAUSE_CHARS_MAX = 120
_WORDS = {
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "day after tomorrow": 2,
    "day before yesterday": -2,
    "heute": 0,
    "morgen": 1,
    "gestern": -1,
    "übermorgen": 2,
    "uebermorgen": 2,
    "vorgestern": -2,
}


def dates(text: str, today: date, *, day_first: bool = True) -> list[Found]:
    """Every date in `text` as an ISO text ("2026-11-22"), in order.

    Without a year, it is the one that brings the date nearest to `today`. A bare weekday is the next one that comes,
    today included, or the last one where something is told of that was ("I paid on Tuesday"); `last` and `next` leave
    today out.
    """
    low = lowered(text)
    found = [
        Found(day.isoformat(), text[match.start() : match.end()], match.start(), match.end())
        for match, day in _all(low, today, day_first)
        if day is not None
    ]
    found += [
        Found(day.isoformat(), text[start:end], start, end)
        for (start, end), day in _german(low, today)
        if day is not None
    ]
    return without_overlaps(found)


def _all(text: str, today: date, day_first: bool) -> Iterator[tuple[re.Match[str], date | None]]:
    for match in _ISO.finditer(text):
        yield match, _date(int(match[1]), int(match[2]), int(match[3]))
    for match in _NUMERIC.finditer(text):
        yield match, _numeric(int(match[1]), int(match[3]), match[4], day_first)
    for match in _DAY_MONTH.finditer(text):
        yield match, _named(int(match[1]), match[2], match[3], today)
    for match in _MONTH_DAY.finditer(text):
        yield match, _named(int(match[2]), match[1], match[3], today)
    for match in _WORD_OF_A_DAY.finditer(text):
        yield match, _shifted(today, _WORDS[match[0]], "day")
    for match in _AHEAD.finditer(text):
        yield match, _shifted(today, _count(match[1]), match[2])
    for match in _AGO.finditer(text):
        yield match, _shifted(today, -_count(match[1]), match[2])
    for match in _WHICH.finditer(text):
        yield match, _which(match[1], match[2], today)
    for match in _WEEKDAY.finditer(text):
        tense = _TENSE if match[1].endswith("day") else _TENSE_DE
        which = "last" if _is_told_of(text, match.start(), match.end(), tense) else "this"
        yield match, _which(which, match[1], today)


def _german(text: str, today: date) -> Iterator[tuple[tuple[int, int], date | None]]:
    for match in _DAY_AND_MONTH_DE.finditer(text):
        start = match.start()
        if _BEFORE_A_DAY_DE.search(text, max(0, start - _BEFORE_A_DAY_CHARS), start):
            yield match.span(), _nearest(int(match[1]), int(match[2]), today)
    if any(name in text for name in _NAMES_OF_A_DAY_DE):
        for match in _WORD_OF_A_DAY_DE.finditer(text):
            yield match.span(), _shifted(today, _WORDS[match[0]], "day")
    if any(name in text for name in _UNITS_OF_TIME_DE):
        for match in _AHEAD_DE.finditer(text):
            yield match.span(), _shifted(today, _count(match[1]), _UNITS_DE[match[2]])
        for match in _AGO_DE.finditer(text):
            yield match.span(), _shifted(today, -_count(match[1]), _UNITS_DE[match[2]])
    if any(name in text for name in _WHICH_WORDS_DE):
        for match in _WHICH_DE.finditer(text):
            which = _WHICH_OF[match[1][0]]
            yield match.span(), _which(which, _UNITS_DE.get(match[2], match[2]), today)


def _is_told_of(text: str, start: int, end: int, tense: re.Pattern[str]) -> bool:
    """True if the clause around a date tells of what was: of its words of time, the one nearest before it decides."""
    first = max(0, start - _CLAUSE_CHARS_MAX)
    before = list(tense.finditer(_CLAUSE_END.split(text[first:start])[-1]))
    if before:
        return before[-1]["past"] is not None
    after = tense.search(_CLAUSE_END.split(text[end : end + _CLAUSE_CHARS_MAX])[0])
    return after is not None and after["past"] is not None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _numeric(first: int, second: int, year: str, day_first: bool) -> date | None:
    number = int(year) + (2_000 if len(year) == 2 else 0)
    ways = [(second, first), (first, second)]
    for month, day in ways if day_first else reversed(ways):
        if (found := _date(number, month, day)) is not None:
            return found
    return None


def _named(day: int, name: str, year: str | None, today: date) -> date | None:
    month = _MONTHS[name]
    return _date(int(year), month, day) if year else _nearest(day, month, today)


def _nearest(day: int, month: int, today: date) -> date | None:
    around = (_date(today.year + shift, month, day) for shift in (0, -1, 1))
    return min(
        (found for found in around if found is not None),
        key=lambda found: abs((found - today).days),
        default=None,
    )


def _which(which: str, unit: str, today: date) -> date | None:
    way = {"last": -1, "past": -1, "this": 0}.get(which, 1)
    if unit not in _DAYS:
        return _shifted(today, way, unit)
    ahead = (_DAYS[unit] - today.weekday()) % 7
    if way < 0:
        return _shifted(today, -((today.weekday() - _DAYS[unit]) % 7 or 7), "day")
    return _shifted(today, ahead or (7 if way else 0), "day")


def _count(word: str) -> int:
    if word in ("a", "an") or word.startswith("eine"):
        return 1
    number = read_number(word)
    assert number is not None, "the pattern lets nothing else through"
    return int(number)


def _shifted(today: date, count: int, unit: str) -> date | None:
    """`today` and so many units; the last day of a month that is shorter."""
    try:
        if unit in ("day", "week"):
            return today + timedelta(count * (7 if unit == "week" else 1))
        months = today.year * 12 + today.month - 1 + count * (12 if unit == "year" else 1)
        year, month = divmod(months, 12)
        last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(1)).day
        return date(year, month + 1, min(today.day, last))
    except (ValueError, OverflowError):
        return None

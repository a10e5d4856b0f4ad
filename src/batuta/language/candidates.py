"""Everything in a text that could be the value of a field, by the type of the field."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from batuta.language.dates import dates
from batuta.language.found import Found, outside
from batuta.language.marks import emails, identifiers, phones, quotations, urls
from batuta.language.names import names
from batuta.language.numbers import Written, amounts, numbers, quantities, written_numbers
from batuta.language.words import stem, words

__all__ = ["Reader"]

# Two days that no date relative to today is the same for: different months, weekdays and years.
_ONE_DAY, _OTHER_DAY = date(2001, 2, 5), date(2034, 9, 13)
# A pattern is tried on lines of at most so many characters, so that what is quadratic in them stays bounded.
_LINE_CHARS_MAX = 2_000


class Reader:
    """The readers of values over one text, each of which reads it once.

    `today` None: only dates that mean the same on every day are read.
    """

    def __init__(self, text: str, today: date | None, *, day_first: bool = True) -> None:
        self._text = text
        self._today = today
        self._day_first = day_first
        self._written: Written | None = None
        self._read: dict[str, list[Found]] = {}

    def candidates(
        self,
        kind: str,
        pattern: re.Pattern[str] | None = None,
        values: Mapping[str, tuple[str, ...]] | None = None,
    ) -> list[Found]:
        """What could be meant, in the order of the text. Raises `ValueError` for a kind that nobody reads."""
        if kind == "enum":
            return _matching(_enumerated(self._text, values or {}), pattern)
        if kind == "id":
            assert pattern is not None, "an id is known by its pattern"
            return _identified(self._text, pattern)
        return _matching(self._of(kind), pattern)

    def _of(self, kind: str) -> list[Found]:
        if kind not in self._read:
            reader = self._readers().get(kind)
            if reader is None:
                raise ValueError(f"there is no type {kind!r}")
            self._read[kind] = reader()
        return self._read[kind]

    def _readers(self) -> dict[str, Callable[[], list[Found]]]:
        text = self._text
        return {
            "money": lambda: amounts(text, self._numbers()),
            "date": self._dates,
            "email": lambda: emails(text),
            "url": lambda: urls(text),
            "phone": lambda: outside(phones(text), self._of("date")),
            "quantity": lambda: quantities(text, self._numbers()),
            "quote": lambda: quotations(text),
            "name": lambda: names(text),
            "number": lambda: [
                one._replace(value=_plain(one))
                for one in outside(
                    numbers(text, self._numbers()),
                    [*self._of("date"), *self._of("money"), *self._of("phone")],
                )
            ],
        }

    def _numbers(self) -> Written:
        if self._written is None:
            self._written = written_numbers(self._text)
        return self._written

    def _dates(self) -> list[Found]:
        if self._today is not None:
            return dates(self._text, self._today, day_first=self._day_first)
        one = dates(self._text, _ONE_DAY, day_first=self._day_first)
        other = set(dates(self._text, _OTHER_DAY, day_first=self._day_first))
        return [found for found in one if found in other]


def _plain(found: Found) -> int | float:
    value = found.value
    return int(value) if value == value.to_integral_value() else float(value)


def _matching(found: list[Found], pattern: re.Pattern[str] | None) -> list[Found]:
    if pattern is None:
        return found
    return [one for one in found if pattern.search(one.text[:_LINE_CHARS_MAX])]


def _identified(text: str, pattern: re.Pattern[str]) -> list[Found]:
    found: list[Found] = []
    start = 0
    while start < len(text):
        end = text.find("\n", start, start + _LINE_CHARS_MAX)
        if end < 0:
            end = min(start + _LINE_CHARS_MAX, len(text))
            if end < len(text):  # not in the middle of a word
                end = max(text.rfind(" ", start, end), start) or end
                end = end if end > start else start + _LINE_CHARS_MAX
        line = text[start : end + 1]
        found += [
            one._replace(start=one.start + start, end=one.end + start)
            for one in identifiers(line, pattern)
        ]
        start = end + 1
    return found


def _enumerated(text: str, values: Mapping[str, tuple[str, ...]]) -> list[Found]:
    """Where one of the ways to say a value stands, whatever its case and inflection; the longest way counts."""
    ways: dict[tuple[str, ...], str] = {}
    for value, said in values.items():
        for way in said:
            key = tuple(stem(word.text) for word in words(way.replace("_", " ")))
            if key:
                ways.setdefault(key, value)
    lengths = sorted({len(key) for key in ways}, reverse=True)
    firsts = {key[0] for key in ways}
    there = words(text)
    stems = [stem(word.text) for word in there]
    found: list[Found] = []
    at = 0
    while at < len(there):
        step = 1
        if stems[at] in firsts:
            for length in lengths:
                value = ways.get(tuple(stems[at : at + length]))
                if value is not None and at + length <= len(there):
                    start, end = there[at].start, there[at + length - 1].end
                    found.append(Found(value, text[start:end], start, end))
                    step = length
                    break
        at += step
    return found

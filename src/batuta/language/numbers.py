"""Numbers, amounts of money and quantities as people write them: 1,250.50 · 1.250,50 € · twelve dollars · 3 kg.

In words, those of English and of German.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from batuta.language.found import Found
from batuta.language.german import NUMERAL, number_of, numerals
from batuta.language.words import lowered

__all__ = ["Written", "amounts", "numbers", "quantities", "read_number", "written_numbers"]

# Bounded, so that a megabyte of digits costs no more than its length; longer runs are no number of anybody's.
_DIGITS = r"\d{1,3}(?:[,.'’\u00a0\u202f ]\d{3}(?!\d)){1,6}(?:[.,]\d{1,4})?|\d{1,15}(?:[.,]\d{1,9})?"
_ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
# A numeral of the text is read once: what follows it is looked at from its end, and never from every place in it.
_NUMERAL = rf"(?:{'|'.join(sorted([*_ONES, *_TENS, *_SCALES], key=len, reverse=True))})"
_SPELLED = rf"(?<![a-z]){_NUMERAL}\b(?>(?:[ -](?:and )?{_NUMERAL}\b){{0,12}})"
_WRITTEN = re.compile(
    rf"(?=[\detfosnhm])(?:(?<![\w.,])(?<![\w.,-]-)(?P<digits>{_DIGITS})|(?<!\w){_SPELLED})"
)
_GERMAN = re.compile(NUMERAL)
_SIGNED = re.compile(r"(?<![\w.,$€£¥₹%-])[-−+]$")

_SIGNS = {
    "$": "USD", "US$": "USD", "C$": "CAD", "A$": "AUD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "CHF": "CHF",
    "Fr.": "CHF",
}  # fmt: skip
_NAMES = {
    "dollar": "USD", "dollars": "USD", "buck": "USD", "bucks": "USD", "euro": "EUR", "euros": "EUR", "pound": "GBP",
    "pounds": "GBP", "quid": "GBP", "yen": "JPY", "rupee": "INR", "rupees": "INR", "franc": "CHF", "francs": "CHF",
    "franken": "CHF", "cent": "USD", "cents": "USD",
}  # fmt: skip
_CODES = "USD EUR GBP JPY INR CHF CAD AUD SEK NOK DKK PLN CZK CNY BRL MXN".split()
_MARKS = (
    {sign.lower(): code for sign, code in _SIGNS.items()}
    | _NAMES
    | {code.lower(): code for code in _CODES}
)
_SIGN = "|".join(re.escape(sign.lower()) for sign in sorted(_SIGNS, key=len, reverse=True))
_BEFORE = re.compile(
    rf"(?<![\w.,])(?P<minus>[-−])?(?P<mark>{_SIGN}|(?<![a-z])(?:{'|'.join(_CODES).lower()}))\s?(?P<inner>[-−])?$"
)
_BEFORE_CHARS = 8  # the longest mark with its space and two signs
_SCALE = re.compile(r"[km]\b")
_AFTER = re.compile(rf"\s?(?P<mark>{_SIGN}|\b(?:{'|'.join([*_CODES, *_NAMES]).lower()})\b)")
_UNITS = {
    "kg": "kg", "kilo": "kg", "kilos": "kg", "kilogram": "kg", "kilograms": "kg", "g": "g", "gram": "g", "grams": "g",
    "lb": "lb", "lbs": "lb", "oz": "oz", "km": "km", "m": "m", "meter": "m", "meters": "m", "metre": "m", "metres": "m",
    "cm": "cm", "mm": "mm", "mile": "mi", "miles": "mi", "l": "l", "liter": "l", "liters": "l", "litre": "l",
    "litres": "l", "ml": "ml", "%": "%", "percent": "%", "second": "s", "seconds": "s", "minute": "min",
    "minutes": "min", "min": "min", "hour": "h", "hours": "h", "h": "h", "day": "d", "days": "d", "week": "wk",
    "weeks": "wk", "month": "mo", "months": "mo", "year": "yr", "years": "yr", "gb": "GB", "mb": "MB", "tb": "TB",
    "prozent": "%", "sekunde": "s", "sekunden": "s", "minuten": "min", "stunde": "h", "stunden": "h", "tag": "d",
    "tage": "d", "tagen": "d", "woche": "wk", "wochen": "wk", "monat": "mo", "monate": "mo", "monaten": "mo",
    "jahr": "yr", "jahre": "yr", "jahren": "yr", "stück": "pc", "piece": "pc", "pieces": "pc", "pcs": "pc",
    "unit": "pc", "units": "pc", "x": "pc",
}  # fmt: skip
_MEASURE = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_MEASURED = re.compile(
    rf"[\s-]?(?:(?:working|business|calendar|full|whole)\s)?(?P<unit>{_MEASURE})(?!\w)"
)

# Numbers without their signs, each with its place: start, end.
Written = Sequence[tuple[Decimal, int, int]]


def written_numbers(text: str) -> Written:
    """Every number in digits or words: what the readers below begin with, for who calls several of them."""
    return list(_written(lowered(text)))


def numbers(text: str, written: Written | None = None) -> list[Found]:
    """Every number, in digits or in English or German words, as a `Decimal`."""
    low = lowered(text)
    found: list[Found] = []
    for number, start, end in _written(low) if written is None else written:
        if low[end : end + 1].isalnum() or _goes_on(low, end):
            continue
        sign = _SIGNED.search(low, max(0, start - 2), start)
        if sign is not None:
            start = sign.start()
        value = -number if sign is not None and sign[0] != "+" else number
        found.append(Found(value, text[start:end], start, end))
    return found


def amounts(text: str, written: Written | None = None) -> list[Found]:
    """Every amount of money, as {"amount": "12.50", "currency": "EUR"}; the amount is a decimal text."""
    low = lowered(text)
    found: list[Found] = []
    for number, start, end in _written(low) if written is None else written:
        if _goes_on(low, end):
            continue
        before = _BEFORE.search(low, max(0, start - _BEFORE_CHARS), start)
        if before is not None and (not found or before.start() >= found[-1].end):
            start = before.start()
            scale = _SCALE.match(low, end)
            if scale is not None:
                times = 1_000 if scale[0] == "k" else 1_000_000
                number, end = (number * times).normalize(), scale.end()
            mark = before["mark"]
            negative = before["minus"] or before["inner"]
        elif (after := _AFTER.match(low, end)) is not None:
            mark, end = after["mark"], after.end()
            minus = _SIGNED.search(low, max(0, start - 2), start)
            negative = minus is not None and minus[0] != "+"
            start = minus.start() if minus is not None else start
        else:
            continue
        if mark in ("cent", "cents"):
            number /= 100
        value = {"amount": _plain(-number if negative else number), "currency": _MARKS[mark]}
        found.append(Found(value, text[start:end], start, end))
    return found


def quantities(text: str, written: Written | None = None) -> list[Found]:
    """Every number with a unit of measure, as {"number": "3", "unit": "kg"}."""
    low = lowered(text)
    found: list[Found] = []
    for number, start, end in _written(low) if written is None else written:
        unit = _MEASURED.match(low, end)
        if unit is not None:
            value = {"number": _plain(number), "unit": _UNITS[unit["unit"]]}
            found.append(Found(value, text[start : unit.end()], start, unit.end()))
    return found


def read_number(written: str) -> Decimal | None:
    """The number that digits, English words or a German one stand for; None if they stand for none.

    Of `1.250` and `1,250` nobody can say what is meant: three digits behind a single mark are taken for thousands.
    """
    written = written.strip()
    if written[:1].isdigit():
        return _from_digits(written)
    word = written.lower()
    return Decimal(number_of(word)) if _GERMAN.fullmatch(word) else _from_words(word)


def _written(low: str) -> Iterable[tuple[Decimal, int, int]]:
    """Every number in digits or words, without its sign, and its place."""
    german = [(Decimal(number), start, end) for number, start, end in numerals(low)]
    return sorted([*_others(low), *german], key=lambda one: one[1]) if german else _others(low)


def _others(low: str) -> Iterator[tuple[Decimal, int, int]]:
    """Those in digits or in English words."""
    for match in _WRITTEN.finditer(low):
        number = _from_digits(match[0]) if match["digits"] else _from_words(match[0])
        if number is not None:
            yield number, match.start(), match.end()


def _goes_on(low: str, end: int) -> bool:
    """True if what ends at `end` is only the beginning of something else in digits: 1.2.3, 12345678901234567."""
    if low[end : end + 1].isdigit():
        return True
    return low[end : end + 1] in (".", ",") and low[end + 1 : end + 2].isdigit()


def _from_digits(written: str) -> Decimal:
    plain = re.sub(r"[\s'’\u00a0\u202f]", "", written)
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        thousands = "," if comma < point else "."
        plain = plain.replace(thousands, "").replace(",", ".")
    elif comma >= 0 or point >= 0:
        mark = "," if comma >= 0 else "."
        whole, *groups = plain.split(mark)
        grouped = all(len(group) == 3 for group in groups) and whole != "0" and len(whole) <= 3
        plain = "".join([whole, *groups]) if grouped else f"{whole}.{''.join(groups)}"
    return Decimal(plain)


def _from_words(written: str) -> Decimal | None:
    total = part = 0
    for word in re.split(r"[\s-]+", written):
        if word in _ONES:
            part += _ONES[word]
        elif word in _TENS:
            part += _TENS[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in _SCALES:
            total += max(part, 1) * _SCALES[word]
            part = 0
        elif word != "and":
            return None
    return Decimal(total + part)


def _plain(number: Decimal) -> str:
    return f"{number:f}"

"""Numbers, amounts of money and quantities as people write them: 1,250.50 · 1.250,50 € · twelve dollars · 3 kg."""

import re
from collections.abc import Iterator
from decimal import Decimal

from batuta.language.found import Found, without_overlaps

__all__ = ["amounts", "numbers", "quantities", "read_number"]

# Bounded, so that a megabyte of digits costs no more than its length; longer runs are no number of anybody's.
_DIGITS = r"\d{1,3}(?:[,.'’\u00a0\u202f ]\d{3}){1,6}(?:[.,]\d{1,4})?|\d{1,15}(?:[.,]\d{1,9})?"
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
_NUMERAL = rf"\b(?:{'|'.join([*_ONES, *_TENS, *_SCALES])})\b"
_SPELLED = rf"{_NUMERAL}(?:[ -](?:and )?{_NUMERAL}){{0,12}}"
_NUMBER = re.compile(
    rf"(?<![\w.,-])(?P<sign>[-−+])?(?:(?P<digits>{_DIGITS})(?![\w]|[.,]\d)|(?P<words>{_SPELLED}))",
    re.IGNORECASE,
)

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
_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_UNIT = "|".join([*_CODES, *_NAMES])
_MONEY = re.compile(
    rf"(?<![\w.,])(?P<minus>[-−])?(?:(?P<before>{_SIGN}|{'|'.join(_CODES)})\s?(?P<first>{_DIGITS})(?!\d|[.,]\d)(?P<scale>[kKmM]\b)?"
    rf"|(?P<second>{_DIGITS}|{_SPELLED})\s?(?P<after>{_SIGN}|\b(?:{_UNIT})\b))",
    re.IGNORECASE,
)
_UNITS = {
    "kg": "kg", "kilo": "kg", "kilos": "kg", "kilogram": "kg", "kilograms": "kg", "g": "g", "gram": "g", "grams": "g",
    "lb": "lb", "lbs": "lb", "oz": "oz", "km": "km", "m": "m", "meter": "m", "meters": "m", "metre": "m", "metres": "m",
    "cm": "cm", "mm": "mm", "mile": "mi", "miles": "mi", "l": "l", "liter": "l", "liters": "l", "litre": "l",
    "litres": "l", "ml": "ml", "%": "%", "percent": "%", "second": "s", "seconds": "s", "minute": "min",
    "minutes": "min", "min": "min", "hour": "h", "hours": "h", "h": "h", "day": "d", "days": "d", "week": "wk",
    "weeks": "wk", "month": "mo", "months": "mo", "year": "yr", "years": "yr", "gb": "GB", "mb": "MB", "tb": "TB",
    "piece": "pc", "pieces": "pc", "pcs": "pc", "unit": "pc", "units": "pc", "x": "pc",
}  # fmt: skip
_MEASURE = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?<![\w.,])(?P<number>{_DIGITS}|{_SPELLED})[\s-]?(?P<unit>{_MEASURE})(?!\w)", re.IGNORECASE
)


def numbers(text: str) -> list[Found]:
    """Every number, in digits or in English words, as a `Decimal`."""
    return list(_numbers(text))


def amounts(text: str) -> list[Found]:
    """Every amount of money, as {"amount": "12.50", "currency": "EUR"}; the amount is a decimal text."""
    found: list[Found] = []
    for match in _MONEY.finditer(text):
        written = match["first"] or match["second"]
        number = read_number(written)
        mark = match["before"] or match["after"]
        if number is None:
            continue
        if match["scale"]:
            number *= 1_000 if match["scale"] in "kK" else 1_000_000
        if mark.lower() in ("cent", "cents"):
            number /= 100
        if match["minus"]:
            number = -number
        value = {"amount": _plain(number), "currency": _currency(mark)}
        found.append(Found(value, match[0], match.start(), match.end()))
    return without_overlaps(found)


def quantities(text: str) -> list[Found]:
    """Every number with a unit of measure, as {"number": "3", "unit": "kg"}."""
    found: list[Found] = []
    for match in _QUANTITY.finditer(text):
        number = read_number(match["number"])
        if number is not None:
            value = {"number": _plain(number), "unit": _UNITS[match["unit"].lower()]}
            found.append(Found(value, match[0], match.start(), match.end()))
    return found


def read_number(written: str) -> Decimal | None:
    """The number that digits or English words stand for; None if they stand for none.

    Of `1.250` and `1,250` nobody can say what is meant: three digits behind a single mark are taken for thousands.
    """
    written = written.strip()
    if written[:1].isdigit():
        return _from_digits(written)
    return _from_words(written.lower())


def _numbers(text: str) -> Iterator[Found]:
    for match in _NUMBER.finditer(text):
        number = read_number(match["digits"] or match["words"])
        if number is not None:
            signed = -number if match["sign"] in ("-", "−") else number
            yield Found(signed, match[0], match.start(), match.end())


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


def _currency(mark: str) -> str:
    return (
        _SIGNS.get(mark)
        or _NAMES.get(mark.lower())
        or next((code for sign, code in _SIGNS.items() if sign.lower() == mark.lower()), "")
        or mark.upper()
    )


def _plain(number: Decimal) -> str:
    return f"{number:f}"

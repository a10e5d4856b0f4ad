"""German numerals, which are one word: zwölf · fünfundzwanzig · zweihundert · tausendzweihundertdreißig."""

import re
from collections.abc import Iterator

__all__ = ["NUMERAL", "number_of", "numerals"]

_ONES = {
    "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "fünf": 5, "fuenf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
}  # fmt: skip
_TEENS = {
    "zehn": 10, "elf": 11, "zwölf": 12, "zwoelf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "fuenfzehn": 15,
    "sechzehn": 16, "siebzehn": 17, "achtzehn": 18, "neunzehn": 19,
}  # fmt: skip
_TENS = {
    "zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "fuenfzig": 50, "sechzig": 60,
    "siebzig": 70, "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_FEW = {**_ONES, **_TEENS, **_TENS}


def _one_of(*names: str) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_BELOW_100 = (
    rf"(?:(?:(?:ein|{_one_of(*_ONES)})und)?(?:{_one_of(*_TENS)})|{_one_of(*_TEENS, *_ONES)})"
)
_BELOW_1000 = (
    rf"(?:(?:ein|{_one_of(*_ONES)})?hundert(?:(?:und)?(?:eins|{_BELOW_100}))?|{_BELOW_100})"
)
# "Ein" is an article, and "elf" an English word: alone they are no numbers. A word, of its lower case.
NUMERAL = (
    r"(?!elf\b)"
    rf"(?:(?:ein|{_BELOW_1000})?tausend(?:(?:und)?(?:eins|{_BELOW_1000}))?|{_BELOW_1000})\b"
)
_NUMERAL = re.compile(rf"(?<!\w)(?=[abdefhnstvz]){NUMERAL}")
# A text without any of these is not looked through for numerals: in English that costs nearly nothing.
_PARTS = (
    "zwei zwo drei vier fünf fuenf sech sieb acht neun zehn zwölf zwanzig hundert tausend".split()
)


def numerals(low: str) -> Iterator[tuple[int, int, int]]:
    """Every numeral in the lower case of a text: the number, and where it starts and ends."""
    if any(part in low for part in _PARTS):
        for match in _NUMERAL.finditer(low):
            yield number_of(match[0]), match.start(), match.end()


def number_of(word: str) -> int:
    """The number that a `word` stands for, which `NUMERAL` fits.

    >>> number_of("fünfundzwanzig"), number_of("zweihundertdreizehn"), number_of("eintausendzwei")
    (25, 213, 1002)
    """
    head, thousand, tail = word.partition("tausend")
    if not thousand:
        return _below_1000(word)
    return 1_000 * (_below_1000(head) if head else 1) + _below_1000(tail)


def _below_1000(word: str) -> int:
    head, hundred, tail = word.partition("hundert")
    if not hundred:
        return _below_100(word)
    return 100 * (_below_100(head) if head else 1) + _below_100(tail)


def _below_100(word: str) -> int:
    word = word.removeprefix("und")
    if word in ("", "ein", "eins"):
        return 1 if word else 0
    known = _FEW.get(word)
    if known is not None:
        return known
    one, _, ten = word.rpartition("und")
    return _below_100(one) + _TENS[ten]

"""Values with a form of their own: e-mail addresses, web addresses, telephone numbers, ids by pattern, quotations."""

import re

from batuta.language.found import Found

__all__ = ["emails", "identifiers", "phones", "quotations", "urls"]

# Bounded as RFC 5321 bounds them, so that a megabyte of letters costs no more than its length.
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9_][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])",
    re.ASCII,
)
_URL = re.compile(r"\bhttps?://[^\s<>\"'`{}|\\^]{1,2000}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.,/-])\+?\(?\d{1,4}\)?(?:[ ./-]?\(?\d{2,5}\)?){2,5}(?![\w-])")
_QUOTED = re.compile(
    r"\"([^\"\n]{1,400})\"|“([^”\n]{1,400})”|„([^“”\n]{1,400})[“”]|«([^»\n]{1,400})»"
    r"|(?<!\w)'([^'\n]{2,400})'(?!\w)"
)
_DIGITS_OF_A_PHONE = range(7, 16)


def emails(text: str) -> list[Found]:
    """Every e-mail address, in lower case."""
    return [
        Found(match[0].rstrip(".").lower(), match[0], match.start(), match.end())
        for match in _EMAIL.finditer(text)
        if ".." not in match[0]
    ]


def urls(text: str) -> list[Found]:
    """Every web address, without the punctuation of the sentence around it."""
    found: list[Found] = []
    for match in _URL.finditer(text):
        url = match[0].rstrip(".,;:!?")
        if url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1]
        found.append(Found(url, url, match.start(), match.start() + len(url)))
    return found


def phones(text: str) -> list[Found]:
    """Every telephone number of 7 to 15 digits, as its digits with a leading + if it has one (E.164 where it has)."""
    found: list[Found] = []
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        separated = match[0].startswith("+") or re.search(r"[ ./()-]", match[0])
        if len(digits) in _DIGITS_OF_A_PHONE and separated:
            value = ("+" if match[0].startswith("+") else "") + digits
            found.append(Found(value, match[0], match.start(), match.end()))
    return found


def identifiers(text: str, pattern: re.Pattern[str]) -> list[Found]:
    """Everything that `pattern` matches and that is no part of a longer word."""
    found: list[Found] = []
    for match in pattern.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if match[0] and not (_joins(before, match[0][0]) or _joins(match[0][-1], after)):
            found.append(Found(match[0], match[0], match.start(), match.end()))
    return found


def quotations(text: str) -> list[Found]:
    """Everything in quotation marks, without them; the place is that of the words."""
    found: list[Found] = []
    for match in _QUOTED.finditer(text):
        group = next(index for index in range(1, 6) if match[index] is not None)
        found.append(Found(match[group], match[group], match.start(group), match.end(group)))
    return found


def _joins(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()

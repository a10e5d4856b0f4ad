"""Words that could be the name of somebody or something: written with capitals."""

import re

from batuta.language.found import Found

__all__ = ["names"]

_CAPITAL = (
    r"[^\W\d_a-zß-öø-ÿ]"  # a letter that is no small Latin one; a caseless script counts as capital
)
_PART = rf"{_CAPITAL}[^\W\d_]*(?:[’'-][^\W\d_]+)*"
_NAME = re.compile(
    # What the first letter is stands first: the search then passes over all others in C.
    rf"{_CAPITAL}(?<!\w.)[^\W\d_]*(?:[’'-][^\W\d_]+)*"
    rf"(?:[ \t](?:(?:van|von|de|der|den|del|la|da|di|bin|al|y)[ \t]){{0,2}}(?:{_PART}|[A-Z]\.))"
    rf"{{0,4}}(?!\w)"
)
# Words that begin a sentence with a capital, and are nobody's name.
_NO_NAMES = frozenset(
    """i i'm i've i'd i'll a an the my your our his her their its it this that these those we you he she they what why
    when where who how is are was were be do does did can could will would should shall may might must have has had
    and or but so if because as at by for from in into of on to with without not no yes please thanks thank hello hi
    hey dear regards sincerely best kind yours cheers greetings sorry order invoice ticket re fwd subject mr mrs ms dr
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december there here now then today tomorrow yesterday after before also just still
    only even once since until while ok okay""".split()
)
_PART_OF = re.compile(r"\S+")


def names(text: str) -> list[Found]:
    """Runs of up to five words with capitals, without the common words at their beginning and end."""
    found: list[Found] = []
    for match in _NAME.finditer(text):
        parts = [
            (part.start() + match.start(), part.end() + match.start())
            for part in _PART_OF.finditer(match[0])
        ]
        while parts and _common(text, parts[0]):
            parts.pop(0)
        while parts and _common(text, parts[-1]):
            parts.pop()
        if parts:
            start, end = parts[0][0], parts[-1][1]
            found.append(Found(text[start:end], text[start:end], start, end))
    return found


def _common(text: str, span: tuple[int, int]) -> bool:
    return text[span[0] : span[1]].lower().replace("’", "'").rstrip(".") in _NO_NAMES

"""What a request says is not to be done: "do not refund it", "nothing but the report"."""

import re
from collections.abc import Iterable

from batuta.language.sentences import Span
from batuta.language.weights import content
from batuta.language.words import words
from batuta.planning.clauses import command_of

__all__ = ["denials", "first_word", "without"]

# So much of a request is looked at.
_CHARS_MAX = 4_000
_BEGIN = (
    r"(?:^|[,;:!?]\s{0,9}|\.\s{1,9}|\b(?:and|but|then|so|und|aber|sondern|y|pero|et|mais|e|ma)\s{1,9})"
    r"(?:(?:please|bitte|por favor|s'il vous pla[iî]t)[,\s]\s{0,9})?"
)
# A point in the name of a file ends no wish.
_INSIDE = r"(?:[^,;!?.]|\.(?=\w))"
_END = r"(?=$|[,;!?]|\.(?!\w)|\s(?:and|but|und|aber|sondern|y|pero|et|mais)\s)"
# "Don't forget to" and "no problem" deny nothing, and "not only" is more of it.
_DENIED = re.compile(
    _BEGIN + r"(?P<it>(?:"
    r"(?:do\s+not|don['’]?t|never)\s+"
    r"(?!(?:forget|let me forget|hesitate|worry|miss|mind|care|panic|know|have|understand|you|only|just)\b)"
    r"|not\s+(?!(?:only|just|later|more|less|sure|yet|least|even|to mention|here|so|true|at all|a)\b)"
    r"|no\s+(?!(?:problem|worries|rush|hurry|later|more|idea|need|matter|longer)\b)"
    r"|(?:nicht|niemals|nie|keine?[nrms]?|nunca|jamais)\s"
    r"|ne\s+\S+\s+pas\s"
    rf"){_INSIDE}{{1,200}}?{_END})",
    re.IGNORECASE,
)
# "Enter nothing into the books".
_NOTHING = re.compile(
    rf"{_BEGIN}(?P<it>(?:(?!\b(?:and|but|und|aber)\s){_INSIDE}){{0,120}}?"
    r"\b(?:nothing|nobody|no one|nichts|niemand(?:en|em)?|nada|nadie)\b"
    rf"(?!\s+(?:else|but|more|less|than|is|was|has)\b){_INSIDE}{{0,120}}?{_END})",
    re.IGNORECASE,
)
# German denies behind: "erstatte das nicht", but not "Kunden, die nicht zahlen".
_BEHIND = re.compile(
    r"(?:^|[,;!?]|\.\s)(?!\s*(?:die|der|das|den|dem|welche[rsnm]?|dass|ob|wenn|falls|weil)\b)"
    rf"(?P<it>{_INSIDE}{{1,200}}?\bnicht(?:\s+\w+en)?)\s*{_END}",
    re.IGNORECASE,
)
# Nothing is denied without one of these, and to look for them takes a tenth of the time.
_ANY = re.compile(
    r"\b(?=[dnkj])(?:don['’]?t|not|never|no|nicht|niemals|nie|keine?[nrms]?|nunca|jamais|ne|nothing|nobody|nichts"
    r"|niemand(?:en|em)?|nada|nadie)\b",
    re.IGNORECASE,
)
_DENYING = frozenset(
    "don't dont never nothing nobody nie niemals nichts nunca jamais nada kein keinen".split()
)


def denials(text: str) -> list[Span]:
    """The parts of a command that say what is not to be done: "do not refund it"."""
    # Where a longer text is cut, "nobody" may become "no".
    if len(text) <= _CHARS_MAX and _ANY.search(text) is None:
        return []
    command = command_of(text)[:_CHARS_MAX]
    found: list[Span] = []
    for pattern in (_DENIED, _NOTHING, _BEHIND):
        for match in pattern.finditer(command):
            start, end = match.span("it")
            if not any(start < one.end and one.start < end for one in found):
                found.append(Span(match["it"].strip(), start, end))
    return sorted(found, key=lambda one: one.start)


def without(text: str, parts: Iterable[Span]) -> str:
    """`text` without `parts`, every other word in its place."""
    for one in parts:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text


def first_word(part: str) -> str:
    """The first word of a part that says something: of a command or a denial, mostly what is to be done or not."""
    said = (word.text for word in words(part) if content(word.text))
    return next((word for word in said if word not in _DENYING), "")

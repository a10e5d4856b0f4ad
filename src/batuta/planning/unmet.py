"""What a request says that a plan near to it would not do: "do not …", "… and delete it", "when was it sent?"."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from batuta.language.sentences import Span
from batuta.language.similarity import among
from batuta.language.weights import content
from batuta.language.words import stem, words
from batuta.planning.clauses import command_of, wishes

__all__ = ["asks_about_the_past", "denials", "doings", "first_word", "unmet", "without"]

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
_PAST = re.compile(
    r"^\W*(?:(?:hi|hello|hey|hallo)\W+)?(?:(?:please\s+)?(?:can you\s+)?tell me\s+|do you know\s+)?(?:"
    r"(?:when|why|who|where|whether|wann|warum|wer|wo)\s+(?:was|were|did|has|had|wurden?|hat)\b"
    r"|(?:when|why|where|whether|if)\s+\S+(?:\s+\S+){0,6}?\s+(?:was|were|has been|had been)\b"
    r"|(?:were|did|has|had|wurden?|hat)\s+\w"
    r"|was\s+(?:the|a|an|my|our|your|this|that|it|he|she|they|there|any)\b)",
    re.IGNORECASE,
)
# Wishes that are about what they say and nothing near it: who is to delete something has not been served by reading it.
_DOING = frozenset(
    """approve ban buy cancel deactivate delete deploy destroy disable email erase fax forward hire install invite kill
    notify pay publish purchase reactivate refund reimburse reject remind remove rename reserve restart restore revoke
    sell send suspend transfer translate tweet undo uninstall unsubscribe upload wire withdraw
    loesche lösche storniere bezahle überweise ueberweise sende schicke bestelle kündige kuendige sperre entferne
    benachrichtige verschiebe veröffentliche übersetze""".split()
)
# These are names of things as well; they are wishes where something stands behind them that is the thing.
_EITHER = frozenset(
    "archive block book call charge close fire mail merge move open order phone post print release reset return"
    " ship sign submit text".split()
)
_OF_A_THING = frozenset(
    "the a an it them this that these those all every each him her us me my our your their everyone both".split()
)
_DENYING = frozenset(
    "don't dont never nothing nobody nie niemals nichts nunca jamais nada kein keinen".split()
)
# A letter or two begin any word.
_ALIKE_CHARS_MIN = 3


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


def asks_about_the_past(text: str) -> bool:
    """True for a question whether, when or why something was done: who asks that does not want it done."""
    return _PAST.match(command_of(text)[:_CHARS_MAX]) is not None


def doings(text: str) -> list[Span]:
    """The parts of a command that begin with what is to be done to something: "delete the customer"."""
    command = command_of(text)[:_CHARS_MAX]
    parts = wishes(command) or [Span(command.strip(), 0, len(command))]
    return [one for one in parts if _does(one.text)]


def unmet(text: str, said: str, asked: Sequence[str] = ()) -> str:
    """What `text` says against a plan or asks for beside it, as the end of a sentence; "" if nothing.

    `said`: what the plan is described with. `asked`: requests that it is known to be meant by.
    """
    denied = denials(text)
    if denied and not any(map(_denies, asked)):
        return f"the words say “{denied[0].text}”"
    wanted = doings(text)
    if not wanted:
        return ""
    known = _stems(said, *asked)
    for one in wanted:
        if not among(stem(first_word(one.text)), known, _ALIKE_CHARS_MIN):
            return f"it does nothing for “{one.text}”"
    return ""


# What is known is held against each new request.
@lru_cache(maxsize=4_096)
def _denies(asked: str) -> bool:
    return bool(denials(asked))


# Of a plan with many examples, that takes milliseconds, for each request.
@lru_cache(maxsize=128)
def _stems(*said: str) -> frozenset[str]:
    return frozenset(chain.from_iterable(map(content, said)))


def _does(part: str) -> bool:
    first = first_word(part)
    if first in _DOING:
        return True
    said = words(part)
    at = next((number for number, word in enumerate(said) if word.text == first), 0)
    return first in _EITHER and at + 1 < len(said) and said[at + 1].text in _OF_A_THING


def first_word(part: str) -> str:
    """The first word of a part that says something: of a command or a denial, mostly what is to be done or not."""
    said = (word.text for word in words(part) if content(word.text))
    return next((word for word in said if word not in _DENYING), "")

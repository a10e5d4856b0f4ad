"""What a request asks for, and the plan that was chosen for it does not do: it is told, and nothing runs unasked."""

from collections.abc import Sequence

from batuta.language.sentences import Span
from batuta.language.words import stem
from batuta.planning.candidate import Guess
from batuta.planning.compose.choose import WHOLE, Clause, Pick, said_in, speaks_of
from batuta.planning.denials import first_word
from batuta.planning.orders import doings
from batuta.planning.phrases import is_aside
from batuta.planning.slots import Slot

__all__ = ["speaks_against", "unserved"]


def unserved(
    clauses: Sequence[Clause], picks: Sequence[Pick], slots: Sequence[Slot], before: str
) -> tuple[Guess, ...]:
    """The parts of a request that nothing of `picks` is for, and that hold no value.

    `before`: an earlier request that this one is served like, "" if none is; of its words, none is new.
    """
    found: list[Guess] = []
    for number, clause in enumerate(clauses):
        if (
            not said_in(clause)
            or is_aside(clause.text)
            or _is_served(number, clause, picks, slots, bool(before))
        ):
            continue
        found.append(Guess("", 0.0, words=clause.text))
    known = {word.stem for word in said_in(Clause(before, 0, ()))}
    for part in (part for clause in clauses for part in doings(clause.text)):
        first = stem(part.said[0])
        told = any(one.words in part.text or part.text in one.words for one in found)
        if (
            not told
            and first not in known
            and not any(speaks_of(first, one.offer) for one in picks)
        ):
            found.append(Guess("", 0.0, words=part.text))
    return tuple(found)


def speaks_against(denied: Sequence[Span], picks: Sequence[Pick]) -> str:
    """Why `picks` cannot be what is wanted: what is `denied` is of the same; "" if it is not."""
    for part in denied:
        word = stem(first_word(part.text))
        for pick in picks:
            if word and speaks_of(word, pick.offer):
                return f"“{part.text}” speaks against {pick.offer.name}"
    return ""


def _is_served(
    number: int, clause: Clause, picks: Sequence[Pick], slots: Sequence[Slot], learned: bool
) -> bool:
    if any(pick.clause == number for pick in picks):
        return True
    if learned and any(pick.clause == WHOLE for pick in picks):
        return True  # earlier requests say that the words need no more
    if any(
        slot.start < clause.start + len(clause.text) and clause.start < slot.end for slot in slots
    ):
        return True
    said = [word for word in said_in(clause) if "." not in word.text]
    return any(speaks_of(word.stem, pick.offer) for word in said for pick in picks)

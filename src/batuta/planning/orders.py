"""Whether words order what a plan would do. However near they are to it, nothing is changed unasked unless they do.

What decides is their form: a part of them begins, behind courtesies, with the word that says what the plan does
("please refund order 17", "could you refund it", "bitte Bestellung 17 erstatten"). Every other part goes on with that,
or is a reason. Reports, denials, conditions, doubts and questions have another form, in whatever words: they are asked
about.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from batuta.language.similarity import among
from batuta.language.weights import EMPTY
from batuta.language.words import stem
from batuta.planning.clauses import command_of
from batuta.planning.deeds import (
    INFINITIVE,
    INFLECTED,
    LOOKS,
    MAKES,
    Deed,
    filled,
    is_noun_of,
    is_one,
)
from batuta.planning.doubts import (
    CLAUSE,
    MAY,
    NO_DEEDS,
    NOT,
    OURSELVES,
    PERHAPS,
    REASONS,
    SAYS,
    doubts,
)
from batuta.planning.phrases import ASIDE, BINDING, DETERMINERS, Part, is_value, parts_of, tells

__all__ = ["Said", "doings", "unordered"]

# Longer requests are looked at by a person.
_CHARS_MAX = 4_000
# Behind these, something is said of the thing, and not what is to be done.
_OF_THE_THING = frozenset("that who which whose whom where because since dass weil".split())
_BEFORE_OF = frozenset("of for von fur".split())
_ALL = frozenset("everything alles rest".split())
_NEVER = frozenset({"never", "nie"})
_WANTED = re.compile(r"(?:i|we)(?: would|'d)? (?:want|need|like) ")
_ALIKE_CHARS_MIN = 3


class Said(NamedTuple):
    """What is known of a plan that words are near to.

    Attributes:
        deeds: what would be changed by it; each has to be ordered.
        others: words that begin an order for something else that it does.
        known: the stems of all that it is described with.
        asked: requests that it is known to be meant by.
        conditional: it does what it does under a condition.
        understood: it was chosen by who understands the words: an order may begin with others than these.
    """

    deeds: Sequence[Deed]
    others: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    asked: Sequence[str] = ()
    conditional: bool = False
    understood: bool = False


def unordered(text: str, said: Said, values: Sequence[tuple[int, int]] = ()) -> str:
    """Why `text` does not order all that `said` would change, as the end of a sentence; "" if it does.

    `values`: where it holds values of inputs; what stands in one says nothing of what is to be done.
    """
    command = command_of(text)
    if len(command) > _CHARS_MAX:
        return "so long a text is no order"
    if any(_same(command, one) for one in said.asked):
        return ""
    parts = [
        one
        for one in parts_of(command)
        if not any(start <= one.start and one.end <= end for start, end in values)
    ]
    deeds = said.others.union(*(deed.words for deed in said.deeds))
    leads = [_lead(one, deeds, said) for one in parts]
    later: Part | None = None
    for at in reversed(range(len(parts))):
        part = parts[at]
        if leads[at]:
            later = part
        elif not _is_beside(part, said, deeds, later, at):
            more = _does(part) and not _is_known(part.said[0], said)
            return (
                f"it does nothing for “{part.text}”"
                if more
                else f"“{part.text}” is no order for it"
            )
    for deed in said.deeds:
        if not any(one and (said.understood or _leads(one, deed.words)) for one in leads):
            return f"the words do not order {deed.name}"
    return ""


def doings(text: str) -> list[Part]:
    """The parts of a command that have the form of an order, in whatever words, and ask for more than to look."""
    command = command_of(text)[:_CHARS_MAX]
    served = LOOKS | MAKES
    return [one for one in parts_of(command) if _does(one) and one.said[0] not in served]


def _lead(part: Part, deeds: frozenset[str], said: Said) -> str:
    """The word that `part` orders with, one of `deeds`; "" if it is no such order."""
    if part.quoted or not part.said or (part.asks and not part.wished):
        return ""
    own = _up_to_the_thing(part.said)
    if doubts(own, said.conditional) or CLAUSE.search(part.whole):
        return ""
    first, last, things = own[0], own[-1], own[:-1]
    if _WANTED.match(part.whole) and last.endswith("ed") and is_one(stem(last), deeds):
        return stem(last)  # "I want order 17 refunded"
    if _is_of_another(own, said) or _is_told(own):
        return ""
    if own[1:2] and own[1] in _BEFORE_OF:  # "refund for order 17"
        return first if is_noun_of(first, deeds) else ""
    if "would you mind " in part.whole:
        first = stem(first)
    if is_one(first, deeds) or (said.understood and _does(part)):
        return first
    if first in LOOKS | MAKES and _is_of_what_is_known(own[1:], said):
        return first if first in LOOKS else min(MAKES & deeds, default="")
    if not things or not is_one(last, deeds):
        return ""
    if last.endswith(INFINITIVE):
        # "Bestellung A-1 stornieren", but not "Bob will Bestellung A-1 stornieren".
        words = zip(things, part.raw, strict=False)
        bare = all(_binds(word) or raw[:1].isupper() for word, raw in words)
        return last if part.wished or bare else ""
    # "A-1 refund"
    return last if all(_is_known(one, said) for one in things) else ""


def _is_of_what_is_known(words: Sequence[str], said: Said) -> bool:
    """True if the first thing that `words` name is known."""
    thing = next((word for word in words if tells(word) and not is_value(word)), "")
    return bool(thing) and _is_known(thing, said)


def _leads(word: str, deeds: frozenset[str]) -> bool:
    return is_one(word, deeds) or is_noun_of(word, deeds)


def _binds(word: str) -> bool:
    return is_value(word) or word in BINDING or word in DETERMINERS


def _up_to_the_thing(words: Sequence[str]) -> Sequence[str]:
    """`words` up to what is said of the thing: "the order that has not come"."""
    return next((words[:at] for at in range(2, len(words)) if words[at] in _OF_THE_THING), words)


def _is_of_another(words: Sequence[str], said: Said) -> bool:
    """True for "cancel the refund of order 17", where nothing is known of a refund."""
    rest = [word for word in words[1:] if word not in DETERMINERS]
    if words[1:2] and words[1] in _BEFORE_OF:
        # "Refund of order 17", but not "refund of order 17 denied"
        return not all(_is_known(word, said) or word in BINDING or word in EMPTY for word in rest)
    for one, owned in pairwise(rest):
        if is_value(one) and one.endswith("'s") and not _is_known(owned, said):
            return True  # "cancel order A-1's refund"
    if len(rest) < 2 or rest[1] not in _BEFORE_OF:
        return False
    return not _is_known(rest[0], said) and rest[0] not in _ALL


def _is_told(words: Sequence[str]) -> bool:
    """True for "refund order 17 failed"."""
    return len(words) > 1 and is_value(words[-2]) and words[-1].endswith(INFLECTED)


def _is_known(word: str, said: Said) -> bool:
    return is_value(word) or among(stem(word), said.known, _ALIKE_CHARS_MIN)


def _is_beside(part: Part, said: Said, deeds: frozenset[str], order: Part | None, at: int) -> bool:
    """True if `part` takes nothing back and asks for nothing: it is a courtesy, a reason, or goes on. `order`: which
    comes after it, if one does.
    """
    words = part.said
    if not words or ASIDE.fullmatch(part.whole):
        return True
    if at == 0 and len(words) == 1 and order is not None:
        return part.whole in NOT or part.raw[0][:1].isupper()  # "no, refund it"; "Ada, refund it"
    if part.asks or CLAUSE.search(part.whole) or any(stem(one) in deeds for one in words):
        return False
    first = words[0]
    if first in BINDING:
        return not doubts(words)
    speaks = first in OURSELVES or _is_known(first, said)
    if first in REASONS or (speaks and order is not None):
        if any(one in PERHAPS or one in MAY or one in SAYS for one in words):
            return False
        if order is not None:  # "The customer wrote, refund order 17"
            return order.begins or order.polite
        # "It was never delivered" takes back nothing, and "it is not right" does.
        return not any(one in NOT - _NEVER or one.endswith("n't") for one in words)
    return all(_is_known(word, said) or word in EMPTY for word in words) and not doubts(words)


def _does(part: Part) -> bool:
    """True for the form of an order, in whatever words: "praise the driver", "email Bob", "please water plants"."""
    words, raw = part.said, part.raw
    if not words or part.quoted or (part.asks and not part.wished):
        return False
    first = words[0]
    if not tells(first) or is_value(first) or first.endswith(INFLECTED) or first in NO_DEEDS:
        return False
    if raw[0][:1].isupper() and not part.begins:
        return False
    if part.polite:
        return True
    if len(words) < 2:
        return False
    follows = words[1] in DETERMINERS or is_value(words[1]) or raw[1][:1].isupper()
    return follows or (len(words) > 2 and is_value(words[2]))


def _same(text: str, example: str) -> bool:
    """True if `text` is `example` with other values."""
    return _bare(text) == _bare(filled(example[:_CHARS_MAX]))


@lru_cache(maxsize=4_096)
def _bare(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in parts_of(text):
        found += [word for word in part.whole.split() if not is_value(word)]
        found += ["?"] * part.asks + ["“"] * part.quoted
    return tuple(found)

"""Several things where one is taken: "refund orders 17, 18 and 19", of a plan that refunds one order."""

import re
from collections.abc import Sequence
from itertools import pairwise

from batuta.language.found import Found
from batuta.language.words import stem, words
from batuta.planning.sought import Sought

__all__ = ["listed"]

# What names one thing, and not how much or when.
_KINDS = frozenset({"token", "number", "id", "email", "file"})
# Between two things that are both meant.
_BETWEEN = re.compile(
    r"\s{0,9}(?:(?P<last>(?:,\s{0,9})?(?:and|und|as well as|sowie|&)\s{1,9}"
    r"(?:(?:then|also|dann|auch)\s{1,9})?)|,\s{0,9})"
    r"(?:(?:the|for|of|no\.?|nr\.?|#)\s{0,9}){0,2}(?P<cue>[^\W\d_]{2,30})?\s{0,9}#?"
)


def listed(
    asked: Sought, found: Sequence[Found], text: str, *, ends: bool = True
) -> Sequence[Found]:
    """`found`, all that `text` has for an argument that takes one, if they are several in one list; else ().

    `ends`: a list counts only if an "and" says that it is whole.
    """
    if asked.kind not in _KINDS or asked.many or len(found) < 2:
        return ()
    if len({str(one.value) for one in found}) != len(found):
        return ()
    before = {stem(word.text) for word in words(text[: found[0].start])[-2:]}
    cues = before | {stem(word) for cue in asked.cues for word in cue.lower().split()}
    last = False
    for one, other in pairwise(found):
        between = _BETWEEN.fullmatch(text, one.end, other.start)
        if between is None or last:
            return ()
        if (cue := between["cue"]) is not None and stem(cue.lower()) not in cues:
            return ()
        last = between["last"] is not None
    return found if last or not ends else ()

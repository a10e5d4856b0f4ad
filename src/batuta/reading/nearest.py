"""Did you mean …?"""

from collections.abc import Iterable
from itertools import islice

__all__ = ["did_you_mean", "listed", "nearest"]

# difflib compares with every candidate; a typo in ten thousand step names must not cost seconds.
_CANDIDATES_MAX = 1_000
_SHOWN_MAX = 12


def did_you_mean(word: str, candidates: Iterable[str], noun: str) -> str:
    """A remedy for an unknown `word`: the nearest candidate, or what there is."""
    known = list(candidates)
    near = nearest(word, known)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"{noun}: {listed(known)}" if known else f"there is no {noun.rstrip('s')} at all"


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` is most likely a slip of; None if it is like none of them."""
    from difflib import get_close_matches

    folded = {name.lower().replace("-", "_"): name for name in islice(candidates, _CANDIDATES_MAX)}
    near = get_close_matches(word[:64].lower().replace("-", "_"), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def listed(words: Iterable[str]) -> str:
    """`a, b, c, …` with at most twelve words."""
    known = list(words)
    return ", ".join(known[:_SHOWN_MAX]) + (", …" if len(known) > _SHOWN_MAX else "")

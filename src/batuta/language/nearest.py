"""Which of the values in a text is meant by which field: the one that stands nearest to its cues."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from batuta.language.found import Found
from batuta.language.words import lowered

__all__ = ["Wanted", "assigned"]

# A cue says something of what stands within so many characters behind it, or two thirds of that before it.
_REACH_CHARS = 90
_REACH_OF_A_NAME_CHARS = 3
# What stands before its cue ("20 EUR deposit") is a little less likely meant than what stands behind it.
_BEHIND = 1.5
# An end of a sentence between the two counts like so many characters.
_STOP_CHARS = 45
_STOP = re.compile(r"[.!?;\n](?=\s|$)")
_BEHIND_A_CUE = re.compile(r"(?:s|es)?(?!\w)[\s:=#.,(-]*")
_SPACES = str.maketrans("\n\t\r\u00a0", "    ")
# As many values of a field, and as many places of its cues, as are looked at.
_COUNT_MAX = 1_000


class Wanted(NamedTuple):
    """A field: what could be its value, and the words it stands by (`strict`: it does, or is not there)."""

    kind: str
    candidates: list[Found]
    cues: tuple[str, ...]
    strict: bool
    many: bool


def assigned(text: str, wanted: Mapping[str, Wanted]) -> dict[str, list[Found]]:
    """What every field gets, by its name. No two fields of one type get the same value of the text.

    The pair of a field and a value that stand nearest goes first; fields without a cue in the text take what is left,
    in the order of the text.
    """
    low = lowered(text)
    stops = [match.start() for match in _STOP.finditer(low)]
    spaced = low.translate(_SPACES)
    taken: dict[str, list[Found]] = {name: [] for name in wanted}
    used: dict[str, set[tuple[int, int]]] = {}
    pairs: list[tuple[float, int, int, str, Found]] = []
    for order, (name, field) in enumerate(wanted.items()):
        near = _near(spaced, stops, field)
        if field.many:
            chosen = [found for _, found in near] if field.strict else field.candidates
            taken[name] = sorted(chosen, key=lambda one: one.start)[:_COUNT_MAX]
            continue
        pairs += [(distance, found.start, order, name, found) for distance, found in near]
    for _, _, _, name, found in sorted(pairs, key=lambda pair: pair[:3]):
        spans = used.setdefault(wanted[name].kind, set())
        if not taken[name] and (found.start, found.end) not in spans:
            taken[name] = [found]
            spans.add((found.start, found.end))
    for name, field in wanted.items():
        if taken[name] or field.strict or field.many:
            continue
        spans = used.setdefault(field.kind, set())
        for found in field.candidates:
            if (found.start, found.end) not in spans:
                taken[name] = [found]
                spans.add((found.start, found.end))
                break
    return taken


def _near(spaced: str, stops: list[int], field: Wanted) -> list[tuple[float, Found]]:
    """The values in reach of a cue, with their distance."""
    places = _cues(spaced, field.cues)
    if not places:
        return []
    reach = _REACH_OF_A_NAME_CHARS if field.kind == "name" else _REACH_CHARS
    starts = [start for start, _ in places]
    ends = sorted(end for _, end in places)
    near: list[tuple[float, Found]] = []
    for found in field.candidates:
        distances: list[float] = []
        before = bisect_right(ends, found.start) - 1
        if before >= 0:
            gap = found.start - ends[before]
            distances.append(gap + _STOP_CHARS * _between(stops, ends[before], found.start))
        behind = bisect_left(starts, found.end)
        if behind < len(starts) and field.kind != "name":
            gap = starts[behind] - found.end
            crossed = _between(stops, found.end, starts[behind])
            distances.append(_BEHIND * gap + _STOP_CHARS * crossed + 1)
        if any(start < found.end and end > found.start for start, end in _around(places, found)):
            distances.append(0.0)
        if distances and min(distances) <= reach:
            near.append((min(distances), found))
    return near


def _cues(low: str, cues: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where the cues stand: from their first character to behind the spaces and colons that follow."""
    places: list[tuple[int, int]] = []
    for cue in {" ".join(lowered(cue).split()) for cue in cues}:
        start = low.find(cue)
        # Looked for by `find`, which takes a twentieth of what a pattern of alternatives does.
        while start >= 0 and len(places) < _COUNT_MAX:
            end = start + len(cue)
            if (start == 0 or not low[start - 1].isalnum()) and (
                rest := _BEHIND_A_CUE.match(low, end)
            ):
                places.append((start, rest.end()))
            start = low.find(cue, end)
    return sorted(places)


def _around(places: list[tuple[int, int]], found: Found) -> list[tuple[int, int]]:
    at = bisect_left(places, (found.start, 0))
    return places[max(0, at - 1) : at + 1]


def _between(stops: list[int], start: int, end: int) -> int:
    return bisect_left(stops, end) - bisect_left(stops, start)

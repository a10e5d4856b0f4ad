"""A plan too large for a box per step: a box per wave, or per run of waves, with what is in it."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from batuta.plans.draw.layout.layers import in_order
from batuta.plans.draw.picture import EFFECTS, STATES, Box, Link, Picture
from batuta.spec.figures import plural

__all__ = ["crowded"]

_BOXES_MAX = 60
# The gravest first: what a box of many steps may do to the world.
_GRAVE = ("irreversible", "write", "idempotent", "", "read", "pure")
# The first of these that any step is in speaks for all.
_LOUD = ("failed", "in doubt", "waiting", "retrying", "running")


def crowded(picture: Picture) -> Picture:
    """The picture of the waves of `picture`: steps that wait for equally long chains of others."""
    wave_of = _waves(len(picture.boxes), picture.links)
    count = max(wave_of) + 1
    per_box = -(-count // _BOXES_MAX)
    members: list[list[Box]] = [[] for _ in range(-(-count // per_box))]
    for box, wave in zip(picture.boxes, wave_of, strict=True):
        members[wave // per_box].append(box)
    boxes = tuple(
        _box(group, index * per_box + 1, min((index + 1) * per_box, count))
        for index, group in enumerate(members)
    )
    links = tuple(Link(index, index + 1) for index in range(len(boxes) - 1))
    note = (
        f"Too many steps for a box each: a box stands for all steps of "
        f"{plural(per_box, 'wave')}, which can be under way at once."
        if per_box == 1
        else f"Too many steps for a box each: a box stands for {per_box:,} waves of steps."
    )
    return msgspec.structs.replace(picture, boxes=boxes, links=links, notes=(*picture.notes, note))


def _waves(count: int, links: Sequence[Link]) -> list[int]:
    edges = [(link.source, link.target) for link in links]
    into: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        into[target].append(source)
    wave = [-1] * count
    for box in in_order(count, edges):
        wave[box] = max((wave[source] for source in into[box]), default=-1) + 1
    return wave


def _box(group: Sequence[Box], first: int, last: int) -> Box:
    effects = Counter(box.effect for box in group)
    states = Counter(box.state for box in group)
    stated = [f"{states[state]:,} {state}" for state in STATES if states[state]]
    does = [f"{number:,} {EFFECTS[effect]}" for effect, number in effects.most_common()]
    name = f"wave {first:,}" if first == last else f"waves {first:,} – {last:,}"
    state = next((state for state in _LOUD if states[state]), "")
    if not state and not states[""]:
        state = states.most_common(1)[0][0]
    return Box(
        name=name,
        use=plural(len(group), "step"),
        effect=next(effect for effect in _GRAVE if effects[effect]),
        stack="each" if len(group) > 1 else "",
        times=", ".join(stated[:2]) if stated else "",
        state=state,
        asks=any(box.asks for box in group),
        undo="some" if any(box.undo for box in group) else "",
        critical=False,
        says=f"{name}: {plural(len(group), 'step')}; {', '.join([*does, *stated])}.",
    )

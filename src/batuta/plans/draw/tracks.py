"""The rows of a timeline: one per step, with what is inside it; steps in the order in which they began."""

from collections.abc import Iterable
from typing import NamedTuple

from batuta.spec.critical import Leg
from batuta.spec.run import Node, Run
from batuta.spec.timeline import Stretch, Timeline

__all__ = ["Track", "busy", "note_of", "tracks_of"]


class Track(NamedTuple):
    """One row. `dense`: many instances at once, of which only the number is shown."""

    label: str
    depth: int
    state: str
    critical: bool
    stretches: tuple[Stretch, ...]
    dense: bool
    instances: int


def tracks_of(run: Run, lines: Timeline, legs: Iterable[Leg], most: int) -> tuple[list[Track], int]:
    """At most `most` rows, and how many more there are."""
    rows: dict[str, list[Stretch]] = {}
    instances: dict[str, int] = {}
    for path, stretches in lines.lines.items():
        owner = _owner(path)
        rows.setdefault(owner, []).extend(stretches)
        instances[owner] = instances.get(owner, 0) + 1
    inside: dict[str, list[str]] = {}
    for owner in rows:
        holder = _holder(owner)
        # What stands in a plan whose holder has no row of its own stands at the left.
        inside.setdefault(holder if holder in rows else "", []).append(owner)
    critical = {leg.step for leg in legs}
    found: list[Track] = []
    pending = [(owner, 0) for owner in reversed(_by_begin(inside.get("", ()), rows))]
    while pending:
        owner, depth = pending.pop()
        stretches = tuple(sorted(rows[owner], key=lambda stretch: stretch.begin))
        node = run.nodes.get(owner)
        dense = instances[owner] > 1 and _overlaps(stretches)
        state = node.state if node is not None else ""
        label = _label(owner, node)
        found.append(
            Track(label, depth, state, owner in critical, stretches, dense, instances[owner])
        )
        pending += [
            (inner, depth + 1) for inner in reversed(_by_begin(inside.get(owner, ()), rows))
        ]
    return found[:most], max(len(found) - most, 0)


def busy(lines: Timeline, now: float) -> list[tuple[float, float]]:
    """When calls were under way (seconds of the Unix epoch)."""
    return [
        (stretch.begin, stretch.until(now))
        for stretches in lines.lines.values()
        for stretch in stretches
        if stretch.kind == "call"
    ]


def note_of(track: Track) -> str:
    """How many: items and rounds, or attempts; "" for one."""
    if track.instances > 1:
        return f"×{track.instances:,}"
    # A call that asked somebody goes on with the answer: that is no other attempt.
    attempts = sum(1 for one in track.stretches if one.kind == "call" and one.outcome != "asked")
    return f"{attempts:,} attempts" if attempts > 1 else ""


def _owner(path: str) -> str:
    """The step whose row shows `path`: items and rounds, and whatever they hold, belong to it."""
    suffix = "/undo" if path.endswith("/undo") else ""
    path = path.removesuffix("/undo")
    ends = [end for end in (path.find("."), path.find("~")) if end >= 0]
    return (path[: min(ends)] if ends else path) + suffix


def _holder(owner: str) -> str:
    """The step whose call answered with the plan that `owner` is in; "" for the run's own plan."""
    parts = owner.removesuffix("/undo").split("/")
    return "/".join(parts[:-2])


def _label(owner: str, node: Node | None) -> str:
    if owner.endswith("/undo"):
        return "undo " + owner.removesuffix("/undo").rpartition("/")[2]
    return node.name if node is not None else owner.rpartition("/")[2]


def _by_begin(owners: Iterable[str], rows: dict[str, list[Stretch]]) -> list[str]:
    return sorted(owners, key=lambda owner: min(stretch.begin for stretch in rows[owner]))


def _overlaps(stretches: Iterable[Stretch]) -> bool:
    """True if two of `stretches`, sorted by their beginnings, go on at once."""
    last = 0.0
    for stretch in stretches:
        if stretch.begin < last - 1e-9:
            return True
        last = max(last, stretch.until(stretch.begin))
    return False

"""What is alike is drawn together: steps side by side that wait for the same and are waited for by the same, as a grid
in one panel; long chains, as a path that winds through one. A picture of forty lines then has two."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from batuta.plans.draw.picture import Link

__all__ = ["Grouped", "Unit", "grouped"]

# A picture with fewer boxes is read best as it is.
_BOXES_MIN = 25
_ALIKE_MIN = 6
_CHAIN_MIN = 12
# Longer chains side by side are no longer seen as alike.
_ALIKE_LENGTH_MAX = 4


class Unit(NamedTuple):
    """What the layout places as one: `rows` of boxes, each a chain. A single box has one row of one.

    `winding`: the one row is a long chain that winds through the panel; else the rows stand side by side.
    """

    rows: tuple[tuple[int, ...], ...]
    winding: bool = False

    @property
    def single(self) -> bool:
        """True if it is just a box."""
        return len(self.rows) == 1 and len(self.rows[0]) == 1


class Grouped(NamedTuple):
    """The units, the links between them (by place in `units`), and those inside, by (source, target) box."""

    units: tuple[Unit, ...]
    links: tuple[Link, ...]
    inside: dict[tuple[int, int], Link]


def grouped(count: int, links: Sequence[Link], *, alike: bool = True) -> Grouped:
    """The boxes 0 … count-1 in units, in the order of their first boxes; each alone if they are not `alike`."""
    if count < _BOXES_MIN or not alike:
        return _between([Unit(((box,),)) for box in range(count)], links, count)
    before: list[set[tuple[int, str]]] = [set() for _ in range(count)]
    after: list[set[tuple[int, str]]] = [set() for _ in range(count)]
    for link in links:
        before[link.target].add((link.source, link.kind))
        after[link.source].add((link.target, link.kind))
    units: list[Unit] = []
    twins: defaultdict[tuple[object, ...], list[tuple[int, ...]]] = defaultdict(list)
    for chain in _chains(count, before, after):
        if len(chain) <= _ALIKE_LENGTH_MAX:
            key = (len(chain), frozenset(before[chain[0]]), frozenset(after[chain[-1]]))
            twins[key].append(chain)
        elif len(chain) >= _CHAIN_MIN:
            units.append(Unit((chain,), winding=True))
        else:
            units.extend(Unit(((box,),)) for box in chain)
    for chains in twins.values():
        if len(chains) >= _ALIKE_MIN:
            units.append(Unit(tuple(chains)))
        else:
            units.extend(Unit(((box,),)) for chain in chains for box in chain)
    units.sort(key=lambda unit: unit.rows[0][0])
    return _between(units, links, count)


def _chains(
    count: int, before: Sequence[set[tuple[int, str]]], after: Sequence[set[tuple[int, str]]]
) -> list[tuple[int, ...]]:
    """Every box in the longest chain it is in: each has one before it and one after it, but for the ends."""
    following = [-1] * count
    heads = [True] * count
    for box in range(count):
        targets = {target for target, _ in after[box]}
        if len(targets) == 1:
            target = targets.pop()
            if len({source for source, _ in before[target]}) == 1:
                following[box] = target
                heads[target] = False
    chains: list[tuple[int, ...]] = []
    for box in range(count):
        if heads[box]:
            chain = [box]
            while following[chain[-1]] >= 0:
                chain.append(following[chain[-1]])
            chains.append(tuple(chain))
    # A circle has no head; only a plan with flaws has one.
    missing = set(range(count)) - {box for chain in chains for box in chain}
    return chains + [(box,) for box in sorted(missing)]


def _between(units: Sequence[Unit], links: Sequence[Link], count: int) -> Grouped:
    unit_of = [0] * count
    for index, unit in enumerate(units):
        for row in unit.rows:
            for box in row:
                unit_of[box] = index
    inside: dict[tuple[int, int], Link] = {}
    outside: dict[tuple[int, int], Link] = {}
    for link in links:
        source, target = unit_of[link.source], unit_of[link.target]
        if source == target:
            inside[link.source, link.target] = link
        else:
            known = outside.get((source, target))
            critical = link.critical or (known is not None and known.critical)
            kind = known.kind if known is not None else link.kind
            outside[source, target] = Link(source, target, kind, critical)
    return Grouped(tuple(units), tuple(outside.values()), inside)

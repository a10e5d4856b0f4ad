"""Of chains of capabilities, the one that fits best what is known of a request.

Candidates are the chains that grow from the likeliest capabilities, and the plans of the nearest requests. Each is
described by some figures, and ranked by their weighted sum. The weights say what counts in a plan, not which
capabilities are good for what: that comes from earlier requests alone. `benchmarks/chain_weights.py` fits them.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

__all__ = [
    "BEGIN",
    "END",
    "WEIGHTS",
    "Chain",
    "Evidence",
    "best_chain",
    "candidates",
    "figures",
    "neighbours",
]

Chain = tuple[str, ...]
BEGIN, END = "", "$"

# Chains that grow: a pair counts half of what a capability does, and a capability is to be as likely as not.
_PAIR, _LIKELY = 0.5, 0.62
_LENGTH_MAX, _GROWING, _GROWN = 6, 14, 25
# An order for which so much speaks is as good as none.
_UNSEEN = 0.1

# Fitted by benchmarks/chain_weights.py on the parts of UltraTool that are not its test.
WEIGHTS: Mapping[str, float] = {
    "nodes": 0.7,
    "least": 8.0,
    "doubt": -2.9,
    "left": -6.4,
    "pairs": 4.1,
    "begins": 2.3,
    "ends": 2.8,
    "ordered": 6.0,
    "said_so": 3.5,
    "length": 3.2,
    "set": 7.1,
    "near": 8.9,
}


class Evidence(NamedTuple):
    """What is known of a request; each figure about 1 for "certainly" and 0 for "nothing speaks for it".

    Attributes:
        nodes: of each capability that may be in the chain, how likely it is; `best`: the likeliest of them, in order.
        near: how near the words of each card are to those of the request.
        places: where in the request each is spoken of: the number of the part, or between some.
        pairs, orders: of two neighbours, and of one before another; sets: of all of a plan; lengths: of its steps.
        earlier: the plans of the nearest requests.
    """

    nodes: Mapping[str, float]
    best: Sequence[str]
    near: Mapping[str, float]
    places: Mapping[str, float]
    pairs: Mapping[tuple[str, str], float]
    orders: Mapping[tuple[str, str], float]
    sets: Mapping[frozenset[str], float]
    lengths: Mapping[int, float]
    earlier: Sequence[Chain]


def neighbours(chain: Chain) -> Iterable[tuple[str, str]]:
    """The pairs of a chain, with its beginning and its end."""
    return zip((BEGIN, *chain), (*chain, END), strict=True)


def best_chain(evidence: Evidence) -> tuple[Chain, float]:
    """The chain that fits best, and how much better the likeliest is than none; ((), 0) if none is better than none."""
    grown = _grown(evidence)
    worth = max(grown.values(), default=0.0)
    if worth <= 0:
        return (), 0.0
    ranked = {
        chain: sum(WEIGHTS[name] * value for name, value in figures(chain, evidence).items())
        for chain in candidates(evidence, grown)
    }
    return max(ranked, key=lambda chain: (ranked[chain], chain)), worth


def candidates(evidence: Evidence, grown: Mapping[Chain, float] | None = None) -> list[Chain]:
    """The chains that are looked at."""
    grown = _grown(evidence) if grown is None else grown
    best = sorted(grown, key=lambda chain: (-grown[chain], chain))[:_GROWN]
    return list(dict.fromkeys((*best, *evidence.earlier)))


def _grown(evidence: Evidence) -> dict[Chain, float]:
    """Chains of the likeliest capabilities, each with how much better it is than none."""

    # What a capability adds behind another: looked up once, and not for each chain.
    adds = {
        before: {
            name: evidence.nodes[name] - _LIKELY + _PAIR * evidence.pairs.get((before, name), 0.0)
            for name in evidence.best
        }
        for before in (BEGIN, *evidence.best)
    }
    ends = {name: _PAIR * evidence.pairs.get((name, END), 0.0) for name in evidence.best}
    grown: dict[Chain, float] = {}
    chains: list[tuple[float, Chain]] = [(0.0, ())]
    for _ in range(_LENGTH_MAX):
        longer = [
            (worth + more, (*chain, name))
            for worth, chain in chains
            for name, more in adds[chain[-1] if chain else BEGIN].items()
            if name not in chain
        ]
        chains = sorted(longer, reverse=True)[:_GROWING]
        grown |= {chain: worth + ends[chain[-1]] for worth, chain in chains}
    return grown


def figures(chain: Chain, evidence: Evidence) -> dict[str, float]:
    """What there is to say of `chain`, as figures: the keys of `WEIGHTS`."""
    nodes, pairs, orders = evidence.nodes, evidence.pairs, evidence.orders
    own = [nodes[name] for name in chain]
    others = [nodes[name] for name in evidence.best if name not in chain]
    near = [evidence.near[name] for name in chain]
    two = list(combinations(chain, 2))
    there = [orders.get(pair, 0.0) for pair in two]
    back = [orders.get((behind, before), 0.0) for before, behind in two]
    placed = evidence.places
    asked = [min(1.0, max(-1.0, placed[behind] - placed[before])) for before, behind in two]
    ordered = [
        max(0.0, one) / (max(0.0, one) + max(0.0, other) + _UNSEEN)
        for one, other in zip(there, back, strict=True)
    ]
    return {
        "nodes": sum(own),
        "least": min(own),
        "doubt": sum(max(0.0, _LIKELY - one) for one in own),
        "left": max(others, default=0.0),
        "pairs": sum(pairs.get(pair, 0.0) for pair in pairwise(chain)),
        "begins": pairs.get((BEGIN, chain[0]), 0.0),
        "ends": pairs.get((chain[-1], END), 0.0),
        "ordered": sum(ordered) / max(1, len(two)),
        "said_so": sum(asked) / max(1, len(two)),
        "length": evidence.lengths.get(len(chain), 0.0),
        "set": evidence.sets.get(frozenset(chain), 0.0),
        "near": sum(near) / len(near),
    }

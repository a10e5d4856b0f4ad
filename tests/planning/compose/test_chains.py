"""Of chains of capabilities, the one that fits: likely, in the order that is usual or said, and nothing left out."""

from dataclasses import dataclass, field
from itertools import combinations

from batuta.planning.compose.chains import (
    WEIGHTS,
    Chain,
    Evidence,
    best_chain,
    candidates,
    figures,
    neighbours,
)


@dataclass
class Known:
    nodes: dict[str, float]
    usual: Chain = ()
    places: dict[str, float] = field(default_factory=dict[str, float])
    earlier: list[Chain] = field(default_factory=list[Chain])

    def evidence(self) -> Evidence:
        return Evidence(
            nodes=self.nodes,
            best=sorted(self.nodes, key=lambda name: -self.nodes[name]),
            near=dict.fromkeys(self.nodes, 0.5),
            places=self.places or dict.fromkeys(self.nodes, 0.0),
            pairs=dict.fromkeys(neighbours(self.usual), 1.0) if self.usual else {},
            orders=dict.fromkeys(combinations(self.usual, 2), 1.0),
            sets={},
            lengths={},
            earlier=self.earlier,
        )


LIKELY = {"find": 1.3, "book": 1.3, "weather": 0.0}


def test_the_likely_ones_are_in_it_in_the_usual_order_and_nothing_else() -> None:
    chain, worth = best_chain(Known(LIKELY, usual=("find", "book")).evidence())
    assert chain == ("find", "book")
    assert worth > 0


def test_where_no_order_is_usual_it_is_that_of_the_parts_of_the_request() -> None:
    places = {"find": 1.0, "book": 0.0, "weather": 0.5}
    back = {name: 1 - at for name, at in places.items()}
    assert best_chain(Known(LIKELY, places=places).evidence())[0] == ("book", "find")
    assert best_chain(Known(LIKELY, places=back).evidence())[0] == ("find", "book")


def test_where_nothing_is_likely_there_is_no_chain() -> None:
    assert best_chain(Known({"find": 0.3, "book": 0.2}).evidence()) == ((), 0.0)
    assert best_chain(Known({}).evidence()) == ((), 0.0)


def test_plans_of_near_requests_are_candidates_and_each_has_a_figure_for_every_weight() -> None:
    evidence = Known(LIKELY, earlier=[("weather", "find", "book")]).evidence()
    chains = candidates(evidence)
    assert ("weather", "find", "book") in chains
    assert {tuple(figures(chain, evidence)) for chain in chains} == {tuple(WEIGHTS)}

"""What earlier requests teach: which capabilities serve a request, in which order, and when they do not."""

import numpy as np
import pytest

from batuta.planning.compose.history import Past
from batuta.planning.compose.learned import Learned

PASTS = [
    *(
        Past(f"book the early train to {city}", ("find", "book"))
        for city in ("Rome", "Bonn", "Linz")
    ),
    *(Past(f"cancel my train to {city}", ("find", "cancel", "refund")) for city in ("Ulm", "Bari")),
    *(Past(f"how warm is it in {city}", ("weather",)) for city in ("Rome", "Oslo")),
]
OFFERS: dict[str, float] = dict.fromkeys(("find", "book", "cancel", "refund", "weather"), 0.0)


@pytest.mark.parametrize(
    ("words", "chain"),
    [
        ("book a train to Paris", ("find", "book")),
        ("please cancel the train to Turin", ("find", "cancel", "refund")),
        ("is it warm in Bonn", ("weather",)),
        ("sing me a song", ()),
    ],
)
def test_the_likeliest_chain_is_that_of_requests_like_it(
    words: str, chain: tuple[str, ...]
) -> None:
    likely = Learned(PASTS, None).likely([words], None, OFFERS)
    assert likely.chain == chain
    assert (likely.worth > 0) == bool(chain)


def test_what_is_not_offered_any_more_is_not_in_the_chain() -> None:
    offers = {name: 0.0 for name in OFFERS if name != "book"}
    assert "book" not in Learned(PASTS, None).likely(["book a train to Paris"], None, offers).chain


def test_meaning_counts_where_somebody_knows_it() -> None:
    turned = np.eye(len(PASTS), dtype=np.float32)
    likely = Learned(PASTS, turned).likely(["qwertz"], turned[-1:], OFFERS)
    assert likely.nearest == PASTS[-1].words

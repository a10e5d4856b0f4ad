"""Learning from few texts, and what would have been said without some of them."""

import numpy as np
import pytest

from batuta.capabilities.local.ridge import Ridge
from batuta.language.spelling import Lexicon, Rows, words_of

TEXTS = [
    words_of(text)
    for text in (
        "refund my order",
        "money back please",
        "refund it",
        "where is it",
        "late parcel",
        "parcel lost",
    )
]
OF = np.array([0, 0, 0, 1, 1, 1])
LEXICON = Lexicon(TEXTS, seen_min=1, count_max=10_000, plain=False)
AVERAGES = np.random.default_rng(1).standard_normal((6, 8)).astype(np.float32)
AVERAGES /= np.linalg.norm(AVERAGES, axis=1, keepdims=True)


def learned(rows: list[int], *, judged: bool = False, meant: bool = False) -> Ridge:
    spelt: Rows = LEXICON.rows([TEXTS[at] for at in rows])
    averages = AVERAGES[rows] if meant else None
    return Ridge(averages, spelt, len(LEXICON.names), OF[rows], 2, judged=judged)


def test_what_is_said_of_a_text_that_was_left_out_is_what_is_said_without_it() -> None:
    alone = learned([*range(6)], judged=True).alone
    without = learned([at for at in range(6) if at != 2])
    assert alone is not None
    np.testing.assert_allclose(alone[2], without.scores(None, LEXICON(TEXTS[2])), atol=2e-3)


def test_what_is_said_of_a_label_that_was_left_out_is_what_is_said_without_it() -> None:
    apart = learned([*range(6)], judged=True).apart
    without = learned([0, 1, 2])
    assert apart is not None
    np.testing.assert_allclose(apart[4], without.scores(None, LEXICON(TEXTS[4])), atol=2e-3)


@pytest.mark.parametrize("meant", [False, True], ids=["spelling alone", "with meanings"])
def test_the_label_of_a_known_text_scores_best(meant: bool) -> None:
    ridge = learned([*range(6)], meant=meant)
    best = [
        int(ridge.scores(AVERAGES[at], LEXICON(text)).argmax()) for at, text in enumerate(TEXTS)
    ]
    assert best == OF.tolist()

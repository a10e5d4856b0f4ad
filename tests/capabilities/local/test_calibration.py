"""How sure a score makes an answer."""

import numpy as np
import pytest

from batuta.capabilities.local.calibration import Said, believed, fitted

LABELS, COUNT = 4, 4_000


def drawn(spread: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of texts that have a label each: 1 for it and 0 for the others, and noise."""
    chance = np.random.default_rng(seed)
    of = chance.integers(LABELS, size=COUNT)
    return np.eye(LABELS)[of] + spread * chance.standard_normal((COUNT, LABELS)), of


def test_of_the_answers_that_are_so_sure_so_many_are_right() -> None:
    scores, of = drawn(0.6, 1)
    sure, _ = fitted(scores, of, scores[:0], None)
    others, right = drawn(0.6, 2)
    said = Said.of(others, None)
    chance = sure(said)
    for low in (0.4, 0.6, 0.8):
        some = (chance >= low) & (chance < low + 0.2)
        assert chance[some].mean() == pytest.approx((said.best == right)[some].mean(), abs=0.06)


def test_what_scores_like_labels_that_were_left_out_is_less_sure() -> None:
    scores, of = drawn(0.2, 1)
    apart = 0.2 * np.random.default_rng(3).standard_normal((COUNT, LABELS))
    _, of_none = fitted(scores, of, apart, None)
    assert float(of_none(Said.of(scores, None)).mean()) > 0.9
    assert float(of_none(Said.of(apart, None)).mean()) < 0.3


def test_what_scores_like_texts_that_have_none_is_less_sure() -> None:
    scores, of = drawn(0.2, 1)
    strange = np.where(of == LABELS - 1, LABELS - 1, of)  # the last label means: none
    _, of_none = fitted(scores, strange, scores[:0], LABELS - 1)
    sure = of_none(Said.of(scores, LABELS - 1))
    assert float(sure[of < LABELS - 1].mean()) > 0.9
    assert float(sure[of == LABELS - 1].mean()) < 0.3


def test_without_examples_nothing_is_quite_sure() -> None:
    sure, of_none = believed()
    clear = Said.of(np.array([[9.0, 0.0]]), None)
    assert (float(sure(clear)[0]), float(of_none(clear)[0])) == (0.95, 0.95)
    assert float(sure(Said.of(np.array([[0.1, 0.1]]), None))[0]) < 0.6

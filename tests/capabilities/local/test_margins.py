"""Learning from many texts, in passes."""

import numpy as np
import pytest

from batuta.capabilities.local.margins import Margins
from batuta.language.spelling import Rows

COUNT, LABELS, DIM = 90, 3, 5


def machine() -> tuple[Margins, np.ndarray, np.ndarray]:
    """Three clouds in five dimensions; one number of each text is in its sparse part."""
    chance = np.random.default_rng(2)
    of = np.arange(COUNT) % LABELS
    dense = (np.eye(DIM)[of] * 2 + chance.standard_normal((COUNT, DIM))).astype(np.float32)
    dense = np.concatenate([dense, np.ones((COUNT, 1), dtype=np.float32)], axis=1)
    sparse = chance.standard_normal(COUNT).astype(np.float32)
    rows = Rows(np.arange(COUNT + 1), np.zeros(COUNT, dtype=np.int64), sparse)
    return Margins(rows, 1, dense, of, LABELS), np.concatenate([dense, sparse[:, None]], axis=1), of


def loss(weights: np.ndarray, features: np.ndarray, of: np.ndarray) -> float:
    """Half of the squared weights and half of the squared violations of the margin, of all labels."""
    signs = np.where(of[:, None] == np.arange(LABELS), 1, -1)
    violated = np.maximum(1 - signs * (features @ weights), 0)
    return float((weights**2).sum() / 2 + 0.5 * (violated**2).sum())


def weights_of(margins: Margins) -> np.ndarray:
    units = np.eye(DIM + 1, dtype=np.float32)
    nothing = Rows(
        np.array([0, 0]), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    ).row(0)
    return np.concatenate(
        [np.stack([margins.scores(unit, nothing) for unit in units]), margins.spelt]
    )


def test_it_ends_where_the_loss_is_least() -> None:
    margins, features, of = machine()
    margins.learn(range(COUNT), 200)
    found = weights_of(margins)
    least = loss(found, features, of)
    chance = np.random.default_rng(4)
    others = [
        loss(found + 0.05 * chance.standard_normal(found.shape), features, of) for _ in range(50)
    ]
    assert min(others) > least


def test_learning_in_two_parts_ends_where_learning_at_once_ends() -> None:
    once, features, of = machine()
    once.learn(range(COUNT), 200)
    parts, _, _ = machine()
    parts.learn(range(0, COUNT, 2), 20)
    parts.learn(range(COUNT), 200)
    assert loss(weights_of(parts), features, of) == pytest.approx(
        loss(weights_of(once), features, of), rel=1e-2
    )


def test_it_answers_when_the_texts_are_forgotten() -> None:
    margins, features, of = machine()
    margins.learn(range(COUNT), 20)
    before = weights_of(margins)
    margins.done()
    np.testing.assert_array_equal(weights_of(margins), before)
    assert np.mean((features @ before).argmax(axis=1) == of) > 0.8

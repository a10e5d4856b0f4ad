"""What texts mean, given what their words mean and how heavily they weigh."""

from collections.abc import Sequence

import numpy as np
import pytest

from batuta.capabilities.local.meaning import Meaning, _varied, meanings_of

HEAVY = {"the": 0.5, "me": 2.0, "parcel": 8.0, "rome": 4.0, "paris": 4.0, "from": 1.0, "to": 1.0}
DIM = 16


def raw(word: str) -> np.ndarray:
    """A vector of some direction, as long as the word is heavy."""
    vector = np.random.default_rng(sum(map(ord, word))).standard_normal(DIM)
    return (vector / np.linalg.norm(vector) * HEAVY[word]).astype(np.float32)


class Adding:
    """An embedder that adds up the vectors of words, and gives the direction of that."""

    name, dim, even = "adding", DIM, 0.5

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> np.ndarray:
        made = np.stack([np.sum([raw(word) for word in text.split()], axis=0) for text in texts])
        return made / np.linalg.norm(made, axis=1, keepdims=True)


async def test_how_heavily_words_weigh_is_read_off_the_directions_beside_another() -> None:
    found = await meanings_of(Adding(), ["the", "parcel", "rome"])
    lengths = {word: float(np.linalg.norm(vector)) for word, vector in found.items()}
    assert lengths == pytest.approx(
        {word: (HEAVY[word] / HEAVY["me"]) ** 0.35 for word in found}, rel=1e-3
    )
    np.testing.assert_allclose(found["rome"] / lengths["rome"], raw("rome") / 4, atol=1e-5)


async def test_the_word_that_all_are_put_beside_weighs_one() -> None:
    found = await meanings_of(Adding(), ["me"])
    assert float(np.linalg.norm(found["me"])) == pytest.approx(1)


async def test_pairs_know_the_order_of_words_that_the_average_does_not() -> None:
    vectors = await meanings_of(Adding(), list(HEAVY))
    there, back = "from rome to paris".split(), "from paris to rome".split()
    meaning = Meaning([there, back], vectors, DIM, plain=False)
    assert float(meaning.average(there, vectors) @ meaning.average(back, vectors)) == pytest.approx(
        1
    )
    assert float(meaning.pairs(there, vectors) @ meaning.pairs(back, vectors)) < 0.9


def test_a_text_without_words_means_nothing() -> None:
    vectors = {"a": np.ones(DIM, dtype=np.float32)}
    assert not Meaning([["a"]], vectors, DIM, plain=False).average([], vectors).any()


def test_directions_of_much_variance_count_more() -> None:
    spread = np.array([[1, 0.1], [-1, 0.1], [1, -0.1], [-1, -0.1]] * 25, dtype=np.float32)
    turn = _varied(spread / np.linalg.norm(spread, axis=1, keepdims=True))
    assert turn[0, 0] > turn[1, 1] > 0
    assert abs(float(turn[0, 1])) < 1e-6

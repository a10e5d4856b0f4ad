"""Sparse vectors of how texts are spelt."""

import numpy as np
import pytest

from batuta.language.spelling import Lexicon, Rows, words_of

TEXTS = [words_of(text) for text in ("refund my order", "refund the parcel", "", "play some jazz")]


def dense(rows: Rows, count: int) -> np.ndarray:
    made = np.zeros((len(rows), count), dtype=np.float32)
    for at in range(len(rows)):
        made[at, rows.row(at).places] = rows.row(at).values
    return made


def lexicon(**settings: int) -> Lexicon:
    return Lexicon(TEXTS, seen_min=settings.get("seen_min", 1), count_max=10_000, plain=False)


@pytest.mark.parametrize("common", [0.0, 0.3, 1.0])
def test_the_gram_is_the_product_with_the_transposed(
    common: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batuta.language.spelling._COMMON", common)
    known = lexicon()
    rows = known.rows(TEXTS)
    whole = dense(rows, len(known.names))
    np.testing.assert_allclose(rows.gram(), whole @ whole.T, atol=1e-5)


def test_turning_is_the_product_of_the_transposed() -> None:
    known = lexicon()
    rows = known.rows(TEXTS)
    weights = np.arange(8, dtype=np.float32).reshape(4, 2)
    np.testing.assert_allclose(
        rows.turned(weights, len(known.names)), dense(rows, len(known.names)).T @ weights, atol=1e-5
    )


def test_words_and_pieces_are_each_of_one_length_however_long_the_text() -> None:
    known = lexicon()
    for text in (TEXTS[0], TEXTS[0] * 5):
        places, values = known(text)
        whole = [
            value
            for place, value in zip(places, values, strict=True)
            if known.names[place][0] != "c"
        ]
        assert float(np.linalg.norm(whole)) == pytest.approx(1, abs=1e-5)


def test_what_one_text_alone_has_is_forgotten_if_two_must_have_it() -> None:
    assert [name for name in lexicon(seen_min=2).names if name[0] == "w"] == ["w:refund"]


def test_a_text_of_unknown_words_is_nothing() -> None:
    assert lexicon()(words_of("ξξξ")).places.size == 0
    assert lexicon(seen_min=9).rows(TEXTS).gram().tolist() == np.zeros((4, 4)).tolist()

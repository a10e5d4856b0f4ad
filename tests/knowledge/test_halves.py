"""Half-precision numbers on their way to the disk and back."""

import numpy as np

from batuta.knowledge.halves import from_halves, to_halves


def test_the_fast_way_back_is_what_numpy_does() -> None:
    every = np.arange(0x7C00, dtype="<u2")
    every = np.concatenate([every, every | 0x8000])  # all finite halves, of both signs
    stored = every.tobytes()
    assert (from_halves(stored, 1)[:, 0] == np.frombuffer(stored, "<f2").astype(np.float32)).all()


def test_a_vector_keeps_three_digits() -> None:
    vector = np.linspace(-1, 1, 256, dtype=np.float32)
    back = from_halves(to_halves(vector) * 2, 256)
    assert (back.shape, bool(np.allclose(back[1], vector, atol=5e-4))) == ((2, 256), True)

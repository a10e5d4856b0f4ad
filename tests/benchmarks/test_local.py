"""The arithmetic of the benchmark of labels."""

import pytest

from benchmarks.local import Said, calibration_error, centroid, figures


def test_confidence_that_is_kept_is_no_error_and_boasting_is() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == pytest.approx(0.0)
    assert calibration_error([(0.95, False)] * 4) == pytest.approx(0.95)


def test_shares_are_of_texts_in_scope_and_out_of_scope() -> None:
    inside = [("a", "x"), ("b", "y")]
    said = [Said("x", "x", 1.0, 1.0), Said(None, "y", 1.0, 1.0)]
    found = figures(inside, said, [Said(None, None, 0.0, 1.0), Said("x", "x", 0.0, 3.0)])
    assert (found.accuracy, found.kept, found.strangers, found.ms) == (1.0, 0.5, 0.5, 1.0)


def test_the_baseline_takes_the_nearest_centroid() -> None:
    best = centroid([("book a flight", "travel"), ("play a song", "music")])
    assert best("another flight")[0] == "travel"

"""The arithmetic of the benchmark of local intelligence, and what it says without its data."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarks.local_baselines import Best, centroid, naive_bayes, neighbour
from benchmarks.local_figures import Said, calibration_error, figures, level_of

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "local.py"


def test_confidence_that_is_kept_is_no_error_and_boasting_is() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == pytest.approx(0.0)
    assert calibration_error([(0.95, False)] * 4) == pytest.approx(0.95)


def test_shares_are_of_texts_in_scope_and_out_of_scope_at_one_threshold() -> None:
    inside = [("a", "x"), ("b", "y")]
    said = [Said("x", False, 0.9, 1.0), Said("y", False, 0.6, 1.0)]
    strangers = [Said(None, False, 0.0, 1.0), Said("x", False, 0.8, 3.0)]
    found = figures(inside, said, strangers, 0.7, 2.0)
    assert (found.accuracy, found.kept, found.strangers) == (1.0, 0.5, 0.5)
    assert (found.kept_half, found.strangers_half, found.ms, found.learned_s) == (
        1.0,
        0.5,
        1.5,
        2.0,
    )


def test_the_threshold_calls_three_quarters_of_the_strangers_none() -> None:
    strangers = [Said("x", at < 10, at / 100, 1.0) for at in range(100)]
    level = level_of(strangers)
    assert level == 0.75
    assert sum(one.none_at(level) for one in strangers) == 75


@pytest.mark.parametrize("baseline", [centroid, neighbour, naive_bayes])
def test_the_baselines_know_what_they_were_told(
    baseline: Callable[[Sequence[tuple[str, str]]], Best],
) -> None:
    best = baseline(
        [("book a flight", "travel"), ("fly to Rome", "travel"), ("play a song", "music")]
    )
    assert [best(text)[0] for text in ("another flight", "a song")] == ["travel", "music"]


def test_without_data_it_says_where_the_original_is(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARK), "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 2
    assert (
        "clinc150.json.gz is not there; the public original is https://github.com/clinc/oos-eval"
        in done.stderr
    )

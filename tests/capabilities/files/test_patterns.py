"""Patterns of paths, and that none of them takes for ever."""

from time import process_time

import pytest

from batuta.capabilities.files.patterns import fits, fits_any, fixed_part


@pytest.mark.parametrize(
    ("path", "pattern", "fit"),
    [
        ("a.csv", "a.csv", True),
        ("a.csv", "*.csv", True),
        ("d/a.csv", "*.csv", False),
        ("d/a.csv", "**", True),
        ("d/e/a.csv", "d/**/*.csv", True),
        ("d/a.csv", "d/**/*.csv", True),
        ("d", "d/**", False),
        ("d/a.csv", "d", False),
        ("a1", "a[0-9]", True),
        (".env", "**", False),
        ("d/.env", "d/*", False),
        (".git/config", "**/config", False),
        ("d/.env", "d/.*", True),
        ("A.csv", "a.csv", False),
    ],
)
def test_a_pattern_fits_what_it_says(path: str, pattern: str, fit: bool) -> None:
    assert fits(path, pattern) == fit


def test_one_pattern_of_several_is_enough() -> None:
    assert fits_any("out/a", ["data/**", "out/*"])


def test_the_folder_that_everything_is_in_is_known() -> None:
    assert [fixed_part(p) for p in ("a/b/*.csv", "**", "a/*/c/d", "a/b.csv")] == [
        "a/b",
        "",
        "a",
        "a",
    ]


def test_no_pattern_takes_for_ever() -> None:
    began = process_time()
    fits("/".join(["a" * 200] * 60), "/".join(["**", "*a*" * 60] * 60) + "/b")
    assert process_time() - began < 2.0

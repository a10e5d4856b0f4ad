"""Builds that break one law each must be found out, by the simulator or by the unit tests; the healthy build passes."""

from pathlib import Path

import pytest

from tests.mutants import MUTANTS, Mutant, build, judge

HEALTHY: list[Mutant | None] = [None]
BUILDS = HEALTHY + MUTANTS


def name_of(mutant: Mutant | None) -> str:
    return mutant.name if mutant else "healthy"


@pytest.mark.parametrize("mutant", BUILDS, ids=name_of)
def test_a_broken_build_is_found_out_and_a_healthy_one_is_not(
    mutant: Mutant | None, tmp_path: Path
) -> None:
    ended = judge(mutant, build(mutant, tmp_path))
    assert ended.returncode == (0 if mutant is None else 1), ended.stdout + ended.stderr
    if mutant is not None:
        found = "failed" if mutant.tests else "replay: python -m batuta.testing.simulate --seed"
        assert found in ended.stdout

"""Builds that break one law each must be found out, by the simulator or by the unit tests; the healthy build passes."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.mutants import MUTANTS, Mutant, build, judge

# Two at once: no machine we test on has fewer cores, and the rest of the suite runs beside this.
WORKERS = 2
HEALTHY: list[Mutant | None] = [None]
BUILDS = HEALTHY + MUTANTS


def name_of(mutant: Mutant | None) -> str:
    return mutant.name if mutant else "healthy"


@pytest.fixture(scope="module")
def verdicts(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, "Future[CompletedProcess[str]]"]]:
    def judged(mutant: Mutant | None, where: Path) -> "CompletedProcess[str]":
        return judge(mutant, build(mutant, where))

    with ThreadPoolExecutor(WORKERS) as pool:
        yield {
            name_of(mutant): pool.submit(judged, mutant, tmp_path_factory.mktemp("build"))
            for mutant in BUILDS
        }


@pytest.mark.parametrize("mutant", BUILDS, ids=name_of)
def test_a_broken_build_is_found_out_and_a_healthy_one_is_not(
    mutant: Mutant | None, verdicts: dict[str, "Future[CompletedProcess[str]]"]
) -> None:
    ended = verdicts[name_of(mutant)].result()
    assert ended.returncode == (0 if mutant is None else 1), ended.stdout + ended.stderr
    if mutant is not None:
        found = "failed" if mutant.tests else "replay: python -m batuta.testing.simulate --seed"
        assert found in ended.stdout

"""The simulator: the same seed is the same story; and a few hundred stories hold every law."""

import os
import subprocess
import sys

import pytest

from batuta.plans.check import check
from batuta.spec.facts import Doubted, Ended, Fact, Lost, Skipped, Started, Waited
from batuta.testing import simulate as simulator
from batuta.testing.laws import Broken
from batuta.testing.simulate import main, simulate
from batuta.testing.simulation import Report
from batuta.testing.stories import cast_of, draw_story
from batuta.testing.virtual import VirtualLoop
from batuta.testing.world import Act, World

SEEDS = 300
# Each share is a test of its own, so that a failure names the share and the rest goes on.
SHARES = 6


def told(seed: int) -> tuple[Report, list[Fact]]:
    log: list[Fact] = []
    return simulate(seed, log), log


@pytest.mark.parametrize("share", range(SHARES))
def test_every_law_holds_in_every_story(share: int) -> None:
    for seed in range(share, SEEDS, SHARES):
        report = simulate(seed)
        assert report.status in ("succeeded", "failed", "cancelled")


@pytest.mark.parametrize("seed", [3, 4, 10, 23])
def test_the_same_seed_is_the_same_story(seed: int) -> None:
    first, again = told(seed), told(seed)
    assert first == again


def test_the_same_seed_is_the_same_story_byte_for_byte_in_another_process() -> None:
    code = (
        "from batuta.testing.simulate import simulate\n"
        "print(*(simulate(seed).digest for seed in range(24)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            timeout=240,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert outputs == {" ".join(simulate(seed).digest for seed in range(24)) + "\n"}


def test_stories_tell_of_everything_that_can_happen() -> None:
    facts = [fact for seed in range(60) for fact in told(seed)[1]]
    kinds = {type(fact) for fact in facts}
    assert {Started, Lost, Doubted, Waited, Ended} <= kinds
    asked = {fact.kind for fact in facts if isinstance(fact, Waited)}
    assert {"answer", "approval", "resolve"} <= asked
    assert any(isinstance(fact, Started) and fact.path.endswith("/undo") for fact in facts)
    assert any(isinstance(fact, Skipped) and fact.why.endswith(" failed") for fact in facts)
    ways = {fact.status for fact in facts if isinstance(fact, Ended)}
    assert ways == {"succeeded", "failed", "cancelled"}


def test_the_plans_of_stories_are_sound() -> None:
    cards = {one.card.name: one.card for one in cast_of(World(VirtualLoop(), _no_script))}
    flawed = [
        (seed, str(finding))
        for seed in range(100)
        for finding in check(draw_story(simulator.dice_of(seed), seed).plan, cards)
        if not finding.warning
    ]
    assert flawed == []


def test_the_command_line_counts_like_the_tests_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "2", "--start", "5"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("2 passed in ")


def test_a_failing_seed_comes_with_the_command_that_tells_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(seed: int, log: list[Fact]) -> Report:
        raise Broken("a law")

    monkeypatch.setattr(simulator, "simulate", broken)
    assert main(["--seeds", "3", "--first"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "seed 0: Broken: a law"
    assert lines[1] == "    replay: python -m batuta.testing.simulate --seed 0"
    assert lines[-1].startswith("1 failed, 0 passed in ")


def _no_script(*_: object) -> Act:
    raise AssertionError("nobody is called")

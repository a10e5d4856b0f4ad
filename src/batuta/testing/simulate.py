"""The seeded simulator: `python -m batuta.testing.simulate --seeds 1000`.

One seed is one story: a random plan, a world that behaves badly, and faults from outside. It runs in virtual time
under laws that are checked at every committed fact. The same seed gives the same log, byte for byte.
"""

import argparse
import random
import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence

import msgspec

from batuta.journal.codec import encode_fact
from batuta.spec.facts import Fact
from batuta.spec.shape import PlanShape
from batuta.testing.faults import Faults, draw_faults
from batuta.testing.laws import Broken
from batuta.testing.simulation import Report, Simulation
from batuta.testing.stories import draw_story

__all__ = ["dice_of", "main", "simulate"]

_NO_FAULTS = Faults()


def dice_of(seed: int) -> random.Random:
    """The dice that story and faults are drawn from, in this order."""
    return random.Random(seed)


def simulate(seed: int, log: list[Fact] | None = None) -> Report:
    """Tell the story of `seed`, and compare it with the same story without faults if its end is certain.

    `log` receives the committed facts, also of a story that ends badly.

    Raises:
        Broken: a law does not hold. Stuck: the run never ends.
    """
    dice = dice_of(seed)
    story = draw_story(dice, seed)
    faults = draw_faults(dice)
    shapes: OrderedDict[str, PlanShape] | None = None if seed % 8 == 0 else OrderedDict()
    simulation = Simulation(seed, story, faults, shapes)
    simulation.log = log
    report = simulation.run()
    if report.certain:
        calm = Simulation(seed, story, _NO_FAULTS, shapes).run()
        _compare(report, calm)
    return report


def _compare(report: Report, calm: Report) -> None:
    if report.status != calm.status:
        raise Broken(
            f"{report.status} ({report.code}), and {calm.status} ({calm.code}) without faults"
        )
    if report.status != "succeeded":
        return
    for name in ("result", "states", "keys"):
        mine, theirs = getattr(report, name), getattr(calm, name)
        if mine != theirs:
            raise Broken(f"another {name} than without faults: {mine!r} != {theirs!r}")


def _show(seed: int, log: Sequence[Fact]) -> None:
    dice = dice_of(seed)
    story = draw_story(dice, seed)
    _say(msgspec.json.format(story.plan.encode()).decode())
    _say(story.inputs, story.scripts, story.asked, story.denied)
    _say(draw_faults(dice))
    for number, fact in enumerate(log, 1):
        _say(f"{number:4} {bytes(encode_fact(fact)).decode()[:300]}")


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code is 1 if any seed fails."""
    parser = argparse.ArgumentParser(prog="python -m batuta.testing.simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds (default 200)")
    parser.add_argument("--start", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--seed", type=int, help="tell the story of this one seed")
    parser.add_argument(
        "--show", action="store_true", help="print plan, faults and log of each seed"
    )
    parser.add_argument("--first", action="store_true", help="stop at the first failure")
    options = parser.parse_args(arguments)
    start, count = (options.seed, 1) if options.seed is not None else (options.start, options.seeds)
    began = time.perf_counter()
    counted: Counter[str] = Counter()
    failed = 0
    for seed in range(start, start + count):
        log: list[Fact] = []
        try:
            report = simulate(seed, log)
        except Exception as error:
            failed += 1
            _say(f"seed {seed}: {type(error).__name__}: {error}")
            _say(f"    replay: python -m batuta.testing.simulate --seed {seed}")
            if options.first:
                break
        else:
            counted[report.status] += 1
            counted["facts"] += report.facts
            counted["crashes"] += report.crashes
            counted["compared"] += report.certain
        if options.show:
            _show(seed, log)
    _say(", ".join(f"{count:,} {what}" for what, count in sorted(counted.items())))
    seconds = time.perf_counter() - began
    summary = f"{failed} failed, " if failed else ""
    _say(
        f"{summary}{sum(counted[s] for s in ('succeeded', 'failed', 'cancelled'))} passed in {seconds:.2f}s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""How long it takes to check a plan of 1,000 steps, and to explain it. See benchmarks/README.md."""

import argparse
import gc
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple

from batuta.config import Rule
from batuta.governance.forecast import forecaster
from batuta.governance.verdict import Policy
from batuta.plans.bounds import bounds
from batuta.plans.build import Sourced, plan_from_yaml, plan_to_yaml
from batuta.plans.check import check
from batuta.plans.explain import Premises, explain
from batuta.spec.card import Card
from batuta.spec.plan import Plan, Step
from batuta.spec.statistics import Measured, Statistics

STEPS = 1_000
ROUNDS, ROUNDS_QUICK = 40, 5
# What the work of every measurement is compared with: a fixed number of additions.
ADDITIONS = 1_000_000

OUTPUT = {
    "type": "object",
    "properties": {"out": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["out", "n"],
    "additionalProperties": False,
}
INPUT = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "a": {"type": "string"},
        "n": {"type": "integer"},
        "m": {"type": "integer"},
    },
    "required": ["text"],
    "additionalProperties": False,
}
RULES = [
    Rule("ask", capability=("cap1*",), when="args.n > 500"),
    Rule("deny", when="card.effect == 'write' && args.m > 3"),
]


class Workload(NamedTuple):
    """One line of the table; `goal_ms` is what it may take on an idle machine, 0 for no goal."""

    name: str
    work: Callable[[], object]
    goal_ms: float = 0.0


def plan_of(steps_count: int) -> Plan:
    """A plan as they are: half of the steps use the text of one before, some a number of another, few a condition."""
    dice = random.Random(7)
    steps: dict[str, Step] = {}
    for number in range(steps_count):
        args: dict[str, Any] = {"text": "${inputs.x}", "n": number}
        if number:
            args["a"] = f"${{steps.s{dice.randrange(max(number - 40, 0), number)}.out}}"
        if number > 5 and number % 4 == 0:
            args["m"] = f"${{steps.s{number - 3}.n + {number % 7}}}"
        when = f"steps.s{number - 2}.n > 3" if number > 5 and number % 20 == 0 else None
        steps[f"s{number}"] = Step(f"cap{number % 20}", args, when=when)
    last = f"${{steps.s{steps_count - 1}.out}}"
    return Plan("big", inputs={"x": {"type": "string"}}, steps=steps, result=last)


def workloads() -> list[Workload]:
    """What is measured, all of it on the same plan."""
    sourced: Sourced = plan_from_yaml(plan_to_yaml(plan_of(STEPS)), "big.yaml")
    plan, places = sourced.plan, sourced.places
    cards = {
        f"cap{number}": Card(
            f"cap{number}",
            effect="write" if number == 19 else "read",
            reach="local",
            input=INPUT,
            output=OUTPUT,
            in_doubt="fail",
        )
        for number in range(20)
    }
    flaws = [one for one in check(plan, cards, places) if not one.warning]
    assert not flaws, flaws[0]
    known = Statistics(
        9, {name: Measured(9, p50_s=0.1, p95_s=0.2, capability=name) for name in cards}
    )
    free, ruled = (forecaster(Policy(rules)) for rules in ((), RULES))

    def explained(policy: Any) -> object:
        return explain(plan, Premises(cards, policy, known), places=places)

    return [
        Workload("check", lambda: check(plan, cards, places), 10.0),
        Workload("bounds", lambda: bounds(plan, cards)),
        Workload("explain", lambda: explained(free), 30.0),
        Workload("explain, rules on arguments", lambda: explained(ruled)),
    ]


def measured(work: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of processor time of each round, the first one (which fills caches) left out."""
    work()
    samples: list[float] = []
    for _ in range(rounds):
        gc.collect()
        begun = process_time()
        work()
        samples.append((process_time() - begun) * 1_000)
    return samples


def main(argv: list[str]) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(prog="benchmarks/explain.py", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument("--quick", action="store_true", help=f"{ROUNDS_QUICK} rounds, not {ROUNDS}")
    args = parser.parse_args(argv)
    rounds = ROUNDS_QUICK if args.quick else ROUNDS
    floor = measured(lambda: sum(range(ADDITIONS)), rounds)
    print(f"{STEPS:,} steps, milliseconds of processor time, {rounds} rounds\n")
    print(f"{'':30}{'median':>8}{'min':>8}{'goal':>8}")
    table: dict[str, dict[str, Any]] = {}
    for one in workloads():
        samples = measured(one.work, rounds)
        goal = f"{one.goal_ms:8.0f}" if one.goal_ms else ""
        print(f"{one.name:30}{median(samples):8.1f}{min(samples):8.1f}{goal}")
        table[one.name] = {"samples_ms": samples, "goal_ms": one.goal_ms or None}
    print(f"\n{ADDITIONS:,} additions of this machine: {median(floor):.1f} (min {min(floor):.1f})")
    if args.json:
        document = {"steps": STEPS, "additions_ms": floor, "workloads": table}
        args.json.write_text(json.dumps(document) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

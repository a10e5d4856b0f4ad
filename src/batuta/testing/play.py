"""Run a random plan on the real engine, over a journal in memory, and see what it did."""

import random
from collections.abc import Mapping
from typing import Any

import msgspec

from batuta.capabilities.catalog import WorkspaceCatalog
from batuta.engine.document import failure_of, result_of
from batuta.engine.engine import Engine, Settings
from batuta.engine.loop import Driver
from batuta.errors import PlanError
from batuta.journal.clock import SystemClock
from batuta.journal.memory import MemoryJournal
from batuta.plans.check import check
from batuta.ports import Chance, Verdict
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.testing.random_calls import Deed
from batuta.testing.random_plans import RandomPlan

__all__ = ["Played", "play"]

_RUN_ID = "r1"


class Played(msgspec.Struct, frozen=True):
    """What became of one run.

    Attributes:
        status: succeeded or failed.
        code, message, path: of the failure; "" if there was none.
        states: of every step instance, by path.
        deeds: every call that arrived, in order.
    """

    status: str
    result: Any
    code: str
    message: str
    path: str
    states: dict[str, str]
    deeds: tuple[Deed, ...]


async def play(
    story: RandomPlan, plan: Plan | None = None, *, moving: random.Random | None = None
) -> Played:
    """Run the plan of `story`, or another `plan` with its capabilities and inputs.

    `moving`: dice for a world in which calls take their time and reads see what was written before them.

    Raises:
        PlanError: the plan has flaws. InputError: the inputs do not fit.
    """
    deeds: list[Deed] = []
    clock = SystemClock()
    engine = Engine(
        MemoryJournal(clock),
        WorkspaceCatalog(story.capabilities(deeds, moving=moving)),
        lambda card, args, path: Verdict(),
        clock,
        Settings(_admit),
        chance=Chance(roll=lambda: 0.0),
    )
    run, _ = engine.accept(plan or story.plan, story.inputs, run_id=_RUN_ID)
    run = await Driver(run, engine).drive()
    failure = failure_of(run) or {"code": "", "message": "", "path": ""}
    states = {path: node.state for path, node in run.nodes.items()}
    result = await result_of(run, engine)
    await engine.journal.close()
    return Played(
        run.status,
        result,
        failure["code"],
        failure["message"],
        failure["path"],
        states,
        tuple(deeds),
    )


def _admit(plan: Plan, cards: Mapping[str, Card]) -> Plan:
    findings = [finding for finding in check(plan, cards) if not finding.warning]
    if findings:
        raise PlanError(findings[0].message, findings=findings)
    return plan

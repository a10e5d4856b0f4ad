"""The pictures of the documentation, drawn from what they show: `python -m tests.docs.pictures` writes them anew."""

import asyncio
import os
from pathlib import Path

import msgspec

from batuta.app import App
from batuta.governance.forecast import forecaster
from batuta.governance.verdict import rules_from
from batuta.journal.memory import MemoryJournal
from batuta.plans.build import plan_from_file
from batuta.plans.draw import plan_svg
from batuta.plans.explain import explain_sound
from batuta.plans.inputs import parse_inputs
from batuta.spec.statistics import Measured, Statistics

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "docs" / "assets"
EXAMPLE = ROOT / "examples" / "refunds"
# What the demo came to on the machine it was written on: seconds, out of two batches.
MEASURED = {
    "account": Measured(48, 0, 0.134, 0.273),
    "decide": Measured(48, 0, 0.002, 0.004),
    "approve": Measured(1, 0, 0.002, 0.002),
    "pay": Measured(48, 1, 0.050, 0.336),
    "report": Measured(2, 0, 0.001, 0.005),
}


def refunds_plan() -> str:
    """Monday's batch of the example, before it runs."""
    return asyncio.run(_refunds_plan())


async def _refunds_plan() -> str:
    plan = plan_from_file(EXAMPLE / "refunds.yaml").plan
    inputs = parse_inputs(plan, [f"batch=@{EXAMPLE / 'monday.csv'}"])
    before = os.environ.get("LEDGER_URL")
    os.environ["LEDGER_URL"] = "http://127.0.0.1:8000"
    try:
        async with await App.open(EXAMPLE, journal=MemoryJournal()) as app:
            policy = rules_from(msgspec.to_builtins(app.workspace.policy))
            explanation = explain_sound(
                plan,
                app.cards,
                forecaster(policy),
                statistics=Statistics(2, MEASURED),
                inputs=inputs,
                budget=app.workspace.budget,
            )
    finally:
        del os.environ["LEDGER_URL"]
        if before is not None:
            os.environ["LEDGER_URL"] = before
    return plan_svg(explanation)


PICTURES = {"refunds-plan.svg": refunds_plan}


if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (ASSETS / name).write_text(draw(), encoding="utf-8")

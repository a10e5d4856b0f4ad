"""The pictures of the documentation, drawn from what they show: `python -m tests.docs.pictures` writes them anew."""

import asyncio
import os
from pathlib import Path

from batuta.app import App
from batuta.governance.forecast import forecaster
from batuta.governance.verdict import Policy
from batuta.journal.memory import MemoryJournal
from batuta.plans.build import plan_from_file
from batuta.plans.draw import plan_svg, run_svg
from batuta.plans.explain import Premises, explain_sound
from batuta.plans.inputs import parse_inputs
from batuta.spec.statistics import Measured, Statistics
from batuta.spec.timeline import timeline
from tests.spec.logbook import failed
from tests.spec.test_timeline import Clocked

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
            policy = Policy(app.workspace.policy)
            log = Statistics(2, MEASURED)
            premises = Premises(app.cards, forecaster(policy), log, app.workspace.budget)
            explanation = explain_sound(plan, premises, inputs=inputs)
    finally:
        del os.environ["LEDGER_URL"]
        if before is not None:
            os.environ["LEDGER_URL"] = before
    return plan_svg(explanation)


def refunds_run() -> str:
    """The same batch as it went: one line was dead for a moment, and somebody was away for four minutes."""
    plan = plan_from_file(EXAMPLE / "refunds.yaml").plan
    book = Clocked(plan)
    book.claim()
    book.at(0.01).spread("account", 8)
    for item in range(8):
        book.at(0.012).start(f"account.{item}", capability="account")
    book.at(0.06).add(
        failed("account.5", code="unavailable", message="the line is dead", retry_at=1_000.21)
    )
    for item in (0, 1, 2, 3, 4, 6, 7):
        book.at(0.08 + 0.015 * item).finish(f"account.{item}")
    book.at(0.21).start("account.5", 2, capability="account")
    book.at(0.31).finish("account.5", 2)
    _items(book, "decide", 0.312, 0.318)
    book.at(0.32).spread("approve", 8)
    for item in (0, 1, 2, 4, 5, 6, 7):
        book.skip(f"approve.{item}")
    book.start("approve.3", capability="approve")
    book.at(0.325).wait("approve.3")
    book.at(252.4).answer("approve.3", {"approved": True})
    book.start("approve.3", 2, capability="approve")
    book.at(252.405).finish("approve.3", 2)
    book.at(252.41).spread("pay", 8)
    book.skip("pay.6")
    for item in (0, 1, 2, 3, 4, 5, 7):
        begin = 252.41 + item // 4 * 0.12
        book.at(begin).start(f"pay.{item}", capability="pay", effect="write")
    for item in (0, 1, 2, 3, 4, 5, 7):
        book.at(252.5 + item // 4 * 0.12 + 0.01 * item).finish(f"pay.{item}")
    book.at(252.7).start("report", capability="report", effect="pure")
    book.at(252.72).finish("report")
    book.at(252.722).end()
    return run_svg(book.run, timeline(book.facts), book.now)


def _items(book: Clocked, step: str, begin: float, end: float) -> None:
    book.at(begin).spread(step, 8)
    for item in range(8):
        book.start(f"{step}.{item}", capability=step, effect="pure")
    for item in range(8):
        book.at(end).finish(f"{step}.{item}")


PICTURES = {"refunds-plan.svg": refunds_plan, "refunds-run.svg": refunds_run}


if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (ASSETS / name).write_text(draw(), encoding="utf-8")

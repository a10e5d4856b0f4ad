"""The pictures of the documentation, drawn from what they show: `python -m tests.docs.pictures` writes them anew."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from batuta.app import App
from batuta.capabilities.registered import plan_of
from batuta.doors.cli.commands.init import files_with
from batuta.governance.forecast import forecaster
from batuta.governance.verdict import Policy
from batuta.journal.memory import MemoryJournal
from batuta.patterns.examples import PATTERNS
from batuta.plans.assignments import parse_inputs
from batuta.plans.build import plan_from_file
from batuta.plans.draw import plan_svg, run_svg
from batuta.plans.explain import Premises, explain_sound
from batuta.spec.plan import Plan
from batuta.spec.statistics import Measured, Statistics
from batuta.spec.timeline import timeline
from tests.spec.logbook import failed
from tests.spec.test_timeline import Clocked

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "docs" / "assets"
EXAMPLE = ROOT / "examples" / "refunds"
DESK = ROOT / "examples" / "support-desk"
_SETTINGS = {"LEDGER_URL": "http://127.0.0.1:8000"}
# What the demo came to on the machine it was written on: seconds, out of two batches.
MEASURED = {
    "account": Measured(48, 0, 0.134, 0.273),
    "decide": Measured(48, 0, 0.002, 0.004),
    "approve": Measured(1, 0, 0.002, 0.002),
    "pay": Measured(48, 1, 0.050, 0.336),
    "report": Measured(2, 0, 0.001, 0.005),
}


# The same of the support desk, out of one run of sixty tickets.
MEASURED_AT_THE_DESK = {
    "file.rows": Measured(3, 0, 0.055, 0.057),
    "local.classify": Measured(60, 0, 0.009, 0.031),
    "local.extract": Measured(60, 0, 0.006, 0.019),
    "shop.order_of": Measured(60, 0, 0.011, 0.032),
    "questions": Measured(60, 0, 0.001, 0.002),
    "handbook.search": Measured(92, 0, 0.019, 0.060),
    "local.answer": Measured(92, 0, 0.004, 0.011),
    "cited": Measured(82, 0, 0.002, 0.013),
    "decide": Measured(60, 0, 0.001, 0.002),
    "once": Measured(1, 0, 0.002, 0.002),
    "approve": Measured(3, 0, 0.002, 0.002),
    "bank.pay": Measured(18, 0, 0.014, 0.240),
    "draft": Measured(60, 0, 0.001, 0.003),
    "summary": Measured(1, 0, 0.004, 0.004),
    "report.write": Measured(2, 0, 0.130, 0.150),
}


def refunds_plan() -> str:
    """Monday's batch of the example, before it runs."""
    return asyncio.run(_plan(EXAMPLE, "refunds.yaml", "batch=@monday.csv", Statistics(2, MEASURED)))


def support_desk() -> str:
    """The plan that answers tickets, before it runs once more; a box for each plan that its steps carry out."""
    log = Statistics(1, MEASURED_AT_THE_DESK)
    return asyncio.run(_plan(DESK, "plans/answer-tickets.yaml", "tickets=tickets.csv", log))


async def _plan(folder: Path, file: str, given: str, log: Statistics) -> str:
    plan = plan_from_file(folder / file).plan
    before = {name: os.environ.get(name) for name in _SETTINGS}, Path.cwd()
    os.environ.update(_SETTINGS)
    os.chdir(folder)
    try:
        inputs = parse_inputs(plan, [given], str(folder))
        async with await App.open(folder, journal=MemoryJournal()) as app:
            policy = Policy(app.workspace.policy)
            cards, plans = app.cards, partial(plan_of, app.engine.catalog.get)
            premises = Premises(cards, forecaster(policy), log, app.workspace.budget, plan_of=plans)
            pinned = await app.pinned(plan, inputs)
            explanation = explain_sound(plan, premises, inputs=pinned)
    finally:
        os.chdir(before[1])
        for name, value in before[0].items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
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


def team(pattern: str) -> str:
    """The plan of a pattern, as `init --pattern` begins with it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files_with(pattern).items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        return asyncio.run(_explained(folder, PATTERNS[pattern].plans()[0]))


async def _explained(folder: str, plan: Plan) -> str:
    async with await App.open(folder, journal=MemoryJournal()) as app:
        return plan_svg(await app.explain(plan))


PICTURES: dict[str, Callable[[], str]] = {
    "refunds-plan.svg": refunds_plan,
    "refunds-run.svg": refunds_run,
    "support-desk.svg": support_desk,
    **{f"pattern-{name}.svg": partial(team, name) for name in PATTERNS},
}


if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (ASSETS / name).write_text(draw(), encoding="utf-8")

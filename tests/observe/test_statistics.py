"""What a journal has measured: attempts, times without people, costs, by capability and by step."""

import time

from batuta.journal.memory import MemoryJournal
from batuta.journal.sqlite import open_sqlite
from batuta.observe.statistics import statistics
from batuta.ports import Journal
from batuta.spec.facts import (
    Accepted,
    Answered,
    Doubted,
    Dropped,
    Ended,
    Expanded,
    Fact,
    Failure,
    Finished,
    Lost,
    Started,
    Waited,
)
from batuta.spec.request import Request
from batuta.spec.statistics import Measured, Statistics
from batuta.spec.value import inline

SLOT = inline({})
NUSD = 1_000


def started(path: str, at: float, attempt: int = 1, use: str = "pay", price: int = 0) -> Started:
    return Started(
        at=at,
        path=path,
        attempt=attempt,
        term=1,
        capability=use,
        effect="write",
        key="k",
        args_digest="d",
        reserved_nusd=price,
        metered=price > 0,
    )


def done(path: str, at: float, attempt: int = 1, cost: int = 0) -> Finished:
    return Finished(at=at, path=path, attempt=attempt, value=SLOT, cost_nusd=cost)


def write(journal: Journal, run: str, *facts: Fact, plan: str = "p") -> None:
    accepted = Accepted(at=0, run=run, request=Request(plan=plan, inputs=SLOT), salt="00" * 16)
    ended = Ended(at=99, term=1, status="succeeded")
    journal.append(run, (accepted, *facts, ended), after=0)


async def measured(*facts: Fact) -> Statistics:
    journal = MemoryJournal()
    write(journal, "r1", *facts)
    return await statistics(journal)


async def test_an_empty_journal_knows_nothing() -> None:
    assert await statistics(MemoryJournal()) == Statistics()


async def test_percentiles_are_of_what_succeeded_and_costs_of_everything() -> None:
    facts: list[Fact] = []
    for number in range(20):
        facts += [
            started(f"a.{number}", 10, price=NUSD),
            done(f"a.{number}", 11 + number, cost=100),
        ]
    failure = Failure(at=500, path="b", attempt=1, code="no", message="", cost_nusd=2_200)
    found = await measured(*facts, started("b", 10, price=NUSD), failure)
    assert found.capabilities == {
        "pay": Measured(21, 1, p50_s=10, p95_s=19, p99_s=20, cost_nusd=200, capability="pay")
    }
    assert found.steps == {
        ("p", "a"): Measured(20, 0, p50_s=10, p95_s=19, p99_s=20, cost_nusd=100, capability="pay"),
        ("p", "b"): Measured(1, 1, cost_nusd=2_200, capability="pay"),
    }
    assert found.runs == 1


async def test_the_time_that_people_take_is_left_out() -> None:
    question = {"term": 1, "question": SLOT}
    found = await measured(
        Waited(at=1, path="a", attempt=0, kind="approval", **question),
        Answered(at=1_000, path="a", attempt=0, kind="approval", value=SLOT),
        started("a", 1_001),
        Waited(at=1_003, path="a", attempt=1, kind="answer", **question),
        Answered(at=9_000, path="a", attempt=1, kind="answer", value=SLOT),
        started("a", 9_001, 2),
        done("a", 9_004, 2),
    )
    assert found.steps["p", "a"] == Measured(1, 0, p50_s=5, p95_s=5, p99_s=5, capability="pay")


async def test_every_attempt_counts_once_and_what_says_nothing_not_at_all() -> None:
    found = await measured(
        started("a", 0),
        Failure(at=1, path="a", attempt=1, code="busy", message="", retry_at=2),
        started("a", 2, 2),
        Lost(at=3, path="a", attempt=2),
        started("a", 3, 3),
        done("a", 3.5, 3),
        started("b", 0),
        Dropped(at=9, path="b", attempt=1, why=""),
        started("c", 0),
        Doubted(at=7, path="c", attempt=1, why="", resolve="ask"),
        Failure(at=1, path="d", attempt=1, code="denied", message=""),
    )
    assert found.capabilities == {
        "pay": Measured(3, 2, p50_s=0.5, p95_s=0.5, p99_s=0.5, capability="pay")
    }
    assert set(found.steps) == {("p", "a"), ("p", "c")}


async def test_items_rounds_and_compensations_belong_to_their_step() -> None:
    paths = ("a", "a.3", "a~2", "a.3~1", "a.3/undo", "think/1/inside", "think/1/inside.2/undo")
    facts = [fact for path in paths for fact in (started(path, 0), done(path, 1))]
    found = await measured(*facts)
    assert {name: one.calls for (_, name), one in found.steps.items()} == {"a": 4, "a/undo": 1}
    assert found.capabilities["pay"].calls == 7


async def test_a_call_that_answers_with_a_plan_counts_for_its_capability_only() -> None:
    expanded = Expanded(
        at=2, path="a", attempt=1, term=1, plan=SLOT, plan_digest="", cards=SLOT, inputs=SLOT
    )
    found = await measured(started("a", 0), expanded, done("a", 50))
    assert (found.steps, found.capabilities["pay"].p50_s) == ({}, 2)


async def test_a_step_that_calls_something_else_by_now_is_judged_anew() -> None:
    journal = MemoryJournal()
    write(journal, "r1", started("a", 0, use="old"), done("a", 100))
    write(journal, "r2", started("a", 0, use="new"), done("a", 1))
    found = await statistics(journal)
    assert found.steps["p", "a"] == Measured(1, 0, p50_s=1, p95_s=1, p99_s=1, capability="new")
    assert found.capabilities["old"].calls == 1


async def test_only_the_newest_runs_are_looked_at() -> None:
    journal = MemoryJournal()
    for number in range(5):
        write(journal, f"r{number}", started("a", 0), done("a", number))
    found = await statistics(journal, runs_max=2)
    assert (found.runs, found.steps["p", "a"].calls, found.steps["p", "a"].p95_s) == (2, 2, 4)


async def test_facts_that_retention_has_left_are_enough() -> None:
    journal = MemoryJournal()
    write(journal, "r1", started("a", 0), done("a", 2))
    assert (await journal.gc(older_than=1e12, now=1e12))["runs"] == 1
    assert (await statistics(journal)).steps["p", "a"].p50_s == 2


async def test_clocks_that_went_back_measure_nothing_below_zero() -> None:
    found = await measured(started("a", 10), done("a", 4))
    assert found.steps["p", "a"].p50_s == 0


async def test_500_runs_of_50_steps_are_read_in_a_moment(tmp_path: object) -> None:
    journal = open_sqlite(f"{tmp_path}/journal.sqlite")
    facts = [
        fact
        for step in range(50)
        for fact in (started(f"s{step}", step, price=NUSD), done(f"s{step}", step + 1, cost=5))
    ]
    for number in range(500):
        write(journal, f"r{number:03}", *facts)
    await journal.flush()
    begun = time.process_time()
    found = await statistics(journal)
    took_s = time.process_time() - begun
    await journal.close()
    assert (found.runs, found.capabilities["pay"].calls) == (500, 25_000)
    # 0.4 s on the machine this was written on, which was busy; a slow one gets four times that.
    assert took_s < 2.0

"""Lists of runs. The name of each law is its sentence."""

# ruff: noqa: D103

from typing import Any

import msgspec

from batuta.ports import WORKSPACE
from batuta.spec.facts import Answered, CancelRequested, Claimed, Fact, Parked, Restored
from batuta.spec.value import Value
from batuta.testing.journal_laws.world import JournalWorld, accepted, append, ended, finished

__all__ = [
    "runs_are_listed_newest_first_by_status_and_by_due_time",
    "runs_are_narrowed_by_plan_and_by_the_time_they_were_accepted",
    "the_list_of_runs_follows_the_facts",
]


async def the_list_of_runs_follows_the_facts(world: JournalWorld) -> None:
    journal = world.open()

    async def status(*facts: Fact) -> tuple[str, float | None, str, float]:
        head = len(await journal.read("run"))
        await append(journal, "run", facts, after=head)
        (row,) = await journal.runs()
        assert (row.run, row.plan, row.accepted_at, row.head) == (
            "run",
            "plan",
            1.0,
            head + len(facts),
        )
        return row.status, row.wake_at, row.owner, row.updated_at

    me = journal.owner
    answered = Answered(at=5.0, path="a", attempt=1, kind="answer", value=Value())
    assert await status(accepted("run")) == ("running", 1.0, "", 1.0)
    assert await status(Claimed(at=2.0, owner=me, term=1)) == ("running", None, me, 2.0)
    assert await status(finished("a", at=2.5)) == ("running", None, me, 2.5)
    assert await status(Parked(at=3.0, term=1, wake_at=30.0)) == ("running", 30.0, "", 3.0)
    assert await status(Claimed(at=3.5, owner=me, term=2)) == ("running", None, me, 3.5)
    assert await status(Parked(at=4.0, term=2, waiting=("a",))) == ("waiting", None, "", 4.0)
    assert await status(answered) == ("waiting", 5.0, "", 5.0)
    assert await status(Claimed(at=6.0, owner=me, term=3)) == ("running", None, me, 6.0)
    assert await status(ended(7.0)) == ("succeeded", None, "", 7.0)
    assert await status(CancelRequested(at=8.0)) == ("succeeded", None, "", 8.0)


async def runs_are_listed_newest_first_by_status_and_by_due_time(world: JournalWorld) -> None:
    journal = world.open()
    me = journal.owner
    await append(journal, WORKSPACE, [Restored(at=0.5, epoch=1)], after=0)
    for n, rest in enumerate(
        (
            [],
            [Parked(at=2.0, term=1, wake_at=50.0)],
            [Parked(at=2.0, term=1, waiting=("a",))],
            [Parked(at=2.0, term=1, waiting=("a",), wake_at=60.0)],
            [ended()],
        )
    ):
        run = f"run{n}"
        journal.append(run, [accepted(run), Claimed(at=1.0, owner=me, term=1), *rest], after=0)
    journal.append("fresh", [accepted("fresh", at=55.0)], after=0)
    await journal.flush()

    async def names(
        status: str | tuple[str, ...] = "", due_at: float | None = None, limit: int = 99
    ) -> list[str]:
        return [row.run for row in await journal.runs(status=status, due_at=due_at, limit=limit)]

    assert await names() == ["fresh", "run4", "run3", "run2", "run1", "run0"]
    assert await names(limit=2) == ["fresh", "run4"]
    assert await names("waiting") == ["run3", "run2"]
    assert await names("running") == ["fresh", "run1", "run0"]
    assert await names("succeeded") == ["run4"]
    assert await names("failed") == []
    assert await names(()) == await names()
    assert await names(("succeeded", "waiting")) == ["run4", "run3", "run2"]
    assert await names(("succeeded", "waiting"), limit=2) == ["run4", "run3"]
    assert await names(due_at=49.0) == []
    assert await names(due_at=55.0) == ["fresh", "run1"]
    assert await names(due_at=60.0) == ["fresh", "run3", "run1"]
    assert await names("waiting", due_at=60.0) == ["run3"]
    assert await names(("running", "waiting"), due_at=60.0) == ["fresh", "run3", "run1"]


async def runs_are_narrowed_by_plan_and_by_the_time_they_were_accepted(world: JournalWorld) -> None:
    journal = world.open()
    for n, plan in enumerate(("a", "b", "a", "b")):
        fact = accepted(f"run{n}", at=float(n))
        request = msgspec.structs.replace(fact.request, plan=plan)
        journal.append(f"run{n}", [msgspec.structs.replace(fact, request=request)], after=0)
    await append(journal, "run0", [ended(9.0)], after=1)

    async def names(**narrow: Any) -> list[str]:
        return [row.run for row in await journal.runs(**narrow)]

    assert await names(plan="a") == ["run2", "run0"]
    assert await names(plan="A") == []
    assert await names(since=1.0) == ["run3", "run2", "run1"]
    assert await names(plan="b", since=1.5) == ["run3"]
    assert await names(plan="a", status="running") == ["run2"]
    assert await names(plan="a", status=("running", "succeeded"), limit=1) == ["run2"]
    assert await names(plan="a", due_at=9.0) == ["run2"]
    assert await names(since=2.5, due_at=9.0) == ["run3"]
    assert await names(since=2.5, due_at=2.0) == []
    # In pages: those that are older than the last one of the page before.
    assert await names(before="run2") == ["run1", "run0"]
    assert await names(before="run3", plan="a", limit=1) == ["run2"]
    assert await names(before="run1", status="running") == []
    assert await names(before="nobody", limit=1) == ["run3"]

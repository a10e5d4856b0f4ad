"""What every journal must do, as a list of laws that any implementation can run against itself.

Each law is a coroutine that takes a `JournalWorld` and raises `AssertionError` if the law is broken:

    @pytest.mark.parametrize("law", JOURNAL_LAWS, ids=lambda law: law.__name__)
    async def test_my_journal_obeys(law, world):
        await law(world)
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from batuta.errors import BatutaError, Conflict, JournalError, NotFound
from batuta.ports import WORKSPACE, Journal, Receipt
from batuta.spec.facts import (
    Accepted,
    Answered,
    CancelRequested,
    Claimed,
    Ended,
    Fact,
    Finished,
    Parked,
    Purged,
    Restored,
)
from batuta.spec.request import Request
from batuta.spec.value import Value, encode

__all__ = ["JOURNAL_LAWS", "JournalWorld", "Law"]


class JournalWorld(Protocol):
    """One store, and processes that use it."""

    def open(self) -> Journal:
        """The journal as one more process sees it. The world closes it in the end."""
        ...

    def kill(self, journal: Journal) -> None:
        """The process of `journal` dies at once; what it held is free, what it had not committed is lost."""
        ...


Law = Callable[[JournalWorld], Awaitable[None]]

# How long a law waits for something that must come (s): generous, since it is no measurement.
_PATIENCE_S = 10.0


def _accepted(run: str, at: float = 1.0) -> Accepted:
    return Accepted(at=at, run=run, request=Request(plan="plan"), salt="5a17")


def _finished(path: str, data: object = None, at: float = 2.0) -> Finished:
    return Finished(at=at, path=path, attempt=1, value=Value(data=msgspec.Raw(encode(data))))


def _ended(at: float = 9.0) -> Ended:
    return Ended(at=at, term=1, status="succeeded")


async def _facts(journal: Journal, stream: str) -> list[Fact]:
    return [row.fact for row in await journal.read(stream)]


async def _append(
    journal: Journal, stream: str, facts: Sequence[Fact], *, after: int | None
) -> Receipt:
    receipt = journal.append(stream, facts, after=after)
    await journal.commit(receipt)
    return receipt


async def _error(awaitable: Awaitable[object]) -> BatutaError | None:
    try:
        await awaitable
    except BatutaError as error:
        return error
    return None


# --- appending and reading ---------------------------------------------------------------------------


async def what_is_committed_is_read_as_it_was_appended(world: JournalWorld) -> None:
    journal = world.open()
    facts = [_accepted("run"), Claimed(at=1.5, owner="me", term=1), _finished("a", {"n": 1})]
    receipt = await _append(journal, "run", facts, after=0)
    rows = await journal.read("run")
    assert [row.fact for row in rows] == facts
    assert [(row.stream, row.seq) for row in rows] == [("run", 1), ("run", 2), ("run", 3)]
    assert receipt.head == 3


async def reading_behind_a_position_gives_only_what_follows(world: JournalWorld) -> None:
    journal = world.open()
    facts = [_finished(f"s{n}") for n in range(5)]
    await _append(journal, "run", facts, after=0)
    assert [row.fact for row in await journal.read("run", after=3)] == facts[3:]
    assert await journal.read("run", after=5) == []
    assert await journal.read("other") == []


async def an_append_at_the_wrong_position_is_refused_whole(world: JournalWorld) -> None:
    journal = world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    for after in (0, 2):
        refused = journal.append("run", [_finished("a"), _finished("b")], after=after)
        assert isinstance(await _error(journal.commit(refused)), Conflict)
    assert await _facts(journal, "run") == [_accepted("run")]


async def appends_that_counted_on_a_refused_one_are_refused_too(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    answer = CancelRequested(at=3.0)
    await _append(other, "run", [answer], after=None)
    # The first is refused. The second would now stand where it expects to, but counts on the first.
    first = journal.append("run", [_finished("a")], after=1)
    second = journal.append("run", [_finished("b")], after=2)
    third = journal.append("run", [_finished("c")], after=3)
    assert [type(await _error(journal.commit(r))) for r in (third, second, first)] == [Conflict] * 3
    assert await _facts(journal, "run") == [_accepted("run"), answer]


async def after_a_refusal_a_fresh_look_lets_one_append_again(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    await _append(other, "run", [CancelRequested(at=3.0)], after=None)
    refused = journal.append("run", [_finished("a")], after=1)
    assert isinstance(await _error(journal.commit(refused)), Conflict)
    head = (await journal.read("run"))[-1].seq
    receipt = await _append(journal, "run", [_finished("a")], after=head)
    assert receipt.head == 3


async def an_outsider_between_two_appends_does_not_let_the_second_pass(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    await _append(other, "run", [CancelRequested(at=3.0)], after=None)
    first = journal.append("run", [_finished("a")], after=1)
    journal.append("run", [CancelRequested(at=4.0)], after=None)
    second = journal.append("run", [_finished("b")], after=2)
    third = journal.append("run", [_finished("c")], after=3)
    assert [type(await _error(journal.commit(r))) for r in (first, second, third)] == [Conflict] * 3


async def a_refusal_in_one_stream_leaves_the_others_alone(world: JournalWorld) -> None:
    journal = world.open()
    refused = journal.append("a", [_finished("x")], after=7)
    stored = journal.append("b", [_accepted("b")], after=0)
    await journal.commit(stored)
    assert isinstance(await _error(journal.commit(refused)), Conflict)
    assert (await _facts(journal, "a"), await _facts(journal, "b")) == ([], [_accepted("b")])


async def an_append_without_a_condition_stands_at_the_end(world: JournalWorld) -> None:
    journal = world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    await _append(journal, "run", [CancelRequested(at=2.0)], after=None)
    rows = await journal.read("run")
    assert [row.seq for row in rows] == [1, 2]


async def a_commit_commits_everything_appended_before_it(world: JournalWorld) -> None:
    journal = world.open()
    for n in range(20):
        journal.append(f"run{n}", [_accepted(f"run{n}")], after=0)
    await journal.commit(journal.append("last", [_accepted("last")], after=0))
    assert [len(await journal.read(f"run{n}")) for n in range(20)] == [1] * 20


async def streams_are_chained_without_waiting(world: JournalWorld) -> None:
    journal = world.open()
    head, receipt = 0, None
    for n in range(200):
        receipt = journal.append("run", [_finished(f"s{n}")], after=head)
        head = receipt.head
    assert receipt is not None
    await journal.commit(receipt)
    assert [row.seq for row in await journal.read("run")] == list(range(1, 201))


async def many_may_wait_for_one_commit_and_one_may_ask_twice(world: JournalWorld) -> None:
    journal = world.open()
    receipts = [journal.append(f"r{n}", [_accepted(f"r{n}")], after=0) for n in range(50)]
    refused = journal.append("r0", [_accepted("r0")], after=0)
    await asyncio.gather(*(journal.commit(r) for r in receipts * 2))
    errors = [type(await _error(journal.commit(refused))) for _ in range(2)]
    assert errors == [Conflict, Conflict]


async def a_waiter_that_is_cancelled_disturbs_nobody(world: JournalWorld) -> None:
    journal = world.open()
    first = journal.append("a", [_accepted("a")], after=0)
    impatient = asyncio.create_task(journal.commit(first))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    await journal.commit(journal.append("b", [_accepted("b")], after=0))
    assert len(await journal.read("a")) == 1


async def flush_waits_for_everything_and_raises_nothing(world: JournalWorld) -> None:
    journal = world.open()
    journal.append("run", [_accepted("run")], after=0)
    journal.append("run", [_accepted("run")], after=0)
    await journal.flush()
    assert len(await journal.read("run")) == 1


async def the_global_order_is_that_of_appending(world: JournalWorld) -> None:
    journal = world.open()
    for n in range(6):
        journal.append(f"run{n % 2}", [_finished(f"s{n}")], after=n // 2)
    await journal.flush()
    rows = await journal.read_all()
    assert [row.fact for row in rows] == [_finished(f"s{n}") for n in range(6)]
    gseqs = [row.gseq for row in rows]
    assert gseqs == sorted(set(gseqs))
    assert await journal.read_all(after=gseqs[1], limit=2) == rows[2:4]


async def what_another_process_commits_is_read(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    await _append(other, "run", [CancelRequested(at=2.0)], after=1)
    await _append(journal, "run", [_finished("a")], after=2)
    assert len(await other.read("run")) == 3
    assert [row.seq for row in await other.read_all()] == [1, 2, 3]


async def of_two_processes_with_the_same_position_one_wins(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    results = await asyncio.gather(
        _error(_append(journal, "run", [Claimed(at=2.0, owner="a", term=1)], after=1)),
        _error(_append(other, "run", [Claimed(at=2.0, owner="b", term=1)], after=1)),
    )
    assert sorted(type(error) is Conflict for error in results) == [False, True]
    assert len(await journal.read("run")) == 2


async def what_was_acknowledged_outlives_the_process(world: JournalWorld) -> None:
    journal = world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    world.kill(journal)
    assert await _facts(world.open(), "run") == [_accepted("run")]


# --- noticing ----------------------------------------------------------------------------------------


async def waiting_ends_when_a_fact_lands(world: JournalWorld) -> None:
    for writer in (0, 1):
        journals = [world.open(), world.open()]
        stream = f"run{writer}"
        await _append(journals[0], stream, [_accepted(stream)], after=0)
        waiting = asyncio.create_task(journals[0].wait(stream, after=1, timeout_s=_PATIENCE_S))
        await asyncio.sleep(0)
        await _append(journals[writer], stream, [CancelRequested(at=2.0)], after=None)
        assert await waiting is True


async def waiting_for_what_is_there_returns_at_once_and_for_nothing_times_out(
    world: JournalWorld,
) -> None:
    journal = world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    assert await journal.wait("run", after=0, timeout_s=_PATIENCE_S) is True
    assert await journal.wait("run", after=1, timeout_s=0.01) is False
    assert await journal.wait("none", after=0, timeout_s=0.0) is False


async def watchers_hear_of_other_writers_only(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    heard = asyncio.Event()
    undo = journal.watch("run", heard.set)
    await _append(journal, "run", [_accepted("run")], after=0)
    await asyncio.sleep(0)
    assert not heard.is_set()
    await _append(other, "run", [CancelRequested(at=2.0)], after=1)
    await asyncio.wait_for(heard.wait(), _PATIENCE_S)
    undo()


async def a_watcher_hears_of_an_outsider_in_its_own_process(world: JournalWorld) -> None:
    journal = world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    heard = asyncio.Event()
    undo = journal.watch("run", heard.set)
    await _append(journal, "run", [CancelRequested(at=2.0)], after=None)
    await asyncio.wait_for(heard.wait(), _PATIENCE_S)
    undo()
    undo()


# --- ownership ---------------------------------------------------------------------------------------


async def a_run_can_be_claimed_by_one_living_process(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    await _append(journal, "run", [_accepted("run")], after=0)
    assert await other.claim("run") is True
    claimed = Claimed(at=2.0, owner=journal.owner, term=1)
    await _append(journal, "run", [claimed], after=1)
    assert (await journal.claim("run"), await other.claim("run")) == (True, False)
    await _append(journal, "run", [Parked(at=3.0, term=1, waiting=("a",))], after=2)
    assert await other.claim("run") is True
    assert journal.owner != other.owner


async def the_runs_of_a_dead_process_can_be_claimed(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    facts = [_accepted("run"), Claimed(at=2.0, owner=journal.owner, term=1)]
    await _append(journal, "run", facts, after=0)
    assert await other.runs(due_at=99.0) == []
    world.kill(journal)
    assert await other.claim("run") is True
    assert [(row.run, row.owner) for row in await other.runs(due_at=0.0)] == [("run", "")]


# --- lists of runs -----------------------------------------------------------------------------------


async def the_list_of_runs_follows_the_facts(world: JournalWorld) -> None:
    journal = world.open()

    async def status(*facts: Fact) -> tuple[str, float | None, str, float]:
        head = len(await journal.read("run"))
        await _append(journal, "run", facts, after=head)
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
    assert await status(_accepted("run")) == ("running", 1.0, "", 1.0)
    assert await status(Claimed(at=2.0, owner=me, term=1)) == ("running", None, me, 2.0)
    assert await status(_finished("a", at=2.5)) == ("running", None, me, 2.5)
    assert await status(Parked(at=3.0, term=1, wake_at=30.0)) == ("running", 30.0, "", 3.0)
    assert await status(Claimed(at=3.5, owner=me, term=2)) == ("running", None, me, 3.5)
    assert await status(Parked(at=4.0, term=2, waiting=("a",))) == ("waiting", None, "", 4.0)
    assert await status(answered) == ("waiting", 5.0, "", 5.0)
    assert await status(Claimed(at=6.0, owner=me, term=3)) == ("running", None, me, 6.0)
    assert await status(_ended(7.0)) == ("succeeded", None, "", 7.0)
    assert await status(CancelRequested(at=8.0)) == ("succeeded", None, "", 8.0)


async def runs_are_listed_newest_first_by_status_and_by_due_time(world: JournalWorld) -> None:
    journal = world.open()
    me = journal.owner
    await _append(journal, WORKSPACE, [Restored(at=0.5, epoch=1)], after=0)
    for n, rest in enumerate(
        (
            [],
            [Parked(at=2.0, term=1, wake_at=50.0)],
            [Parked(at=2.0, term=1, waiting=("a",))],
            [Parked(at=2.0, term=1, waiting=("a",), wake_at=60.0)],
            [_ended()],
        )
    ):
        run = f"run{n}"
        journal.append(run, [_accepted(run), Claimed(at=1.0, owner=me, term=1), *rest], after=0)
    journal.append("fresh", [_accepted("fresh", at=55.0)], after=0)
    await journal.flush()

    async def names(status: str = "", due_at: float | None = None, limit: int = 99) -> list[str]:
        return [row.run for row in await journal.runs(status=status, due_at=due_at, limit=limit)]

    assert await names() == ["fresh", "run4", "run3", "run2", "run1", "run0"]
    assert await names(limit=2) == ["fresh", "run4"]
    assert await names("waiting") == ["run3", "run2"]
    assert await names("running") == ["fresh", "run1", "run0"]
    assert await names("succeeded") == ["run4"]
    assert await names("failed") == []
    assert await names(due_at=49.0) == []
    assert await names(due_at=55.0) == ["fresh", "run1"]
    assert await names(due_at=60.0) == ["fresh", "run3", "run1"]
    assert await names("waiting", due_at=60.0) == ["run3"]


# --- values ------------------------------------------------------------------------------------------


async def a_value_is_stored_once_under_its_name(world: JournalWorld) -> None:
    journal, other = world.open(), world.open()
    body = encode("x" * 5_000)
    ref = journal.put(body)
    assert journal.put(body) == ref
    fact = Finished(at=1.0, path="a", attempt=1, value=Value(ref=ref, size=len(body)))
    await _append(journal, "run", [fact], after=0)
    assert other.put(body) == ref
    assert (await journal.get(ref), await other.get(ref)) == (body, body)
    assert other.put(encode("y")) != ref


async def an_unknown_value_is_not_found(world: JournalWorld) -> None:
    journal = world.open()
    for ref in ("ab" * 20, "nonsense", ""):
        assert isinstance(await _error(journal.get(ref)), NotFound), ref


async def a_fact_that_refers_to_nothing_stored_is_refused(world: JournalWorld) -> None:
    journal = world.open()
    fact = Finished(at=1.0, path="a", attempt=1, value=Value(ref="ab" * 20, size=1))
    error = await _error(_append(journal, "run", [fact], after=0))
    assert isinstance(error, JournalError)
    assert await journal.read("run") == []


async def messages_form_threads_that_share_their_beginnings(world: JournalWorld) -> None:
    journal = world.open()
    texts = [encode({"n": n}) for n in range(4)]
    root = journal.put(texts[0])
    reply = journal.put(texts[1], parent=root)
    left = journal.put(texts[2], parent=reply)
    right = journal.put(texts[3], parent=reply)
    fact = Finished(at=1.0, path="a", attempt=1, value=Value(ref=left, size=1))
    await _append(journal, "run", [fact], after=0)
    assert await journal.thread(left) == texts[:3]
    assert await journal.thread(right) == [texts[0], texts[1], texts[3]]
    assert await journal.thread(root) == texts[:1]
    assert journal.put(texts[2]) != left


# --- retention ---------------------------------------------------------------------------------------

_DAY_S = 86_400.0


async def retention_erases_old_runs_and_keeps_their_shape(world: JournalWorld) -> None:
    journal = world.open()
    ref = journal.put(encode("secret " * 1_000))
    done = Finished(at=2.0, path="a", attempt=1, value=Value(ref=ref, size=9, mark="c0"))
    small = Finished(
        at=2.0, path="b", attempt=1, value=Value(data=msgspec.Raw(b'"secret"'), mark="c1")
    )
    await _append(journal, "old", [_accepted("old"), done, small, _ended(9.0)], after=0)
    await _append(journal, "new", [_accepted("new"), _ended(11.0)], after=0)
    counts = await journal.gc(older_than=10.0, now=20.0)
    assert (counts["runs"], counts["values"]) == (1, 0)
    facts = await _facts(journal, "old")
    assert facts[1:] == [
        Finished(at=2.0, path="a", attempt=1, value=Value(mark="c0")),
        Finished(at=2.0, path="b", attempt=1, value=Value(mark="c1")),
        _ended(9.0),
        Purged(at=20.0),
    ]
    assert isinstance(facts[0], Accepted)
    assert facts[0].salt == ""
    assert await _facts(journal, "new") == [_accepted("new"), _ended(11.0)]
    assert (await journal.runs(status="succeeded"))[-1].run == "old"
    assert (await journal.gc(older_than=10.0, now=30.0))["runs"] == 0


async def a_value_goes_when_nothing_uses_it_and_not_before(world: JournalWorld) -> None:
    journal = world.open()
    root = journal.put(encode("root"))
    leaf = journal.put(encode("leaf"), parent=root)
    shared = journal.put(encode("shared"))
    loose = journal.put(encode("loose"))

    def use(*refs: str) -> list[Fact]:
        return [Finished(at=2.0, path="a", attempt=1, value=Value(ref=ref, size=1)) for ref in refs]

    await _append(journal, "old", [_accepted("old"), *use(leaf, shared), _ended(3.0)], after=0)
    await _append(journal, "new", [_accepted("new"), *use(shared)], after=0)

    async def gone(now: float) -> list[bool]:
        await journal.gc(older_than=10.0, now=now)
        return [await _error(journal.get(ref)) is not None for ref in (root, leaf, shared, loose)]

    stored_at = 0.0
    assert await gone(stored_at) == [False, False, False, False]
    far = 4e9  # later than any clock of the system says
    assert await gone(far + _DAY_S) == [True, True, False, True]


async def a_closed_journal_keeps_what_was_queued_and_takes_no_more(world: JournalWorld) -> None:
    journal = world.open()
    journal.append("run", [_accepted("run")], after=0)
    await journal.close()
    await journal.close()
    try:
        journal.append("run", [_finished("a")], after=1)
    except JournalError:
        pass
    else:
        raise AssertionError("a closed journal must refuse")
    assert await _facts(world.open(), "run") == [_accepted("run")]


JOURNAL_LAWS: tuple[Law, ...] = (
    what_is_committed_is_read_as_it_was_appended,
    reading_behind_a_position_gives_only_what_follows,
    an_append_at_the_wrong_position_is_refused_whole,
    appends_that_counted_on_a_refused_one_are_refused_too,
    after_a_refusal_a_fresh_look_lets_one_append_again,
    an_outsider_between_two_appends_does_not_let_the_second_pass,
    a_refusal_in_one_stream_leaves_the_others_alone,
    an_append_without_a_condition_stands_at_the_end,
    a_commit_commits_everything_appended_before_it,
    streams_are_chained_without_waiting,
    many_may_wait_for_one_commit_and_one_may_ask_twice,
    a_waiter_that_is_cancelled_disturbs_nobody,
    flush_waits_for_everything_and_raises_nothing,
    the_global_order_is_that_of_appending,
    what_another_process_commits_is_read,
    of_two_processes_with_the_same_position_one_wins,
    what_was_acknowledged_outlives_the_process,
    waiting_ends_when_a_fact_lands,
    waiting_for_what_is_there_returns_at_once_and_for_nothing_times_out,
    watchers_hear_of_other_writers_only,
    a_watcher_hears_of_an_outsider_in_its_own_process,
    a_run_can_be_claimed_by_one_living_process,
    the_runs_of_a_dead_process_can_be_claimed,
    the_list_of_runs_follows_the_facts,
    runs_are_listed_newest_first_by_status_and_by_due_time,
    a_value_is_stored_once_under_its_name,
    an_unknown_value_is_not_found,
    a_fact_that_refers_to_nothing_stored_is_refused,
    messages_form_threads_that_share_their_beginnings,
    retention_erases_old_runs_and_keeps_their_shape,
    a_value_goes_when_nothing_uses_it_and_not_before,
    a_closed_journal_keeps_what_was_queued_and_takes_no_more,
)

"""The log as its owner keeps it: applied and queued in one breath, given up and told again when refused."""

import pytest

from batuta.engine import log as log_module
from batuta.engine.log import OwnLog
from batuta.errors import JournalFull
from batuta.spec.facts import (
    CancelRequested,
    Claimed,
    Finished,
    Spread,
    Started,
)
from batuta.spec.fold import apply
from batuta.spec.run import RUNNING, Run
from batuta.spec.value import inline
from tests.engine.builders import House

NULL = inline(None)


def claimed(owner: str, term: int) -> Claimed:
    return Claimed(at=1, owner=owner, term=term)


def started(path: str, attempt: int = 1, term: int = 1) -> Started:
    return Started(
        at=1, path=path, attempt=attempt, term=term, capability="echo", effect="pure", key="k", args_digest="d"
    )  # fmt: skip


def finished(path: str, attempt: int = 1) -> Finished:
    return Finished(at=1, path=path, attempt=attempt, value=NULL)


async def owned() -> tuple[House, Run, OwnLog]:
    house = House()
    run = house.accept("steps: {a: {use: echo}, b: {use: echo}, e: {use: echo, each: '[1, 2]'}}")
    log = OwnLog(run, house.journal)
    log.record(claimed(house.journal.owner, 1))
    return house, run, log


async def test_what_is_recorded_is_applied_at_once_and_stored_as_one_append() -> None:
    house, run, log = await owned()
    log.record(started("a"), started("b"))
    assert (run.nodes["a"].state, run.head, log.unrecorded) == (RUNNING, 5, True)
    receipt = log.flush()
    assert receipt is not None
    assert (receipt.head, log.unrecorded, log.flush()) == (5, False, None)
    assert await log.confirm()
    assert (await house.engine.read("r1")).head == run.head


async def test_what_does_not_count_is_neither_applied_nor_stored() -> None:
    house, run, log = await owned()
    log.record(finished("a"), started("a"), started("a"))
    log.flush()
    assert await log.confirm()
    assert [type(fact).__name__ for fact in await house.facts()][2:] == ["Claimed", "Started"]
    assert run.ignored == 0


async def test_it_is_owned_as_long_as_the_last_claim_is_ours() -> None:
    house, _, log = await owned()
    assert log.owned
    log.flush()
    await house.tell(claimed("other", 2))
    await log.confirm()
    (row,) = await log.foreign()
    apply(log.run, row.fact)
    assert not log.owned


async def test_facts_of_others_are_those_behind_ours() -> None:
    house, run, log = await owned()
    log.flush()
    assert await log.confirm()
    assert await log.foreign() == []
    await house.cancel()
    (row,) = await log.foreign()
    assert (type(row.fact), row.seq) == (CancelRequested, run.head + 1)


class TestRefusal:
    async def test_is_noticed_when_somebody_wrote_first(self) -> None:
        house, _, log = await owned()
        log.flush()
        await log.confirm()
        await house.cancel()
        log.record(started("a"))
        log.flush()
        assert not await log.confirm()

    async def test_gives_back_what_no_new_decision_replaces(self) -> None:
        house, run, log = await owned()
        log.flush()
        await log.confirm()
        await house.cancel()
        log.record(Spread(at=1, path="e", term=1, count=2), started("a"))
        log.tell(finished("a"))
        log.flush()
        refused = await log.refused()
        assert [type(fact) for fact in refused] == [Started, Finished]
        assert run.cancel is None

    async def test_is_told_again_in_the_term_of_now(self) -> None:
        house, _, log = await owned()
        log.flush()
        await log.confirm()
        await house.tell(claimed("other", 2), claimed(house.journal.owner, 3))
        log.record(started("a"))
        log.tell(finished("a"))
        log.flush()
        refused = await log.refused()
        log.run = await house.engine.read("r1")
        log.again([claimed("lost", 4), *refused])
        log.flush()
        assert await log.confirm()
        facts = await house.facts()
        assert [type(fact).__name__ for fact in facts[-2:]] == ["Started", "Finished"]
        assert facts[-2].term == 3

    async def test_a_former_owner_tells_only_what_calls_came_to(self) -> None:
        house, _, log = await owned()
        log.record(started("a"))
        log.flush()
        await log.confirm()
        await house.tell(claimed("other", 2))
        await log.tell_late([started("b"), finished("a"), claimed("me", 3)])
        facts = await house.facts()
        assert isinstance(facts[-1], Finished)
        assert len(facts) == 6

    async def test_of_the_disk_is_no_conflict(self) -> None:
        house, _, log = await owned()
        house.journal.fail_next(JournalFull("no space left"))
        log.flush()
        with pytest.raises(JournalFull):
            await log.confirm()


async def test_it_says_when_too_much_is_not_known_to_be_durable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_module, "UNCONFIRMED_MAX", 2)
    _, _, log = await owned()
    log.record(started("a"), started("b"))
    log.flush()
    assert log.crowded
    assert await log.confirm()
    assert not log.crowded

"""The scripted world: every way in which a call can go, and a book that says what really happened."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from batuta.errors import NotDone, NotFound
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.card import Card
from batuta.testing.virtual import VirtualLoop
from batuta.testing.world import Act, Scripted, ScriptedCatalog, World, number_of

PAY = Card(name="pay", effect="write", price_nusd=5)


def call(attempt: int = 1) -> Call:
    return Call(
        run="r", path="a", attempt=attempt, key="k", args={}, deadline=1e9, capability="pay"
    )


def told(
    acts: list[Act],
    story: Callable[[Scripted], Coroutine[Any, Any, Any]],
    card: Card = PAY,
) -> tuple[World, Any]:
    """What `story` gives in a world in which the nth call goes as the nth act says."""
    loop = VirtualLoop()
    world = World(loop, lambda _call, _card, nth: acts[nth])
    capability = Scripted(world, card, lambda one: Done({"n": one.attempt}, 3))

    async def main() -> Any:
        given = await story(capability)
        await asyncio.sleep(100)
        return given

    return world, loop.run_until_complete(main())


async def once(capability: Scripted) -> Outcome:
    return await capability(call())


async def given_up(capability: Scripted) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await capability(call())


def test_a_call_that_succeeds_is_answered_costs_and_is_in_the_book() -> None:
    world, outcome = told([Act(before_s=1, after_s=2)], once)
    assert outcome == Done({"n": 1}, 3)
    assert [(one.key, one.path, one.value, one.at) for one in world.book.entries] == [
        ("k", "a", {"n": 1}, 1.0)
    ]
    assert world.book.cost_nusd == 3


@pytest.mark.parametrize("act", [Act("refuse", lands=False), Act("fail")])
def test_a_call_that_is_refused_or_fails_leaves_no_trace(act: Act) -> None:
    world, outcome = told([act], once)
    assert isinstance(outcome, Failed)
    assert outcome.may_retry is (act.does == "refuse")
    assert (world.book.entries, world.book.cost_nusd) == ([], 0)


@pytest.mark.parametrize(("act", "error"), [(Act("refuse"), NotDone), (Act("raise"), OSError)])
def test_some_calls_raise(act: Act, error: type[Exception]) -> None:
    async def story(capability: Scripted) -> None:
        with pytest.raises(error):
            await capability(call())

    world, _ = told([act], story)
    assert len(world.book.entries) == (act.does == "raise")


@pytest.mark.parametrize("lands", [True, False])
def test_a_call_that_stalls_may_have_happened(lands: bool) -> None:
    world, _ = told([Act("stall", lands, before_s=0.5)], given_up)
    assert world.book.times("k", "pay") == lands


@pytest.mark.parametrize("recalled", [True, False])
def test_a_request_lands_after_its_sender_gave_up_unless_it_can_be_recalled(recalled: bool) -> None:
    world, _ = told([Act(before_s=5, recalled=recalled)], given_up)
    assert world.book.times("k", "pay") == (not recalled)


def test_an_idempotent_callee_knows_its_key() -> None:
    async def story(capability: Scripted) -> None:
        await capability(call(1))
        await capability(call(2))

    card = Card(name="pay", effect="idempotent")
    world, _ = told([Act(), Act()], story, card)
    assert world.book.times("k", "pay") == 1


def test_a_write_happens_as_often_as_it_is_sent() -> None:
    async def story(capability: Scripted) -> None:
        await capability(call(1))
        await capability(call(2))

    world, _ = told([Act(), Act()], story)
    assert world.book.times("k", "pay") == 2


def test_a_read_is_in_no_book() -> None:
    world, outcome = told([Act()], once, Card(name="look", effect="read", price_nusd=5))
    assert outcome == Done({"n": 1}, 3)
    assert (world.book.entries, world.book.cost_nusd) == ([], 3)


def test_what_the_book_has_is_reconciled_as_done() -> None:
    async def story(capability: Scripted) -> Outcome:
        await capability(call())
        return await capability.reconcile(call())

    assert told([Act()], story)[1] == Done({"n": 1})


def test_what_was_reconciled_as_not_done_never_lands() -> None:
    async def story(capability: Scripted) -> list[Outcome]:
        sent = asyncio.ensure_future(capability(call()))
        await asyncio.sleep(1)
        said = await capability.reconcile(call())
        return [said, await sent, await capability(call(2))]

    world, (said, answer, again) = told([Act(before_s=5), Act()], story)
    assert (said.may_retry, answer.may_retry, again) == (True, True, Done({"n": 2}, 3))
    assert [entry.attempt for entry in world.book.entries] == [2]


def test_the_clock_can_be_set_wrong() -> None:
    loop = VirtualLoop()
    clock = World(loop, lambda *_: Act()).clock
    began = clock.now()
    clock.jump(-60.0)
    assert clock.now() == began - 60.0


def test_a_catalog_says_what_there_is() -> None:
    catalog = ScriptedCatalog(
        [Scripted(World(VirtualLoop(), lambda *_: Act()), PAY, lambda _: Done())]
    )
    assert catalog.cards() == {"pay": PAY}
    assert catalog.get("pay").card is PAY
    with pytest.raises(NotFound, match="no capability 'pax'"):
        catalog.get("pax")


def test_numbers_depend_on_what_is_given_alone() -> None:
    assert number_of("a", {"b": 1, "c": 2}) == number_of("a", {"c": 2, "b": 1})
    assert number_of("a") != number_of("b")

"""What runs are pinned to: cards are stored once, and a change is named by a process that never saw the old card."""

from typing import Any

import msgspec

from batuta.engine.host import anything_to_do
from batuta.spec.call import Question, Waiting
from batuta.spec.card import Card
from batuta.spec.facts import Adopted, Expanded
from batuta.spec.fold import apply
from batuta.spec.run import Run
from batuta.spec.value import inline
from tests.engine.builders import House, Tool

PLAN = "steps: {ask: {use: ask}, pay: {use: pay, with: {n: 1}, after: [ask]}}"
FIELDS = {"type": "object", "properties": {"n": {"type": "integer"}}}


def pay(**card: Any) -> Tool:
    return Tool("pay", effect=card.pop("effect", "write"), input=card.pop("input", FIELDS), **card)


def asking() -> Tool:
    return Tool("ask", lambda call: 1 if call.answered else Waiting(Question("Well?")))


async def waiting() -> House:
    house = House(asking(), pay())
    assert (await house.run(PLAN))["status"] == "waiting"
    return house


def later(house: House, *tools: Tool) -> House:
    """Another process, with other code, over the same journal."""
    return House(*tools, journal=house.journal.view(), clock=house.clock)


async def test_the_cards_are_one_stored_value_for_all_runs_of_a_plan() -> None:
    house = House(asking(), pay())
    for _ in range(3):
        house.accept(PLAN)
    facts = [(await house.of(Expanded, run_id=f"r{n}"))[0] for n in (1, 2, 3)]
    assert len({fact.described.ref for fact in facts}) == 1
    assert len({fact.described.mark for fact in facts}) == 3


async def test_nothing_is_loaded_for_runs_whose_cards_are_the_same() -> None:
    house = await waiting()
    run = await house.engine.read("r1")
    assert house.engine.pins.drift(run) == {}
    assert not anything_to_do(run, house.engine)


async def test_a_change_is_named_and_the_run_parks_with_it() -> None:
    house = await waiting()
    await house.answer("ask", "yes")
    other = later(house, asking(), pay(effect="read", price_nusd=5_000_000_000))

    shown = await other.go_on()

    assert shown["status"] == "waiting"
    (question,) = shown["waiting"]
    assert question["question"] == (
        "Go on although capabilities changed since the run began: pay (effect: write → read; price: $0 → $5)?"
    )
    assert question["show"] == {"pay": "effect: write → read; price: $0 → $5"}


async def test_what_is_gone_is_named_beside_what_has_changed() -> None:
    house = await waiting()
    await house.answer("ask", "yes")
    other = later(house, pay(effect="read"))
    (question,) = (await other.go_on())["waiting"]
    assert question["show"] == {"ask": "is not registered any more", "pay": "effect: write → read"}


async def test_after_an_adoption_the_next_change_is_compared_with_what_was_adopted() -> None:
    house = await waiting()
    second = later(house, asking(), pay(effect="read"))
    run = await second.engine.read("r1")
    cards, described = second.engine.pins.for_adoption(["pay"], run.salt)
    await second.tell(Adopted(at=second.clock.now(), cards=cards, described=described))

    third = later(house, asking(), pay(effect="idempotent"))
    run = await third.engine.read("r1")

    assert third.engine.pins.drift(run) == {"pay": "effect: read → idempotent"}


async def test_runs_of_before_that_recorded_no_cards_are_told_that_something_changed() -> None:
    house = await waiting()
    rows = await house.journal.read("r1")
    old = Run(house.engine.shapes.of)
    for row in rows:
        fact = row.fact
        if isinstance(fact, Expanded):
            fact = msgspec.structs.replace(fact, described=None)
        apply(old, fact)
    other = later(house, asking(), pay(effect="read"))
    await other.engine.pins.recall(old)
    assert other.engine.pins.drift(old) == {
        "pay": "has another card (schema, effect, price or version)"
    }


async def test_erased_cards_and_cards_of_a_later_version_are_no_reason_to_stop() -> None:
    house = await waiting()
    run = await house.engine.read("r1")
    known = {"pay": {"name": "pay", "colour": "blue"}}
    ref = house.journal.put(b"{}")
    run.described = {ref: inline(known), "f" * 40: inline(known)}
    other = later(house, asking(), pay(effect="read"))
    await other.engine.pins.recall(run)
    assert other.engine.pins.drift(run)["pay"].startswith("has another card")


def test_a_description_is_no_part_of_what_is_pinned() -> None:
    assert Card("pay", description="one").digest() == Card("pay", description="other").digest()

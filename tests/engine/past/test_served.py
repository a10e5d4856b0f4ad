"""What was missing when a run was recorded is no difference now."""

from typing import Any

import pytest

from batuta.engine.past.breaks import breaks_of
from batuta.engine.past.replay import Replay
from batuta.governance.forecast import forecaster
from batuta.journal.codec import references
from batuta.journal.memory import MemoryJournal
from batuta.ports import Verdict
from batuta.spec.card import Card
from batuta.spec.facts import Started
from tests.engine.builders import House, Tool, read
from tests.governance.rules import rules_from

PLAN = """
steps:
  a: {use: strong, with: {x: 1}, fallback: {use: weak, with: {y: 2}}}
  b: {use: echo, with: {z: "${steps.a}"}}
result: "${steps.b}"
"""
KEY = "there is no KEY"


def house(missing: str, *, before: House | None = None, **given: Any) -> House:
    """With a strong capability that misses something, over the journal of another house if there is one."""
    tools = (Tool("strong", missing=missing), Tool("weak", effect="read"))
    if before is not None:
        given |= {"journal": before.journal, "clock": before.clock}
    return House(*tools, **given)


@pytest.mark.parametrize(("then", "now"), [(KEY, ""), ("", KEY), (KEY, KEY)])
async def test_a_key_that_came_or_went_changes_no_decision(then: str, now: str) -> None:
    recorded = house(then)
    shown = await recorded.run(PLAN)
    assert shown["result"] == {"z": {"y": 2} if then else {"x": 1}}
    replayed = await Replay(house(now, before=recorded).engine).run("r1")
    assert (replayed.verdict, replayed.difference) == ("same", None)


@pytest.mark.parametrize(("then", "now"), [(KEY, ""), ("", KEY)])
async def test_what_was_asked_or_refused_before_the_call_is_the_same(then: str, now: str) -> None:
    def judge(card: Card, args: object, path: str) -> Verdict:
        return Verdict("ask", "rule") if card.name in ("strong", "weak") else Verdict()

    recorded = house(then, judge=judge)
    await recorded.run(PLAN)
    await recorded.answer("a", {"approved": False})
    await recorded.go_on()
    replayed = await Replay(house(now, before=recorded, judge=judge).engine).run("r1")
    assert (replayed.verdict, replayed.difference) == ("same", None)


async def test_a_plan_in_which_another_one_serves_is_a_difference() -> None:
    recorded = house(KEY)
    await recorded.run(PLAN)
    other = read(PLAN.replace("{use: weak, with: {y: 2}}", "echo"))
    found = (await Replay(recorded.engine, other).run("r1")).difference
    assert found is not None
    assert (found.path, found.now) == ("a", "capability: echo")


async def test_arguments_are_held_against_the_schema_of_what_was_called() -> None:
    recorded = house(KEY)
    await recorded.run(PLAN)
    wants_y = {"type": "object", "required": ["y"]}
    now = House(
        Tool("strong", input={"type": "object", "required": ["x"]}),
        Tool("weak", effect="read", input=wants_y),
        journal=recorded.journal,
        clock=recorded.clock,
    )
    replayed = await Replay(now.engine).run("r1")
    assert (replayed.changed, replayed.difference) == (("strong", "weak"), None)


async def test_a_run_to_come_is_looked_at_with_what_serves_now() -> None:
    recorded = house(KEY)
    foresee = forecaster(rules_from([{"capability": "strong", "verdict": "deny"}]))
    assert await breaks_of(recorded.accept(PLAN), recorded.engine, foresee) == []
    recorded = house("")
    found = await breaks_of(recorded.accept(PLAN), recorded.engine, foresee)
    assert [(one.kind, one.what) for one in found] == [("denied", "a")]


async def test_what_was_called_and_not_answered_is_called_again_and_nothing_in_its_place() -> None:
    one, other = (MemoryJournal(tenant_key=b"k" * 32) for _ in range(2))
    first = House(
        Tool("strong", effect="idempotent"), Tool("weak", effect="idempotent"), journal=one
    )
    await first.run(PLAN)
    facts = await first.facts()
    sent = next(at for at, fact in enumerate(facts, 1) if isinstance(fact, Started))
    for ref in (ref for fact in facts[:sent] for ref in references(fact)):
        other.put(await one.get(ref))
    await other.commit(other.append("r1", facts[:sent], after=0))
    strong = Tool("strong", effect="idempotent", missing=KEY)
    weak = Tool("weak", effect="idempotent")
    shown = await House(strong, weak, journal=other).go_on()
    assert shown["result"] == {"z": {"x": 1}}
    assert (len(strong.calls), len(weak.calls)) == (1, 0)

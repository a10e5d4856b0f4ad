"""Large values are stored once, whatever hands them on: in results, inputs of inner plans, copies and forks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from batuta.engine.past.fork import Wish, fork
from batuta.engine.past.replay import Replay
from batuta.errors import NotFound
from batuta.journal.codec import encode_fact, references
from batuta.journal.file.backup import copy_journal, restore
from batuta.journal.memory import MemoryJournal
from batuta.journal.sqlite import open_sqlite
from batuta.ports import Journal
from batuta.spec.call import Call, Expand
from batuta.spec.facts import Ended, Expanded, Fact, Finished, Started
from batuta.spec.value import canonical, commitment, encode
from tests.engine.builders import House, Tool, read

TURNS = 6
SAID_BYTES, ANSWER_BYTES = 700, 2_300
AGENT = f"""
steps:
  turn:
    use: think
    with: {{index: "${{index}}", before: "${{previous}}"}}
    repeat: {{until: steps.turn.final, at_most: {TURNS}}}
result: {{last: "${{steps.turn}}", text: "${{steps.turn.said.text}}"}}
"""
TOOLS = read("""
inputs: {said: {}, final: boolean}
steps: {t0: {use: tool, with: {index: "${inputs.said.index}"}}}
result: {said: "${inputs.said}", answers: [{value: "${steps.t0}"}], final: "${inputs.final}"}
""")


def said(index: int) -> dict[str, Any]:
    return {"text": f"said {index} ".ljust(SAID_BYTES, "."), "index": index}


def answered(index: int) -> str:
    return f"answered {index} ".ljust(ANSWER_BYTES, ".")


def think(call: Call) -> Expand:
    index = call.args["index"]
    return Expand(TOOLS, {"said": said(index), "final": index == TURNS - 1})


def house(journal: Journal | None = None, **given: Any) -> House:
    tools = [
        Tool("think", think, effect="read", expands=True),
        Tool("tool", lambda call: answered(call.args["index"]), effect="read"),
    ]
    return House(*tools, journal=journal, **given)  # pyright: ignore[reportArgumentType] - any journal will do


LAST = {"said": said(TURNS - 1), "answers": [{"value": answered(TURNS - 1)}], "final": True}
RESULT = {"last": LAST, "text": LAST["said"]["text"]}


@pytest.fixture(params=["memory", "sqlite"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    opened = MemoryJournal() if request.param == "memory" else open_sqlite(tmp_path / "journal")
    yield opened
    await opened.close()


def slots(facts: Iterable[Fact], *kinds: type[Fact]) -> list[Any]:
    return [fact.value for fact in facts if isinstance(fact, kinds)]  # pyright: ignore[reportAttributeAccessIssue]


async def bodies(journal: Journal, facts: Iterable[Fact]) -> list[bytes]:
    refs = {ref: None for fact in facts for ref in references(fact)}
    return [await journal.get(ref) for ref in refs]


async def gone(journal: Journal, refs: Iterable[str]) -> list[bool]:
    found: list[bool] = []
    for ref in refs:
        try:
            await journal.get(ref)
        except NotFound:
            found.append(True)
        else:
            found.append(False)
    return found


async def test_the_messages_of_an_agent_are_stored_once(journal: Journal) -> None:
    made = house(journal)
    assert (await made.run(AGENT))["result"] == RESULT
    facts = await made.facts()
    stored = await bodies(journal, facts)
    messages = [encode(said(n)["text"]) for n in range(TURNS)]
    messages += [encode(answered(n)) for n in range(TURNS)]
    assert set(messages) <= set(stored)
    # Besides messages: two plans, and the cards of each.
    assert len(stored) == len(messages) + 4
    longest = max(len(encode_fact(fact)) for fact in facts)
    assert longest < SAID_BYTES


async def test_a_short_text_from_inside_of_a_plan_is_stored_once_and_one_of_the_run_itself_is_not() -> (
    None
):
    text = "y" * 800
    tools = [
        Tool("plans", lambda _: Expand(TOOLS, {"said": {"index": 1}, "final": True}), expands=True),
        Tool("tool", lambda _: text, effect="read"),
    ]
    made = House(*tools)
    await made.run("steps: {a: {use: plans}, b: {use: tool, after: [a]}}")
    facts = [fact for fact in await made.facts() if text.encode() in encode_fact(fact)]
    assert [getattr(fact, "path", "") for fact in facts] == ["b"]


async def test_what_is_so_as_a_rule_is_not_written_down() -> None:
    made = House(Tool("tool", lambda _: 1, effect="read"))
    await made.run("steps: {a: {use: tool}, b: {use: tool, after: [a], timeout: 9}}")
    started = [encode_fact(fact) for fact in await made.facts() if isinstance(fact, Started)]
    assert [b"deadline" in body for body in started] == [False, True]


async def test_a_process_that_knows_nothing_reads_what_another_has_stored(journal: Journal) -> None:
    await house(journal).run(AGENT)
    other = house(journal)
    shown = await other.go_on()
    assert shown["result"] == RESULT
    rounds = [one["output"] for one in shown["steps"] if one["path"].startswith("turn~")]
    assert [one["said"] for one in rounds if isinstance(one, dict)] == [
        said(n) for n in range(TURNS)
    ]
    for value in slots(await other.facts(), Finished, Ended):
        await other.engine.load([value])
        again = encode(other.engine.shelf.get(value))
        assert commitment(again, (await other.engine.read("r1")).salt) == value.mark


async def test_a_run_killed_after_any_fact_goes_on_to_the_same_result_and_stores_nothing_twice() -> (
    None
):
    first = house(MemoryJournal(tenant_key=b"k" * 32))
    await first.run(AGENT)
    facts = await first.facts()
    expected = sorted(await bodies(first.journal, facts))
    for count in range(2, len(facts)):
        journal = MemoryJournal(tenant_key=b"k" * 32)
        for body in await bodies(first.journal, facts[:count]):
            journal.put(body)
        await journal.commit(journal.append("r1", facts[:count], after=0))
        second = house(journal)
        assert (count, (await second.go_on())["result"]) == (count, RESULT)
        assert sorted(await bodies(journal, await second.facts())) == expected


async def test_purging_erases_the_parts_and_keeps_what_other_runs_refer_to(
    journal: Journal,
) -> None:
    made = house(journal)
    await made.run(AGENT)
    kept = await made.facts()
    (ended,) = slots(kept, Ended)
    refs = list(dict.fromkeys(ref for fact in kept for ref in references(fact)))
    far = made.clock.now() + 4e9
    shared = Tool("tool", lambda call: answered(TURNS - 1), effect="read")
    other = House(shared, journal=journal, clock=made.clock)  # pyright: ignore[reportArgumentType]
    other.accept("steps: {a: {use: echo}}")
    parked = "steps: {t: {use: tool}, h: {use: human, with: {question: 'Well?'}, after: [t]}}"
    await other.run(f"{parked}\nresult: {{t: '${{steps.t}}'}}")
    in_use = {ref for fact in await other.facts("r2") for ref in references(fact)}
    counts = await journal.gc(older_than=far, now=far)
    assert counts["runs"] == 1
    assert await gone(journal, refs) == [ref not in in_use for ref in refs]
    assert {part.ref for part in ended.parts} & in_use
    (left,) = slots(await made.facts(), Ended)
    assert (left.erased, left.refs, left.mark) == (True, (), ended.mark)
    shown = await house(journal).go_on()
    assert (shown["status"], shown["result"]) == ("succeeded", None)


async def test_a_backup_and_what_is_restored_of_it_have_every_part(tmp_path: Path) -> None:
    path, copy = tmp_path / "journal", tmp_path / "copy"
    journal = open_sqlite(path)
    made = house(journal)
    await made.run(AGENT)
    facts = await made.facts()
    refs = list(dict.fromkeys(ref for fact in facts for ref in references(fact)))
    assert await asyncio.to_thread(copy_journal, path, copy) == len(facts)
    far = made.clock.now() + 4e9
    assert (await journal.gc(older_than=far, now=far))["values"] == len(refs)
    await journal.close()
    restore(copy, path)
    back = open_sqlite(path)
    # Nothing is old enough to be erased, and what parts name is in use.
    counts = await back.gc(older_than=0.0, now=far)
    assert (counts["runs"], counts["values"]) == (0, 0)
    assert await gone(back, refs) == [False] * len(refs)
    other = house(back, clock=made.clock)
    assert (await other.go_on())["result"] == RESULT
    assert (await Replay(other.engine).run("r1")).verdict == "same"
    origin = await other.engine.read("r1")
    done = await fork(other.engine, origin, Wish(at="turn"), run_id="f1", author="me")
    assert (await other.drive(done.run))["result"] == RESULT
    await back.close()


async def test_what_a_capability_gives_back_of_its_arguments_is_not_stored_again() -> None:
    made = House(Tool("make", lambda _: {"text": answered(1), "n": 1}, effect="read"))
    plan = "steps: {a: {use: make}, b: {use: echo, with: {it: '${steps.a}', more: 1}}}\n"
    shown = await made.run(plan + "result: {b: '${steps.b}', t: '${steps.a.text}'}")
    assert shown["result"] == {
        "b": {"it": {"text": answered(1), "n": 1}, "more": 1},
        "t": answered(1),
    }
    facts = await made.facts()
    assert sum(body == encode(answered(1)) for body in await bodies(made.journal, facts)) == 1
    assert all(len(encode_fact(fact)) < 1_000 for fact in facts)


async def test_a_fork_takes_over_values_in_parts_under_its_own_commitments() -> None:
    made = house()
    await made.run(AGENT)
    origin = await made.engine.read("r1")
    plan = AGENT.replace("result:", "  after: {use: echo, with: {it: '${steps.turn}'}}\nresult:")
    await made.engine.journal.flush()
    await made.run(plan)
    origin = await made.engine.read("r2")
    done = await fork(made.engine, origin, Wish(at="after"), run_id="f1", author="me")
    shown = await made.drive(done.run)
    assert shown["result"] == RESULT
    (before,) = [f.value for f in await made.of(Finished, run_id="r2") if f.path == "turn"]
    (after,) = [f.value for f in await made.facts("f1") if getattr(f, "path", "") == "turn"]
    assert (after.parts, after.size) == (before.parts, before.size)
    assert after.mark != before.mark


async def test_a_replay_finds_the_same_decisions() -> None:
    made = house()
    await made.run(AGENT)
    replayed = await Replay(house(made.journal, clock=made.clock).engine).run("r1")
    assert (replayed.verdict, replayed.difference) == ("same", None)


async def test_a_plan_that_comes_again_is_not_written_again_and_neither_are_its_cards() -> None:
    made = house()
    await made.run(AGENT)
    root, first, *others = await made.of(Expanded)
    assert [fact.described is None for fact in (root, first)] == [False, False]
    assert len(others) == TURNS - 1
    assert all(f.plan.empty and f.cards.empty and f.described is None for f in others)
    assert (await made.engine.read("r1")).cards.keys() == {"think", "tool"}


async def test_what_was_refused_is_pinned_anew_to_what_its_run_does_not_have() -> None:
    made = house()
    await made.run(AGENT)
    whole = await made.engine.read("r1")
    bare = await made.engine.fold((await made.journal.read("r1"))[:3])
    _, full, short, *_ = await made.of(Expanded)
    assert short.plan.empty
    assert made.engine.pinned(whole, short, whole.plans) == short
    again = made.engine.pinned(bare, short, whole.plans)
    assert (again.plan, again.cards, again.described) == (full.plan, full.cards, full.described)


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text + "!"])
async def test_values_are_told_apart_by_their_content_alone(change: Callable[[str], str]) -> None:
    made = House()
    run = made.accept("result: 1")
    one = {"text": answered(1), "n": 1}
    first = made.engine.store(one, run.salt)
    one["text"] = change(str(one["text"]))  # whoever is given a value may change his own
    second = made.engine.store(one, run.salt)
    assert (first == second) == (change("") == "")
    assert canonical(made.engine.shelf.get(first)) == canonical({"text": answered(1), "n": 1})
    assert canonical(made.engine.shelf.get(second)) == canonical(one)

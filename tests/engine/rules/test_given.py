"""What a call is given of earlier rounds: by its commitments in the digest, and as a copy unless the callee shares."""

from typing import Any

import msgspec
import pytest

from batuta.engine.past.replay import Replay
from batuta.engine.rules.given import key_of
from batuta.spec.call import Call, Failed
from batuta.spec.facts import Accepted, Fact, Finished, Started
from batuta.spec.value import canonical, digest
from tests.engine.builders import House, Tool

LONG = "x" * 3_000
PLAN = """
steps:
  turn:
    use: think
    with: {question: "Which?", past: "${rounds}"}
    repeat: {until: "size(rounds) == 3", at_most: 5}
"""


class Sharing(Tool):
    shares = True


def answer(call: Call) -> dict[str, Any]:
    return {"turn": len(call.args["past"]), "text": LONG}


async def test_it_is_all_there() -> None:
    for kind in (Tool, Sharing):
        tool = kind("think", answer)
        shown = await House(tool).run(PLAN)
        assert shown["status"] == "succeeded"
        assert [call.args["question"] for call in tool.calls] == ["Which?"] * 3
        whole = [{"turn": n, "text": LONG} for n in range(3)]
        assert [call.args["past"] for call in tool.calls] == [whole[:0], whole[:1], whole[:2]]


async def test_who_shares_sees_the_same_values_and_everybody_else_has_copies_to_change() -> None:
    for kind, shared in ((Tool, False), (Sharing, True)):
        tool = kind("think", answer)
        await House(tool).run(PLAN)
        _, second, third = tool.calls
        assert (second.args["past"][0] is third.args["past"][0]) == shared
        assert second.args["past"] is not third.args["past"]


async def test_its_digest_is_another_one_for_every_round_and_the_same_whoever_looks() -> None:
    house = House(Tool("think", answer))
    await house.run(PLAN)
    digests = [fact.args_digest for fact in await house.of(Started)]
    assert len(set(digests)) == len(digests) == 3
    # As another process has it, which has nothing of the run in memory.
    again = House(Tool("think", answer), journal=house.journal, clock=house.clock)
    replayed = await Replay(again.engine).run("r1")
    assert (replayed.verdict, replayed.difference) == ("same", None)


async def test_a_value_that_differs_makes_another_digest() -> None:
    digests: list[str] = []
    for text in ("a", "b"):

        def said(call: Call, text: str = text) -> str:
            return text + LONG

        house = House(Tool("think", said))
        await house.run(PLAN)
        digests += [fact.args_digest for fact in await house.of(Started)][1:2]
    assert len(set(digests)) == 2


ASKED = {"who": "you", "where": {"at": "home"}}


@pytest.mark.parametrize("more", ["", ", turn: '${index}'"])
async def test_what_is_the_same_in_every_round_is_given_to_each_as_it_was_and_counts_in_the_digest(
    more: str,
) -> None:
    def think(call: Call) -> dict[str, Any]:
        given = {name: call.args[name] for name in call.args if name != "past"}
        told = canonical(given)
        call.args["asked"]["where"].clear()
        call.args["past"].append("nothing of it is kept")
        return {"told": told.decode(), "text": LONG}

    house = House(Tool("ask", lambda _: ASKED), Tool("think", think))
    shown = await house.run(
        "steps:\n"
        "  before: {use: ask}\n"
        "  turn:\n"
        "    use: think\n"
        f"    with: {{asked: '${{steps.before}}', past: '${{rounds}}'{more}}}\n"
        "    repeat: {until: 'size(rounds) == 4', at_most: 5}\n"
    )
    assert shown["status"] == "succeeded"
    given = [{"asked": ASKED} | ({"turn": at} if more else {}) for at in range(4)]
    marks = [fact.value.mark for fact in await house.of(Finished) if "~" in fact.path]
    assert [fact.args_digest for fact in await house.of(Started) if "~" in fact.path] == [
        digest(canonical(one) + canonical({"rounds": marks[:at], "as": ["past"]}))
        for at, one in enumerate(given)
    ]
    told = [step["output"]["told"] for step in shown["steps"] if "~" in step["path"]]
    assert told == [canonical(one).decode() for one in given]


async def test_another_way_is_called_with_its_own_arguments_in_every_round() -> None:
    def think(call: Call) -> Failed:
        return Failed("no", "not now")

    first, second = Tool("think", think), Tool("other", lambda call: len(call.args["seen"]))
    await House(first, second).run(
        "steps:\n"
        "  turn:\n"
        "    use: think\n"
        "    with: {a: 1, past: '${rounds}'}\n"
        "    fallback: [{use: other, with: {b: 2, seen: '${rounds}'}}]\n"
        "    repeat: {until: 'size(rounds) == 3', at_most: 5}\n"
    )
    assert [call.args for call in first.calls] == [
        {"a": 1, "past": list(range(at))} for at in range(3)
    ]
    assert [call.args for call in second.calls] == [
        {"b": 2, "seen": list(range(at))} for at in range(3)
    ]


async def as_first_written(house: House, run: str) -> list[Fact]:
    """The log of `PLAN` as the run `run`, with the digests from before rounds were only committed to."""
    facts: list[Fact] = []
    past: list[Any] = []
    for fact in await house.facts():
        if isinstance(fact, Accepted):
            fact = msgspec.structs.replace(fact, run=run)
        if isinstance(fact, Started):
            whole = digest(canonical({"question": "Which?", "past": past}))
            key = key_of(run, fact.path, whole)
            fact = msgspec.structs.replace(fact, args_digest=whole, key=key)
        if isinstance(fact, Finished):
            past = [*past, {"turn": len(past), "text": LONG}]
        facts.append(fact)
    return facts


async def test_a_log_with_digests_of_the_rounds_themselves_is_replayed_and_gone_on_with() -> None:
    house = House(tool := Tool("think", answer, effect="idempotent"))
    await house.run(PLAN)
    whole = await as_first_written(house, "r2")
    await house.tell(*whole, run_id="r2")
    cut = await as_first_written(house, "r3")
    last = max(at for at, fact in enumerate(cut) if isinstance(fact, Started))
    await house.tell(*cut[: last + 1], run_id="r3")
    for run in ("r2", "r3"):
        replayed = await Replay(house.engine).run(run)
        assert (replayed.verdict, replayed.difference) == ("same", None)
    shown = await house.go_on("r3")
    assert (shown["status"], shown["error"]) == ("succeeded", None)
    started = cut[last]
    assert isinstance(started, Started)
    assert tool.calls[-1].key == started.key


async def test_a_call_that_nobody_knows_by_its_key_has_one_and_none_in_the_log() -> None:
    house = House(
        look := Tool("look", lambda _: 1, effect="read"),
        pay := Tool("pay", lambda _: 1, effect="write"),
    )
    await house.run("steps: {a: {use: look}, b: {use: pay}}")
    keys = {fact.path: fact.key for fact in await house.of(Started)}
    assert keys == {"a": "", "b": pay.calls[0].key}
    assert len(look.calls[0].key) == len(pay.calls[0].key) == 32

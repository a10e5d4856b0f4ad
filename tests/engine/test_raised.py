"""A write that raised may have had part of its effect: what follows it, and who is asked before that."""

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest

from batuta.engine.past.replay import Replay
from batuta.errors import CallFailed, NotDone
from batuta.ports import Verdict
from batuta.spec.call import Call, Done, Expand, Failed, Outcome
from batuta.spec.facts import Doubted, Failure, Resolved, Started, Waited
from batuta.spec.plan import Plan, Step
from tests.engine.builders import House, Tool, in_turn, states

ODD = ValueError("no such customer")
SAID = "ValueError: no such customer (not retried, for it may have had part of its effect)"
FALLS_BACK = "steps: {a: {use: pay, retry: 2, fallback: other}}\nresult: ${steps.a}"
YES, NO = {"approved": True}, {"approved": False}


def pay(answer: Any = ODD, effect: str = "write", **card: Any) -> Tool:
    return Tool("pay", in_turn(answer), effect=effect, reach="egress", **card)


def other(effect: str = "write", **card: Any) -> Tool:
    return Tool("other", lambda _: "paid otherwise", effect=effect, **card)


async def asked(house: House) -> list[tuple[str, str]]:
    return [(one.kind, one.rule) for one in await house.of(Waited)]


async def same(house: House) -> None:
    """Deciding it all again from the log gives the same."""
    replayed = await Replay(house.engine).run("r1")
    assert replayed.verdict == "same", replayed.difference


async def test_without_a_fallback_it_has_failed_and_nobody_is_asked() -> None:
    house = House(tool := pay())
    shown = await house.run("steps: {a: {use: pay, retry: 2}}")
    assert shown["error"] == {"code": "raised", "message": SAID, "path": "a"}
    assert (len(tool.calls), await asked(house)) == (1, [])
    await same(house)


async def test_a_fallback_that_changes_something_is_asked_about_with_what_was_raised() -> None:
    house = House(tool := pay(), instead := other())
    shown = await house.run(FALLS_BACK)
    (question,) = shown["waiting"]
    assert question["kind"] == "approval"
    assert question["question"] == (
        f"May other be called? (pay may have done it and has failed: {SAID})"
    )
    assert (len(tool.calls), len(instead.calls)) == (1, 0)

    await house.answer("a", YES)
    assert (await house.go_on())["result"] == "paid otherwise"

    assert (len(tool.calls), len(instead.calls)) == (1, 1)
    assert [(one.verdict, one.rule) for one in await house.of(Started)] == [
        ("allow", ""),
        ("approved by ann", "raised"),
    ]
    await same(house)


async def test_a_no_is_the_end_of_it() -> None:
    house = House(pay(), instead := other())
    await house.run(FALLS_BACK)
    await house.answer("a", NO)
    shown = await house.go_on()
    assert (shown["error"]["code"], instead.calls) == ("rejected", [])
    await same(house)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pay(), other("read")),  # what only looks doubles nothing
        (pay(NotDone("closed")), other()),
        (pay(CallFailed("no such customer")), other()),
        (pay(Failed("unknown_customer", "no")), other()),
        (pay(effect="idempotent"), other()),
        (pay(effect="read"), other()),
    ],
)
async def test_nobody_is_asked_where_nothing_can_be_done_twice(first: Tool, second: Tool) -> None:
    house = House(first, second)
    plan = FALLS_BACK.replace("retry: 2", "retry: {at_most: 1, backoff: 0}")
    assert (await house.run(plan))["result"] == "paid otherwise"
    assert await asked(house) == []
    await same(house)


async def test_a_tool_of_a_server_that_says_it_failed_is_no_surer() -> None:
    house = House(pay(Failed("tool_error", "it broke")), other())
    await house.run(FALLS_BACK)
    assert await asked(house) == [("approval", "raised")]


async def test_what_leaves_the_process_has_raised_too() -> None:
    house = House(pay(SystemExit(1)), other())
    await house.run(FALLS_BACK)
    assert await asked(house) == [("approval", "raised")]


async def test_each_alternative_that_raised_is_named_and_asked_about_anew() -> None:
    house = House(pay(), Tool("pay2", in_turn(KeyError("id")), effect="write"), last := other())
    shown = await house.run("steps: {a: {use: pay, fallback: [pay2, other]}}")
    await house.answer("a", YES)
    shown = await house.go_on()
    assert "pay2 may have done it and has failed: KeyError" in shown["waiting"][0]["question"]
    assert last.calls == []
    await house.answer("a", YES)
    assert (await house.go_on())["status"] == "succeeded"


async def test_the_doubt_is_not_forgotten_when_the_next_alternative_has_done_nothing() -> None:
    house = House(pay(), Tool("pay2", in_turn(NotDone("closed")), effect="write"), other())
    await house.run("steps: {a: {use: pay, fallback: [pay2, other]}}")
    await house.answer("a", YES)
    shown = await house.go_on()
    assert "pay may have done it" in shown["waiting"][0]["question"]


async def test_a_yes_to_the_first_call_is_none_to_the_same_call_behind_it() -> None:
    house = House(tool := pay(), judge=lambda card, args, path: Verdict("ask", "careful", "money"))
    await house.run("steps: {a: {use: pay, fallback: pay}}")
    await house.answer("a", YES)
    shown = await house.go_on()
    assert shown["waiting"][0]["question"].startswith("May pay be called? (money; pay may have")
    assert len(tool.calls) == 1


async def test_a_card_that_asks_nobody_ends_the_step() -> None:
    house = House(pay(in_doubt="fail"), instead := other())
    shown = await house.run(FALLS_BACK)
    assert (shown["error"]["code"], instead.calls) == ("raised", [])
    await same(house)


async def test_items_are_asked_about_one_by_one() -> None:
    def some(call: Call) -> Any:
        if call.args["n"] == 2:
            raise ODD
        return call.args["n"]

    house = House(Tool("pay", some, effect="write"), other())
    shown = await house.run(
        'steps: {a: {use: pay, each: "[1, 2, 3]", with: {n: "${item}"}, fallback: other}}'
    )
    assert [one["step"] for one in shown["waiting"]] == ["a.1"]


async def test_what_may_fail_goes_on_and_can_be_told_why() -> None:
    house = House(pay())
    shown = await house.run(
        "steps: {a: {use: pay, may_fail: true}}\nresult: ${errors.a.code}",
    )
    assert shown["result"] == "raised"


async def test_what_takes_an_effect_back_and_raises_is_not_called_again() -> None:
    undo = Tool("back", in_turn(ODD), effect="write")
    house = House(pay(Done(1)), undo, Tool("odd", in_turn(NotDone("no"))))
    shown = await house.run("steps: {a: {use: pay, undo: back}, b: {use: odd, after: [a]}}")
    assert (shown["status"], states(shown)["a/undo"], len(undo.calls)) == ("failed", "failed", 1)
    assert await asked(house) == []


@pytest.mark.parametrize(("n", "asks"), [(1, True), (2, False)])
async def test_the_same_call_once_more_is_asked_about_wherever_it_stands(
    n: int, asks: bool
) -> None:
    house = House(tool := pay())
    shown = await house.run(
        "steps:\n  a: {use: pay, with: {n: 1}, may_fail: true}\n"
        f"  b: {{use: pay, with: {{n: {n}}}, after: [a], may_fail: true}}\n"
    )
    assert [one["step"] for one in shown["waiting"]] == (["b"] if asks else [])
    assert len(tool.calls) == (1 if asks else 2)
    await same(house)


# ── it can be asked what happened ────────────────────────────────────────────────────────────────────────────


class Bank(Tool):
    """Pays and breaks, and can be asked by key."""

    def __init__(self, answer: Callable[[Call], Any], known: Any) -> None:
        super().__init__("pay", answer, effect="write", in_doubt="reconcile")
        self._known = in_turn(known)

    async def reconcile(self, call: Call) -> Outcome:
        return self._known(call)


@pytest.mark.parametrize("answer", [ODD, Failed("tool_error", "it broke"), Done(math.inf)])
async def test_one_that_has_happened_is_done_with_its_value(answer: Any) -> None:
    house = House(bank := Bank(in_turn(answer), Done(7)), other())
    assert (await house.run(FALLS_BACK))["result"] == 7
    (doubt,) = await house.of(Doubted)
    assert (doubt.resolve, len(bank.calls)) == ("reconcile", 1)
    assert doubt.answered in ("raised", "tool_error", "bad_answer")
    assert [(one.how, one.who) for one in await house.of(Resolved)] == [("done", "reconcile")]
    await same(house)


async def test_one_that_has_not_is_followed_like_any_failure() -> None:
    house = House(bank := Bank(in_turn(ODD), NotDone("no such payment")), other())
    plan = FALLS_BACK.replace("retry: 2", "retry: {at_most: 2, backoff: 0}")
    assert (await house.run(plan))["result"] == "paid otherwise"
    assert (len(bank.calls), await asked(house)) == (3, [])
    failures = await house.of(Failure)
    assert {one.code for one in failures} == {"failed"}
    assert failures[-1].message == f"{SAID}; nothing has happened, as pay says"
    await same(house)


async def test_without_anything_behind_it_that_is_what_the_run_fails_with() -> None:
    house = House(bank := Bank(in_turn(ODD), NotDone("no such payment")))
    shown = await house.run("steps: {a: {use: pay}}")
    assert (shown["error"]["code"], len(bank.calls)) == ("failed", 1)
    await same(house)


@pytest.mark.parametrize("known", [Failed("x", "who knows"), OSError("gone"), Done(math.inf)])
async def test_one_that_cannot_be_told_of_is_for_a_person(known: Any) -> None:
    house = House(bank := Bank(in_turn(ODD), known), instead := other())
    shown = await house.run(FALLS_BACK)
    (question,) = shown["waiting"]
    assert question["kind"] == "resolve"
    assert question["question"].startswith("Did pay happen? It has failed: ValueError: no such")
    await house.answer("a", "fail")
    assert (await house.go_on())["error"]["code"] == "in_doubt"
    assert (len(bank.calls), instead.calls) == (1, [])
    await same(house)


# ── plans that calls answer with ─────────────────────────────────────────────────────────────────────────────


def inner(*uses: str) -> Plan:
    steps = {f"s{n}": Step(use) for n, use in enumerate(uses)}
    after = {
        name: Step(one.use, after=(f"s{n - 1}",) if n else ())
        for n, (name, one) in enumerate(steps.items())
    }
    return Plan("inner", steps=after)


OUTER = "steps: {a: {use: grow, fallback: again}}"


@pytest.mark.parametrize(
    ("before", "asks"), [(("fine", "bad"), True), (("raises",), True), (("look", "bad"), False)]
)
async def test_what_a_plan_has_done_before_it_failed_is_not_done_unasked_by_the_next(
    before: tuple[str, ...], asks: bool
) -> None:
    house = House(
        Tool("grow", lambda _: Expand(inner(*before)), effect="read"),
        Tool("again", lambda _: Expand(inner("look", "fine")), effect="read"),
        Tool("fine", effect="write"),
        Tool("look", effect="read"),
        Tool("raises", in_turn(ODD), effect="write"),
        Tool("bad", in_turn(NotDone("no")), effect="write"),
    )
    shown = await house.run(OUTER)
    found = [(one["step"], one["kind"]) for one in shown["waiting"]]
    assert found == ([("a/2/s1", "approval")] if asks else [])
    await same(house)


async def test_a_stranger_that_drives_on_asks_the_same() -> None:
    house = House(pay(), instead := other())
    await house.run(FALLS_BACK)
    view = House(pay(), second := other(), journal=house.journal.view(), clock=house.clock)
    shown = await view.go_on()
    assert shown["status"] == "waiting"
    await asyncio.gather(view.answer("a", YES), house.answer("a", YES))
    assert (await view.go_on())["status"] == "succeeded"
    assert (len(instead.calls), len(second.calls)) == (0, 1)

"""Forks: what was done is taken over and not done again; whatever effect the fork has, it asks about first."""

from typing import Any

import pytest

from batuta.engine.past.fork import Forked, Wish, fork
from batuta.errors import InputError, NotFound, PlanError
from batuta.spec.call import Failed, Question, Waiting
from batuta.spec.facts import Inherited, Started
from batuta.spec.fold import fold
from tests.engine.builders import House, Tool, args_of, in_turn, states, step

CHAIN = """
inputs: {n: integer}
steps:
  look: {use: look, with: {n: "${inputs.n}"}}
  pay: {use: pay, with: {n: "${steps.look.n}"}}
  tell: {use: tell, with: {paid: "${steps.pay}"}}
result: ${steps.tell}
"""


def house(**tools: Any) -> House:
    found = [
        Tool("look", tools.get("look", lambda call: {"n": call.args["n"]}), effect="read"),
        Tool("pay", tools.get("pay", lambda call: f"paid {call.args['n']}"), effect="write"),
        Tool("tell", tools.get("tell", lambda call: call.args["paid"])),
    ]
    made = House(*found)
    made.tools = {tool.card.name: tool for tool in found}  # type: ignore[attr-defined]
    return made


def calls(made: House) -> dict[str, list[dict[str, Any]]]:
    return {name: args_of(tool) for name, tool in made.tools.items()}  # type: ignore[attr-defined]


async def forked(
    made: House, at: str, *, run_id: str = "r1", to: str = "f1", **wish: Any
) -> Forked:
    origin = await made.engine.read(run_id)
    return await fork(made.engine, origin, Wish(at, **wish), run_id=to, author="ann")


class TestTakingOver:
    async def test_finished_steps_are_not_called_again_and_the_rest_is(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})

        got = await forked(made, "tell")
        shown = await made.go_on("f1")

        assert (shown["status"], shown["result"]) == ("succeeded", "paid 5")
        assert shown["forked_from"] == {"run": "r1", "at": "tell"}
        assert got.taken_over == ("look", "pay")
        assert (got.asks, got.repeated) == (True, ())
        assert calls(made) == {
            "look": [{"n": 5}],
            "pay": [{"n": 5}],
            "tell": [{"paid": "paid 5"}] * 2,
        }
        assert [step(shown, name).get("taken_over") for name in ("look", "pay", "tell")] == [
            True, True, None,
        ]  # fmt: skip

    async def test_what_runs_again_has_a_key_of_its_own(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        await forked(made, "pay", unasked=True)
        await made.go_on("f1")

        keys = {
            run: {fact.path: fact.key for fact in await made.of(Started, run_id=run) if fact.key}
            for run in ("r1", "f1")
        }
        assert set(keys["f1"]) == {"pay"}
        assert not set(keys["r1"].values()) & set(keys["f1"].values())

    async def test_large_values_are_taken_over_by_reference(self) -> None:
        made = house(pay=lambda _: "x" * 5_000)
        await made.run(CHAIN, {"n": 5})
        await forked(made, "tell")

        shown = await made.go_on("f1")

        assert shown["result"] == "x" * 5_000
        (value,) = [f.value for f in await made.of(Inherited, run_id="f1") if f.path == "pay"]
        (before,) = [
            f.value
            for f in await made.facts()
            if getattr(f, "path", "") == "pay" and hasattr(f, "value")
        ]
        assert value.ref == before.ref and value.ref
        assert value.mark != before.mark

    async def test_items_of_a_list_are_taken_over_one_by_one(self) -> None:
        made = house()
        plan = """
inputs: {list: array}
steps:
  look: {use: look, each: "${inputs.list}", when: item > 1, with: {n: "${item}"}}
  tell: {use: tell, with: {paid: "${steps.look}"}}
result: ${steps.tell}
"""
        await made.run(plan, {"list": [1, 2, 3]})
        await forked(made, "tell")
        shown = await made.go_on("f1")
        assert shown["result"] == [None, {"n": 2}, {"n": 3}]
        assert len(calls(made)["look"]) == 2

    async def test_one_item_of_a_list_can_run_again(self) -> None:
        answers = in_turn("a", Failed("no", "no"), "c", "b")
        made = house(look=answers)
        plan = """
steps:
  look: {use: look, each: "[1, 2, 3]", limit: 1, with: {n: "${item}"}, fallback: [tell]}
  tell: {use: tell, with: {paid: "${steps.look}"}}
result: ${steps.tell}
"""
        made = house(look=in_turn("a", "wrong", "c", "b"))
        first = await made.run(plan.replace(", fallback: [tell]", ""))
        assert first["result"] == ["a", "wrong", "c"]
        await forked(made, "look.1")
        shown = await made.go_on("f1")
        assert shown["result"] == ["a", "b", "c"]
        assert [args["n"] for args in calls(made)["look"]] == [1, 2, 3, 2]

    async def test_rounds_plans_inside_and_what_was_skipped_are_taken_over(self) -> None:
        made = house()
        plan = """
steps:
  round: {use: look, with: {n: "${index}"}, repeat: {until: "index == 2", at_most: 5}}
  never: {use: pay, with: {n: 1}, when: "false"}
  after: {use: tell, with: {paid: "${steps.never == null ? steps.round.n : 0}"}}
  tell: {use: tell, with: {paid: "${steps.after}"}}
result: ${steps.tell}
"""
        first = await made.run(plan)
        assert first["result"] == 2
        await forked(made, "tell")
        shown = await made.go_on("f1")
        assert (shown["status"], shown["result"]) == ("succeeded", 2)
        assert states(shown) == {
            "round": "done",
            "never": "skipped",
            "after": "done",
            "tell": "done",
        }

    async def test_what_failed_before_the_step_and_was_needed_runs_again(self) -> None:
        made = house(look=in_turn(Failed("no", "no"), {"n": 7}))
        failed = await made.run(CHAIN, {"n": 5})
        assert failed["status"] == "failed"
        got = await forked(made, "tell")
        asked = await made.go_on("f1")
        assert got.taken_over == ()
        assert (asked["status"], step(asked, "pay")["state"]) == ("waiting", "waiting")

    async def test_losers_of_a_join_stay_lost(self) -> None:
        made = house()
        plan = """
steps:
  fast: {use: look, with: {n: 1}}
  slow: {use: pay, with: {n: 2}, after: [fast, middle]}
  middle: {use: look, with: {n: 3}, after: [fast]}
  tell: {use: tell, join: first, with: {paid: "${steps.fast}", other: "${steps.slow}"}}
result: ${steps.tell}
"""
        first = await made.run(plan)
        assert states(first)["slow"] == "cancelled"
        await forked(made, "tell")
        shown = await made.go_on("f1")
        assert states(shown)["slow"] == "cancelled"
        assert calls(made)["pay"] == []
        assert shown["result"] == {"n": 1}


class TestEffects:
    async def test_an_effect_that_the_other_run_had_is_asked_about_first(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})

        got = await forked(made, "pay")
        waiting = await made.go_on("f1")

        assert (got.asks, got.repeated) == (True, ("pay",))
        (asked,) = waiting["waiting"]
        assert (asked["step"], asked["kind"]) == ("pay", "approval")
        assert "a fork of r1" in asked["question"]
        assert len(calls(made)["pay"]) == 1
        await made.answer("pay", {"approved": True}, run_id="f1")
        shown = await made.go_on("f1")
        assert shown["status"] == "succeeded"
        assert len(calls(made)["pay"]) == 2

    async def test_it_happens_unasked_if_that_is_said(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        got = await forked(made, "pay", unasked=True)
        assert got.asks is False
        assert (await made.go_on("f1"))["status"] == "succeeded"

    async def test_a_run_that_has_not_ended_may_have_the_effect_yet(self) -> None:
        made = house(look=lambda call: {"n": 1} if call.answered else Waiting(Question("Well?")))
        assert (await made.run(CHAIN, {"n": 5}))["status"] == "waiting"
        assert (await forked(made, "look")).asks is True

    async def test_a_fork_of_a_fork_remembers_what_the_first_may_have_done(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        await forked(made, "pay")
        await made.go_on("f1")
        await made.cancel("f1")
        assert (await made.go_on("f1"))["status"] == "cancelled"
        got = await forked(made, "pay", run_id="f1", to="f2")
        assert (got.asks, got.repeated) == (True, ())

    async def test_approvals_do_not_carry_over(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        await forked(made, "pay")
        await made.go_on("f1")
        await made.answer("pay", {"approved": True}, run_id="f1")
        await made.go_on("f1")
        await forked(made, "pay", run_id="f1", to="f2")
        assert (await made.go_on("f2"))["status"] == "waiting"
        assert len(calls(made)["pay"]) == 2

    async def test_what_was_taken_over_is_never_taken_back_here(self) -> None:
        made = house(tell=in_turn("told", Failed("no", "no")))
        plan = CHAIN.replace('"${steps.look.n}"}}', '"${steps.look.n}"}, undo: {use: look}}')
        await made.run(plan, {"n": 5})
        await forked(made, "tell")
        shown = await made.go_on("f1")
        assert shown["status"] == "failed"
        assert len(calls(made)["look"]) == 1

    async def test_what_the_other_run_has_taken_back_runs_again(self) -> None:
        made = house(tell=in_turn(Failed("no", "no"), "told"))
        plan = CHAIN.replace('"${steps.look.n}"}}', '"${steps.look.n}"}, undo: {use: look}}')
        assert (await made.run(plan, {"n": 5}))["status"] == "failed"
        got = await forked(made, "tell")
        assert (got.taken_back, got.taken_over, got.asks) == (("pay",), ("look",), True)
        assert [one["step"] for one in (await made.go_on("f1"))["waiting"]] == ["pay"]


class TestReplacing:
    async def test_inputs_are_replaced_and_reach_what_runs_again(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        await forked(made, "look", inputs={"n": 6}, unasked=True)
        assert (await made.go_on("f1"))["result"] == "paid 6"

    async def test_the_value_of_a_finished_step_is_replaced(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        await forked(made, "pay", values={"look": {"n": 9}}, unasked=True)
        shown = await made.go_on("f1")
        assert shown["result"] == "paid 9"
        assert step(shown, "look")["output"] == {"n": 9}
        assert step(shown, "look")["note"] == "its value was given"
        (fact,) = await made.of(Inherited, run_id="f1")
        assert (fact.path, fact.replaced) == ("look", True)

    async def test_who_used_a_replaced_value_before_the_step_is_named(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        got = await forked(made, "tell", values={"look": {"n": 9}})
        assert got.stale == ("pay",)

    async def test_a_step_that_never_ran_can_be_given_a_value(self) -> None:
        made = house(look=Tool("x", lambda _: Failed("no", "no"))._answer)
        await made.run(CHAIN, {"n": 5})
        await forked(made, "pay", values={"look": {"n": 3}}, unasked=True)
        assert (await made.go_on("f1"))["result"] == "paid 3"

    async def test_the_value_of_a_list_is_a_list(self) -> None:
        made = house()
        plan = """
steps:
  look: {use: look, each: "[1]", with: {n: "${item}"}}
  tell: {use: tell, with: {paid: "${steps.look}"}}
result: ${steps.tell}
"""
        await made.run(plan)
        with pytest.raises(InputError, match="its value is a list"):
            await forked(made, "tell", values={"look": 1})
        await forked(made, "tell", values={"look": [1, 2]})
        assert (await made.go_on("f1"))["result"] == [1, 2]


class TestWrong:
    async def test_steps_that_are_not_there_are_named(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        with pytest.raises(NotFound, match="no step 'paid'"):
            await forked(made, "paid")
        with pytest.raises(NotFound, match="no step 'lok'"):
            await forked(made, "pay", values={"lok": 1})
        with pytest.raises(InputError, match="runs again in a fork at pay"):
            await forked(made, "pay", values={"tell": 1})
        with pytest.raises(InputError, match="input 'n'"):
            await forked(made, "pay", inputs={"n": "x"})
        assert (await made.journal.read("f1")) == []

    async def test_inside_of_a_step_there_is_no_place_to_fork(self) -> None:
        made = house()
        plan = """
steps:
  round: {use: look, with: {n: 1}, repeat: {until: "true", at_most: 5}}
result: ${steps.round}
"""
        await made.run(plan)
        with pytest.raises(InputError, match="not at 'round~0'"):
            await forked(made, "round~0")

    async def test_a_plan_that_would_be_refused_now_is_refused(self) -> None:
        made = house()
        await made.run(CHAIN, {"n": 5})
        later = House(Tool("look"), Tool("tell"), journal=made.journal.view(), clock=made.clock)
        origin = await later.engine.read("r1")
        with pytest.raises(PlanError, match="pay"):
            await fork(later.engine, origin, Wish("tell"), run_id="f1", author="")


async def test_the_log_of_a_fork_folds_again_to_the_same_run() -> None:
    made = house()
    await made.run(CHAIN, {"n": 5})
    got = await forked(made, "tell")
    facts = await made.facts("f1")
    again = fold(facts, made.engine.shapes.of)
    assert again.ignored == 0
    assert {path: node.state for path, node in again.nodes.items()} == {
        path: node.state for path, node in got.run.nodes.items()
    }

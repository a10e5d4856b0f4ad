"""Whether a due step runs, and how: condition, list, arguments, verdict, approval, budget, key."""

from typing import Any

import pytest

from batuta.ports import Verdict
from batuta.spec.budget import Budget
from batuta.spec.call import Done, Failed
from batuta.spec.card import Card
from batuta.spec.facts import Started, Waited
from batuta.spec.failures import LOST_MAX
from tests.engine.builders import House, Tool, args_of, in_turn, states, step


class TestWhen:
    async def test_false_skips_the_step_and_whatever_needs_its_value(self) -> None:
        shown = await House().run("""
steps:
  a: {use: echo, when: "false", with: {x: 1}}
  b: {use: echo, with: {y: "${steps.a.x}"}}
  c: {use: echo, with: {z: "${steps.b.y}"}}
result: {a: "${steps.a}", c: "${steps.c.z}"}
""")
        assert states(shown) == {"a": "skipped", "b": "skipped", "c": "skipped"}
        assert (shown["status"], shown["result"]) == ("succeeded", {"a": None, "c": None})

    @pytest.mark.parametrize(
        ("asked", "seen"),
        [
            ("${has(steps.a.x) ? 1 : 2}", 2),
            ("${steps.a == null ? 1 : 2}", 1),
            ("${steps.a != null ? 1 : 2}", 2),
        ],
    )
    async def test_a_step_that_asks_whether_it_is_there_runs_after_a_skipped_one(
        self, asked: str, seen: int
    ) -> None:
        shown = await House().run(f"""
steps:
  a: {{use: echo, when: "false"}}
  b: {{use: echo, with: {{y: "{asked}"}}}}
result: ${{steps.b.y}}
""")
        assert shown["result"] == seen

    async def test_after_counts_a_skipped_step_as_ended(self) -> None:
        shown = await House().run("""
steps:
  a: {use: echo, when: "false"}
  b: {use: echo, after: [a]}
""")
        assert states(shown) == {"a": "skipped", "b": "done"}

    async def test_that_mentions_the_item_is_asked_for_each_item(self) -> None:
        shown = await House().run(
            """
inputs: {numbers: list}
steps:
  a: {use: echo, each: "${inputs.numbers}", when: "item > 1", with: {n: "${item}"}}
result: ${steps.a}
""",
            {"numbers": [1, 2, 3]},
        )
        assert shown["result"] == [None, {"n": 2}, {"n": 3}]
        assert states(shown) == {"a": "done", "a.0": "skipped", "a.1": "done", "a.2": "done"}

    async def test_that_mentions_no_item_is_asked_once_and_skips_the_whole_each(self) -> None:
        shown = await House().run("""
steps: {a: {use: echo, each: "[1, 2]", when: "false"}}
result: ${steps.a}
""")
        assert states(shown) == {"a": "skipped"}
        assert shown["result"] is None

    async def test_that_cannot_be_evaluated_fails_the_step_before_anything_is_called(self) -> None:
        echo = Tool("echo")
        shown = await House(echo).run(
            "inputs: {x: any}\nsteps: {a: {use: echo, when: 'inputs.x.y > 1'}}", {"x": "text"}
        )
        assert shown["error"]["code"] == "expression"
        assert echo.calls == []


class TestAfter:
    async def test_starts_when_the_named_steps_have_ended_without_their_data(self) -> None:
        echo = Tool("echo")
        await House(echo).run("""
steps:
  last: {use: echo, with: {n: 3}, after: [second]}
  second: {use: echo, with: {n: 2}, after: [first]}
  first: {use: echo, with: {n: 1}}
""")
        assert args_of(echo) == [{"n": 1}, {"n": 2}, {"n": 3}]


class TestEach:
    async def test_the_value_is_the_list_of_results_in_order(self) -> None:
        shown = await House().run(
            """
inputs: {letters: list}
steps:
  a: {use: echo, each: "${inputs.letters}", with: {letter: "${item}", index: "${index}"}}
result: ${steps.a}
""",
            {"letters": ["x", "y"]},
        )
        assert shown["result"] == [{"letter": "x", "index": 0}, {"letter": "y", "index": 1}]
        assert list(states(shown)) == ["a", "a.0", "a.1"]

    async def test_of_nothing_is_an_empty_list_and_calls_nothing(self) -> None:
        echo = Tool("echo")
        shown = await House(echo).run("""
steps:
  a: {use: echo, each: "[]"}
  b: {use: echo, with: {n: "${size(steps.a)}"}}
result: [ "${steps.a}", "${steps.b.n}" ]
""")
        assert shown["result"] == [[], 0]
        assert len(echo.calls) == 1

    async def test_of_more_than_at_most_fails_before_anything_is_called(self) -> None:
        echo = Tool("echo")
        shown = await House(echo).run(
            "steps: {a: {use: echo, each: '[1, 2, 3]', at_most: 2, with: {n: 1}}}"
        )
        assert shown["error"]["code"] == "too_many"
        assert echo.calls == []

    async def test_wants_a_list(self) -> None:
        shown = await House().run(
            "inputs: {x: any}\nsteps: {a: {use: echo, each: '${inputs.x}'}}", {"x": {"a": 1}}
        )
        assert shown["error"]["code"] == "expression"
        assert "wants a list" in shown["error"]["message"]

    async def test_an_item_that_fails_fails_the_step_and_the_rest_is_cancelled(self) -> None:
        odd = Tool("odd", lambda call: Failed("odd", "no") if call.args["n"] == 1 else 0)
        shown = await House(odd).run(
            "steps: {a: {use: odd, each: '[0, 1, 2, 3]', limit: 1, with: {n: '${item}'}}}"
        )
        assert states(shown) == {
            "a": "failed", "a.0": "done", "a.1": "failed", "a.2": "cancelled", "a.3": "cancelled",
        }  # fmt: skip
        assert shown["error"] == {"code": "odd", "message": "no", "path": "a"}
        assert len(odd.calls) == 2


class TestArguments:
    async def test_a_bare_reference_keeps_its_type_and_text_around_it_makes_text(self) -> None:
        shown = await House().run(
            """
inputs: {n: integer}
steps: {a: {use: echo, with: {n: "${inputs.n}", s: "n=${inputs.n}", literal: "$${x}"}}}
result: ${steps.a}
""",
            {"n": 7},
        )
        assert shown["result"] == {"n": 7, "s": "n=7", "literal": "${x}"}

    async def test_numbers_of_eighteen_digits_stay_exact_all_the_way(self) -> None:
        number = 123_456_789_012_345_678
        shown = await House().run(
            """
inputs: {n: integer}
steps:
  a: {use: echo, with: {n: "${inputs.n}"}}
  b: {use: echo, with: {n: "${steps.a.n + 1}"}}
result: ${steps.b.n}
""",
            {"n": number},
        )
        assert shown["result"] == number + 1

    async def test_a_whole_map_may_come_from_an_expression(self) -> None:
        house = House()
        plan = "inputs: {a: any}\nsteps: {a: {use: echo, with: '${inputs.a}'}}\nresult: ${steps.a}"
        assert (await house.run(plan, {"a": {"x": 1}}))["result"] == {"x": 1}
        refused = await house.run(plan, {"a": [1]})
        assert refused["error"]["code"] == "invalid"

    async def test_a_callee_that_changes_its_arguments_changes_only_its_own_copy(self) -> None:
        def greedy(call: Any) -> Any:
            call.args["list"].append(2)
            return call.args["list"]

        shown = await House(Tool("greedy", greedy)).run(
            """
inputs: {list: list}
steps:
  a: {use: greedy, with: {list: "${inputs.list}"}}
  b: {use: echo, with: {list: "${inputs.list}"}, after: [a]}
result: ${steps.b.list}
""",
            {"list": [1]},
        )
        assert shown["result"] == [1]


class TestKeys:
    async def test_every_attempt_of_an_instance_has_the_same_key(self) -> None:
        tool = Tool("put", in_turn(Failed("x", "again", may_retry=True), 1), effect="idempotent")
        await House(tool).run(
            "steps: {a: {use: put, with: {n: 1}, retry: {at_most: 1, backoff: 0.001}}}"
        )
        assert [call.attempt for call in tool.calls] == [1, 2]
        assert len({call.key for call in tool.calls}) == 1

    async def test_instances_and_arguments_and_runs_have_keys_of_their_own(self) -> None:
        tool = Tool("put", effect="idempotent")
        house = House(tool)
        plan = """
steps:
  a: {use: put, each: "[1, 1]", with: {n: "${item}"}}
  b: {use: put, with: {n: 1}}
"""
        await house.run(plan)
        await house.run(plan)
        assert len({call.key for call in tool.calls}) == 6

    async def test_other_arguments_under_a_later_attempt_are_an_error(self) -> None:
        echo = Tool("echo")
        house = House(echo)
        run = house.accept("steps: {a: {use: echo, with: {n: 1}}}")
        await house.tell(
            Started(at=1, path="a", attempt=1, term=0, capability="echo", effect="pure", key="k",
                    args_digest="of other arguments"),
        )  # fmt: skip
        shown = await house.go_on(run.id)
        assert shown["error"]["code"] == "arguments_changed"
        assert echo.calls == []

    async def test_a_fallback_may_be_the_same_capability_with_other_arguments(self) -> None:
        tool = Tool(
            "ask", lambda call: call.args if call.args["n"] > 1 else Failed("no", "too long")
        )
        house = House(tool)
        shown = await house.run(
            "steps: {a: {use: ask, with: {n: 1}, fallback: {use: ask, with: {n: 2}}}}\n"
            'result: "${steps.a}"'
        )
        assert (shown["status"], shown["result"]) == ("succeeded", {"n": 2})
        assert len({call.key for call in tool.calls}) == 2

    async def test_what_was_lost_too_often_is_given_up(self) -> None:
        echo = Tool("echo")
        house = House(echo)
        run = house.accept("steps: {a: {use: echo, with: {n: 1}}}")
        run.nodes["a"].lost = LOST_MAX + 1
        shown = await house.drive(run)
        assert shown["error"]["code"] == "lost"
        assert echo.calls == []


def rule(word: str, name: str = "pay", **more: Any) -> Any:
    """A policy that says `word` of one capability."""

    def judge(card: Card, args: Any, path: str) -> Verdict:
        del args, path
        return Verdict(word, rule="policy[0]", **more) if card.name == name else Verdict()

    return judge


PAY = "steps: {a: {use: pay, with: {amount: 5}}}\nresult: ${steps.a.amount}"


class TestPolicy:
    async def test_deny_fails_the_step_without_a_call(self) -> None:
        pay = Tool("pay", effect="write")
        shown = await House(pay, judge=rule("deny", reason="not today")).run(PAY)
        assert shown["error"] == {"code": "denied", "message": "not today", "path": "a"}
        assert pay.calls == []

    async def test_a_denied_step_has_no_fallback(self) -> None:
        echo = Tool("echo")
        shown = await House(Tool("pay", effect="write"), echo, judge=rule("deny")).run(
            "steps: {a: {use: pay, fallback: echo, retry: 3}}"
        )
        assert shown["error"]["code"] == "denied"
        assert echo.calls == []

    async def test_ask_parks_the_run_with_the_arguments_in_the_question(self) -> None:
        pay = Tool("pay", effect="write")
        shown = await House(pay, judge=rule("ask", who=("ops",))).run(PAY)
        assert (shown["status"], pay.calls) == ("waiting", [])
        asked = shown["waiting"][0]
        assert (asked["step"], asked["kind"], asked["who"]) == ("a", "approval", ["ops"])
        assert asked["show"] == {"capability": "pay", "arguments": {"amount": 5}}

    async def test_approved_it_runs_once_and_the_verdict_names_who(self) -> None:
        pay = Tool("pay", effect="write")
        house = House(pay, judge=rule("ask"))
        await house.run(PAY)
        await house.answer("a", {"approved": True}, who="bob")
        shown = await house.go_on()
        assert (shown["status"], shown["result"], len(pay.calls)) == ("succeeded", 5, 1)
        assert (await house.of(Started))[0].verdict == "approved by bob"
        assert pay.calls[0].answered is False

    async def test_rejected_it_fails_and_names_who(self) -> None:
        pay = Tool("pay", effect="write")
        house = House(pay, judge=rule("ask"))
        await house.run(PAY)
        await house.answer("a", {"approved": False}, who="bob")
        shown = await house.go_on()
        assert shown["error"]["code"] == "rejected"
        assert "bob" in shown["error"]["message"]
        assert pay.calls == []

    async def test_each_item_is_approved_by_itself(self) -> None:
        pay = Tool("pay", effect="write")
        house = House(pay, judge=rule("ask"))
        shown = await house.run("steps: {a: {use: pay, each: '[1, 2]', with: {n: '${item}'}}}")
        assert [asked["step"] for asked in shown["waiting"]] == ["a.0", "a.1"]
        await house.answer("a.1", {"approved": True})
        shown = await house.go_on()
        assert args_of(pay) == [{"n": 2}]
        assert [asked["step"] for asked in shown["waiting"]] == ["a.0"]

    async def test_an_approval_holds_for_retries_of_the_same_arguments(self) -> None:
        pay = Tool(
            "pay", in_turn(Failed("busy", "later", may_retry=True), {"amount": 5}), effect="write"
        )
        house = House(pay, judge=rule("ask"))
        await house.run("steps: {a: {use: pay, retry: {at_most: 1, backoff: 0.001}}}")
        await house.answer("a", {"approved": True})
        assert (await house.go_on())["status"] == "succeeded"
        assert len(await house.of(Waited)) == 1

    async def test_an_approval_of_the_step_is_none_for_its_fallback(self) -> None:
        pay, wire = Tool("pay", lambda _: Failed("x", "no"), effect="write"), Tool("wire")
        asking = lambda card, args, path: Verdict("ask")  # noqa: E731
        house = House(pay, wire, judge=asking)
        await house.run("steps: {a: {use: pay, fallback: wire}}")
        await house.answer("a", {"approved": True})
        shown = await house.go_on()
        assert shown["status"] == "waiting"
        assert shown["waiting"][0]["show"]["capability"] == "wire"
        assert wire.calls == []
        await house.answer("a", {"approved": True})
        assert (await house.go_on())["status"] == "succeeded"

    async def test_an_approval_is_bound_to_the_plan_and_the_step(self) -> None:
        house = House(Tool("pay", effect="write"), judge=rule("ask"))
        await house.run("steps: {a: {use: pay, with: {n: 1}}, b: {use: pay, with: {n: 1}}}")
        await house.run("steps: {a: {use: pay, with: {n: 1}}}")
        first, second = await house.of(Waited)
        (third,) = await house.of(Waited, run_id="r2")
        assert len({first.digest, second.digest, third.digest}) == 3


class TestBudget:
    async def test_calls_are_bounded_over_the_whole_run(self) -> None:
        echo = Tool("echo")
        shown = await House(echo).run("""
budget: {calls: 2}
steps: {a: {use: echo, each: "[1, 2, 3]", limit: 1, with: {n: "${item}"}}}
""")
        assert shown["error"]["code"] == "budget"
        assert len(echo.calls) == 2

    async def test_money_is_reserved_before_the_call_and_settled_after_it(self) -> None:
        think = Tool("think", price_nusd=400_000_000)
        shown = await House(think).run("""
budget: {usd: 1}
steps: {a: {use: think, each: "[1, 2, 3]", with: {n: "${item}"}}}
""")
        # Three at once would need 1.20 dollars.
        assert (shown["error"]["code"], len(think.calls)) == ("budget", 2)
        assert shown["cost_usd"] == 0.8

    async def test_what_was_not_spent_is_there_for_the_next(self) -> None:
        think = Tool("think", lambda _: Done(1, cost_nusd=1), price_nusd=900_000_000)
        shown = await House(think).run("""
budget: {usd: 1}
steps: {a: {use: think, each: "[1, 2, 3]", limit: 1, with: {n: "${item}"}}}
""")
        assert (shown["status"], shown["cost_usd"]) == ("succeeded", 3e-9)

    async def test_a_step_has_a_budget_of_its_own_inside_that_of_the_run(self) -> None:
        echo = Tool("echo")
        shown = await House(echo).run("""
steps:
  a: {use: echo, each: "[1, 2, 3]", limit: 1, budget: {calls: 1}, with: {n: "${item}"}}
  b: {use: echo, with: {n: 9}}
""")
        assert step(shown, "a")["error"]["code"] == "budget"
        assert {"n": 9} in args_of(echo)

    async def test_time_is_refused_when_it_is_over(self) -> None:
        echo = Tool("echo")
        house = House(echo)
        run = house.accept("budget: {seconds: 60}\nsteps: {a: {use: echo}}")
        house.clock.advance(61)
        shown = await house.drive(run)
        assert shown["error"]["code"] == "budget"
        assert shown["error"]["message"] == "the run's time budget of 60 s is used up"
        assert echo.calls == []

    async def test_a_call_has_no_more_time_than_the_budget_has_left(self) -> None:
        house = House()
        await house.run("timeout: 7\nsteps: {a: {use: echo, timeout: 60}}")
        (started,) = await house.of(Started)
        assert started.deadline <= (await house.facts())[0].at + 7

    async def test_of_the_workspace_is_never_widened_by_a_plan(self) -> None:
        echo = Tool("echo")
        shown = await House(echo, budget=Budget(calls=1)).run(
            "budget: {calls: 9}\nsteps: {a: {use: echo, each: '[1, 2]', limit: 1}}"
        )
        assert (shown["error"]["code"], len(echo.calls)) == ("budget", 1)

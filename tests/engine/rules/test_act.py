"""What follows without a call: rounds of a repeat, ends of scopes, what is taken back, what is given up."""

import asyncio
from typing import Any

import pytest

from batuta.spec.call import Expand, Failed
from batuta.spec.facts import Doubted, Spread
from batuta.spec.plan import Plan
from tests.engine.builders import Gate, House, Tool, args_of, in_turn, read, states, step


class TestRepeat:
    async def test_ends_with_the_first_round_whose_condition_holds(self) -> None:
        shown = await House().run("""
steps:
  a:
    use: echo
    with: {n: "${index}", before: "${previous}"}
    repeat: {until: steps.a.n >= 2, at_most: 5}
result: ${steps.a}
""")
        assert shown["result"]["n"] == 2
        assert shown["result"]["before"]["n"] == 1
        assert list(states(shown)) == ["a", "a~0", "a~1", "a~2"]

    async def test_previous_is_null_in_the_first_round(self) -> None:
        shown = await House().run("""
steps:
  a:
    use: echo
    with: {before: "${previous}", seen: "${has(previous.before)}"}
    repeat: {until: "true", at_most: 1}
result: ${steps.a}
""")
        assert shown["result"] == {"before": None, "seen": False}

    async def test_fails_when_the_condition_never_holds(self) -> None:
        echo = Tool("echo")
        shown = await House(echo).run(
            "steps: {a: {use: echo, repeat: {until: steps.a == 1, at_most: 3}}}"
        )
        assert shown["error"]["code"] == "repeat"
        assert len(echo.calls) == 3

    async def test_waits_between_the_rounds(self) -> None:
        house = House(Tool("look", in_turn(0, 0, 1), effect="read"))
        shown = await house.run("""
steps: {a: {use: look, repeat: {until: steps.a == 1, at_most: 9, wait: 0.01}}}
result: ${steps.a}
""")
        assert shown["result"] == 1
        waits = [spread.open_at and spread.open_at - spread.at for spread in await house.of(Spread)]
        assert waits == [None, pytest.approx(0.01), pytest.approx(0.01)]

    async def test_that_waits_long_parks_and_goes_on_when_it_is_time(self) -> None:
        look = Tool("look", in_turn(0, 1), effect="read")
        house = House(look)
        plan = "steps: {a: {use: look, repeat: {until: steps.a == 1, at_most: 9, wait: 1h}}}"
        await house.run(plan)
        assert len(look.calls) == 1
        await house.go_on()
        assert len(look.calls) == 1
        house.clock.advance(3601)
        assert (await house.go_on())["status"] == "succeeded"

    async def test_a_round_that_fails_fails_the_step(self) -> None:
        shown = await House(Tool("odd", in_turn(1, Failed("x", "no")))).run(
            "steps: {a: {use: odd, repeat: {until: steps.a == 2, at_most: 9}}}"
        )
        assert states(shown) == {"a": "failed", "a~0": "done", "a~1": "failed"}
        assert shown["error"]["code"] == "x"

    async def test_a_condition_that_cannot_be_evaluated_fails_the_step(self) -> None:
        shown = await House(Tool("odd", lambda _: "text")).run(
            "steps: {a: {use: odd, repeat: {until: steps.a.x > 1, at_most: 9}}}"
        )
        assert shown["error"]["code"] == "expression"
        assert shown["error"]["message"].startswith("until: ")

    async def test_inside_an_each_every_item_has_rounds_of_its_own(self) -> None:
        shown = await House().run("""
steps:
  a:
    use: echo
    each: "[1, 2]"
    with: {item: "${item}", sum: "${previous == null ? item : previous.sum + item}"}
    repeat: {until: steps.a.sum >= 2, at_most: 5}
result: ${steps.a}
""")
        assert shown["result"] == [{"item": 1, "sum": 2}, {"item": 2, "sum": 2}]
        assert list(states(shown)) == ["a", "a.0", "a.0~0", "a.0~1", "a.1", "a.1~0"]

    async def test_a_round_is_retried_without_counting_as_another(self) -> None:
        busy = Failed("busy", "later", may_retry=True)
        tool = Tool("put", in_turn(busy, 0, busy, 1))
        shown = await House(tool).run("""
steps:
  a:
    use: put
    repeat: {until: steps.a == 1, at_most: 2}
    retry: {at_most: 1, backoff: 0.001}
""")
        assert (shown["status"], len(tool.calls)) == ("succeeded", 4)


SUB = read("""
inputs: {n: integer}
steps:
  x: {use: echo, with: {n: "${inputs.n}"}}
  y: {use: echo, with: {n: "${steps.x.n + 1}"}}
result: ${steps.y.n}
""")


def planner(plan: Plan = SUB, **card: Any) -> Tool:
    return Tool("think", lambda call: Expand(plan, dict(call.args)), **card)


class TestAPlanInsideAPlan:
    async def test_has_inputs_and_gives_its_result_as_the_value_of_the_step(self) -> None:
        shown = await House(planner()).run(
            "steps: {a: {use: think, with: {n: 1}}, b: {use: echo, with: {n: '${steps.a}'}}}\n"
            "result: ${steps.b.n}"
        )
        assert shown["result"] == 2
        assert list(states(shown)) == ["a", "a/1/x", "a/1/y", "b"]

    async def test_that_fails_fails_the_step_and_says_where(self) -> None:
        sub = read("steps: {x: {use: odd}}")
        shown = await House(planner(sub), Tool("odd", lambda _: Failed("x", "no"))).run(
            "steps: {a: {use: think}}"
        )
        assert shown["error"] == {"code": "x", "message": "a/1/x: no", "path": "a"}

    async def test_that_fails_is_followed_by_the_fallback_and_not_by_a_retry(self) -> None:
        sub = read("steps: {x: {use: odd}}")
        think = planner(sub)
        odd = Tool("odd", lambda _: Failed("x", "no", may_retry=True))
        shown = await House(think, odd).run(
            "steps: {a: {use: think, retry: 5, fallback: {use: echo, with: {n: 3}}}}\n"
            "result: ${steps.a.n}"
        )
        assert (shown["result"], len(think.calls)) == (3, 1)

    async def test_of_a_fallback_has_a_generation_of_its_own(self) -> None:
        bad, good = read("steps: {x: {use: odd}}"), read("steps: {x: {use: echo}}\nresult: 7")
        one = Tool("one", lambda _: Expand(bad))
        two = Tool("two", lambda _: Expand(good))
        shown = await House(one, two, Tool("odd", lambda _: Failed("x", "no"))).run(
            "steps: {a: {use: one, fallback: two}}\nresult: ${steps.a}"
        )
        assert shown["result"] == 7
        assert "a/2/x" in states(shown)

    async def test_that_is_unsound_is_a_wrong_answer(self) -> None:
        sub = Plan("sub", steps=read("steps: {x: {use: echo}}").steps, result="${steps.nope}")
        shown = await House(planner(sub)).run("steps: {a: {use: think}}")
        assert shown["error"]["code"] == "bad_answer"
        assert "nope" in shown["error"]["message"]

    async def test_with_inputs_that_do_not_fit_is_a_wrong_answer(self) -> None:
        shown = await House(planner()).run("steps: {a: {use: think, with: {n: text}}}")
        assert shown["error"]["code"] == "bad_answer"

    async def test_without_steps_is_its_result_at_once(self) -> None:
        sub = Plan("sub", result=[1])
        shown = await House(planner(sub)).run("steps: {a: {use: think}}\nresult: ${steps.a}")
        assert shown["result"] == [1]

    async def test_is_bounded_in_depth(self) -> None:
        again = read("steps: {x: {use: think}}\nresult: ${steps.x}")
        think = planner(again)
        shown = await House(think).run("steps: {a: {use: think}}")
        assert (shown["error"]["code"], len(think.calls)) == ("bad_answer", 17)
        assert "deep" in shown["error"]["message"]

    async def test_is_bounded_in_steps(self) -> None:
        echo = read("steps: {x: {use: echo}}").steps["x"]
        wide = Plan("wide", steps={f"s{n}": echo for n in range(60)})
        house = House(planner(wide))
        run = house.accept("steps: {a: {use: think}}")
        for number in range(49_950):
            run.nodes[f"filler{number}"] = run.nodes["a"]
        shown = await house.drive(run)
        assert shown["error"]["code"] == "bad_answer"
        assert "step instances" in shown["error"]["message"]

    async def test_spends_from_the_budget_of_its_step(self) -> None:
        echo = Tool("echo")
        shown = await House(planner(), echo).run(
            "steps: {a: {use: think, with: {n: 1}, budget: {calls: 2}}}"
        )
        # One call was the planner's own.
        assert (shown["error"]["code"], len(echo.calls)) == ("budget", 1)

    async def test_may_be_made_per_item(self) -> None:
        shown = await House(planner()).run(
            "steps: {a: {use: think, each: '[1, 5]', with: {n: '${item}'}}}\nresult: ${steps.a}"
        )
        assert shown["result"] == [2, 6]
        assert "a.1/1/y" in states(shown)

    async def test_with_a_question_in_it_parks_the_run_and_goes_on(self) -> None:
        sub = read("steps: {x: {use: human, with: {question: 'Well?'}}}\nresult: ${steps.x}")
        house = House(planner(sub))
        shown = await house.run("steps: {a: {use: think}}\nresult: ${steps.a}")
        assert [asked["step"] for asked in shown["waiting"]] == ["a/1/x"]
        await house.answer("a/1/x", {"approved": True})
        assert (await house.go_on())["result"] == {"approved": True}


SAGA = """
steps:
  a: {use: pay, with: {n: 1}, undo: {use: back, with: {n: "${steps.a.n}"}}}
  b: {use: pay, with: {n: 2}, after: [a], undo: {use: back, with: {n: "${steps.b.n}"}}}
  c: {use: odd, after: [b], undo: {use: back, with: {n: 3}}}
  d: {use: echo, when: "false", undo: {use: back, with: {n: 4}}}
"""


def saga(back: Tool, *more: Any) -> House:
    odd = Tool("odd", lambda _: Failed("odd", "no"), effect="write")
    return House(Tool("pay", effect="write"), odd, back, *more)


class TestUndo:
    async def test_takes_back_in_reverse_order_what_was_done_and_nothing_else(self) -> None:
        back = Tool("back", effect="write")
        shown = await saga(back).run(SAGA)
        assert args_of(back) == [{"n": 2}, {"n": 1}]
        assert shown["error"] == {"code": "odd", "message": "no", "path": "c"}
        assert states(shown)["a/undo"] == "done"
        assert {"c/undo", "d/undo"} & set(states(shown)) == set()

    async def test_is_not_called_when_the_run_succeeds(self) -> None:
        back = Tool("back")
        await saga(back).run("steps: {a: {use: pay, undo: back}}")
        assert back.calls == []

    async def test_that_fails_is_recorded_and_the_others_go_on(self) -> None:
        back = Tool("back", in_turn(Failed("stuck", "no"), 1), effect="write")
        shown = await saga(back).run(SAGA)
        assert (states(shown)["b/undo"], states(shown)["a/undo"]) == ("failed", "done")
        assert shown["error"]["code"] == "odd"
        assert step(shown, "b/undo")["error"] == {"code": "stuck", "message": "no"}

    async def test_of_items_takes_each_of_them_back_with_its_own_value(self) -> None:
        back = Tool("back")
        await saga(back).run("""
steps:
  a: {use: pay, each: "[1, 2, 3]", limit: 1, with: {n: "${item}"},
      undo: {use: back, with: {n: "${steps.a.n}", item: "${item}", index: "${index}"}}}
  b: {use: odd, after: [a]}
""")
        assert args_of(back) == [{"n": n, "item": n, "index": n - 1} for n in (3, 2, 1)]

    async def test_without_arguments_of_its_own_has_those_of_the_step(self) -> None:
        back = Tool("back")
        await saga(back).run("""
steps:
  a: {use: pay, with: {n: 1}, undo: back}
  b: {use: odd, after: [a]}
""")
        assert args_of(back) == [{"n": 1}]

    async def test_is_never_refused_for_money_calls_or_time(self) -> None:
        back = Tool("back", price_nusd=10**12)
        shown = await saga(back).run("""
budget: {calls: 2, usd: 0.001}
steps:
  a: {use: pay, with: {n: 1}, undo: back}
  b: {use: odd, after: [a]}
""")
        assert (states(shown)["a/undo"], len(back.calls)) == ("done", 1)

    async def test_is_retried_like_its_step_but_has_no_fallback(self) -> None:
        busy = Failed("busy", "later", may_retry=True)
        back, other = Tool("back", in_turn(busy, busy)), Tool("other")
        await saga(back, other).run("""
steps:
  a: {use: pay, undo: back, fallback: other, retry: {at_most: 1, backoff: 0.001}}
  b: {use: odd, after: [a]}
""")
        assert (len(back.calls), len(other.calls)) == (2, 0)

    async def test_runs_when_the_run_is_cancelled(self) -> None:
        back, gate = Tool("back"), Gate("gate")
        house = saga(back, gate)
        going = house.begin(
            "steps: {a: {use: pay, with: {n: 1}, undo: back}, b: {use: gate, after: [a]}}"
        )
        await gate.entered.wait()
        await house.cancel()
        shown = await going
        assert (shown["status"], args_of(back)) == ("cancelled", [{"n": 1}])

    async def test_waits_for_a_write_under_way_and_takes_it_back_too(self) -> None:
        back, gate = Tool("back"), Gate("gate", effect="write")
        house = saga(back, gate)
        going = house.begin("""
steps:
  a: {use: gate, with: {n: 1}, undo: back}
  b: {use: odd}
""")
        await gate.entered.wait()
        gate.opened.set()
        shown = await going
        assert (gate.cancelled, args_of(back)) == (0, [{"n": 1}])
        assert shown["status"] == "failed"

    async def test_waits_until_a_doubt_is_resolved(self) -> None:
        back = Tool("back")
        lost = Tool("lost", in_turn(ConnectionError("gone")), effect="write")
        house = saga(back, lost)
        shown = await house.run("""
steps:
  a: {use: lost, undo: {use: back, with: {id: "${steps.a.id}"}}}
  b: {use: odd, after: [c]}
  c: {use: echo}
""")
        assert (shown["status"], back.calls) == ("waiting", [])
        await house.answer("a", {"how": "done", "value": {"id": 7}})
        shown = await house.go_on()
        assert (shown["status"], args_of(back)) == ("failed", [{"id": 7}])

    @pytest.mark.parametrize("how", ["retry", "fail"])
    async def test_takes_nothing_back_when_the_doubt_is_resolved_as_not_done(
        self, how: str
    ) -> None:
        back = Tool("back")
        lost = Tool("lost", in_turn(ConnectionError("gone")), effect="write")
        house = saga(back, lost)
        await house.run("steps: {a: {use: lost, undo: back}, b: {use: odd}}")
        await house.answer("a", how)
        shown = await house.go_on()
        assert (shown["status"], back.calls, len(lost.calls)) == ("failed", [], 1)

    async def test_inside_a_plan_that_a_call_answered_with_is_part_of_the_run(self) -> None:
        back = Tool("back")
        sub = read("steps: {x: {use: pay, with: {n: 1}, undo: back}}")
        await saga(back, planner(sub)).run("steps: {a: {use: think}, b: {use: odd, after: [a]}}")
        assert args_of(back) == [{"n": 1}]

    async def test_of_a_plan_inside_takes_back_its_steps_after_the_step_itself(self) -> None:
        back = Tool("back")
        sub = read("steps: {x: {use: pay, with: {n: 1}, undo: back}}\nresult: 5")
        await saga(back, planner(sub)).run("""
steps:
  a: {use: think, undo: {use: back, with: {whole: "${steps.a}"}}}
  b: {use: odd, after: [a]}
""")
        assert args_of(back) == [{"whole": 5}, {"n": 1}]

    async def test_of_a_repeat_takes_every_round_back(self) -> None:
        back = Tool("back")
        await saga(back).run("""
steps:
  a: {use: pay, with: {n: "${index}"}, repeat: {until: steps.a.n >= 1, at_most: 3},
      undo: {use: back, with: {n: "${steps.a.n}", index: "${index}"}}}
  b: {use: odd, after: [a]}
""")
        assert args_of(back) == [{"n": 1, "index": 1}, {"n": 0, "index": 0}]

    async def test_that_is_in_doubt_is_asked_about_before_the_others_go_on(self) -> None:
        back = Tool("back", in_turn(ConnectionError("gone"), 1), effect="write")
        house = saga(back)
        shown = await house.run(SAGA)
        assert [asked["step"] for asked in shown["waiting"]] == ["b/undo"]
        await house.answer("b/undo", {"how": "done"})
        shown = await house.go_on()
        assert (shown["status"], states(shown)["b/undo"]) == ("failed", "done")
        assert args_of(back) == [{"n": 2}, {"n": 1}]


class TestCancel:
    async def test_of_a_parked_run_ends_it(self) -> None:
        house = House()
        await house.run("steps: {a: {use: human, with: {question: 'Well?'}}}")
        await house.cancel()
        shown = await house.go_on()
        assert (shown["status"], states(shown)) == ("cancelled", {"a": "cancelled"})
        assert shown["error"]["message"] == "cancelled by ann"

    async def test_reaches_the_running_call_and_nothing_new_starts(self) -> None:
        gate, echo = Gate("gate"), Tool("echo")
        house = House(gate, echo)
        going = house.begin("steps: {a: {use: gate}, b: {use: echo, after: [a]}}")
        await gate.entered.wait()
        await house.cancel()
        shown = await going
        assert (gate.cancelled, echo.calls) == (1, [])
        assert states(shown) == {"a": "cancelled", "b": "cancelled"}

    async def test_of_a_running_write_leaves_it_recorded_as_in_doubt(self) -> None:
        gate = Gate("gate", effect="write")
        house = House(gate)
        going = house.begin("steps: {a: {use: gate}}")
        await gate.entered.wait()
        await house.cancel()
        shown = await going
        assert (shown["status"], states(shown)) == ("cancelled", {"a": "failed"})
        assert step(shown, "a")["error"]["code"] == "in_doubt"
        assert len(await house.of(Doubted)) == 1

    async def test_between_retries_ends_the_run_without_another_attempt(self) -> None:
        tool = Tool("put", lambda _: Failed("busy", "later", may_retry=True))
        house = House(tool)
        await house.run("steps: {a: {use: put, retry: {at_most: 9, backoff: 3600, ceiling: 3600}}}")
        await house.cancel()
        assert ((await house.go_on())["status"], len(tool.calls)) == ("cancelled", 1)

    async def test_inside_a_plan_that_a_call_answered_with_reaches_its_calls(self) -> None:
        gate = Gate("gate")
        house = House(planner(read("steps: {x: {use: gate}}")), gate)
        going = house.begin("steps: {a: {use: think}}")
        await gate.entered.wait()
        await house.cancel()
        assert states(await going) == {"a": "cancelled", "a/1/x": "cancelled"}

    async def test_before_anybody_drives_the_run_calls_nothing(self) -> None:
        echo = Tool("echo")
        house = House(echo)
        house.accept("steps: {a: {use: echo}}")
        await house.cancel()
        shown = await house.go_on()
        assert (shown["status"], echo.calls) == ("cancelled", [])

    async def test_twice_is_once(self) -> None:
        house = House()
        await house.run("steps: {a: {use: human, with: {question: 'Well?'}}}")
        await house.cancel()
        await house.cancel()
        assert (await house.go_on())["status"] == "cancelled"

    async def test_of_items_stops_all_that_run_and_starts_no_other(self) -> None:
        gate = Gate("gate")
        house = House(gate)
        going = house.begin("steps: {a: {use: gate, each: '[1, 2, 3, 4]', limit: 2}}")
        await gate.entered.wait()
        await asyncio.sleep(0)
        await house.cancel()
        shown = await going
        assert set(states(shown).values()) == {"cancelled"}
        assert len(gate.calls) <= 2

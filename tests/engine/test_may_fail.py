"""A step that may fail: it counts as skipped, the run goes on, and `errors` says why."""

import asyncio
from typing import Any, ClassVar

import pytest

from batuta.engine.past.fork import Wish, fork
from batuta.engine.past.replay import Replay
from batuta.engine.rules.view import Shelf
from batuta.ports import Verdict
from batuta.spec.call import Call, Done, Expand, Failed, Question, Waiting
from batuta.spec.facts import Failure, Skipped
from batuta.spec.plan import Plan, Step, Undo
from tests.engine.builders import House, Tool, args_of, in_turn, states, step

BROKEN = {"code": "broken", "message": "no luck"}


def broken(**card: Any) -> Tool:
    return Tool("broken", lambda _: Failed("broken", "no luck"), **card)


def picky() -> Tool:
    """Fails for odd numbers."""

    def answer(call: Call) -> Any:
        number = call.args["n"]
        return Failed("odd", f"{number} is odd") if number % 2 else Done(number)

    return Tool("picky", answer)


class TestAStepThatMayFail:
    async def test_leaves_null_and_the_run_goes_on(self) -> None:
        shown = await House(broken()).run(
            """
steps:
  a: {use: broken, may_fail: true}
  b: {use: echo, with: {n: 1}}
result: {a: "${steps.a}", b: "${steps.b.n}", why: "${errors.a}", code: "${errors.a.code}", none: "${errors.b}"}
"""
        )
        assert (shown["status"], shown["error"]) == ("succeeded", None)
        assert shown["result"] == {
            "a": None, "b": 1, "why": BROKEN, "code": "broken", "none": None,
        }  # fmt: skip
        assert states(shown) == {"a": "failed", "b": "done"}

    async def test_skips_what_needs_its_value(self) -> None:
        house = House(broken())
        shown = await house.run(
            """
steps:
  a: {use: broken, may_fail: true}
  b: {use: echo, with: {x: "${steps.a.text}"}}
  c: {use: echo, with: {x: "${steps.b.x}"}}
  d: {use: echo, with: {x: "${has(steps.a.text) ? steps.a.text : 'nothing'}"}}
  e: {use: echo, after: a, with: {x: 1}}
result: [{"d": "${steps.d.x}", "e": "${steps.e.x}"}]
"""
        )
        assert shown["result"] == [{"d": "nothing", "e": 1}]
        assert [fact.why for fact in await house.of(Skipped)] == ["a failed", "b was skipped"]

    async def test_is_asked_about_without_being_needed(self) -> None:
        shown = await House(broken(), picky()).run(
            """
steps:
  a: {use: broken, may_fail: true}
  b: {use: picky, may_fail: true, with: {n: 2}}
  told: {use: echo, when: "errors.a != null && errors.b == null", with: {said: "${errors.a.message}"}}
  not: {use: echo, when: "has(errors.b)", with: {}}
result: "${steps.told.said}"
"""
        )
        assert shown["result"] == "no luck"
        assert states(shown)["not"] == "skipped"

    async def test_fails_only_after_retries_and_fallbacks(self) -> None:
        tool = Tool("flaky", in_turn(Failed("broken", "no luck", may_retry=True)))
        other = Tool("other", lambda _: Failed("worse", "none at all"))
        shown = await House(tool, other).run(
            """
steps: {a: {use: flaky, may_fail: true, retry: {at_most: 2, backoff: 0}, fallback: other}}
result: "${errors.a}"
"""
        )
        assert shown["result"] == {"code": "worse", "message": "none at all"}
        assert (len(tool.calls), len(other.calls)) == (3, 1)

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("use: echo, when: '${inputs.x.y > 1}'", "expression"),
            ("use: echo, with: '${inputs.x}'", "invalid"),
            ("use: costly, budget: {calls: 0}", "budget"),
            ("use: forbidden", "denied"),
            ("use: echo, each: '${inputs.x}'", "expression"),
            ("use: echo, each: '${[1, 2]}', at_most: 1", "too_many"),
            ("use: picky, with: {n: '${index}'}, repeat: {until: 'index > 5', at_most: 3}", "odd"),
            ("use: echo, repeat: {until: 'index > 5', at_most: 3}", "repeat"),
            ("use: planner", "broken"),
        ],
    )
    async def test_may_fail_for_any_reason(self, body: str, code: str) -> None:
        inner = Plan("inner", steps={"x": Step("broken")}, result="${steps.x}")
        tools = (
            broken(),
            picky(),
            Tool("costly"),
            Tool("forbidden"),
            Tool("planner", lambda _: Expand(inner)),
        )

        def judge(card: Any, args: Any, path: str) -> Verdict:
            return Verdict("deny", "law") if card.name == "forbidden" else Verdict()

        house = House(*tools, judge=judge)
        shown = await house.run(
            "inputs: {x: {type: any, default: 1}}\n"
            f"steps: {{a: {{{body}, may_fail: true}}}}\nresult: '${{errors.a}}'"
        )
        assert shown["status"] == "succeeded", shown["error"]
        result = shown["result"][0] if "each" in body else shown["result"]
        assert result["code"] == code

    async def test_is_rejected_by_a_person_and_the_run_goes_on(self) -> None:
        house = House(
            Tool("pay", effect="write"), judge=lambda card, args, path: Verdict("ask", "rule")
        )
        await house.run("steps: {a: {use: pay, may_fail: true}}\nresult: '${errors.a.code}'")
        await house.answer("a", {"approved": False})
        shown = await house.go_on()
        assert (shown["status"], shown["result"]) == ("succeeded", "rejected")

    async def test_is_asked_about_while_it_is_in_doubt(self) -> None:
        house = House(
            Tool("pay", lambda _: Failed("gone", "lost it", in_doubt=True), effect="write")
        )
        shown = await house.run(
            "steps: {a: {use: pay, may_fail: true}}\nresult: '${errors.a.code}'"
        )
        assert shown["status"] == "waiting"
        await house.answer("a", {"how": "fail"})
        shown = await house.go_on()
        assert (shown["status"], shown["result"]) == ("succeeded", "in_doubt")

    async def test_takes_nothing_back(self) -> None:
        back = Tool("back", effect="idempotent")
        shown = await House(broken(), Tool("pay", effect="write"), back).run(
            """
steps:
  paid: {use: pay, undo: back}
  a: {use: broken, after: paid, may_fail: true}
result: "${errors.a.code}"
"""
        )
        assert (shown["result"], back.calls) == ("broken", [])

    async def test_leaves_what_the_plan_inside_of_it_has_done_until_the_run_fails(self) -> None:
        inner = Plan(
            "inner",
            steps={
                "paid": Step("pay", undo=Undo("back")),
                "boom": Step("broken", after=("paid",)),
            },
        )
        back = Tool("back", effect="idempotent")
        planner = Tool("planner", lambda _: Expand(inner))
        house = House(broken(), Tool("pay", effect="write"), back, planner)
        plan = "steps: {a: {use: planner, may_fail: true}, b: {use: %s, after: a}}\nresult: '${errors.a}'"
        shown = await house.run(plan % "echo")
        assert shown["result"] == {"code": "broken", "message": "a/1/boom: no luck"}
        assert back.calls == []
        shown = await house.run(plan % "broken")
        assert (shown["status"], len(back.calls)) == ("failed", 1)

    async def test_is_cancelled_with_its_run(self) -> None:
        house = House(Tool("ask", lambda _: Waiting(Question(text="?"))))
        await house.run("steps: {a: {use: ask, may_fail: true}}\nresult: '${errors.a}'")
        await house.cancel()
        shown = await house.go_on()
        assert (shown["status"], states(shown)) == ("cancelled", {"a": "cancelled"})

    async def test_counts_for_no_join_and_may_fail_by_one(self) -> None:
        shown = await House(broken()).run(
            """
steps:
  a: {use: broken, may_fail: true}
  b: {use: broken}
  c: {use: echo, join: first, after: [a, b], may_fail: true}
result: {c: "${errors.c.code}", a: "${errors.a.code}", b: "${errors.b.code}"}
"""
        )
        assert shown["result"] == {"c": "join", "a": "broken", "b": "broken"}


class TestErrorsUnderAJoin:
    async def test_are_those_that_were_known_when_it_began(self) -> None:
        late = asyncio.Event()

        async def slow(_: Call) -> Any:
            await late.wait()
            return Failed("late", "too late")

        async def joins(call: Call) -> Any:
            late.set()
            await house.until(Failure, "late")
            return Done(call.args) if call.attempt > 1 else Failed("busy", "", may_retry=True)

        house = House(broken(), Tool("slow", slow), Tool("joins", joins))
        shown = await house.run(
            """
steps:
  a: {use: broken}
  b: {use: echo, when: "errors.a == null || true"}
  late: {use: slow, may_fail: true}
  j:
    use: joins
    join: first
    after: [a, b, late]
    with: {a: "${errors.a.code}", late: "${errors.late.code}"}
    retry: {at_most: 1, backoff: 0}
result: ["${steps.j}", "${steps.late}", "${errors.late.code}"]
"""
        )
        assert shown["result"] == [{"a": "broken", "late": None}, None, "late"]

    async def test_are_not_counted_and_not_waited_for(self) -> None:
        house = House(Tool("ask", lambda _: Waiting(Question(text="?"))))
        shown = await house.run(
            """
steps:
  a: {use: ask, may_fail: true}
  b: {use: echo}
  j: {use: echo, join: first, after: b, with: {why: "${errors.a}"}}
"""
        )
        assert states(shown) == {"a": "waiting", "b": "done", "j": "done"}
        assert step(shown, "j")["inputs"] == {"why": None}

    async def test_do_not_make_a_step_needed(self) -> None:
        shown = await House(broken()).run(
            """
steps:
  a: {use: broken}
  b: {use: echo}
  j: {use: echo, join: first, after: [a, b]}
  told: {use: echo, with: {why: "${errors.a.code}"}}
result: "${steps.told.why}"
"""
        )
        assert shown["result"] == "broken"


class TestAnEachThatMayFail:
    async def test_lets_every_item_fail_by_itself(self) -> None:
        shown = await House(picky()).run(
            """
steps: {a: {use: picky, each: "${[1, 2, 3, 4]}", with: {n: "${item}"}, limit: 2, may_fail: true}}
result: {values: "${steps.a}", errors: "${errors.a}", second: "${errors.a[2].message}"}
"""
        )
        assert shown["result"] == {
            "values": [None, 2, None, 4],
            "errors": [
                {"code": "odd", "message": "1 is odd"},
                None,
                {"code": "odd", "message": "3 is odd"},
                None,
            ],
            "second": "3 is odd",
        }
        assert states(shown)["a"] == "done"

    async def test_has_a_list_of_errors_even_if_all_went_well(self) -> None:
        shown = await House(picky()).run(
            "steps: {a: {use: picky, each: '${[2]}', with: {n: '${item}'}, may_fail: true}}\nresult: '${errors.a}'"
        )
        assert shown["result"] == [None]

    async def test_may_repeat_its_items(self) -> None:
        shown = await House(picky()).run(
            """
steps:
  a:
    use: picky
    each: "${[2, 3]}"
    with: {n: "${item}"}
    repeat: {until: "size(rounds) == 2", at_most: 3}
    may_fail: true
result: ["${steps.a}", "${errors.a[1].code}"]
"""
        )
        assert shown["result"] == [[2, None], "odd"]


class TestRounds:
    async def test_are_the_values_of_all_rounds_before(self) -> None:
        count = Tool("count", lambda call: len(call.args["seen"]))
        shown = await House(count).run(
            """
steps: {a: {use: count, with: {seen: "${rounds}"}, repeat: {until: "rounds.exists(r, r == 2)", at_most: 9}}}
result: "${steps.a}"
"""
        )
        assert shown["result"] == 2
        assert args_of(count) == [{"seen": []}, {"seen": [0]}, {"seen": [0, 1]}]
        assert step(shown, "a~1")["inputs"] == {"seen": {"rounds": 1}}

    async def test_have_paths_into_them(self) -> None:
        shown = await House().run(
            """
steps:
  a:
    use: echo
    with: {n: "${index}", first: "${size(rounds) > 0 ? rounds[0].n : -1}"}
    repeat: {until: "rounds[1].n == 1 || false", at_most: 3}
"""
        )
        assert shown["status"] == "failed"
        assert "rounds[1]" in shown["error"]["message"]

    async def test_belong_to_their_item(self) -> None:
        shown = await House().run(
            """
steps:
  a:
    use: echo
    each: "${[7, 8]}"
    with: {n: "${item + index}", before: "${rounds}"}
    repeat: {until: "size(rounds) == 2", at_most: 3}
result: "${steps.a.map(a, a.before.map(b, b.n))}"
"""
        )
        assert shown["result"] == [[7], [9]]

    @pytest.mark.parametrize("at_hand", [1_000_000, 8_000])
    async def test_may_be_larger_than_what_is_kept_at_hand(self, at_hand: int) -> None:
        text = "x" * 5_000
        big = Tool("big", lambda call: {"text": text, "rounds": len(call.args["seen"])})
        house = House(big)
        house.engine.shelf = Shelf(at_hand)
        shown = await house.run(
            """
steps: {a: {use: big, with: {seen: "${rounds}"}, repeat: {until: "size(rounds) == 4", at_most: 9}}}
result: "${steps.a.rounds}"
"""
        )
        assert shown["result"] == 3


class TestLater:
    PLAN = """
steps:
  a: {use: broken, may_fail: true}
  many: {use: picky, each: "${[1, 2]}", with: {n: "${item}"}, may_fail: true}
  b: {use: echo, with: {x: "${steps.a}"}}
  tell: {use: echo, with: {why: "${errors.a}", many: "${errors.many}", values: "${steps.many}"}}
result: "${steps.tell}"
"""
    RESULT: ClassVar[dict[str, Any]] = {
        "why": BROKEN,
        "many": [{"code": "odd", "message": "1 is odd"}, None],
        "values": [None, 2],
    }

    async def test_a_replay_decides_the_same(self) -> None:
        house = House(broken(), picky())
        assert (await house.run(self.PLAN))["result"] == self.RESULT
        replayed = await Replay(house.engine).run("r1")
        assert (replayed.verdict, replayed.difference) == ("same", None)

    async def test_a_fork_takes_failures_over_as_they_were(self) -> None:
        tool = broken()
        house = House(tool, picky())
        await house.run(self.PLAN)
        origin = await house.engine.read("r1")
        forked = await fork(house.engine, origin, Wish("tell"), run_id="f1", author="ann")
        shown = await house.go_on("f1")
        assert set(forked.taken_over) == {"a", "many", "b"}
        assert (shown["result"], len(tool.calls)) == (self.RESULT, 1)

    async def test_a_fork_at_the_failure_tries_again(self) -> None:
        tool = Tool("broken", in_turn(Failed("broken", "no luck"), {"text": "luck"}))
        house = House(tool, picky())
        await house.run(self.PLAN)
        origin = await house.engine.read("r1")
        forked = await fork(house.engine, origin, Wish("a"), run_id="f1", author="ann")
        shown = await house.go_on("f1")
        assert forked.taken_over == ("many",)
        assert shown["result"] == {**self.RESULT, "why": None}
        assert states(shown)["b"] == "done"

    async def test_a_fork_at_an_item_keeps_the_other_failures(self) -> None:
        house = House(broken(), picky())
        await house.run(self.PLAN)
        origin = await house.engine.read("r1")
        await fork(house.engine, origin, Wish("many.1"), run_id="f1", author="ann")
        assert (await house.go_on("f1"))["result"] == self.RESULT

    async def test_a_fork_does_what_was_only_asked_about_when_the_run_failed(self) -> None:
        house = House(broken(), Tool("ask", in_turn(Waiting(Question(text="?")), 1)))
        await house.run(
            """
steps:
  x: {use: ask, may_fail: true}
  b: {use: echo}
  j: {use: echo, join: first, after: b, with: {why: "${errors.x}"}}
  c: {use: broken, after: j}
"""
        )
        origin = await house.engine.read("r1")
        assert origin.nodes["x"].state == "cancelled"
        forked = await fork(house.engine, origin, Wish("c"), run_id="f1", author="ann")
        assert set(forked.taken_over) == {"b", "j"}
        assert states(await house.go_on("f1"))["x"] == "done"

    async def test_it_is_told_that_the_run_went_on(self) -> None:
        shown = await House(broken(), picky()).run(self.PLAN)
        told = {one["path"]: one.get("tolerated") for one in shown["steps"]}
        assert told == {
            "a": True, "many": None, "many.0": True, "many.1": None, "b": None, "tell": None,
        }  # fmt: skip

    async def test_rounds_before_a_restart_are_there_after_it(self) -> None:
        def asks(call: Call) -> Any:
            if len(call.args["seen"]) == 2 and not call.answered:
                return Waiting(Question(text="?"))
            return {"n": len(call.args["seen"]), "text": "x" * 3_000}

        plan = """
steps: {a: {use: asks, with: {seen: "${rounds}"}, repeat: {until: "size(rounds) == 3", at_most: 9}}}
result: "${steps.a.n}"
"""
        first = House(Tool("asks", asks))
        assert (await first.run(plan))["status"] == "waiting"
        second = House(Tool("asks", asks), journal=first.journal, clock=first.clock)
        await second.answer("a~2", {})
        assert (await second.go_on())["result"] == 2


async def test_arguments_may_be_one_reference() -> None:
    shown = await House().run(
        "inputs: {args: object}\nsteps: {a: {use: echo, with: '${inputs.args}'}}\nresult: '${steps.a}'",
        {"args": {"x": [1]}},
    )
    assert shown["result"] == {"x": [1]}

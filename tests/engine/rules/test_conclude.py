"""What an outcome becomes: retry, fallback, the last word; questions; doubts; plans."""

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta import App, capability
from batuta.engine.rules.conclude import retry_wait_s
from batuta.errors import NotDone
from batuta.ports import Verdict
from batuta.spec.call import Call, Done, Expand, Failed, Question, Waiting
from batuta.spec.facts import Answered, Doubted, Failure, Finished, Started, Waited
from batuta.spec.plan import Plan, Retry, Step
from batuta.spec.value import inline
from tests.engine.builders import Gate, House, Tool, args_of, in_turn, states, step

BUSY = Failed("busy", "later", may_retry=True)


class TestTimeBudget:
    async def test_a_call_that_outlasts_it_is_told_as_the_budget_and_not_made_again(self) -> None:
        gate = Gate("hang")
        shown = await House(gate).run("budget: {seconds: 0.1}\nsteps: {a: {use: hang, retry: 3}}")
        assert shown["error"] == {
            "code": "budget",
            "message": "the run's time budget of 0.1 s is used up",
            "path": "a",
        }
        assert len(gate.calls) == 1

    async def test_of_a_step_is_told_as_that_of_the_step(self) -> None:
        shown = await House(Gate("hang")).run(
            "steps: {a: {use: hang, budget: {seconds: 0.05}, timeout: 60}}"
        )
        assert shown["error"]["message"] == "the step's time budget of 0.05 s is used up"

    async def test_the_time_of_the_call_itself_is_still_a_timeout(self) -> None:
        shown = await House(Gate("hang")).run(
            "budget: {seconds: 9}\nsteps: {a: {use: hang, timeout: 0.02}}"
        )
        assert shown["error"]["code"] == "timeout"

    async def test_a_write_that_outlasts_it_is_still_in_doubt(self) -> None:
        house = House(Gate("hang", effect="write", in_doubt="ask"))
        shown = await house.run("budget: {seconds: 0.05}\nsteps: {a: {use: hang}}")
        (doubt,) = await house.of(Doubted)
        assert doubt.why == "the run's time budget of 0.05 s is used up"
        assert shown["status"] == "waiting"

    async def test_a_question_that_outlasts_it_is_told_as_the_budget(self) -> None:
        house = House(Tool("ask", lambda _: Waiting(Question("well?"))))
        await house.run("budget: {seconds: 60}\nsteps: {a: {use: ask}}")
        house.clock.advance(61)
        shown = await house.go_on()
        assert shown["error"] == {
            "code": "budget",
            "message": "the run's time budget of 60 s is used up, and nobody had answered: well?",
            "path": "a",
        }


class TestRetry:
    async def test_goes_on_until_it_succeeds(self) -> None:
        tool = Tool("put", in_turn(BUSY, BUSY, {"n": 3}))
        shown = await House(tool).run(
            "steps: {a: {use: put, retry: {at_most: 5, backoff: 0.001}}}\nresult: ${steps.a.n}"
        )
        assert (shown["result"], len(tool.calls)) == (3, 3)
        assert [call.attempt for call in tool.calls] == [1, 2, 3]

    async def test_ends_after_so_many_further_attempts(self) -> None:
        tool = Tool("put", lambda _: BUSY)
        shown = await House(tool).run("steps: {a: {use: put, retry: {at_most: 2, backoff: 0.001}}}")
        assert shown["error"] == {"code": "busy", "message": "later", "path": "a"}
        assert len(tool.calls) == 3

    async def test_takes_no_effect_on_a_final_answer(self) -> None:
        tool = Tool("put", lambda _: Failed("wrong", "no"))
        await House(tool).run("steps: {a: {use: put, retry: 5}}")
        assert len(tool.calls) == 1

    async def test_waits_longer_each_time_and_never_longer_than_the_ceiling(self) -> None:
        house = House(Tool("put", lambda _: BUSY))
        run = house.accept(
            "steps: {a: {use: put, retry: "
            "{at_most: 4, backoff: 30, factor: 3, ceiling: 200, jitter: 0}}}"
        )
        await house.drive(run)
        while (await house.engine.read("r1")).ended is None:
            house.clock.advance(201)
            await house.go_on()
        waits = [f.retry_at and round(f.retry_at - f.at) for f in await house.of(Failure)]
        assert waits == [30, 90, 200, 200, None]

    async def test_leaves_the_callee_alone_as_long_as_it_asks(self) -> None:
        house = House(Tool("put", lambda _: Failed("busy", "", may_retry=True, retry_after_s=100)))
        await house.run("steps: {a: {use: put, retry: {at_most: 1, backoff: 1, ceiling: 2}}}")
        (failure,) = await house.of(Failure)
        assert failure.retry_at - failure.at == pytest.approx(100, abs=0.1)

    async def test_a_run_that_waits_long_for_a_retry_parks_and_goes_on_when_it_is_due(self) -> None:
        tool = Tool("put", in_turn(BUSY, 1))
        house = House(tool)
        shown = await house.run(
            "steps: {a: {use: put, retry: {at_most: 1, backoff: 3600, ceiling: 3600}}}"
        )
        assert (shown["status"], states(shown)) == ("running", {"a": "retrying"})
        assert (await house.go_on())["status"] == "running"
        house.clock.advance(3601)
        assert (await house.go_on())["status"] == "succeeded"
        assert len(tool.calls) == 2

    @given(
        st.floats(0, 1e6), st.floats(1, 1e3), st.floats(0, 1e6), st.floats(0, 1),
        st.integers(0, 10_000), st.floats(0, 1),
    )  # fmt: skip
    def test_a_wait_is_never_negative_endless_or_above_its_ceiling(
        self, backoff: float, factor: float, ceiling: float, jitter: float, faults: int, dice: float
    ) -> None:
        retry = Retry(100, backoff, factor, ceiling, jitter)
        wait = retry_wait_s(retry, faults, dice)
        assert math.isfinite(wait)
        assert 0 <= wait <= ceiling

    @pytest.mark.parametrize(("dice", "wait"), [(0.0, 8.0), (0.5, 6.0), (1.0, 4.0)])
    def test_jitter_is_the_share_of_the_wait_that_is_left_to_chance(
        self, dice: float, wait: float
    ) -> None:
        assert retry_wait_s(Retry(9, 1.0, 2.0, 60.0, 0.5), 3, dice) == wait


class TestAFailedWrite:
    """The table of decision 3."""

    @pytest.mark.parametrize("failure", [NotDone("no stock"), BUSY])
    async def test_that_promises_that_nothing_happened_is_retried(self, failure: Any) -> None:
        pay = Tool("pay", in_turn(failure, 1), effect="write")
        shown = await House(pay).run("steps: {a: {use: pay, retry: {at_most: 1, backoff: 0.001}}}")
        assert (shown["status"], len(pay.calls)) == ("succeeded", 2)

    @pytest.mark.parametrize("failure", [NotDone("no stock"), BUSY, Failed("x", "no")])
    async def test_without_a_retry_left_is_followed_by_its_fallback(self, failure: Any) -> None:
        pay, other = Tool("pay", in_turn(failure), effect="write"), Tool("other", effect="write")
        shown = await House(pay, other).run("steps: {a: {use: pay, fallback: other}}")
        assert (shown["status"], len(pay.calls), len(other.calls)) == ("succeeded", 1, 1)

    @pytest.mark.parametrize("failure", [KeyError("k"), ValueError("v"), Failed("x", "no")])
    async def test_that_is_an_answer_is_final_and_never_retried(self, failure: Any) -> None:
        pay = Tool("pay", in_turn(failure), effect="write")
        shown = await House(pay).run("steps: {a: {use: pay, retry: 5}}")
        assert (shown["status"], len(pay.calls)) == ("failed", 1)

    @pytest.mark.parametrize(
        "failure",
        [
            ConnectionResetError("gone"), TimeoutError("late"), OSError("disk"),
            Failed("x", "who knows", in_doubt=True),
        ],
    )  # fmt: skip
    async def test_that_nobody_knows_about_is_in_doubt_and_followed_by_nothing(
        self, failure: Any
    ) -> None:
        pay, other = Tool("pay", in_turn(failure), effect="write"), Tool("other")
        house = House(pay, other)
        shown = await house.run("steps: {a: {use: pay, retry: 5, fallback: other}}")
        assert shown["status"] == "waiting"
        assert shown["waiting"][0]["kind"] == "resolve"
        assert (len(pay.calls), len(other.calls)) == (1, 0)
        assert len(await house.of(Doubted)) == 1

    async def test_said_by_a_person_to_have_happened_ends_with_the_value_they_give(self) -> None:
        pay = Tool("pay", in_turn(ConnectionError("gone")), effect="write")
        house = House(pay)
        await house.run("steps: {a: {use: pay}}\nresult: ${steps.a}")
        await house.answer("a", {"how": "done", "value": {"id": 7}})
        shown = await house.go_on()
        assert (shown["result"], len(pay.calls)) == ({"id": 7}, 1)

    async def test_said_by_a_person_not_to_have_happened_runs_again_under_the_same_key(
        self,
    ) -> None:
        pay = Tool("pay", in_turn(ConnectionError("gone"), 1), effect="write")
        house = House(pay)
        await house.run("steps: {a: {use: pay}}")
        await house.answer("a", "retry")
        assert (await house.go_on())["status"] == "succeeded"
        assert len({call.key for call in pay.calls}) == 1
        assert [call.answered for call in pay.calls] == [False, False]

    async def test_given_up_by_a_person_fails_the_step(self) -> None:
        pay = Tool("pay", in_turn(ConnectionError("gone")), effect="write")
        house = House(pay)
        await house.run("steps: {a: {use: pay}}")
        await house.answer("a", {"how": "fail"})
        shown = await house.go_on()
        assert shown["error"]["code"] == "in_doubt"

    @pytest.mark.parametrize(
        ("in_doubt", "status", "calls"), [("retry", "succeeded", 2), ("fail", "failed", 1)]
    )
    async def test_in_doubt_is_resolved_as_its_card_says(
        self, in_doubt: str, status: str, calls: int
    ) -> None:
        pay = Tool("pay", in_turn(ConnectionError("gone"), 1), effect="write", in_doubt=in_doubt)
        shown = await House(pay).run("steps: {a: {use: pay}}")
        assert (shown["status"], len(pay.calls)) == (status, calls)

    async def test_whose_answer_cannot_be_recorded_is_not_made_again(self) -> None:
        pay = Tool("pay", lambda _: {"amount": math.nan}, effect="write")
        shown = await House(pay).run("steps: {a: {use: pay, retry: 5}}")
        assert (shown["error"]["code"], len(pay.calls)) == ("bad_answer", 1)


class TestAFailedRead:
    @pytest.mark.parametrize("failure", [KeyError("k"), ConnectionError("gone"), BUSY])
    async def test_is_retried_whatever_it_was(self, failure: Any) -> None:
        look = Tool("look", in_turn(failure, 1), effect="read")
        shown = await House(look).run(
            "steps: {a: {use: look, retry: {at_most: 1, backoff: 0.001}}}"
        )
        assert (shown["status"], len(look.calls)) == ("succeeded", 2)


class TestTimeout:
    async def test_of_a_read_is_retried(self) -> None:
        async def answer(call: Call) -> Any:
            if call.attempt == 1:
                await asyncio.Event().wait()
            return 1

        look = Tool("look", answer, effect="read")
        shown = await House(look).run(
            "steps: {a: {use: look, timeout: 0.02, retry: {at_most: 1, backoff: 0.001}}}"
        )
        assert (shown["status"], len(look.calls)) == ("succeeded", 2)

    async def test_of_a_read_without_a_retry_fails_and_says_how_long_it_took(self) -> None:
        look = Tool("look", lambda _: asyncio.Event().wait(), effect="read")
        shown = await House(look).run("steps: {a: {use: look, timeout: 0.02}}")
        assert shown["error"] == {
            "code": "timeout", "message": "look did not answer within 0.02 s", "path": "a",
        }  # fmt: skip

    async def test_of_a_write_is_in_doubt(self) -> None:
        pay = Tool("pay", lambda _: asyncio.Event().wait(), effect="write")
        shown = await House(pay).run("steps: {a: {use: pay, timeout: 0.02, retry: 3}}")
        assert (shown["status"], len(pay.calls)) == ("waiting", 1)
        assert "in_doubt" in step(shown, "a")

    async def test_costs_what_was_reserved(self) -> None:
        think = Tool("think", lambda _: asyncio.Event().wait(), effect="read", price_nusd=7)
        shown = await House(think).run("steps: {a: {use: think, timeout: 0.02}}")
        assert shown["cost_usd"] == 7e-9


class TestFallback:
    async def test_comes_after_the_last_retry_with_the_arguments_of_the_step(self) -> None:
        one, two = Tool("one", lambda _: BUSY), Tool("two")
        shown = await House(one, two).run("""
steps: {a: {use: one, with: {n: 1}, retry: {at_most: 1, backoff: 0.001}, fallback: two}}
result: ${steps.a}
""")
        assert (shown["result"], len(one.calls)) == ({"n": 1}, 2)

    async def test_may_have_arguments_and_retries_of_its_own(self) -> None:
        one, two = Tool("one", lambda _: BUSY), Tool("two", in_turn(BUSY, "ok"))
        shown = await House(one, two).run("""
steps:
  a:
    use: one
    with: {n: 1}
    retry: {at_most: 1, backoff: 0.001}
    fallback: {use: two, with: {m: 2}}
result: ${steps.a}
""")
        assert shown["result"] == "ok"
        assert args_of(two) == [{"m": 2}, {"m": 2}]

    async def test_several_are_tried_in_their_order(self) -> None:
        bad = [Tool(name, lambda _: Failed("x", "no")) for name in ("one", "two")]
        shown = await House(*bad, Tool("three", lambda _: 3)).run(
            "steps: {a: {use: one, fallback: [two, three]}}\nresult: ${steps.a}"
        )
        assert shown["result"] == 3
        assert [len(tool.calls) for tool in bad] == [1, 1]

    async def test_after_the_last_the_step_fails_with_the_last_reason(self) -> None:
        one = Tool("one", lambda _: Failed("first", "no"))
        two = Tool("two", lambda _: Failed("second", "no"))
        shown = await House(one, two).run("steps: {a: {use: one, fallback: two}}")
        assert shown["error"]["code"] == "second"

    async def test_is_not_handed_the_answer_to_a_question_of_another(self) -> None:
        def ask(call: Call) -> Any:
            return Failed("x", "no") if call.answered else Waiting(Question("?"))

        one, two = Tool("one", ask, waits=True), Tool("two")
        house = House(one, two)
        await house.run("steps: {a: {use: one, fallback: two}}")
        await house.answer("a", {"approved": True})
        await house.go_on()
        assert [(call.answered, call.answer) for call in two.calls] == [(False, None)]

    async def test_that_a_person_rejects_is_not_asked_for_again(self) -> None:
        one, two = Tool("one", lambda _: Failed("x", "no")), Tool("two")
        house = House(one, two, judge=lambda card, args, path: Verdict("ask"))
        await house.run("steps: {a: {use: one, fallback: two}}")
        await house.answer("a", {"approved": True})
        await house.go_on()
        await house.answer("a", {"approved": False})
        shown = await house.go_on()
        assert (shown["status"], two.calls) == ("failed", [])
        assert shown["error"]["code"] == "rejected"


def asks(call: Call) -> Any:
    """Asks once, then gives back everything it was called with the second time."""
    if call.answered:
        return {"answer": call.answer, "state": call.state}
    return Waiting(Question("Well?"), state={"page": 2})


class TestWaiting:
    async def test_the_run_parks_and_the_answer_comes_with_the_state_of_the_question(self) -> None:
        tool = Tool("ask", asks, waits=True)
        house = House(tool)
        shown = await house.run("steps: {a: {use: ask}}\nresult: ${steps.a}")
        assert (shown["status"], states(shown)) == ("waiting", {"a": "waiting"})
        await house.answer("a", {"approved": True})
        shown = await house.go_on()
        assert shown["result"] == {"answer": {"approved": True}, "state": {"page": 2}}
        assert len({call.key for call in tool.calls}) == 1

    async def test_a_null_answer_is_told_from_none(self) -> None:
        tool = Tool("ask", asks, waits=True)
        house = House(tool)
        await house.run("steps: {a: {use: ask}}\nresult: ${steps.a.answer}")
        await house.answer("a", None)
        shown = await house.go_on()
        assert (shown["status"], shown["result"]) == ("succeeded", None)

    async def test_a_capability_may_ask_twice(self) -> None:
        def twice(call: Call) -> Any:
            if call.answered and call.state == 2:
                return call.answer
            return Waiting(Question(f"Round {2 if call.answered else 1}?"), state=1 + call.answered)

        house = House(Tool("ask", twice, waits=True))
        shown = await house.run("steps: {a: {use: ask}}\nresult: ${steps.a}")
        assert shown["waiting"][0]["question"] == "Round 1?"
        await house.answer("a", "one")
        shown = await house.go_on()
        assert shown["waiting"][0]["question"] == "Round 2?"
        await house.answer("a", "two")
        assert (await house.go_on())["result"] == "two"

    async def test_a_second_answer_does_not_count(self) -> None:
        house = House(Tool("ask", asks, waits=True))
        await house.run("steps: {a: {use: ask}}\nresult: ${steps.a.answer}")
        question = (await house.of(Waited))[0]
        await house.answer("a", 1)
        await house.tell(
            Answered(at=1, path="a", attempt=question.attempt, kind="answer", value=inline(2))
        )
        assert (await house.go_on())["result"] == 1

    async def test_other_steps_go_on_while_one_waits(self) -> None:
        house = House(Tool("ask", asks, waits=True))
        shown = await house.run("""
steps:
  a: {use: ask}
  b: {use: echo, with: {n: 1}}
  c: {use: echo, with: {n: "${steps.b.n}"}}
  d: {use: echo, with: {n: "${steps.a.answer}"}}
""")
        assert states(shown) == {"a": "waiting", "b": "done", "c": "done", "d": "pending"}

    async def test_a_question_that_expires_without_a_default_fails_the_step(self) -> None:
        tool = Tool("ask", lambda _: Waiting(Question("Well?"), expires_s=60), waits=True)
        house = House(tool)
        await house.run("steps: {a: {use: ask}}")
        house.clock.advance(61)
        shown = await house.go_on()
        assert shown["error"]["code"] == "expired"
        assert len(tool.calls) == 1

    async def test_a_question_that_expires_is_answered_with_its_default(self) -> None:
        def ask(call: Call) -> Any:
            question = Question("Well?", has_default=True, default={"approved": False})
            return call.answer if call.answered else Waiting(question, expires_s=60)

        house = House(Tool("ask", ask, waits=True))
        await house.run("steps: {a: {use: ask}}\nresult: ${steps.a}")
        house.clock.advance(61)
        assert (await house.go_on())["result"] == {"approved": False}

    async def test_a_question_that_expires_soon_is_waited_for(self) -> None:
        def ask(call: Call) -> Any:
            question = Question("Well?", has_default=True, default=1)
            return call.answer if call.answered else Waiting(question, expires_s=0.02)

        house = House(Tool("ask", ask, waits=True))
        assert (await house.run("steps: {a: {use: ask}}\nresult: ${steps.a}"))["result"] == 1

    async def test_an_answer_while_another_step_runs_is_taken_at_once(self) -> None:
        gate = Gate("gate")
        house = House(Tool("ask", asks, waits=True), gate)
        going = house.begin("steps: {a: {use: ask}, b: {use: gate}, c: {use: echo, after: [a]}}")
        await gate.entered.wait()
        view = House(journal=house.journal.view(), clock=house.clock)  # another process
        await view.answer("a", 1)
        await house.until(Finished, "a")
        gate.opened.set()
        shown = await going
        assert states(shown) == {"a": "done", "b": "done", "c": "done"}
        assert len(await house.of(Started)) == 4


class TestOutcomes:
    @pytest.mark.parametrize("answer", [math.inf, {"x": {1, object()}}, object()])
    async def test_that_json_cannot_carry_are_a_wrong_answer(self, answer: Any) -> None:
        shown = await House(Tool("odd", lambda _: Done(answer))).run("steps: {a: {use: odd}}")
        assert shown["error"]["code"] == "bad_answer"

    async def test_with_a_cost_that_is_no_number_are_a_wrong_answer(self) -> None:
        cost: Any = "much"
        shown = await House(Tool("odd", lambda _: Done(1, cost))).run("steps: {a: {use: odd}}")
        said = {"code": "bad_answer", "message": "cost_nusd wants an int, not str", "path": "a"}
        assert shown["error"] == said

    async def test_that_are_plans_with_flaws_say_the_first_of_them(self) -> None:
        plan = Plan(name="p", steps={"a": Step(use="none"), "b": Step(use="none")})
        shown = await House(Tool("odd", lambda _: Expand(plan))).run("steps: {a: {use: odd}}")
        assert shown["error"]["code"] == "bad_answer"
        assert "there is no capability 'none'" in shown["error"]["message"]

    async def test_of_a_failure_are_cut_to_a_bounded_message(self) -> None:
        shown = await House(Tool("odd", lambda _: Failed("x", "y" * 100_000))).run(
            "steps: {a: {use: odd}}"
        )
        assert len(shown["error"]["message"]) == 2_000

    async def test_cost_what_they_say_and_as_reserved_if_they_say_nothing(self) -> None:
        said = Tool("said", lambda _: Done(1, cost_nusd=3), price_nusd=100)
        unsaid = Tool("unsaid", lambda _: Done(1), price_nusd=100)
        failed = Tool("failed", lambda _: Failed("x", "no", cost_nusd=20), price_nusd=100)
        house = House(said, unsaid, failed)
        shown = await house.run(
            "steps: {a: {use: said}, b: {use: unsaid}, c: {use: failed, after: [a, b]}}"
        )
        assert [round(one["cost_usd"] * 1e9) for one in shown["steps"]] == [3, 100, 20]
        assert round(shown["cost_usd"] * 1e9) == 123


async def test_a_question_that_nobody_could_answer_fails_instead_of_being_asked(
    tmp_path: Path,
) -> None:
    @capability(effect="read", reach="local", waits=True)
    def ask(call: Call) -> Waiting:
        """Asks for the impossible."""
        return Waiting(Question("How?", schema={"type": "nonsense"}))

    plan = Plan(name="p", steps={"a": Step(use="ask")}, result="${steps.a}")
    async with await App.open(tmp_path, functions=[ask]) as app:
        run = await app.run(plan, {})
    assert (run["status"], run["error"]["code"]) == ("failed", "bad_answer")

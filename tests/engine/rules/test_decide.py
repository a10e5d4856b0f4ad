"""What is due: joins, losers, turns; and that looking at what was touched finds all there is."""

import asyncio
from typing import Any

from hypothesis import given, settings

from batuta.engine.rules.decide import decide, losers
from batuta.spec.call import Call, Expand, Failed, Question, Waiting
from batuta.spec.facts import Claimed, Fact
from batuta.spec.fold import apply
from batuta.spec.run import Node, Run
from tests.engine.builders import Gate, House, Tool, args_of, read, states, step
from tests.engine.logs import logs


class TestGraph:
    async def test_a_diamond_runs_its_sides_at_the_same_time(self) -> None:
        gate = Gate("gate")
        house = House(gate)
        going = house.begin("""
steps:
  a: {use: echo, with: {n: 1}}
  b: {use: gate, with: {n: "${steps.a.n + 1}"}}
  c: {use: gate, with: {n: "${steps.a.n + 2}"}}
  d: {use: echo, with: {n: "${steps.b.n + steps.c.n}"}}
result: ${steps.d.n}
""")
        await gate.full(2)
        gate.opened.set()
        assert (await going)["result"] == 5

    async def test_a_failure_stops_what_can_be_stopped_and_what_has_not_begun(self) -> None:
        gate = Gate("gate", effect="read")
        house = House(gate, Tool("odd", lambda _: Failed("x", "no")))
        shown = await house.run("""
steps:
  a: {use: gate}
  b: {use: odd}
  c: {use: echo, after: [a]}
""")
        assert states(shown) == {"a": "cancelled", "b": "failed", "c": "cancelled"}
        assert gate.cancelled == 1

    async def test_of_two_failures_the_first_is_the_reason(self) -> None:
        gate = Gate("gate", effect="write")
        late = Tool("late", lambda _: Failed("second", "no"), effect="write")
        house = House(gate, late, Tool("odd", lambda _: Failed("first", "no")))
        shown = await house.run(
            "steps: {a: {use: odd}, b: {use: late, after: [c]}, c: {use: echo}}"
        )
        assert shown["error"]["code"] == "first"


class TestEachInTurn:
    async def test_no_more_items_run_at_once_than_the_limit(self) -> None:
        gate = Gate("gate")
        house = House(gate)
        going = house.begin(
            "steps: {a: {use: gate, each: '[1, 2, 3, 4, 5, 6, 7]', limit: 3, with: {n: '${item}'}}}"
        )
        await gate.full(3)
        gate.opened.set()
        await going
        assert gate.inside_max == 3
        assert sorted(call.args["n"] for call in gate.calls) == [1, 2, 3, 4, 5, 6, 7]

    async def test_the_limit_of_the_run_holds_over_all_steps(self) -> None:
        running, most = 0, 0

        async def work(_: Call) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

        await House(Tool("work", work)).run("""
limit: 2
steps:
  a: {use: work, each: "[1, 2, 3]"}
  b: {use: work, each: "[1, 2, 3]"}
""")
        assert most == 2

    async def test_the_limit_of_a_capability_holds_over_all_runs(self) -> None:
        gate = Gate("gate", concurrency=2)
        house = House(gate)
        plan = "steps: {a: {use: gate, each: '[1, 2, 3]'}}"
        going = [house.begin(plan) for _ in range(3)]
        await gate.full(2)
        gate.opened.set()
        await asyncio.gather(*going)
        assert (gate.inside_max, len(gate.calls)) == (2, 9)

    async def test_items_begin_in_their_order(self) -> None:
        echo = Tool("echo")
        await House(echo).run(
            "steps: {a: {use: echo, each: '[3, 1, 2]', limit: 1, with: {n: '${item}'}}}"
        )
        assert args_of(echo) == [{"n": 3}, {"n": 1}, {"n": 2}]


FIRST = """
steps:
  a: {use: gate}
  b: {use: echo, with: {n: 1}}
  c: {use: echo, join: first, with: {a: "${steps.a}", b: "${steps.b}"}}
result: ${steps.c}
"""


class TestJoin:
    async def test_first_starts_with_the_first_success_and_the_rest_is_null(self) -> None:
        gate = Gate("gate", effect="read")
        shown = await House(gate).run(FIRST)
        assert shown["result"] == {"a": None, "b": {"n": 1}}
        assert (states(shown)["a"], gate.cancelled) == ("cancelled", 1)

    async def test_a_write_under_way_is_left_alone_and_waited_for(self) -> None:
        gate = Gate("gate", effect="write")
        house = House(gate)
        going = house.begin(FIRST)
        await gate.entered.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        gate.opened.set()
        shown = await going
        assert shown["result"] == {"a": None, "b": {"n": 1}}
        assert (states(shown)["a"], gate.cancelled) == ("done", 0)

    async def test_what_somebody_else_uses_is_not_cancelled(self) -> None:
        gate = Gate("gate")
        house = House(gate)
        going = house.begin(FIRST.replace("result:", "  d: {use: echo, after: [a]}\nresult:"))
        await gate.entered.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        gate.opened.set()
        shown = await going
        assert (states(shown)["a"], gate.cancelled) == ("done", 0)
        assert shown["result"]["a"] is None, "late values stay null"

    async def test_what_the_result_mentions_is_not_cancelled(self) -> None:
        gate = Gate("gate")
        house = House(gate)
        going = house.begin(FIRST.replace("result: ${steps.c}", "result: ${steps.a}"))
        await gate.entered.wait()
        gate.opened.set()
        assert (await going)["result"] == {}

    async def test_what_only_losers_need_is_not_needed_either(self) -> None:
        gate, echo = Gate("gate"), Tool("echo")
        shown = await House(gate, echo).run("""
steps:
  z: {use: gate}
  a: {use: echo, with: {z: "${steps.z}"}}
  b: {use: echo, with: {n: 1}}
  c: {use: echo, join: first, with: {a: "${steps.a}", b: "${steps.b}"}}
""")
        assert states(shown) == {"z": "cancelled", "a": "cancelled", "b": "done", "c": "done"}

    async def test_any_waits_for_so_many(self) -> None:
        shown = await House(Gate("gate")).run("""
steps:
  a: {use: gate}
  b: {use: echo, with: {n: 1}}
  c: {use: echo, with: {n: 2}}
  d: {use: echo, join: any(2), with: {all: ["${steps.a}", "${steps.b.n}", "${steps.c.n}"]}}
result: ${steps.d.all}
""")
        assert shown["result"] == [None, 1, 2]

    async def test_failures_are_tolerated_as_long_as_enough_succeed(self) -> None:
        odd = Tool("odd", lambda _: Failed("x", "no"))
        shown = await House(odd).run("""
steps:
  a: {use: odd}
  b: {use: echo, with: {n: 1}}
  c: {use: echo, join: first, with: {a: "${steps.a}", b: "${steps.b.n}"}}
result: ${steps.c}
""")
        assert (shown["status"], shown["result"]) == ("succeeded", {"a": None, "b": 1})
        assert states(shown)["a"] == "failed"

    async def test_that_can_no_longer_be_reached_fails(self) -> None:
        odd = Tool("odd", lambda _: Failed("x", "no"))
        gate = Gate("gate")
        shown = await House(odd, gate).run("""
steps:
  a: {use: odd}
  b: {use: odd}
  c: {use: gate}
  d: {use: echo, join: any(2), with: {all: ["${steps.a}", "${steps.b}", "${steps.c}"]}}
""")
        assert shown["error"]["code"] == "join"
        assert shown["error"]["path"] == "d"
        assert gate.cancelled == 1

    async def test_a_skipped_step_is_no_success(self) -> None:
        shown = await House().run("""
steps:
  a: {use: echo, when: "false"}
  b: {use: echo, with: {n: 1}}
  c: {use: echo, join: first, with: {a: "${steps.a}", b: "${steps.b.n}"}}
result: ${steps.c}
""")
        assert shown["result"] == {"a": None, "b": 1}

    async def test_of_skipped_steps_alone_cannot_be_reached(self) -> None:
        shown = await House().run("""
steps:
  a: {use: echo, when: "false"}
  b: {use: echo, join: first, with: {a: "${steps.a}"}}
""")
        assert shown["error"]["code"] == "join"

    async def test_winners_stay_winners_when_the_run_is_resumed(self) -> None:
        house = House(Gate("gate", effect="write"))
        plan = FIRST.replace("c: {use: echo,", "c: {use: human,").replace(
            'with: {a: "${steps.a}", b: "${steps.b}"}',
            "with: {question: 'Well?', show: {a: '${steps.a}', b: '${steps.b}'}}",
        )
        gate: Any = house.engine.catalog.get("gate")
        going = house.begin(plan)
        await gate.entered.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        gate.opened.set()
        shown = await going
        assert states(shown)["a"] == "done"
        await house.answer("c", {"approved": True})
        shown = await house.go_on()
        assert step(shown, "c")["inputs"]["show"] == {"a": None, "b": {"n": 1}}


class TestALoserOfAJoin:
    """A write under way is left alone; but what it comes to begins nothing new."""

    async def lose(self, outcome: object) -> tuple[dict[str, Any], Tool]:
        decided = asyncio.Event()

        async def answer(_: Call) -> Any:
            await decided.wait()
            return outcome

        def join(_: Call) -> None:
            decided.set()

        slow, then = Tool("slow", answer, effect="write", waits=True), Tool("then", join)
        house = House(slow, then)
        shown = await house.run("""
steps:
  a: {use: slow, retry: {at_most: 3, backoff: 0.001}, fallback: echo}
  b: {use: echo, with: {n: 1}}
  c: {use: then, join: first, with: {a: "${steps.a}", b: "${steps.b}"}}
""")
        return shown, slow

    async def test_is_not_tried_again(self) -> None:
        shown, slow = await self.lose(Failed("busy", "later", may_retry=True))
        assert (shown["status"], states(shown)["a"]) == ("succeeded", "cancelled")
        assert len(slow.calls) == 1

    async def test_is_not_followed_by_its_fallback(self) -> None:
        shown, _ = await self.lose(Failed("x", "no"))
        assert (shown["status"], step(shown, "a")["use"]) == ("succeeded", "slow")

    async def test_asks_nobody(self) -> None:
        shown, _ = await self.lose(Waiting(Question("Well?")))
        assert (shown["status"], states(shown)["a"]) == ("succeeded", "cancelled")

    async def test_expands_into_nothing(self) -> None:
        shown, _ = await self.lose(Expand(read("steps: {x: {use: echo}}")))
        assert shown["status"] == "succeeded"
        assert (states(shown)["a"], states(shown)["a/1/x"]) == ("cancelled", "cancelled")

    async def test_that_is_in_doubt_is_asked_about_all_the_same(self) -> None:
        shown, _ = await self.lose(Failed("x", "who knows", in_doubt=True))
        assert [asked["kind"] for asked in shown["waiting"]] == ["resolve"]

    async def test_that_succeeds_is_done(self) -> None:
        shown, _ = await self.lose(7)
        assert (shown["status"], step(shown, "a")["output"]) == ("succeeded", 7)


def due(run: Run, now: float) -> set[tuple[str, str]]:
    """Everything that is due, found by looking at everything."""
    found: set[tuple[str, str]] = set()
    for target in run.open_work():
        decision = decide(run, target, now)
        if decision is not None:
            found.add((decision.verb, decision.target.path))
    return found


class TestTheIndex:
    @given(logs())
    def test_what_a_fact_makes_due_is_among_what_it_touches(
        self, told: tuple[House, list[Fact]]
    ) -> None:
        house, facts = told
        run = Run(house.engine.shapes.of)
        before: set[tuple[str, str]] = set()
        stopped: set[tuple[str, str]] = (
            set()
        )  # losers of a join, which the driver drops with its start
        for fact in facts:
            node = run.nodes.get(getattr(fact, "path", ""))
            joining = node is not None and node.winners is None
            run.touched = []
            assert apply(run, fact), f"the driver wrote a fact that does not count: {fact}"
            touched = list(run.touched)
            after = due(run, fact.at)
            found = set[tuple[str, str]]()
            for target in touched:
                decision = decide(run, target, fact.at)
                if decision is not None:
                    found.add((decision.verb, decision.target.path))
            if joining and node is not None and node.winners is not None:
                stopped |= {("stop", loser.path) for loser in losers(node)}
            found |= stopped
            if not isinstance(fact, Claimed):  # a new driver looks at everything
                assert after - before <= found | timed(run, after - before), fact
            before = after

    @settings(max_examples=20)
    @given(logs())
    def test_of_a_run_that_has_ended_nothing_is_due(self, told: tuple[House, list[Fact]]) -> None:
        house, facts = told
        run = Run(house.engine.shapes.of)
        for fact in facts:
            apply(run, fact)
        assert run.ended is not None
        assert due(run, facts[-1].at + 1e9) == set()


def timed(run: Run, decisions: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of `decisions` that a clock finds, and not a fact."""
    return {
        (verb, path)
        for verb, path in decisions
        if isinstance(node := run.nodes.get(path), Node) and node.state in ("retrying", "waiting")
    }

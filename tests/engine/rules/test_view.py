"""What a step sees, and that large values travel by reference."""

import asyncio
import random

import pytest

from batuta.engine.document import document
from batuta.engine.loop import Driver
from batuta.engine.rules.view import NotLoaded, Shelf, stored_in, wanted
from batuta.journal.memory import MemoryJournal
from batuta.spec.budget import Budget
from batuta.spec.call import Done
from batuta.spec.facts import Ended, Finished
from batuta.spec.value import INLINE_BYTES_MAX, Value, inline
from tests.engine.builders import House, MovableClock, Tool, step

BIG = "x" * 5_000


class Counting(MemoryJournal):
    """A journal that counts the values it is asked for."""

    def __init__(self) -> None:
        super().__init__(MovableClock())
        self.puts = self.gets = 0

    def put(self, encoded: bytes) -> str:
        self.puts += 1
        return super().put(encoded)

    async def get(self, ref: str) -> bytes:
        self.gets += 1
        return await super().get(ref)


def made() -> Tool:
    return Tool("make", lambda call: {"text": BIG, "n": 1, **call.args}, effect="read")


class TestLargeValues:
    async def test_travel_as_references_and_small_ones_inline(self) -> None:
        house = House(made())
        await house.run("steps: {a: {use: make}, b: {use: echo, with: {n: '${steps.a.n}'}}}")
        large, small = await house.of(Finished)
        assert [part.where for part in large.value.parts] == [("text",)]
        assert bytes(large.value.data) == b'{"text":null,"n":1}'
        assert (small.value.stored, bytes(small.value.data)) == (False, b'{"n":1}')
        assert large.value.size > INLINE_BYTES_MAX

    async def test_are_arguments_like_any_other(self) -> None:
        house = House(made())
        shown = await house.run(
            "steps: {a: {use: make}, b: {use: echo, with: {t: '${steps.a.text}'}}}\n"
            "result: ${size(steps.b.t)}"
        )
        assert shown["result"] == len(BIG)

    async def test_that_are_the_whole_result_pass_through_unread_and_unwritten(self) -> None:
        journal = Counting()
        house = House(made(), journal=journal)
        run = house.accept("steps: {a: {use: make}}\nresult: ${steps.a}")
        journal.puts = journal.gets = 0
        await house.drive(run)
        (finished,), (ended,) = await house.of(Finished), await house.of(Ended)
        assert (ended.value, finished.value.stored) == (finished.value, True)
        assert (journal.puts, journal.gets) == (1, 0)

    async def test_that_are_passed_on_unread_are_not_loaded_by_another_process_either(self) -> None:
        journal = Counting()
        first = House(made(), journal=journal)
        plan = "steps: {a: {use: make}, b: {use: human, with: {question: 'Well?'}, after: [a]}}"
        await first.run(f"{plan}\nresult: ${{steps.a}}")
        second = House(made(), journal=journal, clock=first.clock)
        await second.answer("b", {"approved": True})
        journal.gets = 0
        run = await second.engine.read("r1")
        run = await Driver(run, second.engine).drive()
        assert (run.status, journal.gets) == ("succeeded", 0)

    async def test_are_loaded_by_whoever_goes_on_with_the_run(self) -> None:
        first = House(made())
        await first.run("""
steps:
  a: {use: make, each: "[1, 2]"}
  b: {use: human, with: {question: "Well?"}, after: [a]}
  c: {use: echo, with: {n: "${size(steps.a[1].text)}", ok: "${steps.b.approved}"}}
result: {n: "${steps.c.n}", all: "${steps.a}"}
""")
        second = House(made(), journal=first.journal, clock=first.clock)
        await second.answer("b", {"approved": True})
        shown = await second.go_on()
        assert shown["result"] == {"n": len(BIG), "all": [{"text": BIG, "n": 1}] * 2}

    async def test_may_be_inputs_and_lists_of_an_each(self) -> None:
        first = House(Tool("pick", lambda call: len(call.args["text"])))
        items = [{"text": "y" * n} for n in (2_000, 3_000)]
        plan = """
inputs: {items: list}
steps:
  h: {use: human, with: {question: "Well?"}}
  a: {use: pick, each: "${inputs.items}", with: {text: "${item.text}"}, after: [h]}
result: ${steps.a}
"""
        await first.run(plan, {"items": items})
        second = House(
            Tool("pick", lambda call: len(call.args["text"])),
            journal=first.journal,
            clock=first.clock,
        )
        await second.answer("h", {"approved": True})
        assert (await second.go_on())["result"] == [2_000, 3_000]

    async def test_of_the_same_content_are_stored_once(self) -> None:
        house = House(made())
        await house.run("steps: {a: {use: make, each: '[1, 2, 3]'}}")
        assert len({fact.value.refs for fact in await house.of(Finished)}) == 1

    async def test_that_were_erased_are_null(self) -> None:
        house = House(made())
        plan = "steps: {a: {use: make}, b: {use: echo, with: {n: 1}}}\nresult: ${steps.b}"
        await house.run(plan)
        house.clock.advance(1e6)
        await house.journal.gc(older_than=house.clock.now(), now=house.clock.now())
        shown = await document(await house.engine.read("r1"), house.engine)
        assert (shown["status"], shown["result"]) == ("succeeded", None)
        assert all(one["output"] is None for one in shown["steps"])


class TestShelf:
    def test_keeps_what_was_used_last_within_its_bytes(self) -> None:
        shelf = Shelf(bytes_max=10)
        for name in "abc":
            shelf.put(Value(ref=name), 4, name)
        assert [shelf.has(Value(ref=name)) for name in "abc"] == [False, True, True]
        assert shelf.get(Value(ref="b")) == "b"
        shelf.put(Value(ref="d"), 4, "d")
        assert [shelf.has(Value(ref=name)) for name in "bcd"] == [True, False, True]

    def test_keeps_one_value_however_large(self) -> None:
        shelf = Shelf(bytes_max=10)
        shelf.put(Value(ref="a"), 1, "a")
        shelf.put(Value(ref="b"), 100, "b")
        assert (shelf.has(Value(ref="a")), shelf.has(Value(ref="b"))) == (False, True)

    def test_keeps_what_is_needed_together_however_large(self) -> None:
        shelf = Shelf(bytes_max=10)
        shelf.put(Value(ref="z"), 5, "z")
        for name in "abc":
            shelf.put(Value(ref=name), 100, name, keep=3)
        assert [shelf.has(Value(ref=name)) for name in "zabc"] == [False, True, True, True]

    def test_counts_a_value_once(self) -> None:
        shelf = Shelf(bytes_max=10)
        for _ in range(5):
            shelf.put(Value(ref="a"), 4, "a")
        shelf.put(Value(ref="b"), 4, "b")
        assert shelf.get(Value(ref="a")) == "a"

    def test_has_no_value_that_was_not_brought(self) -> None:
        with pytest.raises(NotLoaded):
            Shelf().get(Value(ref="a"))

    def test_reads_inline_values_afresh_and_erased_ones_as_null(self) -> None:
        shelf, value = Shelf(), inline([1])
        assert shelf.get(value) == [1]
        assert shelf.get(value) is not shelf.get(value)
        assert shelf.get(Value(mark="m")) is None


class TestWanted:
    async def test_is_what_the_expressions_may_need_and_no_more(self) -> None:
        house = House(made())
        run = house.accept("""
steps:
  a: {use: make}
  b: {use: make, with: {other: 1}}
  c: {use: echo, with: {n: "${size(steps.a.text)}"}}
result: ${steps.b.n}
""")
        await house.drive(run)
        run = await house.engine.read("r1")
        assert wanted(run.nodes["c"]) == [run.nodes["a"].value]
        assert run.root is not None
        assert stored_in(run.root) == [run.nodes["b"].value]


class TestMoneyUnderConcurrency:
    async def test_no_run_spends_more_than_its_budget_however_its_calls_race(self) -> None:
        """Two hundred random trees at once, each with costs below, at and of nothing of the price."""
        rng = random.Random(7)

        async def think(_: object) -> Done:
            for _turn in range(rng.randrange(4)):
                await asyncio.sleep(0)
            return Done(1, cost_nusd=rng.choice([0, 500, 1_000]))

        house = House(Tool("think", think, effect="read", price_nusd=1_000))
        plan = """
budget: {usd: %s}
steps:
  a: {use: think, each: "[1, 2, 3]", limit: %d}
  b: {use: think, each: "[1, 2, 3, 4]", budget: {usd: %s}, join: first, with: {a: "${steps.a}"}}
  c: {use: think, with: {n: 1}}
"""
        runs: list[tuple[int, int]] = []
        going = []
        for _ in range(200):
            whole, inner = rng.randrange(1_000, 9_000), rng.randrange(500, 5_000)
            text = plan % (f"{whole}e-9", rng.randrange(3), f"{inner}e-9")
            runs.append((whole, inner))
            going.append(house.begin(text))
        for (whole, inner), shown in zip(runs, await asyncio.gather(*going), strict=True):
            spent = {one["path"]: round(one["cost_usd"] * 1e9) for one in shown["steps"]}
            assert sum(spent.values()) == round(shown["cost_usd"] * 1e9) <= whole
            assert sum(cost for path, cost in spent.items() if path.startswith("b")) <= inner
            run = await house.engine.read(shown["run"])
            assert all(
                purse.reserved_nusd == 0 for node in run.nodes.values() for purse in node.purses
            )

    async def test_a_budget_of_the_workspace_bounds_every_run_by_itself(self) -> None:
        house = House(Tool("think", price_nusd=600), budget=Budget(usd=1e-6))
        plan = "steps: {a: {use: think, each: '[1, 2]', limit: 1}}"
        for _ in range(2):
            shown = await house.run(plan)
            assert step(shown, "a.0")["state"] == "done"
            assert shown["error"]["code"] == "budget"

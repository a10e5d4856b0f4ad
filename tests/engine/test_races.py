"""Two who write into one log: what is refused is decided anew, nothing is sent twice, and nobody decides for another.

Time is virtual: sleeping lets everything happen that can, and takes no time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from batuta.engine.loop import Driver
from batuta.engine.rules.act import resolved
from batuta.engine.rules.decide import decide
from batuta.journal.memory import MemoryJournal
from batuta.spec.call import Call, Expand, Failed, Question, Waiting
from batuta.spec.facts import Adopted, Answered, Claimed, Dropped, Fact, Finished, Resolved, Started
from batuta.spec.plan import Plan, Retry, Step, Undo
from batuta.spec.run import Node, Run
from batuta.spec.value import inline
from batuta.testing.virtual import run_virtual
from tests.engine.builders import House, Tool
from tests.spec.logbook import Logbook, plan

EVERYTHING_S = 1.0  # longer than anything here takes
BOGUS = Answered(at=1, path="nobody", attempt=1, kind="answer", value=inline(1))


class Race:
    """A run, its committed log, and drivers in processes whose facts become durable when the test says so."""

    def __init__(
        self, steps: dict[str, Step], *make: Callable[[], Tool], result: Any = None
    ) -> None:
        self.office = MemoryJournal()
        self.make = make
        House(*self.tools(), journal=self.office).accept(Plan("race", steps=steps, result=result))

    def tools(self) -> list[Tool]:
        return [one() for one in self.make]

    def process(self) -> "Process":
        return Process(self.office.view(manual=True), self.tools())

    def facts(self, *kinds: type[Fact]) -> list[Any]:
        rows = self.office._store.rows("r1", 0)
        return [row.fact for row in rows if isinstance(row.fact, kinds or Fact)]


class Process:
    def __init__(self, journal: MemoryJournal, tools: list[Tool]) -> None:
        self.journal = journal
        self.tools = {tool.card.name: tool for tool in tools}
        self.house = House(*tools, journal=journal)

    async def drive(self) -> "asyncio.Task[Run]":
        run = await self.house.engine.read("r1")
        task = asyncio.get_running_loop().create_task(Driver(run, self.house.engine).drive())
        await asyncio.sleep(EVERYTHING_S)
        return task

    async def flush(self) -> None:
        """Everything queued is durable or refused, and everybody has taken notice."""
        self.journal.flush_now()
        await asyncio.sleep(EVERYTHING_S)

    async def finish(self, task: "asyncio.Task[Run]") -> Run:
        while not task.done():
            await self.flush()
        return task.result()

    def calls(self, name: str) -> int:
        return len(self.tools[name].calls)


def story(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run_virtual(main())


def pay(**card: Any) -> Callable[[], Tool]:
    return lambda: Tool("pay", effect="write", **card)


def look(seconds: float = 0.0) -> Callable[[], Tool]:
    async def answer(call: Call) -> Any:
        await asyncio.sleep(seconds)
        return call.args

    return lambda: Tool("look", answer)


def test_a_call_whose_intent_was_refused_is_made_once_when_it_has_been_decided_anew() -> None:
    async def main() -> None:
        race = Race({"a": Step("pay")}, pay())
        one = race.process()
        going = await one.drive()
        race.office.append("r1", [BOGUS], after=None)
        await one.flush()
        assert (one.calls("pay"), race.facts(Started)) == (0, [])
        run = await one.finish(going)
        assert (run.status, one.calls("pay"), len(race.facts(Started))) == ("succeeded", 1, 1)

    story(main)


def test_a_refusal_does_not_take_a_call_with_it_whose_intent_is_durable() -> None:
    async def main() -> None:
        steps = {"a": Step("look"), "b": Step("pay", after=("a",)), "c": Step("pay")}
        race = Race(steps, pay(), look(5.0))
        one = race.process()
        going = await one.drive()  # queued: the claim, and the intents of a and c
        one.journal.flush_now(1)
        await asyncio.sleep(6.0)  # c is sent; a has ended: queued is the intent of b
        race.office.append("r1", [BOGUS], after=None)
        run = await one.finish(going)
        assert (run.status, one.calls("pay")) == ("succeeded", 2)
        assert {fact.path: fact.attempt for fact in race.facts(Started)} == {"a": 1, "b": 1, "c": 1}

    story(main)


def test_who_lost_the_claim_begins_nothing_that_waited_for_a_lane() -> None:
    async def main() -> None:
        race = Race({name: Step("pay") for name in "abc"}, pay(concurrency=1))
        one, other = race.process(), race.process()
        first, second = await one.drive(), await other.drive()
        await one.flush()
        await other.flush()
        await other.flush()
        run = await one.finish(first)
        await other.finish(second)
        assert run.status == "succeeded"
        assert (one.calls("pay"), other.calls("pay")) == (3, 0)
        assert len(race.facts(Claimed)) == 1

    story(main)


def test_who_lost_the_claim_tells_nothing_of_calls_that_are_in_no_log() -> None:
    async def main() -> None:
        race = Race({"a": Step("look"), "b": Step("pay", after=("a",))}, look(3.0), pay())
        one, other = race.process(), race.process()
        first, second = await one.drive(), await other.drive()
        await one.flush()
        await other.flush()
        await asyncio.sleep(5.0)  # both have looked
        await other.flush()
        assert race.facts(Finished) == []
        run = await one.finish(first)
        await other.finish(second)
        assert (run.status, one.calls("pay"), other.calls("pay")) == ("succeeded", 1, 0)

    story(main)


def test_a_plan_that_another_driver_brought_into_the_log_is_loaded() -> None:
    inner = Plan("inner", steps={"x": Step("pay")}, result="${steps.x}")

    async def main() -> None:
        race = Race({"a": Step("think")}, pay(), lambda: Tool("think", lambda _: Expand(inner)))
        one, other = race.process(), race.process()
        early = await other.house.engine.read("r1")
        await one.finish(await one.drive())
        rows = await other.journal.read("r1", after=early.head)
        await other.house.engine.go_on(early, rows)
        assert early.nodes["a/1/x"].state == "done"

    story(main)


async def test_a_plan_read_back_from_the_log_has_its_steps_in_the_order_in_which_they_were_written() -> (
    None
):
    house = House()
    names = ["z", "a", "m"]
    steps = {name: Step("echo", {"n": 1}) for name in names}
    house.accept(
        Plan("order", steps=steps, result={name: f"${{steps.{name}.n}}" for name in names})
    )
    shown = await House(journal=house.journal.view()).go_on()
    assert [step["path"] for step in shown["steps"]] == names
    assert list(shown["result"]) == names


# ── what is due after a claim ────────────────────────────────────────────────────────────────────────────────


def due(log: Logbook) -> dict[str, str]:
    """What is due for every instance that has not ended, by path."""
    found = [decide(log.run, target, 1e9) for target in log.run.open_work()]
    return {one.target.path: one.verb for one in found if one is not None}


def test_a_recovered_each_begins_no_more_items_than_its_limit() -> None:
    log = Logbook(plan(a=Step("tool", each="[1, 2, 3, 4, 5]", limit=2)))
    log.claim()
    log.spread("a", 5)
    assert due(log) == {"a.0": "begin", "a.1": "begin"}
    log.start("a.0")
    log.start("a.1")
    log.finish("a.1")
    log.claim(2)
    assert due(log) == {"a.0": "recover", "a.2": "begin"}


def test_a_read_that_lost_its_join_and_its_driver_is_not_called_again() -> None:
    join = Step("tool", {"a": "${steps.a}", "b": "${steps.b}"}, join="first")
    log = Logbook(plan(a=Step("tool"), b=Step("tool"), c=join))
    log.claim()
    log.start("a")
    log.start("b")
    log.finish("a")
    log.start("c")
    log.claim(2)
    log.lose("b")
    log.lose("c")
    assert due(log) == {"b": "drop", "c": "begin"}


def test_a_step_whose_user_was_skipped_runs_for_its_own_sake() -> None:
    user = Step("tool", {"a": "${steps.a}", "b": "${steps.b}"})
    log = Logbook(plan(a=Step("tool"), b=Step("tool"), c=user))
    log.claim()
    log.start("a")
    log.skip("b")
    log.skip("c")
    assert due(log) == {}
    log.claim(2)
    log.lose("a")
    assert due(log) == {"a": "begin"}


def test_what_stood_still_for_changed_cards_is_looked_at_when_they_are_accepted() -> None:
    log = Logbook(plan(a=Step("tool")))
    log.claim()
    log.wait("", 0, "drift")
    log.run.touched.clear()
    assert due(log) == {}
    log.add(Adopted(at=1, cards=inline({})))
    assert log.node("a") in log.run.touched


def test_a_doubt_is_not_resolved_by_the_approval_that_was_given_before_the_call() -> None:
    log = Logbook(plan(a=Step("tool")))
    log.claim()
    log.wait("a", 0, "approval")
    log.answer("a", {"approved": True}, 0, "approval")
    log.start("a", effect="write")
    log.doubt("a", resolve="fail")
    fact = resolved(log.run, log.node("a"), 1.0)
    assert isinstance(fact, Resolved)
    assert (fact.how, fact.who) == ("fail", "its card")


# ── what comes in for a scope that is closing ────────────────────────────────────────────────────────────────


def closing(kind: str = "step") -> tuple[Logbook, Node]:
    """A run in which `b` has failed while `a` runs."""
    shapes = {"step": Step("tool"), "each": Step("tool", each="[1]")}
    log = Logbook(plan(a=shapes[kind], b=Step("tool")))
    log.claim()
    path = "a"
    if kind == "each":
        log.spread("a", 1)
        path = "a.0"
    log.start(path)
    log.start("b")
    log.fail("b")
    return log, log.node(path)


def test_a_question_in_a_closing_scope_ends_its_step() -> None:
    for kind in ("step", "each"):
        log, node = closing(kind)
        log.wait(node.path)
        assert set(log.states().values()) == {"cancelled", "failed"}


def test_a_retry_in_a_closing_scope_ends_its_step() -> None:
    log, node = closing()
    log.fail("a", retry_at=5.0)
    assert (node.state, due(log)) == ("cancelled", {"": "close"})


def test_a_plan_in_a_closing_scope_is_closed_before_it_begins() -> None:
    log, node = closing()
    log.expand("a", plan(x=Step("tool"), y=Step("tool", after=("x",))))
    assert log.states() == {"a": "open", "b": "failed", "a/1/x": "cancelled", "a/1/y": "cancelled"}
    assert due(log) == {"a/1/": "close"}
    log.add(Dropped(at=1, path="a", attempt=1, why="not needed any more"))
    assert node.state == "cancelled"


async def test_a_write_whose_answer_cannot_be_recorded_is_not_followed_by_its_fallback() -> None:
    odd = Tool("odd", lambda _: float("nan"), effect="write")
    other = Tool("other", effect="write")
    shown = await House(odd, other).run("steps: {a: {use: odd, fallback: other}}")
    assert (shown["error"]["code"], len(odd.calls), other.calls) == ("bad_answer", 1, [])


async def test_a_read_whose_answer_cannot_be_recorded_is_followed_by_its_fallback() -> None:
    odd = Tool("odd", lambda _: float("nan"), effect="read")
    other = Tool("other", lambda _: Failed("no", "no"), effect="read")
    shown = await House(odd, other).run("steps: {a: {use: odd, fallback: other}}")
    assert (shown["error"]["code"], len(odd.calls), len(other.calls)) == ("no", 1, 1)


def test_a_failed_attempt_has_no_other_outcome_while_a_person_looks_at_the_next() -> None:
    log = Logbook(plan(a=Step("tool", retry=Retry(3))))
    log.claim()
    log.start("a")
    assert log.fail("a", retry_at=5.0) is True
    log.wait("a", 1, "approval")
    assert [log.fail("a", retry_at=5.0), log.finish("a")] == [False, False]
    log.answer("a", {"approved": True}, 1, "approval")
    assert [log.fail("a", retry_at=5.0), log.finish("a")] == [False, False]
    assert [log.start("a", 2), log.finish("a", 2)] == [True, True]
    assert log.node("a").faults == 1


def test_a_compensation_for_a_failure_that_never_came_to_be_is_in_no_log() -> None:
    def asks(call: Call) -> Any:
        return call.answer if call.answered else Waiting(Question("well?"), expires_s=5.0)

    async def main() -> None:
        steps = {"a": Step("look", undo=Undo("look")), "b": Step("asks")}
        race = Race(steps, look(0.5), lambda: Tool("asks", asks, effect="read"))
        one = race.process()
        going = await one.drive()
        await one.flush()
        await one.flush()
        one.house.clock.advance(6.0)
        await asyncio.sleep(
            6.0
        )  # time is up: b has failed, a is being taken back, and nothing of it is durable
        assert one.calls("look") == 2
        slot = inline({"n": 1})
        race.office.append(
            "r1", [Answered(at=1, path="b", attempt=1, kind="answer", value=slot)], after=None
        )
        run = await one.finish(going)
        assert (run.status, run.nodes["b"].state) == ("succeeded", "done")
        assert [fact.path for fact in race.facts(Started)] == ["a", "b", "b"]

    story(main)

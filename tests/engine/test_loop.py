"""The loop of one run: parking, going on, other writers, changed code, restored journals, crashes, progress."""

import asyncio
import math
from typing import Any

import pytest

from batuta.engine.loop import Driver
from batuta.errors import JournalError, JournalFull
from batuta.journal.memory import MemoryJournal
from batuta.ports import Perform
from batuta.spec.call import Call, Failed, Outcome
from batuta.spec.facts import (
    Adopted,
    Answered,
    Claimed,
    Ended,
    Finished,
    Lost,
    Parked,
    Started,
    Waited,
)
from batuta.spec.value import inline
from tests.engine.builders import Gate, House, MovableClock, Tool, args_of, states

ASK = "steps: {a: {use: human, with: {question: 'Well?'}}, b: {use: echo, after: [a]}}"


class TestParking:
    async def test_a_run_that_waits_for_a_person_parks_and_says_for_whom(self) -> None:
        house = House()
        await house.run(ASK)
        (parked,) = await house.of(Parked)
        assert (parked.waiting, parked.wake_at) == (("a",), None)
        assert (await house.engine.read("r1")).owner == ""

    async def test_every_driver_has_a_term_of_its_own(self) -> None:
        house = House()
        await house.run(ASK)
        await house.go_on()
        assert [claimed.term for claimed in await house.of(Claimed)] == [1, 2]

    async def test_everything_shown_as_waiting_is_durable(self) -> None:
        journal = MemoryJournal(MovableClock())
        house = House(journal=journal)
        await house.run(ASK)
        assert journal.pending == 0

    async def test_a_run_whose_plan_is_empty_ends_at_once(self) -> None:
        shown = await House().run("inputs: {n: integer}\nresult: ${inputs.n}\nsteps: {}", {"n": 3})
        assert (shown["status"], shown["result"]) == ("succeeded", 3)


class TestOtherWriters:
    async def test_another_process_that_claims_the_run_has_it(self) -> None:
        gate = Gate("gate", effect="write")
        house = House(gate)
        going = house.begin("steps: {a: {use: gate}, b: {use: echo, after: [a]}}")
        await gate.entered.wait()
        other = house.journal.view()
        stolen = Claimed(at=house.clock.now(), owner=other.owner, term=2)
        await other.commit(other.append("r1", (stolen,), after=None))
        gate.opened.set()
        shown = await going
        # The late outcome still counts; nothing new is started here.
        assert states(shown) == {"a": "done", "b": "pending"}
        assert len(gate.calls) == 1

    async def test_stealing_a_run_makes_no_effect_happen_twice(self) -> None:
        clock = MovableClock()
        journal = MemoryJournal(clock)
        pay = Tool("pay", effect="write", reach="egress")
        first = House(pay, journal=journal, clock=clock)
        second = House(pay, journal=journal.view(), clock=clock)
        run = first.accept("steps: {a: {use: pay, each: '[1, 2, 3, 4]', with: {n: '${item}'}}}")
        await journal.flush()
        await asyncio.gather(first.drive(run), second.go_on())
        called = [one["n"] for one in args_of(pay)]
        assert sorted(called) == sorted(set(called))

    async def test_an_answer_that_nobody_asked_for_changes_nothing(self) -> None:
        house = House()
        await house.run(ASK)
        fact = (await house.of(Waited))[0]
        await house.tell(
            Answered(at=1, path="a", attempt=fact.attempt, kind="approval", value=inline(True)),
            Answered(at=1, path="b", attempt=0, kind="answer", value=inline(True)),
            Answered(at=1, path="nope", attempt=0, kind="answer", value=inline(True)),
        )
        shown = await house.go_on()
        assert states(shown) == {"a": "waiting", "b": "pending"}
        assert (await house.engine.read("r1")).ignored == 3


class TestCrash:
    @pytest.mark.parametrize(("effect", "calls"), [("pure", 2), ("read", 2), ("idempotent", 2)])
    async def test_what_may_run_again_runs_again(self, effect: str, calls: int) -> None:
        shown, gate, house = await crashed(effect=effect)
        assert (shown["status"], len(gate.calls)) == ("succeeded", calls)
        assert len(await house.of(Lost)) == 1
        assert len({call.key for call in gate.calls}) == 1

    async def test_a_write_is_asked_about(self) -> None:
        shown, gate, _ = await crashed(effect="write")
        assert (shown["status"], len(gate.calls)) == ("waiting", 1)
        assert shown["waiting"][0]["kind"] == "resolve"

    async def test_a_metered_call_is_settled_at_its_maximum(self) -> None:
        shown, _, _ = await crashed(effect="read", price_nusd=1_000)
        assert round(shown["cost_usd"] * 1e9) == 2_000

    async def test_is_no_fault_that_counts_against_retry(self) -> None:
        shown, _, _ = await crashed(effect="read")
        assert shown["status"] == "succeeded"


async def crashed(**card: Any) -> tuple[dict[str, Any], Gate, House]:
    """A run whose driver died in the middle of a call, gone on with by another process."""
    clock = MovableClock()
    journal = MemoryJournal(clock)
    gate = Gate("gate", **card)
    first = House(gate, journal=journal, clock=clock)
    going = first.begin("steps: {a: {use: gate}}")
    await gate.entered.wait()
    await journal.flush()
    second = House(gate, journal=journal.view(), clock=clock)
    journal.crash()
    going.cancel()
    gate.opened.set()
    await asyncio.wait([going])
    return await second.go_on(), gate, second


class TestDrift:
    async def test_a_capability_that_changed_parks_the_run_with_its_name(self) -> None:
        house, shown = await drifted(Tool("step", price_nusd=5))
        assert shown["status"] == "waiting"
        (asked,) = [one for one in shown["waiting"] if one["kind"] == "drift"]
        assert "step" in asked["question"]
        assert house.engine.catalog.get("step").calls == []  # type: ignore[attr-defined]

    async def test_a_capability_that_is_gone_parks_the_run(self) -> None:
        _, shown = await drifted()
        assert "not registered" in shown["waiting"][0]["question"]

    async def test_another_description_is_no_change(self) -> None:
        _, shown = await drifted(Tool("step", description="better words"))
        assert shown["status"] == "succeeded"

    async def test_accepted_it_goes_on(self) -> None:
        house, _ = await drifted(Tool("step", price_nusd=5))
        card = house.engine.catalog.get("step").card
        await house.tell(Adopted(at=1, cards=inline({"step": card.digest()})))
        assert (await house.go_on())["status"] == "succeeded"

    async def test_is_asked_once_however_often_the_run_is_looked_at(self) -> None:
        house, _ = await drifted(Tool("step", price_nusd=5))
        for _ in range(3):
            shown = await house.go_on()
            assert shown["status"] == "waiting"
        drifts = [fact for fact in await house.of(Waited) if fact.kind == "drift"]
        assert len(drifts) == 1

    async def test_a_run_may_be_cancelled_while_it_waits_for_that(self) -> None:
        house, _ = await drifted(Tool("step", price_nusd=5))
        await house.cancel()
        assert (await house.go_on())["status"] == "cancelled"


async def drifted(*tools: Tool) -> tuple[House, dict[str, Any]]:
    """A run that asked somebody, gone on with in a process with other capabilities."""
    first = House(Tool("step"))
    await first.run(
        "steps: {a: {use: human, with: {question: 'Well?'}}, b: {use: step, after: [a]}}"
    )
    await first.answer("a", {"approved": True})
    second = House(*tools, journal=first.journal, clock=first.clock)
    return second, await second.go_on()


class Restored(MemoryJournal):
    """A journal whose epoch can be moved on, as `restore` does."""

    moved = 0

    @property
    def epoch(self) -> int:
        return self.moved


class TestARestoredJournal:
    async def test_no_effect_runs_unasked_and_reads_do(self) -> None:
        clock = MovableClock()
        journal = Restored(clock)
        pay, look = Tool("pay", effect="write"), Tool("look", effect="read")
        house = House(pay, look, journal=journal, clock=clock)
        house.accept("steps: {a: {use: look}, b: {use: pay, after: [a]}}")
        journal.moved = 1
        shown = await house.go_on()
        assert (shown["status"], len(look.calls), len(pay.calls)) == ("waiting", 1, 0)
        assert "restored" in shown["waiting"][0]["question"]
        await house.answer("b", {"approved": True})
        assert (await house.go_on())["status"] == "succeeded"

    async def test_a_run_of_the_new_epoch_is_not_asked_about(self) -> None:
        clock = MovableClock()
        journal = Restored(clock)
        journal.moved = 1
        house = House(Tool("pay", effect="write"), journal=journal, clock=clock)
        assert (await house.run("steps: {a: {use: pay}}"))["status"] == "succeeded"


class TestIntent:
    @pytest.mark.parametrize(
        "card",
        [
            {"effect": "write"}, {"effect": "idempotent"}, {"effect": "read", "reach": "egress"},
            {"effect": "pure", "price_nusd": 1},
        ],
    )  # fmt: skip
    async def test_is_durable_before_a_call_that_matters_leaves(self, card: dict[str, Any]) -> None:
        seen: list[bool] = []

        async def look(call: Call) -> None:
            rows = await house.journal.read(call.run)
            seen.append(any(isinstance(row.fact, Started) for row in rows))

        house = House(Tool("look", look, **card))
        await house.run("steps: {a: {use: look}}")
        assert seen == [True]

    async def test_that_cannot_be_written_lets_no_call_leave(self) -> None:
        pay = Tool("pay", effect="write")
        house = House(pay)
        run = house.accept("steps: {a: {use: pay}}")
        await house.journal.flush()
        house.journal.fail_next(JournalFull("no space left"), batches=10)
        with pytest.raises(JournalError):
            await house.drive(run)
        assert pay.calls == []

    async def test_of_a_local_read_is_not_waited_for(self) -> None:
        journal = MemoryJournal(MovableClock(), manual=True)
        gate = Gate("gate", effect="read")
        house = House(gate, journal=journal)
        going = house.begin("steps: {a: {use: gate}}")
        await gate.entered.wait()  # nothing was flushed
        assert journal.pending > 0
        going.cancel()
        await asyncio.wait([going])


class TestProgress:
    async def test_goes_to_the_sink_and_not_into_the_log_and_a_retry_takes_it_back(self) -> None:
        def talk(call: Call) -> Any:
            call.report({"token": call.attempt})
            return 1 if call.attempt > 1 else Failed("busy", "later", may_retry=True)

        house = House(Tool("talk", talk))
        await house.run("steps: {a: {use: talk, retry: {at_most: 1, backoff: 0.001}}}")
        seen = [(one.path, one.attempt, one.data, one.reset) for one in house.progress]
        assert seen == [
            ("a", 1, {"token": 1}, False),
            ("a", 2, None, True),
            ("a", 2, {"token": 2}, False),
        ]
        assert not any("token" in str(fact) for fact in await house.facts())


class TestLayers:
    async def test_wrap_every_call_the_first_outermost(self) -> None:
        seen: list[str] = []

        def layer(name: str) -> Any:
            async def wrap(call: Call, inner: Perform) -> Outcome:
                seen.append(f"{name} in {call.path}")
                outcome = await inner(call)
                seen.append(f"{name} out")
                return outcome

            return wrap

        await House(layers=[layer("one"), layer("two")]).run("steps: {a: {use: echo}}")
        assert seen == ["one in a", "two in a", "two out", "one out"]

    async def test_that_fail_are_failures_of_the_call(self) -> None:
        async def broken(call: Call, inner: Perform) -> Outcome:
            raise RuntimeError("broken layer")

        shown = await House(layers=[broken]).run("steps: {a: {use: echo}}")
        assert shown["error"]["code"] == "failed"


class TestLimits:
    async def test_calls_of_all_runs_share_the_lanes_of_the_process(self) -> None:
        gate = Gate("gate")
        house = House(gate, calls_max=2)
        going = [house.begin("steps: {a: {use: gate}, b: {use: gate}}") for _ in range(3)]
        await gate.full(2)
        gate.opened.set()
        await asyncio.gather(*going)
        assert (gate.inside_max, len(gate.calls)) == (2, 6)
        assert house.engine.lanes.enter("gate", 1, lambda: None)

    async def test_capabilities_that_share_their_places_wait_for_each_other(self) -> None:
        gate = Gate("gate", concurrency=1)
        other = Gate("other", concurrency=1, shares="gate")
        house = House(gate, other)
        gate.opened.set()
        other.opened.set()
        await house.run("steps: {a: {use: gate}, b: {use: other}}")
        order = [fact.path for fact in await house.facts() if isinstance(fact, Started | Finished)]
        assert order in (["a", "a", "b", "b"], ["b", "b", "a", "a"])

    async def test_lanes_are_given_back_by_calls_that_were_cancelled(self) -> None:
        gate = Gate("gate", concurrency=1)
        house = House(gate, calls_max=2)
        going = house.begin("steps: {a: {use: gate}, b: {use: gate}}")
        await gate.entered.wait()
        await house.cancel()
        assert (await going)["status"] == "cancelled"
        gate.opened.set()
        assert (await house.run("steps: {a: {use: gate}}"))["status"] == "succeeded"


class TestTime:
    async def test_a_run_that_has_used_up_its_time_asks_nobody_for_longer(self) -> None:
        house = House()
        await house.run(f"timeout: 60\n{ASK}")
        house.clock.advance(61)
        shown = await house.go_on()
        assert (shown["status"], shown["error"]["code"]) == ("failed", "budget")

    async def test_every_fact_carries_a_finite_time_that_never_goes_back(self) -> None:
        house = House()
        await house.run(ASK)
        times = [fact.at for fact in await house.facts()]
        assert times == sorted(times)
        assert all(map(math.isfinite, times))


class TestTheEnd:
    async def test_is_the_last_word_and_durable_before_it_is_shown(self) -> None:
        house = House()
        await house.run("steps: {a: {use: echo}}")
        facts = await house.facts()
        assert isinstance(facts[-1], Ended)
        assert len(await house.of(Ended)) == 1

    async def test_a_run_that_has_ended_is_only_looked_at(self) -> None:
        house = House()
        await house.run("steps: {a: {use: echo}}")
        before = len(await house.facts())
        run = await house.engine.read("r1")
        assert run.ended is not None
        assert (await Driver(run, house.engine).drive()).status == "succeeded"
        assert len(await house.facts()) == before

    async def test_a_result_that_cannot_be_made_fails_the_run(self) -> None:
        shown = await House().run(
            "inputs: {x: any}\nsteps: {a: {use: echo}}\nresult: '${inputs.x.y.z + 1}'", {"x": {}}
        )
        assert shown["error"]["code"] == "expression"
        assert shown["error"]["message"].startswith("result: ")

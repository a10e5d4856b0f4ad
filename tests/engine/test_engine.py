"""How runs begin, plans are admitted once, values are stored, and writes in doubt are asked about."""

from typing import Any

import msgspec
import pytest

from batuta.errors import InputError, NotDone, NotFound, PlanError
from batuta.spec.budget import Budget
from batuta.spec.call import Call, Done, Failed, Outcome
from batuta.spec.facts import Accepted, Expanded, Resolved
from batuta.spec.value import commitment, decode
from tests.engine.builders import House, Tool, in_turn, read

PLAN = read("inputs: {n: integer}\nsteps: {a: {use: echo, with: {n: '${inputs.n}'}}}")


class TestAccept:
    async def test_a_run_begins_with_its_request_and_its_plan(self) -> None:
        house = House(budget=Budget(calls=9))
        house.accept(PLAN, {"n": 1})
        accepted, planned = await house.facts()
        assert isinstance(accepted, Accepted)
        assert isinstance(planned, Expanded)
        assert (planned.path, planned.plan_digest) == ("", PLAN.digest())
        assert decode(planned.inputs.data) == {"n": 1}
        assert list(decode(planned.cards.data)) == ["echo"]
        assert accepted.budget == Budget(calls=9)

    async def test_every_run_has_a_salt_of_its_own_for_its_commitments(self) -> None:
        house = House()
        for _ in range(2):
            house.accept(PLAN, {"n": 1})
        first, second = (await house.facts("r1"))[0], (await house.facts("r2"))[0]
        assert first.salt != second.salt
        salt = bytes.fromhex(first.salt)
        assert first.request.inputs.mark == commitment(b'{"n":1}', salt)

    async def test_what_is_wrong_leaves_no_run(self) -> None:
        house = House()
        with pytest.raises(InputError):
            house.accept(PLAN, {"n": "x"})
        with pytest.raises(PlanError):
            house.accept("steps: {a: {use: nope}}")
        assert await house.journal.runs() == []

    async def test_the_timeout_of_a_plan_is_the_time_budget_of_its_run(self) -> None:
        house = House()
        house.accept("timeout: 60\nbudget: {seconds: 90, calls: 1}\nsteps: {a: {use: echo}}")
        assert (await house.facts())[0].budget == Budget(seconds=60.0, calls=1)

    async def test_a_plan_is_checked_once_and_its_inputs_every_time(self) -> None:
        house = House()
        checked: list[str] = []
        admit = house.engine.settings.admit_plan

        def counting(plan: Any, cards: Any) -> Any:
            checked.append(plan.name)
            return admit(plan, cards)

        house.engine.settings = msgspec.structs.replace(house.engine.settings, admit_plan=counting)
        for number in range(3):
            house.accept(PLAN, {"n": number})
        assert checked == ["test"]


async def test_a_run_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="no run 'nope'"):
        await House().engine.read("nope")


async def test_another_process_reads_the_plan_from_the_log() -> None:
    first = House()
    large = read("steps: {a: {use: echo, with: {text: " + "x" * 3_000 + "}}}\nresult: ${steps.a}")
    await first.run(large)
    second = House(journal=first.journal, clock=first.clock)
    run = await second.engine.read("r1")
    assert run.root is not None
    assert run.root.shape.plan == large


class Bank(Tool):
    """Pays, hangs up, and can be asked what became of it."""

    def __init__(self, answer: Any, known: Any) -> None:
        super().__init__("bank", answer, effect="write", in_doubt="reconcile")
        self._known = known
        self.asked: list[Call] = []

    async def reconcile(self, call: Call) -> Outcome:
        self.asked.append(call)
        return self._known(call)


class TestReconcile:
    async def test_that_says_it_happened_ends_the_doubt_with_its_value(self) -> None:
        bank = Bank(in_turn(ConnectionError("gone")), lambda _: Done({"id": 7}))
        house = House(bank)
        shown = await house.run("steps: {a: {use: bank, with: {n: 1}}}\nresult: ${steps.a.id}")
        assert (shown["result"], len(bank.calls)) == (7, 1)
        assert (bank.asked[0].key, bank.asked[0].args) == (bank.calls[0].key, {"n": 1})
        assert [(one.how, one.who) for one in await house.of(Resolved)] == [("done", "reconcile")]

    @pytest.mark.parametrize("known", [Failed("x", "no", may_retry=True), NotDone("no")])
    async def test_that_says_it_did_not_happen_has_it_made_again(self, known: Any) -> None:
        bank = Bank(in_turn(ConnectionError("gone"), 1), in_turn(known))
        shown = await House(bank).run("steps: {a: {use: bank}}")
        assert (shown["status"], len(bank.calls)) == ("succeeded", 2)

    @pytest.mark.parametrize(
        "known", [Failed("x", "who knows"), ConnectionError("gone"), ValueError("?")]
    )
    async def test_that_cannot_say_has_a_person_asked(self, known: Any) -> None:
        bank = Bank(in_turn(ConnectionError("gone")), in_turn(known))
        shown = await House(bank).run("steps: {a: {use: bank}}")
        assert ([one["kind"] for one in shown["waiting"]], len(bank.calls)) == (["resolve"], 1)

    async def test_of_a_capability_that_was_never_asked_has_a_person_asked(self) -> None:
        tool = Tool("bank", in_turn(ConnectionError("gone")), effect="write", in_doubt="reconcile")
        shown = await House(tool).run("steps: {a: {use: bank}}")
        assert [one["kind"] for one in shown["waiting"]] == ["resolve"]

"""What was done is taken back in reverse order, each once, also when killed in the middle, and never out of a doubt."""

from typing import Any

import pytest

from tests.contract.fatal import fact
from tests.contract.world import World, steps_of


def plan_of(
    undo: str, *, last: str = '{use: break_off, with: {reason: "enough"}, after: c}'
) -> str:
    """Three payments after each other, each with its compensation, and then a failure."""
    steps = ""
    for name, after in (("a", ""), ("b", ", after: a"), ("c", ", after: b")):
        steps += (
            f"  {name}:\n"
            f'    {{use: pay_reconciled, with: {{reference: "${{inputs.token}}-{name}"}}{after},\n'
            f'    undo: {{use: {undo}, with: {{reference: "${{inputs.token}}-un{name}"}}}}}}\n'
        )
    return f"steps:\n{steps}  last: {last}\nresult: ok\n"


def order_of(world: World) -> list[str]:
    """The references in the book, in the order they were applied."""
    prefix = f"{world.token}-"
    return [str(entry["body"]["reference"]).removeprefix(prefix) for entry in world.entries()]


ALL = ["a", "b", "c", "unc", "unb", "una"]


class TestARunThatFails:
    @pytest.mark.parametrize("undo", ["take_back", "reverse"])
    async def test_takes_its_effects_back_in_reverse_order_and_each_once(
        self, world: World, undo: str
    ) -> None:
        world.plan(plan_of(undo))
        async with await world.open() as app:
            document = await app.run(world.read_plan(), {"token": world.token})

        assert document["status"] == "failed"
        assert document["error"]["path"] == "last"
        assert order_of(world) == ALL

    @pytest.mark.parametrize("undo", ["take_back", "reverse"])
    @pytest.mark.parametrize("do", ["stall_before", "stall_after"])
    async def test_killed_while_it_takes_one_back_it_goes_on_there(
        self, world: World, do: str, undo: str
    ) -> None:
        world.plan(plan_of(undo))
        run = world.killed(do, "unb")

        document = await world.resumed(run)

        assert document["status"] == "failed"
        assert order_of(world) == ALL
        states = {path: step["state"] for path, step in steps_of(document).items()}
        assert {path: states[path] for path in ("a/undo", "b/undo", "c/undo")} == {
            "a/undo": "done",
            "b/undo": "done",
            "c/undo": "done",
        }

    @pytest.mark.parametrize(
        ("tag", "path", "when"),
        [
            ("failed", "last", "before"),
            ("failed", "last", "after"),
            ("started", "c/undo", "before"),
            ("started", "c/undo", "after"),
            ("finished", "c/undo", "before"),
            ("finished", "c/undo", "after"),
            ("finished", "a/undo", "torn"),
            ("finished", "a/undo", "after"),
        ],
    )
    async def test_killed_at_any_point_of_it_nothing_is_taken_back_twice_or_forgotten(
        self, world: World, tag: str, path: str, when: str
    ) -> None:
        world.plan(plan_of("reverse"))
        run = world.killed_at(fact(tag, path), when)

        document = await world.resumed(run)
        if document["status"] == "waiting":
            # The step that fails is a write itself; if its outcome was lost, somebody has to say.
            assert [one["step"] for one in document["waiting"]] == ["last"]
            document = await world.answered(run, "last", "fail")

        assert document["status"] == "failed"
        assert order_of(world) == ALL


class TestACompensationInDoubt:
    async def test_holds_up_those_before_it_until_a_person_has_said(self, world: World) -> None:
        world.plan(plan_of("pay"))
        run = world.killed("stall_after", "unb")

        document = await world.resumed(run)
        assert document["status"] == "waiting"
        assert [one["step"] for one in document["waiting"]] == ["b/undo"]
        assert order_of(world) == ["a", "b", "c", "unc", "unb"]

        document = await world.answered(run, "b/undo", {"how": "done", "value": None})
        assert document["status"] == "failed"
        assert order_of(world) == ALL


class TestAWriteInDoubt:
    @pytest.mark.parametrize(
        ("answer", "taken_back"),
        [({"how": "done", "value": {}}, ["unc", "unb", "una"]), ("fail", ["unb", "una"])],
    )
    async def test_nothing_is_taken_back_before_it_is_resolved(
        self, world: World, answer: Any, taken_back: list[str]
    ) -> None:
        world.plan(
            plan_of("take_back", last="{use: break_off, with: {reason: x}, after: b}").replace(
                'pay_reconciled, with: {reference: "${inputs.token}-c"}',
                'pay, with: {reference: "${inputs.token}-c"}',
            )
        )
        # The failure and the doubt come about at the same time.
        world.ledger.faults("drop_after", {"reference": world.ref("c")})
        async with await world.open() as app:
            document = await app.run(world.read_plan(), {"token": world.token})
            run = document["run"]
            assert document["status"] == "waiting"
            assert order_of(world) == ["a", "b", "c"]

            await app.answer(run, "c", answer)
            document = await app.resume(run)

        assert document["status"] == "failed"
        assert order_of(world) == ["a", "b", "c", *taken_back]


class TestARunThatIsCancelled:
    async def test_takes_its_effects_back_too_and_waits_for_a_doubt_that_may_be_one_of_them(
        self, world: World
    ) -> None:
        world.plan(plan_of("take_back"))
        world.ledger.faults("stall_after", {"reference": world.ref("c")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("c")
            world.tell("cancel", run)
            document = driver.says("document")

        # The capability was asked, and it had happened.
        assert document["status"] == "cancelled"
        assert order_of(world) == ALL

    async def test_killed_in_the_middle_it_goes_on_taking_back(self, world: World) -> None:
        world.plan(plan_of("reverse"))
        world.ledger.faults("stall_after", {"reference": world.ref("c")})
        world.ledger.faults("stall_after", {"reference": world.ref("unb")})
        with world.run() as driver:
            run = driver.says("run")
            world.wait_stalled("c")
            world.tell("cancel", run)
            world.wait_stalled("unb")
            driver.kill()

        document = await world.resumed(run)

        assert document["status"] == "cancelled"
        assert order_of(world) == ALL

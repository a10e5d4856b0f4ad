"""A capability changed between the crash and the resume: the run names the difference and waits for a person."""

import pytest

from batuta.engine import outside
from batuta.errors import InputError
from tests.contract.world import World, steps_of

PLAN = (
    "steps:\n"
    '  pay: {use: pay, with: {reference: "${inputs.token}-pay"}}\n'
    '  put: {use: put, with: {reference: "${inputs.token}-put"}}\n'
    '  last: {use: look, with: {reference: "${inputs.token}-last"}, after: [pay, put]}\n'
    "result: ok\n"
)


def change(world: World, old: str, new: str) -> None:
    """The new version of the workspace's code."""
    code = (world.folder / "tools.py").read_text()
    assert old in code
    (world.folder / "tools.py").write_text(code.replace(old, new))


@pytest.fixture
def run(world: World) -> str:
    """A run killed while both calls were out and had happened."""
    world.plan(PLAN)
    return world.killed("stall_after", "pay", "put")


class TestAChangedCard:
    @pytest.mark.parametrize(
        ("old", "new", "how"),
        [
            (
                "async def put(reference: str,",
                "async def put(reference: str | int,",
                "input.reference: string → string or integer",
            ),
            (
                'effect="idempotent", reach="egress")\nasync def put(',
                'effect="read", reach="egress")\nasync def put(',
                "effect: idempotent → read",
            ),
            (
                'reach="egress")\nasync def put(',
                'reach="egress", price_usd=1)\nasync def put(',
                "price: $0 → $1",
            ),
        ],
        ids=["schema", "effect", "price"],
    )
    async def test_is_named_and_nothing_runs_before_it_is_accepted(
        self, world: World, run: str, old: str, new: str, how: str
    ) -> None:
        change(world, old, new)

        document = await world.resumed(run)

        assert document["status"] == "waiting"
        (question,) = document["waiting"]
        assert (question["step"], question["kind"]) == ("", "drift")
        assert question["question"] == (
            f"Go on although capabilities changed since the run began: put ({how})?"
        )
        assert world.counts() == {"pay": 1, "put": 1}

    async def test_the_question_stands_however_often_it_is_resumed_or_killed(
        self, world: World, run: str
    ) -> None:
        change(world, "async def put(reference: str,", "async def put(reference: str | int,")
        for _ in range(2):
            document = await world.resumed(run)
        with world.resume(run) as driver:
            driver.says("resuming")
            driver.kill()
        document = await world.resumed(run)

        assert [one["kind"] for one in document["waiting"]] == ["drift"]
        async with await world.open() as app:
            assert await app.due() == []
        assert world.counts() == {"pay": 1, "put": 1}

    async def test_accepted_it_goes_on_and_a_write_is_still_in_doubt(
        self, world: World, run: str
    ) -> None:
        change(world, "async def put(reference: str,", "async def put(reference: str | int,")
        await world.resumed(run)

        document = await world.resumed(run, accept=True)

        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("pay", "resolve")]
        assert world.counts() == {"pay": 1, "put": 2}
        answer = {"how": "done", "value": {}}
        assert (await world.answered(run, "pay", answer))["status"] == "succeeded"
        assert world.counts() == {"pay": 1, "put": 2, "last": 1}

    async def test_what_was_a_write_when_it_left_is_in_doubt_whatever_it_is_now(
        self, world: World, run: str
    ) -> None:
        change(
            world,
            'effect="write", reach="egress", in_doubt="ask")',
            'effect="read", reach="egress")',
        )

        document = await world.resumed(run, accept=True)

        assert [(one["step"], one["kind"]) for one in document["waiting"]] == [("pay", "resolve")]
        assert world.count("pay") == 1

    async def test_accepted_before_anybody_asked_it_goes_on_at_once(
        self, world: World, run: str
    ) -> None:
        change(world, "async def put(reference: str,", "async def put(reference: str | int,")

        document = await world.resumed(run, accept=True)

        assert [one["kind"] for one in document["waiting"]] == ["resolve"]
        assert steps_of(document)["put"]["state"] == "done"

    async def test_what_changed_after_it_was_asked_is_asked_before_it_goes_on(
        self, world: World, run: str
    ) -> None:
        change(world, "async def put(reference: str,", "async def put(reference: str | int,")
        await world.resumed(run)
        change(world, "async def put(reference: str | int,", "async def put(reference: float,")

        document = await world.resumed(run, accept=True)

        (question,) = document["waiting"]
        assert question["kind"] == "drift"
        assert "number" in question["question"]
        assert world.counts() == {"pay": 1, "put": 1}
        document = await world.resumed(run, accept=True)
        assert "drift" not in [one["kind"] for one in document["waiting"]]

    async def test_a_yes_outlives_whoever_has_said_it(self, world: World, run: str) -> None:
        change(world, "async def put(reference: str,", "async def put(reference: str | int,")
        await world.resumed(run)

        async with await world.open() as app:  # and then the process dies
            await outside.adopt(app.engine, run, app.cards, who="ann")

        async with await world.open() as app:
            assert await app.due() == [run]
            document = await app.resume(run)
        assert [one["kind"] for one in document["waiting"]] == ["resolve"]

    async def test_put_back_as_it_was_the_run_goes_on_when_that_is_accepted(
        self, world: World, run: str
    ) -> None:
        before = (world.folder / "tools.py").read_text()
        change(world, "async def put(reference: str,", "async def put(reference: str | int,")
        await world.resumed(run)
        (world.folder / "tools.py").write_text(before)

        document = await world.resumed(run, accept=True)

        assert [one["kind"] for one in document["waiting"]] == ["resolve"]


class TestWhatDoesNotMatter:
    async def test_another_body_or_description_is_no_difference(
        self, world: World, run: str
    ) -> None:
        change(world, "Idempotent by its word only", "Says so")

        document = await world.resumed(run)

        assert [one["kind"] for one in document["waiting"]] == ["resolve"]
        assert world.counts() == {"pay": 1, "put": 2}

    async def test_a_capability_that_the_run_does_not_use_may_change(
        self, world: World, run: str
    ) -> None:
        change(world, "async def think(reference: str,", "async def think(reference: str | int,")

        document = await world.resumed(run)

        assert [one["kind"] for one in document["waiting"]] == ["resolve"]


class TestARemovedCapability:
    async def test_is_named_and_cannot_be_accepted_only_put_back_or_cancelled(
        self, world: World, run: str
    ) -> None:
        before = (world.folder / "tools.py").read_text()
        change(world, "async def put(", "async def put_renamed(")

        document = await world.resumed(run)
        assert document["waiting"][0]["kind"] == "drift"
        assert "put is not registered any more" in document["waiting"][0]["question"]
        with pytest.raises(InputError, match="put is not registered any more"):
            await world.resumed(run, accept=True)
        assert world.counts() == {"pay": 1, "put": 1}

        (world.folder / "tools.py").write_text(before)
        document = await world.resumed(run, accept=True)
        assert [one["kind"] for one in document["waiting"]] == ["resolve"]

    async def test_the_run_can_be_cancelled_all_the_same(self, world: World, run: str) -> None:
        change(world, "async def put(", "async def put_renamed(")
        await world.resumed(run)
        world.tell("cancel", run)

        document = await world.resumed(run)

        assert document["status"] == "cancelled"
        assert world.counts() == {"pay": 1, "put": 1}

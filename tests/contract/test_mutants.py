"""A build that is broken on purpose must fail the crash table: these tests show that it can."""

from batuta.spec.facts import Ended, Started
from tests.contract.fatal import fact
from tests.contract.test_crash_table import plan_of
from tests.contract.world import World

# So long the disk takes over the one fact that matters; the process is killed before that.
SLOW_S = "20"


async def has(world: World, run: str, kind: type[Started] | type[Ended]) -> bool:
    """Whether such a fact is in the committed log."""
    async with await world.open() as app:
        return any(isinstance(row.fact, kind) for row in await app.engine.journal.read(run))


class TestWithoutTheIntentCommit:
    async def test_the_write_of_the_broken_build_happens_twice(self, world: World) -> None:
        world.plan(plan_of("write"))
        disk = ("--disk", fact("started", "write").decode(), "before", SLOW_S)
        with world.run(*disk, "--hasty") as driver:
            run = driver.says("run")
            world.wait_counted("write")
            driver.kill()
        assert not await has(world, run, Started)

        await world.resumed(run)

        assert world.count("write") == 2

    async def test_that_of_the_sound_build_has_not_left(self, world: World) -> None:
        world.plan(plan_of("write"))
        disk = ("--disk", fact("started", "write").decode(), "before", SLOW_S)
        with world.run(*disk) as driver:
            run = driver.says("run")
            driver.says("slow")
            driver.kill()
        assert not await has(world, run, Started)
        assert world.count("write") == 0

        await world.resumed(run)

        assert world.count("write") == 1


class TestAnEndThatIsShownBeforeItIsCommitted:
    async def test_the_broken_build_shows_an_end_that_never_was(self, world: World) -> None:
        world.plan(plan_of("pure"))
        disk = ("--disk", fact("ended").decode(), "before", SLOW_S)
        with world.run(*disk, "--hasty") as driver:
            run = driver.says("run")
            assert driver.says("document")["status"] == "succeeded"
            driver.kill()

        assert not await has(world, run, Ended)

    async def test_the_sound_build_says_nothing_yet(self, world: World) -> None:
        world.plan(plan_of("pure"))
        disk = ("--disk", fact("ended").decode(), "before", "0.5")
        with world.run(*disk) as driver:
            run = driver.says("run")
            assert driver.says("document")["status"] == "succeeded"
            driver.kill()

        assert await has(world, run, Ended)

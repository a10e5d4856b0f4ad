"""Many who follow one run: everybody gets all of it, in order, and once."""

import asyncio
from pathlib import Path

from batuta.app import App
from batuta.plans.build import plan_from_yaml
from batuta.ports import Progress, Row
from batuta.serving.feeds import Feeds, Frame

PLAN = """
name: asks
steps:
  ask: {use: human, with: {question: "Go on?"}}
result: "${steps.ask.approved}"
"""


def _feeds(app: App) -> Feeds:
    def of_row(row: Row) -> bytes:
        return str(row.seq).encode()

    def of_progress(progress: Progress) -> bytes:
        return str(progress.data).encode()

    return Feeds(app.engine, of_row, of_progress)


async def _followed_by(feeds: Feeds, count: int) -> None:
    while feeds.followers < count:  # noqa: ASYNC110 - who follows is a task of its own
        await asyncio.sleep(0)


async def test_followers_from_anywhere_get_what_follows_in_order_and_once(tmp_path: Path) -> None:
    async with await App.open(tmp_path) as app:
        run = await app.start(plan_from_yaml(PLAN).plan, {})
        await app.resume(run)
        feeds = _feeds(app)

        async def followed(after: int) -> list[int]:
            return [frame.seq async for frame in feeds.follow(run, after=after) if frame.seq]

        begun = [asyncio.ensure_future(followed(after)) for after in (0, 0, 2, 4)]
        await _followed_by(feeds, len(begun))
        await app.answer(run, "ask", {"approved": True})
        await app.resume(run)
        head = (await app.engine.read(run)).head
        found = await asyncio.gather(*begun)
        assert found == [list(range(after + 1, head + 1)) for after in (0, 0, 2, 4)]
        assert feeds.followers == 0


async def test_who_falls_behind_reads_the_log_and_misses_no_fact(tmp_path: Path) -> None:
    async with await App.open(tmp_path) as app:
        run = await app.start(plan_from_yaml(PLAN).plan, {})
        await app.resume(run)
        feeds = _feeds(app)
        frames = feeds.follow(run)
        seen = [await anext(frames)]
        for at in range(3_000):  # more than is kept
            feeds.report(Progress(run, "ask", 1, at))
        await asyncio.sleep(0)
        await app.answer(run, "ask", {"approved": False})
        await app.resume(run)
        seen += [frame async for frame in frames]
        head = (await app.engine.read(run)).head
        assert [frame.seq for frame in seen if frame.seq] == list(range(1, head + 1))
        assert seen[-1].last


async def test_when_the_server_ends_so_does_what_is_followed(tmp_path: Path) -> None:
    async with await App.open(tmp_path) as app:
        run = await app.start(plan_from_yaml(PLAN).plan, {})
        feeds = _feeds(app)

        async def followed() -> list[Frame]:
            return [frame async for frame in feeds.follow(run)]

        following = asyncio.ensure_future(followed())
        await _followed_by(feeds, 1)
        feeds.close()
        assert not any(frame.last for frame in await following)

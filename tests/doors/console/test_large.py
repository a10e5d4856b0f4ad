"""Pages of what is large: they are small, the drawing comes behind, and of a run only what is new is told."""

import asyncio
import re

import httpx
import pytest

from batuta.app import App
from batuta.doors.console.drawing import Drawings, RunDrawing
from batuta.doors.console.following import Following
from batuta.doors.console.live_run import patches
from batuta.errors import NotFound
from batuta.plans.build import plan_from_yaml
from batuta.plans.draw.picture import Box, Picture
from tests.doors.console.conftest import Browser

STEPS = 250


def long_plan(steps: int = STEPS) -> str:
    """A plan of so many steps, each after the one before it."""
    lines = [
        f"  s{n}: {{use: value, with: {{value: {n}}}" + (f", after: [s{n - 1}]}}" if n else "}")
        for n in range(steps)
    ]
    return "name: long\ndescription: Many steps.\nsteps:\n" + "\n".join(lines) + "\n"


@pytest.fixture
async def long(browser: Browser) -> Browser:
    path = browser.folder / "plans" / "long.yaml"
    path.write_text(long_plan(), encoding="utf-8")
    return browser


async def boxes(browser: Browser, page: httpx.Response) -> int:
    """How many steps are in the drawing that `page` fetches."""
    (address,) = re.findall(r'id="drawing"[^>]* hx-get="([^"]+)"', page.text)
    alone = await browser.get(f"{address}/alone")
    assert alone.headers["content-type"] == "image/svg+xml" and "<style>" in alone.text
    assert "sandbox" in alone.headers["content-security-policy"]
    return (await browser.get(address)).text.count("<a id=")


async def test_a_large_plan_begins_with_some_rows_and_its_drawing_comes_behind(
    long: Browser,
) -> None:
    page = await long.get("/plans/long")
    assert (len(page.content) < 60_000, page.text.count("<a id=")) == (True, 0)
    assert await boxes(long, page) == STEPS
    assert page.text.count('<tr id="step-') == 100 and f"Show all {STEPS} steps" in page.text
    every = await long.get("/plans/long?every=1")
    assert every.text.count('<tr id="step-') == STEPS and "Show all" not in every.text
    asked = await long.send("/ask", words="", plan="long")
    assert await boxes(long, asked) == STEPS
    assert asked.text.count('<tr id="step-') == 100
    form = {"_words": "", "_plan": "long"}
    whole = await long.send("/ask/step", _every="1", **form)
    # All steps stay there while one of them is edited.
    assert whole.text.count('<tr id="step-') == STEPS and 'name="~every"' in whole.text
    last = await long.send("/ask/step", _step=f"s{STEPS - 1}", **form)
    assert 'class="open"' in last.text and last.text.count('<tr id="step-') == STEPS


async def test_the_page_of_a_large_run_is_small_and_its_drawing_comes_behind(long: Browser) -> None:
    run = (await long.app.run(plan_from_yaml(long_plan()).plan, {}))["run"]
    page = await long.get(f"/runs/{run}")
    assert len(page.content) < 90_000
    assert await boxes(long, page) == STEPS


def test_only_the_latest_drawings_are_kept_and_the_same_one_once() -> None:
    drawings = Drawings()
    pictures = [
        Picture(title=str(n), description="", summary="", digest="", boxes=(Box(name="a", use="b"),), links=())
        for n in range(40)
    ]  # fmt: skip
    keys = [drawings.keep(one) for one in pictures]
    assert keys[-1] == drawings.keep(pictures[-1])
    assert drawings.picture(keys[-1]) == pictures[-1]
    with pytest.raises(NotFound, match="not kept"):
        drawings.picture(keys[0])


async def test_a_drawing_tells_a_step_once_for_each_thing_that_happens_to_it(long: Browser) -> None:
    app: App = long.app
    plan = plan_from_yaml(
        "name: p\nsteps: {a: {use: human, with: {question: Well}}, b: {use: value, with: {value: 1}}}"
    ).plan
    run = await app.start(plan, {})
    following = Following(app, run)
    await following.read()
    drawing = RunDrawing(following.run, following.lines, 0.0, app.cards)
    assert drawing.news(following.run, following.lines, 0.0) == []
    await app.resume(run)
    await following.read()
    now = app.engine.clock.now()
    assert len(drawing.news(following.run, following.lines, now)) == 2
    # The question goes on; but only its time is another.
    assert drawing.news(following.run, following.lines, now + 0.5) == []
    assert len(drawing.news(following.run, following.lines, now + 2)) == 1
    assert len(drawing.news(following.run, following.lines, now + 2, ["b"])) == 1


async def test_a_page_is_told_what_it_has_missed_and_no_more(long: Browser) -> None:
    app: App = long.app
    run = (await app.run(plan_from_yaml(long_plan(60)).plan, {}))["run"]
    following = Following(app, run)
    await following.read()

    async def told(after: int) -> tuple[int, int]:
        """Boxes that a page hears of which knows the log up to `after`, and messages."""
        feeds = long.server.state.service.feeds

        def follow(run_id: str, behind: int):
            return feeds.follow(run_id, after=behind)

        found = [one async for one in patches(app, run, after, follow) if one.kind]
        return "".join(one.text for one in found if one.kind == "boxes").count("<a id="), len(found)

    assert await told(0) == (60, 2)
    end = following.head
    touched = {str(getattr(row.fact, "path", "")) for row in following.rows if row.seq > end - 6}
    assert await told(end - 6) == (len(touched - {""}), 2)
    assert await told(end) == (0, 0)


async def test_a_state_is_read_out_when_a_run_gets_into_it_and_a_question_comes_once(
    long: Browser,
) -> None:
    app: App = long.app
    run = await app.start(
        plan_from_yaml("name: p\nsteps: {a: {use: human, with: {question: Well}}}").plan, {}
    )
    feeds = long.server.state.service.feeds
    news = patches(app, run, 0, lambda run_id, behind: feeds.follow(run_id, after=behind))
    texts = [(await anext(news)).text]
    await app.resume(run)
    async with asyncio.timeout(60):
        while "The run waits." not in texts[-1]:
            texts.append((await anext(news)).text)
        assert "Well" in texts[-1]
        await app.cancel(run)
        await app.resume(run)
        texts += [one.text async for one in news]
    said = "".join(texts)
    assert [said.count(one) for one in ("The run waits.", "The run was cancelled.")] == [1, 1]
    assert said.count('id="q-') == 1

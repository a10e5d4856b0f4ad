"""The pages in a real browser, against a real server. `make browser` runs them; screenshots go where SHOTS says."""

from pathlib import Path

import pytest

from tests.doors.console.browsing import Page
from tests.doors.console.payloads import PAYLOADS

pytestmark = pytest.mark.browser
ACCESSIBLE = Path(__file__).with_name("accessible.js").read_text(encoding="utf-8")


async def test_a_run_is_watched_answered_and_looked_into(page: Page) -> None:
    tab = page.tab
    await page.asked("Is this right?")
    await page.keep("running")
    # Nobody loads the page again: the question comes by itself.
    await tab.click("#questions button.main")
    await tab.wait_for_selector("#run-end >> text=Result")
    assert await tab.text_content("#run-head .chip") == "succeeded"
    boxes = await tab.eval_on_selector_all(".drawing a", "all => all.map(one => one.textContent)")
    assert [("running" in one or "pending" in one) for one in boxes] == [False] * 4
    await tab.click("#box-said")
    await tab.wait_for_selector("#inspector >> text=What it gave")
    await tab.click("summary:has-text('The log of this run')")
    await tab.wait_for_selector("#facts >> text=answered")
    await tab.click("summary:has-text('Critical path')")
    assert await tab.locator("#timeline meter").count() >= 2
    await tab.check("#inspector input[type=checkbox]")
    await tab.click("#inspector summary:has-text('other inputs')")
    await tab.fill("#again-words", "Is that right?")
    await tab.click("#inspector button:has-text('Run again')")
    await tab.wait_for_selector("text=forked from")
    await page.keep("succeeded")
    assert (page.strayed, page.complaints) == ([], [])


async def test_lists_and_the_inbox_change_by_themselves(page: Page) -> None:
    tab = page.tab
    await page.asked("And this?")
    run = tab.url.rpartition("/")[2]
    await tab.goto("/inbox")
    await tab.wait_for_selector("text=And this?")
    await page.keep("inbox")
    await tab.goto("/runs")
    other = await tab.context.new_page()
    await other.goto(f"/runs/{run}")
    await other.click("text=Reject")
    await tab.wait_for_selector("#runs-list .chip.succeeded")
    await page.keep("runs")
    assert (page.strayed, page.complaints) == ([], [])


async def test_no_word_of_a_stranger_does_anything(page: Page) -> None:
    await page.asked(" ".join(PAYLOADS).replace("\x00", ""))
    tab = page.tab
    await tab.wait_for_selector("#questions button.main")
    address = tab.url
    for where in ("/inbox", "/runs", address):
        await tab.goto(where)
        await tab.wait_for_timeout(200)
        assert "Batuta" in await tab.title()
    await tab.click("#box-ask")
    await tab.wait_for_selector("#inspector >> text=What it got")
    await tab.click("#questions button.main")
    await tab.wait_for_selector("#run-end >> text=Result")
    assert (page.strayed, page.complaints) == ([], [])


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_pages_fit_their_window_and_are_used_by_keyboard(page: Page, look: str) -> None:
    tab = page.tab
    await tab.emulate_media(color_scheme="dark" if look == "dark" else "light")
    if look == "phone":
        await tab.set_viewport_size({"width": 360, "height": 780})
    for name in (
        "",
        "runs",
        "inbox",
        "plans",
        "plans/flow",
        "capabilities",
        "capabilities/pay",
        "knowledge",
        "knowledge/handbook",
        "monitor",
        "settings",
    ):
        await tab.goto(f"/{name}")
        wide = await tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, name
        assert await tab.evaluate(ACCESSIBLE) == [], name
        await page.keep(f"{look}-{name.replace('/', '-') or 'ask'}")
    await tab.goto("/runs")
    await tab.keyboard.press("Tab")
    assert await tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.complaints == []

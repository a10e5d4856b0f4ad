"""The pages in a real browser, against a real server. `make browser` runs them; screenshots go where SHOTS says."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.doors.console.browsing import Page
from tests.doors.console.payloads import PAYLOADS

pytestmark = pytest.mark.browser
ACCESSIBLE = Path(__file__).with_name("accessible.js").read_text(encoding="utf-8")
FOCUSED = Path(__file__).with_name("focused.js").read_text(encoding="utf-8")

MARK = "(target) => { document.querySelector(target).dataset.before = 'yes'; }"
AGAIN = (
    "(target) => htmx.ajax('GET', location.pathname, {target, select: target, swap: 'outerHTML'})"
)


async def test_a_run_is_watched_answered_and_looked_into(page: Page) -> None:
    tab = page.tab
    await page.asked("Is this right?")
    await page.keep("running")
    # Nobody loads the page again: the question comes by itself.
    await tab.click("#questions button.main")
    await tab.wait_for_selector("#run-end >> text=Result")
    assert await tab.text_content("#run-head .chip") == "succeeded"
    assert await tab.title() == "flow · succeeded · Batuta"
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
    await tab.wait_for_selector("#inbox >> text=And this?")
    assert await tab.text_content("#inbox-count") == "1"
    await page.begun("flow", words="And that?")
    await tab.wait_for_selector("#inbox-count >> text=2")
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


@pytest.mark.parametrize("look", ["light", "dark", "phone", "twice as large"])
async def test_pages_fit_their_window_and_are_used_by_keyboard(page: Page, look: str) -> None:
    tab = page.tab
    await tab.emulate_media(color_scheme="dark" if look == "dark" else "light")
    if look == "phone":
        await tab.set_viewport_size({"width": 360, "height": 780})
    elif look == "twice as large":  # what is left of 1280 by 900
        await tab.set_viewport_size({"width": 640, "height": 450})
    run = await page.begun("large")
    for name in (
        "",
        "runs",
        f"runs/{run}?step=s0_0",
        "runs/nothing",
        "inbox",
        "plans",
        "plans/flow",
        "plans/large",
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
        await page.keep(f"{look}-{re.sub('[^a-z]+', '-', name.replace(run, 'large')) or 'ask'}")
    await tab.goto("/runs")
    await tab.keyboard.press("Tab")
    assert await tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    if look == "phone":  # the pages are behind one button here
        await tab.focus("#menu")
        await tab.keyboard.press("Space")
        await tab.click("nav >> text=Monitor")
        await tab.wait_for_selector("h1:has-text('Monitor')")
    assert [one for one in page.complaints if "404" not in one] == []


async def test_all_that_can_be_used_is_reached_by_keyboard_in_the_order_of_the_page(
    page: Page,
) -> None:
    tab = page.tab
    run = await page.begun("flow", words="Is this right?")
    await tab.goto(f"/runs/{run}")
    await tab.wait_for_selector("#questions button.main")
    for _ in range(100):  # nobody uses a mouse
        await tab.keyboard.press("Tab")
        if await tab.evaluate("document.activeElement.matches('#questions button.main')"):
            break
    await tab.keyboard.press("Enter")
    await tab.wait_for_selector("#run-end >> text=Result")
    for address in ("plans/flow", f"runs/{run}?step=first", "capabilities/pay", "settings"):
        await tab.goto(f"/{address}")
        await tab.evaluate(
            "document.querySelectorAll('main details').forEach(one => one.open = true)"
        )
        await tab.wait_for_load_state("networkidle")
        reached, of = await walked(tab)
        assert reached == sorted(reached), address
        assert set(reached) == set(range(of)), address
    assert (page.strayed, page.complaints) == ([], [])


async def test_what_has_the_focus_keeps_it_when_the_page_around_it_changes(page: Page) -> None:
    tab = page.tab
    run = await page.begun("flow", words="Is this right?")
    for address, target in (("/runs", "#runs-list"), ("/monitor", "#monitor")):
        await tab.goto(address)
        await tab.wait_for_selector(f"{target} td a")
        await tab.focus(f"{target} td a")
        await tab.evaluate(MARK, target)
        if address == "/runs":  # it changes by itself
            await page.begun("flow", words="And that?")
        else:  # it does so every ten seconds
            await tab.evaluate(AGAIN, target)
        await tab.wait_for_selector(f"{target}:not([data-before])")
        await tab.wait_for_function("document.activeElement.matches('td a')")
        if address == "/runs":
            assert await tab.evaluate("document.activeElement.textContent") == run
    assert (page.strayed, page.complaints) == ([], [])


async def walked(tab: Any) -> tuple[list[int], int]:
    """The places of what has the focus, one after the other, to the end of the page; and of how many."""
    reached: list[int] = []
    of = 0
    for _ in range(200):
        await tab.keyboard.press("Tab")
        here = await tab.evaluate(FOCUSED)
        if here is None or (reached and here["at"] == 0):
            break
        assert here["seen"], here
        of = here["of"]
        if here["at"] >= 0:  # what scrolls is reached, too, though nothing says so
            reached.append(here["at"])
    return reached, of

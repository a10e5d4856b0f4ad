"""The pages in a real browser, against a real server. `make browser` runs them; screenshots go where SHOTS says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.doors.console.payloads import PAYLOADS

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SHOTS = os.environ.get("BATUTA_SHOTS", "")
SLOW = '''
import asyncio
from batuta.capabilities.function import capability

@capability(effect="read", reach="local")
async def wait(seconds: float) -> float:
    """Wait so long."""
    await asyncio.sleep(seconds)
    return seconds
'''
FLOW = """
name: flow
description: Wait, ask, and say it.
inputs: {words: string}
steps:
  first: {use: wait, with: {seconds: 0.5}}
  many: {use: wait, each: "${[0.1, 0.2, 0.3]}", with: {seconds: "${item}"}}
  ask: {use: human, after: [first, many], with: {question: "${inputs.words}", show: "${inputs.words}"}}
  said: {use: value, when: steps.ask.approved, with: {value: "${inputs.words}"}}
result: ${steps.said}
"""


@pytest.fixture
def served(folder: Path) -> Generator[str]:
    """The address of a server with a workspace of its own."""
    (folder / "slow.py").write_text(SLOW, encoding="utf-8")
    (folder / "plans" / "flow.yaml").write_text(FLOW, encoding="utf-8")
    config = (folder / "batuta.yaml").read_text(encoding="utf-8")
    (folder / "batuta.yaml").write_text(config.replace("[tools.py]", "[tools.py, slow.py]"))
    command = [sys.executable, "-m", "batuta", "serve", "--port", "0", "-w", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said = msgspec.json.decode(line)
            if said.get("event") == "serving":
                break
        else:
            raise AssertionError("the server did not begin")
        try:
            yield f"http://127.0.0.1:{said['port']}"
        finally:
            process.terminate()
            process.communicate(timeout=20)


@pytest.fixture
async def page(served: str) -> AsyncGenerator["Page"]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    async with playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(
            base_url=served, viewport={"width": 1280, "height": 900}
        )
        tab = await context.new_page()
        yield Page(tab, served)
        await chromium.close()


class Page:
    """A tab, and everything that it has asked elsewhere for or complained about."""

    def __init__(self, tab: Any, address: str) -> None:
        self.tab = tab
        self.strayed: list[str] = []
        self.complaints: list[str] = []
        tab.on("request", lambda one: one.url.startswith(address) or self.strayed.append(one.url))
        tab.on("console", lambda one: one.type == "error" and self.complaints.append(one.text))
        tab.on("pageerror", lambda one: self.complaints.append(str(one)))
        tab.on("dialog", lambda one: self.complaints.append(f"a dialog: {one.message}"))

    async def keep(self, name: str) -> None:
        """A picture of the page, for those who want to look."""
        if SHOTS:
            await self.tab.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)

    async def asked(self, words: str) -> None:
        """Ask for the plan `flow` with `words` and begin it."""
        await self.tab.goto("/plans/flow")
        await self.tab.click("text=Run it")
        await self.tab.fill("#f-words", words)
        await self.keep("asked")
        await self.tab.click("button.main")
        await self.tab.wait_for_url(re.compile("/runs/"))


async def test_a_run_is_watched_answered_and_looked_into(page: Page) -> None:
    tab = page.tab
    await page.asked("Is this right?")
    await page.keep("running")
    # Nobody loads the page again: the question comes by itself.
    await tab.click("#questions button.main", timeout=20_000)
    await tab.wait_for_selector("#run-end >> text=Result", timeout=20_000)
    assert await tab.text_content("#run-head .chip") == "succeeded"
    boxes = await tab.eval_on_selector_all(".drawing a", "all => all.map(one => one.textContent)")
    assert [("running" in one or "pending" in one) for one in boxes] == [False] * 4
    await tab.click("#box-said")
    await tab.wait_for_selector("#inspector >> text=What it gave")
    await tab.click("summary")
    await tab.wait_for_selector("#facts >> text=answered")
    await page.keep("succeeded")
    assert (page.strayed, page.complaints) == ([], [])


async def test_lists_and_the_inbox_change_by_themselves(page: Page) -> None:
    tab = page.tab
    await page.asked("And this?")
    run = tab.url.rpartition("/")[2]
    await tab.goto("/inbox")
    await tab.wait_for_selector("text=And this?", timeout=20_000)
    await page.keep("inbox")
    await tab.goto("/runs")
    other = await tab.context.new_page()
    await other.goto(f"/runs/{run}")
    await other.click("text=Reject")
    await tab.wait_for_selector("#runs-list .chip.succeeded", timeout=20_000)
    await page.keep("runs")
    assert (page.strayed, page.complaints) == ([], [])


async def test_no_word_of_a_stranger_does_anything(page: Page) -> None:
    await page.asked(" ".join(PAYLOADS).replace("\x00", ""))
    tab = page.tab
    await tab.wait_for_selector("#questions button.main", timeout=20_000)
    address = tab.url
    for where in ("/inbox", "/runs", address):
        await tab.goto(where)
        await tab.wait_for_timeout(200)
        assert "Batuta" in await tab.title()
    await tab.click("#box-ask")
    await tab.wait_for_selector("#inspector >> text=What it got")
    await tab.click("#questions button.main")
    await tab.wait_for_selector("#run-end >> text=Result", timeout=20_000)
    assert (page.strayed, page.complaints) == ([], [])


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_pages_fit_their_window_and_are_used_by_keyboard(page: Page, look: str) -> None:
    tab = page.tab
    await tab.emulate_media(color_scheme="dark" if look == "dark" else "light")
    if look == "phone":
        await tab.set_viewport_size({"width": 390, "height": 844})
    for name in (
        "",
        "runs",
        "inbox",
        "plans",
        "plans/flow",
        "capabilities",
        "capabilities/pay",
        "knowledge/handbook",
        "monitor",
    ):
        await tab.goto(f"/{name}")
        wide = await tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, name
        unnamed = await tab.eval_on_selector_all(
            "input:not([type=hidden]), select, textarea:not([hidden])",
            "all => all.filter(one => !one.labels.length).map(one => one.name)",
        )
        assert unnamed == [], name
        await page.keep(f"{look}-{name.replace('/', '-') or 'ask'}")
    await tab.goto("/runs")
    await tab.keyboard.press("Tab")
    assert await tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.complaints == []

"""A served workspace, asked as a browser asks."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from batuta.app import App
from batuta.doors.http.app import create_app
from batuta.doors.http.settings import Settings
from batuta.testing.providers.script import Answer
from batuta.testing.providers.server import Providers
from tests.doors.console.browsing import (
    ANSWER,
    CHROMIUM,
    FLOW,
    MODELS,
    SAYS,
    SLOW,
    Page,
    large,
    serving,
)

WORKSPACE = """
python: [tools.py]
plans: [plans/*.yaml]
knowledge:
  handbook: {paths: ["handbook/*.md"], description: What we promise}
"""
TOOLS = '''
from batuta.capabilities.function import capability

@capability(effect="write", reach="local")
def pay(amount: float, note: str = "") -> str:
    """Pay so much."""
    with open(__file__ + ".book", "a") as book:
        book.write(f"{amount}\\n")
    return f"paid {amount} {note}"
'''
PLAN = """
name: refund
description: Give money back once somebody has said yes.
examples: ["refund order {order} with {amount}"]
inputs:
  order: string
  amount: {type: number, minimum: 0}
  way: {enum: [card, cash], default: card}
steps:
  approve: {use: human, with: {question: "Refund ${inputs.order}?", show: {order: "${inputs.order}"}}}
  pay: {use: pay, when: steps.approve.approved, with: {amount: "${inputs.amount}", note: "${inputs.way}"}}
result: ${steps.pay}
"""


class Browser:
    """Asks a served workspace for pages, and sends their forms."""

    def __init__(self, client: httpx.AsyncClient, app: App, folder: Path, server: FastAPI) -> None:
        self.server = server
        self.client = client
        self.app = app
        self.folder = folder

    async def get(self, address: str) -> httpx.Response:
        """The page at `address`."""
        return await self.client.get(address)

    async def send(self, address: str, **form: str) -> httpx.Response:
        """What comes of a form; `_` at the beginning of a name stands for `~`."""
        named = {
            f"~{name[1:]}" if name.startswith("_") else name: text for name, text in form.items()
        }
        return await self.client.post(address, data=named, headers={"Origin": "http://localhost"})

    async def begun(self, **form: str) -> str:
        """The id of a run that was begun by the form of the plan `refund`."""
        digest = self.plan_digest
        sent = await self.send("/ask/run", _words="", _plan="refund", _digest=digest, **form)
        assert sent.status_code == 303, sent.text
        run = sent.headers["location"].rpartition("/")[2]
        await self.app.resume(run)
        return run

    @property
    def plan_digest(self) -> str:
        """The digest of the plan `refund`."""
        from batuta.plans.build import plan_from_file

        return plan_from_file(self.folder / "plans" / "refund.yaml").plan.digest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plans").mkdir()
    (tmp_path / "handbook").mkdir()
    (tmp_path / "batuta.yaml").write_text(WORKSPACE, encoding="utf-8")
    (tmp_path / "tools.py").write_text(TOOLS, encoding="utf-8")
    (tmp_path / "plans" / "refund.yaml").write_text(PLAN, encoding="utf-8")
    return tmp_path


@asynccontextmanager
async def browsing(folder: Path) -> AsyncGenerator[Browser]:
    """A browser of the workspace in `folder`, which is served for it."""
    async with await App.open(folder) as app:
        server = create_app(app, Settings())
        transport = httpx.ASGITransport(server)
        async with (
            server.router.lifespan_context(server),
            httpx.AsyncClient(
                transport=transport, base_url="http://localhost", headers={"Accept": "text/html"}
            ) as client,
        ):
            yield Browser(client, app, folder, server)


@pytest.fixture
async def browser(folder: Path) -> AsyncGenerator[Browser]:
    async with browsing(folder) as found:
        yield found


@pytest.fixture
def served(folder: Path) -> Generator[str]:
    """The address of a server with a workspace of its own, which has a model that speaks slowly."""
    (folder / "slow.py").write_text(SLOW, encoding="utf-8")
    for name, text in (("flow", FLOW), ("says", SAYS), ("large", large())):
        (folder / "plans" / f"{name}.yaml").write_text(text, encoding="utf-8")
    with Providers([Answer(ANSWER, pause_s=0.15)]) as providers:
        config = (folder / "batuta.yaml").read_text(encoding="utf-8")
        config = config.replace("[tools.py]", "[tools.py, slow.py]")
        config += MODELS.replace("URL", providers.url())
        (folder / "batuta.yaml").write_text(config, encoding="utf-8")
        with serving(folder) as address:
            yield address


@pytest.fixture
async def chromium() -> AsyncGenerator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def page(served: str, chromium: Any) -> Page:
    return await Page.open(chromium, served)

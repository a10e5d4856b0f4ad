"""One request is drafted once, whoever asks and however slow the model; who does not wait any longer stops it."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from batuta import capability
from batuta.app import App
from batuta.desk import Desk
from batuta.planning.understood import Understood
from batuta.testing.providers import Answer, Asked, Failure, Providers, Reply

WORDS = "write a letter to anna@example.org about the parcel"
DRAFT: dict[str, Any] = {
    "name": "write-letter",
    "inputs": {"email": {"type": "string"}},
    "values": {"email": "anna@example.org"},
    "steps": [{"name": "send", "use": "letter", "with": {"email": "${inputs.email}"}}],
    "result": "${steps.send}",
}


@capability(effect="read", reach="local")
def letter(email: str) -> str:
    """Writes a letter."""
    return f"Dear {email}"


class Slow:
    """A model that answers when it is let."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.answers = threading.Event()

    def __call__(self, asked: Asked) -> Reply:
        self.asked.set()
        assert self.answers.wait(60)
        return Answer(json.dumps(DRAFT))


@pytest.fixture
def slow() -> Iterator[Slow]:
    model = Slow()
    yield model
    model.answers.set()


@pytest.fixture
def providers(slow: Slow) -> Iterator[Providers]:
    with Providers(slow) as running:
        yield running
        slow.answers.set()


@pytest.fixture
def folder(tmp_path: Path, providers: Providers) -> Path:
    return workspace(tmp_path, providers)


def workspace(folder: Path, providers: Providers, more: str = "") -> Path:
    model = f"provider: openai-compatible, url: '{providers.url()}', model: m, prices: free{more}"
    (folder / "batuta.yaml").write_text(
        f"models: {{strong: {{{model}}}}}\nplanning: {{model: strong}}\n", "utf-8"
    )
    return folder


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[App]:
    async with await App.open(folder, functions=[letter]) as app:
        yield app


async def drafts(app: App, status: str = "") -> list[str]:
    return [row.run for row in await app.runs(plan="draft-a-plan", status=status)]


def said(understood: Understood, planner: str) -> str:
    """What `planner` said."""
    every = (understood.chosen, *understood.others)
    return next(one.route.why for one in every if one.planner == planner)


async def test_who_asks_the_same_meanwhile_waits_for_the_draft_that_is_under_way(
    folder: Path, providers: Providers, slow: Slow
) -> None:
    async with opened(folder) as app:
        first = asyncio.create_task(Desk(app).understand(WORDS, planner="draft"))
        assert await asyncio.to_thread(slow.asked.wait, 60)
        desk = Desk(app)
        others = [
            asyncio.create_task(desk.understand(WORDS, planner="draft")),
            asyncio.create_task(Desk(app).understand(WORDS, planner="draft")),
        ]
        # Meanwhile others are served.
        assert (await desk.understand(WORDS, planner="compose")).plan == "letter"
        slow.answers.set()
        found = [await first, *(await asyncio.gather(*others))]
        assert {one.plan for one in found} == {"write-letter"}
        assert len(providers.requests) == len(await drafts(app)) == 1


def test_two_processes_that_ask_at_once_have_one_draft(
    folder: Path, providers: Providers, slow: Slow
) -> None:
    (folder / "batuta.yaml").write_text(
        (folder / "batuta.yaml").read_text("utf-8") + "python: [tools.py]\n", "utf-8"
    )
    (folder / "tools.py").write_text(
        "from batuta import capability\n\n\n@capability(effect='read', reach='local')\n"
        'def letter(email: str) -> str:\n    """Writes a letter."""\n    return email\n',
        "utf-8",
    )
    command = [sys.executable, "-P", "-m", "batuta", "plan", WORDS, "--planner", "draft", "--json"]
    asking = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        assert slow.asked.wait(60)
        slow.answers.set()
        documents = [json.loads(one.communicate(timeout=60)[0]) for one in asking]
    finally:
        for one in asking:
            one.kill()
            one.wait()
    assert [one["request"]["plan"] for one in documents] == ["write-letter", "write-letter"]
    assert len(providers.requests) == 1


async def test_who_does_not_wait_any_longer_stops_the_draft_and_may_ask_again(
    folder: Path, providers: Providers, slow: Slow
) -> None:
    async with opened(folder) as app:
        desk = Desk(app)
        asking = asyncio.create_task(desk.understand(WORDS, planner="draft"))
        assert await asyncio.to_thread(slow.asked.wait, 60)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        slow.answers.set()
        (run,) = await drafts(app)
        assert (await app.resume(run))["status"] == "cancelled"
        assert (await desk.understand(WORDS, planner="draft")).plan == "write-letter"
        assert len(await drafts(app, "succeeded")) == 1


async def test_of_two_who_wait_one_may_go(folder: Path, providers: Providers, slow: Slow) -> None:
    async with opened(folder) as app:
        desk = Desk(app)
        gone = asyncio.create_task(desk.understand(WORDS, planner="draft"))
        assert await asyncio.to_thread(slow.asked.wait, 60)
        stays = asyncio.create_task(desk.understand(WORDS, planner="draft"))
        for _ in range(20):  # the other one is on its way
            await asyncio.sleep(0.01)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        slow.answers.set()
        assert (await stays).plan == "write-letter"


async def test_a_model_that_stalls_is_not_waited_for_longer_than_for_one_answer(
    tmp_path: Path, providers: Providers, slow: Slow
) -> None:
    async with opened(workspace(tmp_path, providers, ", timeout: 0.3")) as app:
        understood = await Desk(app).understand(WORDS)
        assert (understood.planner, understood.plan) == ("compose", "letter")
        assert "did not end well" in said(understood, "draft")
        assert len(await drafts(app)) == 1
        assert await drafts(app, "running") == []


@pytest.mark.parametrize(
    "reply",
    [
        Failure("overloaded"),
        Failure("rate_limited", retry_after_s=0.1),
        Answer("{", breaks_after=0),
    ],
    ids=["overloaded", "rate limited", "breaks off"],
)
async def test_a_model_that_fails_leaves_what_was_composed_and_says_why(
    tmp_path: Path, reply: Reply
) -> None:
    with Providers([reply]) as failing:
        async with opened(workspace(tmp_path, failing, ", timeout: 2")) as app:
            understood = await Desk(app).understand(WORDS)
            assert (understood.planner, understood.plan) == ("compose", "letter")
            assert "did not end well" in said(understood, "draft")
            # It is asked again by the next request, and no draft is left behind.
            assert await drafts(app, "running") == []

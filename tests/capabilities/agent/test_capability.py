"""Agents and their thoughts obey the laws of capabilities."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batuta import App
from batuta.engine.past.replay import Replay
from batuta.testing.conformance_capability import CAPABILITY_LAWS, CapabilityWorld, Law
from batuta.testing.providers import Answer, Providers
from tests.capabilities.agent.workplace import calls, opened, run


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    with Providers([Answer("Four.")]) as providers:
        async with await opened(tmp_path, providers, tools=["value"]) as app:
            yield app


@pytest.mark.parametrize("name", ["support", "support.think"])
@pytest.mark.parametrize("law", CAPABILITY_LAWS, ids=lambda law: law.__name__)
async def test_it_obeys_the_laws(app: App, law: Law, name: str) -> None:
    bad = ({}, {"prompt": 3}, {"prompt": "Hm?", "surplus": 1}, {"prompt": "Hm?", "history": [1]})
    await law(CapabilityWorld(app.engine.catalog.get(name), {"prompt": "How much?"}, bad))


async def test_thoughts_take_the_places_of_their_model(tmp_path: Path) -> None:
    with Providers() as providers:
        url = providers.url()
        (tmp_path / "batuta.yaml").write_text(
            "models:\n"
            f"  small: {{provider: openai-compatible, url: '{url}', model: m, concurrency: 1}}\n"
            f"  wide: {{provider: openai-compatible, url: '{url}', model: m}}\n"
            "agents: {one: {model: small}, two: {model: small}, three: {model: wide}}\n"
        )
        async with await App.open(tmp_path) as app:
            lanes = [app.cards[f"{name}.think"].lane for name in ("one", "two", "three")]
    assert lanes == ["small", "small", "three.think"]


async def test_a_run_is_the_same_again(tmp_path: Path) -> None:
    script = [calls(("value", {"value": 3}), ("value", {"value": 4})), Answer("Seven.")]
    with Providers(script) as providers:
        async with await opened(tmp_path, providers, tools=["value"]) as app:
            done = await run(app)
            replayed = await Replay(app.engine).run(done["run"])
    assert done["result"]["text"] == "Seven."
    assert (replayed.verdict, replayed.difference) == ("same", None)

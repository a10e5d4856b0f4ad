"""What shells offer of what can be called."""

from pathlib import Path

from batuta import App
from batuta.config import load_workspace
from batuta.doors.cli.completing.known import BUILT_IN, capabilities

WORKSPACE = """\
models: {small: {provider: openai-compatible, url: "http://127.0.0.1:1/v1", model: small, prices: free}}
agents: {clerk: {model: small}}
knowledge: {handbook: {paths: docs}}
memory: {customers: {}}
"""


async def test_what_is_built_in_takes_what_its_card_says(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").touch()
    async with await App.open(tmp_path) as app:
        taken = {name: set(card.input["properties"]) for name, card in app.cards.items()}
    assert {name: set(words) for name, words in BUILT_IN.items()} == taken


async def test_what_a_workspace_names_can_be_called(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").write_text(WORKSPACE)
    offered = {one.word for one in capabilities(load_workspace(tmp_path))}
    async with await App.open(tmp_path) as app:
        # What an agent is made of is called by its plan alone.
        called = {name for name in app.cards if not name.startswith("clerk.")}
    assert called == offered

"""Agents in runs: turns, tools as steps, and the answer."""

from pathlib import Path
from typing import Any

import pytest

from batuta import capability
from batuta.testing.providers import Answer, Providers
from tests.capabilities.agent.workplace import MODELS, calls, opened, paths, run


@capability(effect="read", reach="local")
def find_order(id: int) -> dict[str, Any]:
    """Finds an order by its number."""
    return {"id": id, "place": f"shelf {id}"}


@pytest.mark.parametrize("provider", MODELS)
async def test_tools_are_steps_and_what_they_gave_is_in_the_next_question(
    tmp_path: Path, provider: str
) -> None:
    script = [
        calls(("find_order", {"id": 3}), ("find_order", {"id": 4}), text="Let me see."),
        Answer("They are on shelves."),
    ]
    with Providers(script) as providers:
        async with await opened(
            tmp_path, providers, functions=[find_order], provider=provider, instructions="Help."
        ) as app:
            done = await run(app)
    assert done["result"] == {
        "text": "They are on shelves.",
        "value": None,
        "end": "stop",
        "turns": 2,
        "agent": "support",
    }
    assert [path for path in paths(done) if "turn" in path] == [
        "ask/1/turn",
        "ask/1/turn~0",
        "ask/1/turn~0/1/t0",
        "ask/1/turn~0/1/t1",
        "ask/1/turn~1",
    ]
    assert [one.flaws for one in providers.requests] == [(), ()]
    said = providers.requests[1].text
    places = [said.index(text) for text in ("Help.", "Where is order 3?", "Let me see.")]
    assert places == sorted(places)
    assert 0 < said.index("shelf 3") < said.index("shelf 4")
    assert providers.requests[0].tools == ("find_order",)

"""What `doctor` says of models."""

from batuta.config import Workspace
from batuta.doors.cli.checkup.item import Looked
from batuta.doors.cli.checkup.models import found_here
from batuta.doors.cli.checkup.workspace import secrets
from batuta.reading.models import ModelConfig
from batuta.testing.providers import Providers


async def test_a_server_on_this_machine_is_offered_with_the_line_that_uses_it() -> None:
    with Providers(models=["llama3.2", "qwen3"]) as providers:
        found = [one async for one in found_here([], [providers.port])]
    at = f"127.0.0.1:{providers.port}"
    assert found == [
        Looked(
            "models",
            "ok",
            f"{at} serves llama3.2, qwen3",
            "to use it, write in batuta.yaml: models: {local: {provider: openai-compatible, "
            f"url: http://{at}/v1, model: llama3.2, prices: free}}}}",
        )
    ]


async def test_a_server_that_is_used_already_is_not_offered() -> None:
    with Providers() as providers:
        used = ModelConfig("openai-compatible", "tiny", url=providers.url())
        assert [one async for one in found_here([used], [providers.port])] == []


async def test_where_nobody_listens_nothing_is_offered() -> None:
    with Providers() as providers:
        port = providers.port
    assert [one async for one in found_here([], [port])] == []


def test_a_missing_key_is_one_line_that_names_the_variable() -> None:
    models = {
        "fast": ModelConfig("openai", "gpt-5-mini"),
        "other": ModelConfig("openai-chat", "gpt-4o-mini"),
        "own": ModelConfig("openai-compatible", "m", url="env:OWN_URL/v1", key="env:OWN_KEY"),
        "local": ModelConfig("openai-compatible", "m", url="http://127.0.0.1:1/v1"),
    }
    found = list(secrets(Workspace(models=models), {"OWN_KEY": "x"}))
    assert [(one.state, one.said, one.remedy) for one in found] == [
        ("problem", "OPENAI_API_KEY is not set, for fast, other", "export OPENAI_API_KEY=…"),
        ("ok", "OWN_KEY is set, for own", ""),
        ("problem", "OWN_URL is not set, for own", "export OWN_URL=…"),
    ]

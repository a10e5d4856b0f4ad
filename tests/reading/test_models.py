"""The models of a workspace, as people write them."""

from typing import Any

import pytest

from batuta.config import workspace_from_yaml
from batuta.errors import WorkspaceError
from batuta.reading.models import ModelConfig, ModelPrices


def test_a_model_is_a_short_text_or_a_map() -> None:
    text = """
    models:
      fast: openai:gpt-5-mini
      strong: anthropic:claude-haiku-4-5
      tuned: google:tunedModels/mine:v2
      local:
        provider: openai-compatible
        url: http://127.0.0.1:11434/v1
        model: llama3.2:3b
        key: env:LOCAL_KEY
        headers: {X-Team: ops}
        prices: {input: 0.1, output: 0.4}
        max_tokens: 1000
        max_input: 8000
        timeout: 2m
        concurrency: 2
        description: The one in the cellar.
      free: {provider: openai-chat, model: m, prices: free}
    """
    assert workspace_from_yaml(text).models == {
        "fast": ModelConfig("openai", "gpt-5-mini"),
        "strong": ModelConfig("anthropic", "claude-haiku-4-5"),
        "tuned": ModelConfig("google", "tunedModels/mine:v2"),
        "local": ModelConfig(
            "openai-compatible",
            "llama3.2:3b",
            url="http://127.0.0.1:11434/v1",
            key="env:LOCAL_KEY",
            headers={"X-Team": "ops"},
            prices=ModelPrices(0.1, 0.4),
            max_tokens=1_000,
            max_input=8_000,
            timeout_s=120.0,
            concurrency=2,
            description="The one in the cellar.",
        ),
        "free": ModelConfig("openai-chat", "m", prices="free"),
    }


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        ("gpt-5-mini", "B025", "is not a model as provider:name"),
        ("openai-compatible:tiny", "B025", "is not a model as provider:name"),
        ("{provider: openai}", "B021", "the key 'model' is missing"),
        ("{provider: opnai, model: m}", "B024", "expected one of"),
        ("{provider: openai-compatible, model: m}", "B021", "the key 'url' is missing"),
        ("{provider: openai, model: m, key: sk-123}", "B025", "is not a variable"),
        ("{provider: openai, model: m, url: 'http://u:p@x/v1'}", "B025", "has a password in it"),
        ("{provider: openai, model: m, prices: cheap}", "B024", "expected one of free"),
        ("{provider: openai, model: m, prices: {input: 1}}", "B021", "'output' is missing"),
        ("{provider: openai, model: m, prices: {input: -1, output: 1}}", "B023", "below"),
        ("{provider: openai, model: m, max_tokens: 0}", "B023", "0 is below 1"),
        ("{provider: openai, model: m, maxtokens: 5}", "B020", "there is no key 'maxtokens'"),
    ],
)
def test_what_is_wrong_is_told(entry: str, code: str, said: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        workspace_from_yaml(f"models: {{m: {quoted(entry)}}}")
    findings: Any = caught.value.findings
    assert [one.code for one in findings] == [code]
    assert said in findings[0].message
    assert "sk-123" not in str(caught.value)  # a key is for no terminal and no log


def quoted(entry: str) -> str:
    return entry if entry.startswith("{") else f'"{entry}"'

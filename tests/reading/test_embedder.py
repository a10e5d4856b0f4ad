"""The key `embedder` of a collection."""

import pytest

from batuta.config import workspace_from_yaml
from batuta.errors import WorkspaceError
from batuta.reading.embedder import EmbedderConfig
from batuta.reading.knowledge import KnowledgeConfig


def test_a_server_is_named_with_its_model_and_where_its_key_is() -> None:
    read = workspace_from_yaml(
        "knowledge: {a: {paths: x, embedder: {url: 'http://127.0.0.1:11434/v1', model: m, key: env:K, even: 0.6}}}"
    )
    embedder = EmbedderConfig("http://127.0.0.1:11434/v1", "m", "env:K", even=0.6)
    assert read.knowledge == {"a": KnowledgeConfig(("x",), embedder=embedder)}


@pytest.mark.parametrize(
    "wrong",
    [
        "other",
        "{model: m}",
        "{model: m, url: 'https://x.example/v1', server: local}",
        "{model: m, server: ''}",
        "{url: 'https://x.example/v1'}",
        "{url: 'ftp://x.example', model: m}",
        "{url: 'https://me:secret@x.example/v1', model: m}",
        "{url: 'https://x.example/v1?key=1', model: m}",
        "{url: 'https://x.example/v1', model: m, key: sk-12345}",
        "{url: 'https://x.example/v1', model: m, even: 2}",
        "{url: 'https://x.example/v1', model: m, odd: 1}",
    ],
)
def test_what_is_wrong_is_told_with_a_place_and_a_remedy(wrong: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        workspace_from_yaml(f"knowledge: {{a: {{paths: x, embedder: {wrong}}}}}", "batuta.yaml")
    assert [(one.place.line, bool(one.remedy)) for one in caught.value.findings] == [(1, True)]
    assert "secret" not in str(caught.value)


MODELS = """
models:
  local: {provider: openai-compatible, url: "http://127.0.0.1:11434/v1", model: llama3.2, headers: {X-Team: t}}
  fast: openai:gpt-5-mini
  strong: anthropic:claude-sonnet-4-5
"""


def embedder_of(text: str) -> object:
    read = workspace_from_yaml(f"{MODELS}{text}", "batuta.yaml")
    return (*read.knowledge.values(), *read.memory.values())[0].embedder


def test_an_embedder_behind_the_server_of_a_model_is_not_configured_twice() -> None:
    local = embedder_of("knowledge: {a: {paths: x, embedder: {server: local, model: m}}}")
    url = "http://127.0.0.1:11434/v1"
    assert local == EmbedderConfig(url, "m", headers={"X-Team": "t"}, server="local")
    fast = embedder_of("memory: {a: {embedder: {server: fast, model: m}}}")
    known = EmbedderConfig("https://api.openai.com/v1", "m", "env:OPENAI_API_KEY", server="fast")
    assert fast == known


@pytest.mark.parametrize(
    ("server", "said", "remedy"),
    [
        ("locl", "knowledge.a.embedder.server: there is no model 'locl'", "did you mean 'local'?"),
        ("strong", "anthropic) makes no vectors", "name a model behind another server"),
    ],
)
def test_a_server_that_has_no_vectors_is_told_at_its_place(
    server: str, said: str, remedy: str
) -> None:
    with pytest.raises(WorkspaceError) as caught:
        embedder_of(f"knowledge: {{a: {{paths: x, embedder: {{server: {server}, model: m}}}}}}")
    (finding,) = caught.value.findings
    assert (finding.code, finding.place.line) == ("B604", 6)
    assert said in finding.message
    assert finding.remedy.startswith(remedy)

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

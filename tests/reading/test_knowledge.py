"""The key `knowledge` of a workspace."""

import pytest

from batuta.config import workspace_from_yaml
from batuta.errors import WorkspaceError
from batuta.reading.knowledge import KnowledgeConfig


def test_a_collection_is_its_paths_and_little_more() -> None:
    read = workspace_from_yaml(
        "knowledge: {a: {paths: docs}, b-c: {paths: ['x/**', y.pdf], description: Y, embedder: wordllama}}"
    )
    assert read.knowledge == {
        "a": KnowledgeConfig(("docs",)),
        "b-c": KnowledgeConfig(("x/**", "y.pdf"), "Y"),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "knowledge: [a]",
        "knowledge: {a: docs}",
        "knowledge: {a: {}}",
        "knowledge: {a: {paths: /etc}}",
        "knowledge: {a: {paths: ../x}}",
        "knowledge: {a: {paths: 'C:\\x'}}",
        "knowledge: {a: {paths: ''}}",
        "knowledge: {a b: {paths: x}}",
        "knowledge: {a: {paths: x, embedder: other}}",
        "knowledge: {a: {paths: x, odd: 1}}",
    ],
)
def test_what_is_wrong_is_told_with_a_place_and_a_remedy(wrong: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        workspace_from_yaml(wrong, "batuta.yaml")
    assert [(one.place.line, bool(one.remedy)) for one in caught.value.findings] == [(1, True)]

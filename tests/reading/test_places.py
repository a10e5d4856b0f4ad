"""Places are found by path, and inside of texts by position."""

import pytest

from batuta.reading.places import NOWHERE, Places
from batuta.reading.source import tree_from_data, tree_from_text

TEXT = """\
name: x   # a comment
steps:
  pay: {use: mail, when: "steps.look.ok && item.y"}
  look:
    use: web
    when: |
      inputs.a &&
        inputs.b
    after: pay
    with:
      - plain ${inputs.c} text
      - 'it''s ${inputs.d}'
      - "tab\\t${inputs.e}"
      - >-
        folded
        ${inputs.f}
"""


def places() -> Places:
    root, report = tree_from_text(TEXT, "p.yaml")
    assert report.findings == []
    return Places(root, TEXT, "p.yaml")


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("name",), "p.yaml:1:7", "p.yaml:1:1"),
        (("steps", "pay", "use"), "p.yaml:3:14", "p.yaml:3:9"),
        (("steps", "look", "with", 1), "p.yaml:12:9", "p.yaml:12:9"),
        (("steps", "look", "after", 0), "p.yaml:9:12", "p.yaml:9:12"),
        (("steps", "look", "retry", "at_most"), "p.yaml:5:5", "p.yaml:5:5"),
        (("nothing",), "p.yaml:1:1", "p.yaml:1:1"),
    ],
)
def test_a_path_has_a_place_and_what_is_not_there_that_of_its_parent(
    path: tuple[str | int, ...], value: str, key: str
) -> None:
    assert str(places().at(*path)) == value
    assert str(places().key(*path)) == key


@pytest.mark.parametrize(
    ("path", "words", "word", "place"),
    [
        (("steps", "pay", "when"), "steps.look.ok && item.y", "item", "p.yaml:3:44"),
        (("steps", "look", "when"), "inputs.a &&\n  inputs.b", "inputs.a", "p.yaml:7:7"),
        (("steps", "look", "when"), "inputs.a &&\n  inputs.b", "inputs.b", "p.yaml:8:9"),
        (("steps", "look", "with", 0), "plain ${inputs.c} text", "inputs.c", "p.yaml:11:17"),
        (("steps", "look", "with", 1), "it's ${inputs.d}", "inputs.d", "p.yaml:12:18"),
        (("steps", "look", "with", 2), "tab\t${inputs.e}", "inputs.e", "p.yaml:13:17"),
        (("steps", "look", "with", 3), "folded ${inputs.f}", "inputs.f", "p.yaml:16:11"),
    ],
)
def test_a_position_inside_a_text_has_a_place_in_every_style(
    path: tuple[str | int, ...], words: str, word: str, place: str
) -> None:
    assert str(places().inside(path, words, words.index(word))) == place


def test_a_position_behind_the_end_stays_in_the_text() -> None:
    assert str(places().inside(("name",), "x", 99)) == "p.yaml:1:8"


def test_data_without_a_text_has_no_places() -> None:
    root, _ = tree_from_data({"a": ["b"]})
    assert str(Places(root).at("a", 0)) == "<plan>"
    assert str(Places(root).inside(("a", 0), "b", 0)) == "<plan>"
    assert str(NOWHERE.key("a")) == "<plan>"

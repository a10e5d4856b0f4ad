"""YAML that is written reads back equal: by this reader, and by others."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from batuta.reading.source import tree_from_text
from batuta.reading.to_yaml import yaml_text

texts = st.text(st.characters(exclude_categories=("Cs",))) | st.sampled_from(
    [
        "no",
        "on",
        "010",
        "1:30",
        "~",
        "",
        " a",
        "a ",
        "a\nb",
        "a\nb\n",
        "a\n\nb",
        "\na",
        "a: b",
        "# a",
        "- a",
        "2020-01-01",
        "1e3",
        "0o17",
        "<<",
        "=",
        "null",
        "True",
        "a #b",
        "${x}",
        "---",
        "...",
        "?",
        "a\tb\nc",
        " a\nb",
        "a \nb",
        "a\n b\n",
        "a\n\n",
        "\n",
        "\r\n",
        "a\u2028b",
        "*a",
        "&a",
        "!a",
        "%a",
    ]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
@example("0\n")
def test_it_reads_back_equal(value: object) -> None:
    root, report = tree_from_text(yaml_text(value), "f.yaml")
    assert report.findings == []
    assert root is not None
    assert repr(root.data()) == repr(value)


@given(values)
def test_another_yaml_reads_it_equal_too(value: object) -> None:
    assert _same(yaml.safe_load(yaml_text(value)), value)


def _same(one: Any, other: Any) -> bool:
    """Equal, but for floats that YAML 1.1 spells with a point only (1e+16 is a text to it)."""
    if isinstance(other, float):
        return float(one) == other
    if isinstance(other, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in other)
    if isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other and type(one) is type(other)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": {"b": [1, "x y", "on"]}}, 'a:\n  b:\n    - 1\n    - x y\n    - "on"\n'),
        ([{"a": 1, "b": 2}, [3]], "- a: 1\n  b: 2\n- - 3\n"),
        ({"a": {}, "b": []}, "a: {}\nb: []\n"),
        ({"a": "one\ntwo\n"}, "a: |\n  one\n  two\n"),
        ({"a": "one\n\ntwo"}, "a: |-\n  one\n\n  two\n"),
    ],
)
def test_it_reads_well(value: object, text: str) -> None:
    assert yaml_text(value) == text


def test_a_key_too_long_for_a_colon_is_written_another_way() -> None:
    value = {"k" * 3_000: {"a": [1]}, "b": "x"}
    root, report = tree_from_text(yaml_text(value))
    assert report.findings == []
    assert root is not None
    assert root.data() == value

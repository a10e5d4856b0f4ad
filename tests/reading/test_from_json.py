"""JSON is read as JSON, not as the YAML it almost is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.reading.from_json import tree_from_json
from batuta.reading.report import Report
from batuta.reading.source import tree_from_text

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner, max_size=4)
    ),
    max_leaves=20,
)


def codes(text: str, file: str = "f.json") -> list[str]:
    return [f"{finding.code} {finding.place}" for finding in tree_from_text(text, file)[1].findings]


@given(value=values, ascii_only=st.booleans(), indent=st.sampled_from([None, 0, 2, "\t"]))
def test_whatever_json_can_say_is_read_exactly(
    value: object, ascii_only: bool, indent: int | str | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    root, report = tree_from_text(text, "f.json")
    assert report.findings == []
    assert root is not None
    assert repr(root.data()) == repr(json.loads(text))


@given(
    value=values,
    edits=st.lists(
        st.tuples(st.integers(0, 500), st.sampled_from('{}[],:"\\u0129eE+-. \t\ntfns\x01x')),
        min_size=1,
        max_size=3,
    ),
)
def test_it_accepts_what_the_standard_library_accepts_but_for_doubles_of_keys_and_numbers(
    value: object, edits: list[tuple[int, str]]
) -> None:
    characters = list(json.dumps(value))
    for position, character in edits:
        characters.insert(position % (len(characters) + 1), character)
    text = "".join(characters)
    report = Report(text)
    root = tree_from_json(report)
    found = {finding.code for finding in report.findings}
    try:
        expected = _strict(text)
    except ValueError:
        assert found & {"B003", "B005"} or found == {"B010"}
    else:
        assert found <= {"B010"}
        if not found:
            assert root is not None
            assert repr(root.data()) == repr(expected)


def _strict(text: str) -> Any:
    def refuse(word: str) -> None:
        raise ValueError(word)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    value = json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    json.dumps(value, ensure_ascii=False).encode()
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ('{"a":\t1,\n\t"b": 2}', {"a": 1, "b": 2}),
        ('{"a"\n:\n1}', {"a": 1}),
        ('{"a": "\u2028\u0085"}', {"a": "\u2028\u0085"}),
        ('{"a": 123456789012345678}', {"a": 123456789012345678}),
        (json.dumps({"k" * 5_000: 1}), {"k" * 5_000: 1}),
        ('{"a": "\\/"}', {"a": "/"}),
    ],
)
def test_what_yaml_would_misread_is_read(text: str, value: object) -> None:
    root, report = tree_from_text(text, "anything")
    assert report.findings == []
    assert root is not None
    assert root.data() == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,}', ["B003 f.json:1:9"]),
        ("{'a': 1}", ["B003 f.json:1:2"]),
        ('{"a": 1}\n{}', ["B003 f.json:2:1"]),
        ('{"a": 1,\n "a": 2}', ["B005 f.json:2:2"]),
        ('{"a": "\\ud800"}', ["B003 f.json:1:7"]),
        ('{"a": NaN}', ["B003 f.json:1:7"]),
        ('{"a": 1e999}', ["B010 f.json:1:7"]),
        ('{"a": 9223372036854775808}', ["B010 f.json:1:7"]),
        ('{"a": 01}', ["B003 f.json:1:8"]),
        ("[" * 100_000, ["B007 f.json:1:65"]),
        ('{"a": "' + "x" * 1_000, ["B003 f.json:1:7"]),
        ("", ["B003 f.json:1:1"]),
        ("a: 1", ["B003 f.json:1:1"]),
    ],
)
def test_what_is_wrong_is_told_with_a_place(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_what_begins_like_json_may_be_yaml_in_flow_style() -> None:
    root, report = tree_from_text("{a: 1, b: [x, y], }", "f.yaml")
    assert report.findings == []
    assert root is not None
    assert root.data() == {"a": 1, "b": ["x", "y"]}

"""Data is checked against JSON Schema; a schema can neither call anybody nor hang."""

import time

import pytest

from batuta.reading.schema import problems, schema_flaw


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", ["", "x"], [1, None, []]),
        ("integer", [0, -5, 2.0], [1.5, "1", True]),
        ("number", [0, 1.5], ["1", False]),
        ("boolean", [True], [0, "true", None]),
        ("array", [[], [1]], [{}, "x"]),
        ("object", [{}], [[], None]),
        ("null", [None], [0, False, ""]),
    ],
)
def test_plain_types_mean_what_json_schema_means(
    kind: str, good: list[object], bad: list[object]
) -> None:
    # With a keyword more, the library decides: both ways must agree.
    for schema in ({"type": kind}, {"type": kind, "$comment": "x"}):
        assert [value for value in good if problems(schema, value)] == []
        assert [value for value in bad if not problems(schema, value)] == []


def test_every_problem_is_told_with_its_path() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "integer"}}, "b": {"enum": [1, 2]}},
        "required": ["c"],
    }
    told = problems(schema, {"a": [1, "x"], "b": 3})
    assert sorted(line.split(":")[0] for line in told) == [
        '"c" is a required property',
        "at a[1]",
        "at b",
    ]


def test_a_reference_calls_nobody() -> None:
    assert schema_flaw({"$ref": "http://127.0.0.1:1/schema.json"}) != ""
    assert schema_flaw({"$ref": "file:///etc/passwd"}) != ""


def test_a_reference_inside_of_the_schema_works() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "items": {"$ref": "#/$defs/n"}}
    assert problems(schema, [1]) == []
    assert len(problems(schema, ["x"])) == 1


def test_a_pattern_cannot_hang() -> None:
    begin = time.process_time()
    assert problems({"type": "string", "pattern": "^(a+)+$"}, "a" * 50_000 + "!") != []
    assert time.process_time() - begin < 5  # seconds; milliseconds on an idle machine


@pytest.mark.parametrize(
    "schema", [{"type": "text"}, {"type": 5}, {"minimum": "x"}, {"properties": 1}, {"pattern": "("}]
)
def test_what_is_no_schema_is_told(schema: dict[str, object]) -> None:
    assert schema_flaw(schema) != ""
    assert len(problems(schema, "x")) == 1

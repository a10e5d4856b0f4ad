"""Values on a command line are read by the types that they have to have."""

import json
from pathlib import Path

import pytest

from batuta.errors import InputError
from batuta.plans.assignments import parse_assignments, parse_inputs
from batuta.plans.build import plan_from_yaml
from batuta.plans.inputs import validate_inputs

PLAN = plan_from_yaml("""
name: x
inputs:
  zip: string
  count: integer
  price: number
  sure: boolean
  rows: list
  form: object
  some: any
  kind: {enum: [a, b]}
""").plan


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("zip=01234", "01234"),
        ("zip=", ""),
        ("zip=a=b", "a=b"),
        ("zip= true ", " true "),
        ("zip=@", "@"),
        ("count=3", 3),
        ("count=-9223372036854775808", -(2**63)),
        ("price=12.50", 12.5),
        ("price=3", 3),
        ("sure=true", True),
        ('rows=[1, "x"]', [1, "x"]),
        ('form={"a": {"b": null}}', {"a": {"b": None}}),
        ("some=1", 1),
        ("some=01", "01"),
        ("some=yes", "yes"),
        ('some="1"', "1"),
        ("some=null", None),
        ("kind=a", "a"),
    ],
)
def test_a_value_is_read_by_the_type_the_plan_declares(assignment: str, value: object) -> None:
    assert repr(parse_inputs(PLAN, [assignment])) == repr({assignment.split("=")[0]: value})


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("count=3.0", "the input 'count' is a whole number of 64 bits, and '3.0' is not"),
        ("count=x", "the input 'count' is a whole number of 64 bits, and 'x' is not"),
        ("count=true", "the input 'count' is a whole number of 64 bits, and 'true' is not"),
        (
            "count=9223372036854775808",
            "the input 'count' is a whole number of 64 bits, and '9223372036854775808' is not",
        ),
        ("price=NaN", "the input 'price' is a number, and 'NaN' is not"),
        ("price=1e999", "the input 'price' is a number, and '1e999' is not"),
        ("sure=yes", "the input 'sure' is true or false, and 'yes' is not"),
        ("rows=a,b", "the input 'rows' is a JSON list, and 'a,b' is not"),
        ("form={", "the input 'form' is a JSON map, and '{' is not"),
        ("zip", "the input 'zip' is no assignment"),
        ("=x", "the input '=x' is no assignment"),
    ],
)
def test_what_cannot_be_read_is_told(assignment: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_inputs(PLAN, [assignment])
    assert caught.value.message == message
    assert caught.value.remedy


def test_all_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_inputs(PLAN, ["count=x", "sure=x", "zip=1", "zip=2"])
    assert caught.value.message.count(";") == 2
    assert "'zip' is given twice" in caught.value.message


@pytest.mark.parametrize(
    ("name", "content", "assignment", "value"),
    [
        ("a.json", b'[{"id": 1}]', "rows", [{"id": 1}]),
        (
            "a.csv",
            b'id,who\n01,Ann\n2,"a, b"\n',
            "rows",
            [{"id": "01", "who": "Ann"}, {"id": "2", "who": "a, b"}],
        ),
        (
            "a.csv",
            "\ufeffid;x, who\r\n1,Ünal\r\n\r\n".encode(),
            "rows",
            [{"id;x": "1", "who": "Ünal"}],
        ),
        ("a.csv", b"", "rows", []),
        ("a.txt", "héllo\n".encode(), "zip", "héllo\n"),
        ("a.txt", b"3\n", "count", 3),
        ("a.json", b'"x"', "zip", "x"),
    ],
)
def test_a_value_may_stand_in_a_file(
    tmp_path: Path, name: str, content: bytes, assignment: str, value: object
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert parse_inputs(PLAN, [f"{assignment}=@{path}"]) == {assignment: value}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"[1,", "is not JSON"),
        ("a.json", b"[9223372036854775808]", "more than 64 bits"),
        ("a.json", b"[" * 100_000, "is not JSON"),
        ("a.csv", b"a,b\n1\n", "line 2: 1 cells under a header of 2"),
        ("a.csv", b"a,a\n1,2\n", "every column needs a name of its own"),
        ("a.csv", b'a,b\n"1,2\n', "line 2"),
        ("a.csv", b"a\n" + b"x" * 200_000, "line 2"),
        ("a.txt", b"\xff", "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        parse_inputs(PLAN, [f"rows=@{path}" if name != "a.txt" else f"zip=@{path}"])
    assert message in caught.value.message
    with pytest.raises(InputError, match="there is no file of input 'zip'"):
        parse_inputs(PLAN, [f"zip=@{tmp_path / 'none'}"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("form", '{"a": 1, "b": 2, "a": 3}'),
        ("rows", '[1, {"x": {"a": 1, "a": 1}}]'),
        ("zap", '{"a": 1, "a": 2}'),
        ("form", '{"a": 1, "\\u0061": 2}'),
    ],
)
def test_a_key_that_stands_twice_in_a_map_is_refused(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    for value in (text, f"@{path}"):
        with pytest.raises(InputError) as caught:
            parse_inputs(PLAN, [f"{name}={value}"])
        assert caught.value.message == f"the input {name!r} has the key 'a' twice in one map"


def test_maps_with_the_same_keys_may_stand_beside_and_inside_each_other() -> None:
    text = '[{"a": {"a": 1}}, {"a": 2}]'
    assert parse_inputs(PLAN, [f"rows={text}"]) == {"rows": [{"a": {"a": 1}}, {"a": 2}]}


def test_assignments_may_be_called_otherwise() -> None:
    schemas = {"cents": {"type": "integer"}}
    assert parse_assignments(schemas, ["cents=5", "odd-name=x"]) == {"cents": 5, "odd-name": "x"}
    with pytest.raises(InputError, match="the argument 'cents' is a whole number"):
        parse_assignments(schemas, ["cents=x"], "argument")


FILES = plan_from_yaml("""
name: x
inputs:
  table: file
  rules: {type: file, default: rules.txt, description: what counts}
  more: {type: list, items: {type: file}, default: []}
""").plan


@pytest.mark.parametrize("written", ["data/a.csv", "./data/../data/a.csv", "@data/a.csv"])
def test_the_path_of_a_file_is_seen_from_here_and_kept_as_seen_from_the_workspace(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ws/below/data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "ws/below")
    root = str(tmp_path / "ws")
    assert parse_inputs(FILES, [f"table={written}"], root) == {"table": "below/data/a.csv"}
    absolute = str(tmp_path / "ws/a.csv")
    assert parse_inputs(FILES, [f"table={absolute}"], root) == {"table": "a.csv"}


def test_a_folder_may_be_reached_by_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "ws")
    monkeypatch.chdir(tmp_path / "ws")
    assert parse_inputs(FILES, ["table=a.csv"], str(tmp_path / "link")) == {"table": "a.csv"}


def test_a_reference_may_be_given_as_json() -> None:
    reference = {"path": "a.csv", "bytes": 1, "sha256": "0" * 64}
    assert parse_inputs(FILES, [f"table={json.dumps(reference)}"]) == {"table": reference}
    assert validate_inputs(FILES, {"table": reference})["table"] == reference


@pytest.mark.parametrize("written", ["../a.csv", "/etc/passwd", ""])
def test_a_path_outside_the_workspace_is_no_input(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        parse_inputs(FILES, [f"table={written}"], str(tmp_path))
    assert caught.value.message.startswith("input 'table': ")

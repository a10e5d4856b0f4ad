"""Inputs that are files become references before a run begins."""

import hashlib
from typing import Any

import pytest

from batuta.capabilities.files.pin import has_files, pinned
from batuta.errors import InputError
from batuta.spec.file import FILE_SCHEMA
from tests.capabilities.files.folders import Files

SCHEMAS: dict[str, Any] = {
    "table": FILE_SCHEMA,
    "more": {"type": "array", "items": FILE_SCHEMA},
    "limit": {"type": "integer"},
    "rules": {**FILE_SCHEMA, "default": "rules.txt"},
}


def reference(path: str, content: bytes) -> dict[str, Any]:
    return {"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_paths_become_references_and_defaults_are_filled_in(files: Files) -> None:
    for path in ("a.csv", "b.csv", "rules.txt"):
        files.put(path, path)
    found = pinned(
        SCHEMAS, {"table": "./a.csv", "more": ["b.csv", "a.csv"], "limit": 3}, files.folder
    )
    assert found == {
        "table": reference("a.csv", b"a.csv"),
        "more": [reference("b.csv", b"b.csv"), reference("a.csv", b"a.csv")],
        "limit": 3,
        "rules": reference("rules.txt", b"rules.txt"),
    }
    assert pinned(SCHEMAS, found, files.folder) == found


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("gone.csv", "input 'table': there is no file 'gone.csv' in the workspace"),
        ("../a.csv", "input 'table': '../a.csv' leads out of the workspace"),
        (".env", "input 'table': .env is hidden"),
        (
            reference("a.csv", b"another"),
            "input 'table': a.csv was changed since the run was given it",
        ),
    ],
)
def test_a_file_that_is_not_there_or_not_to_be_read_is_no_input(
    files: Files, given: Any, message: str
) -> None:
    files.put("a.csv", "a.csv")
    files.put(".env", "x")
    with pytest.raises(InputError) as caught:
        pinned({"table": FILE_SCHEMA}, {"table": given}, files.folder)
    assert (caught.value.message, bool(caught.value.remedy)) == (message, True)


@pytest.mark.parametrize("given", [5, None, {"path": 1}, {"path": "a.csv"}, []])
def test_what_is_no_file_at_all_is_left_to_the_schema(files: Files, given: Any) -> None:
    assert pinned({"table": FILE_SCHEMA}, {"table": given}, files.folder) == {"table": given}


def test_a_plan_without_files_has_none() -> None:
    assert [has_files({"a": {"type": "string"}}), has_files(SCHEMAS)] == [False, True]

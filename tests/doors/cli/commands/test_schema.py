"""`schema` prints what lies in the package."""

import json

import pytest

from batuta.doors.cli.commands.schema import published
from batuta.doors.schemas import SCHEMAS
from tests.doors.cli.command import Folder


@pytest.mark.parametrize("name", ["plan", "workspace", "suite"])
def test_the_schema_is_printed_as_it_is_published(folder: Folder, name: str) -> None:
    said = folder.batuta("schema", name)
    assert (said.code, said.out) == (0, published(name))
    assert folder.batuta("schema", name, "--json").document == json.loads(said.out)


def test_there_are_three_schemas(folder: Folder) -> None:
    said = folder.batuta("schema", "runs")
    assert (said.code, all(name in said.err for name in SCHEMAS)) == (2, True)


def test_a_schema_is_written_over_an_older_one_and_over_nothing_else(folder: Folder) -> None:
    file = folder.path / "plan.schema.json"
    for _ in range(2):
        assert folder.batuta("schema", "plan", "--out", file.name).code == 0
        assert file.read_text() == published("plan")
    file.write_text("mine")
    assert (folder.batuta("schema", "plan", "--out", file.name).code, file.read_text()) == (
        2,
        "mine",
    )

"""A workspace for every test that wants one."""

from pathlib import Path

import pytest

from tests.doors.cli.command import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)

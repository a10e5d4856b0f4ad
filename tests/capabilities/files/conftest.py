"""A folder of files for each test."""

from pathlib import Path

import pytest

from tests.capabilities.files.folders import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    root = tmp_path / "workspace"
    root.mkdir()
    return Files(root)

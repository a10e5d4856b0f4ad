"""The built-in capabilities of the room: their cards, the laws, and what they cost before they are called."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.capabilities.files.built_in import CARDS, KIND, file_capabilities, loads
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.stored import cards_from_functions, read_cards
from batuta.capabilities.threads import Threads
from batuta.testing.conformance_capability import CAPABILITY_LAWS, CapabilityWorld, Law

GOOD: dict[str, dict[str, Any]] = {
    "file.list": {"glob": "*.csv"},
    "file.read": {"file": "a.csv"},
    "file.rows": {"file": "a.csv"},
    "file.write": {"path": "out/a.txt", "text": "x"},
}
BAD: dict[str, tuple[dict[str, Any], ...]] = {
    "file.list": ({"glob": 1}, {"glob": "*", "limit": 0}, {}),
    "file.read": ({"file": 1}, {"file": {"path": "a.csv"}}, {"fiel": "a.csv"}),
    "file.rows": ({"file": "a.csv", "limit": -1}, {"file": "a.csv", "columns": {"a": "money"}}),
    "file.write": ({"path": 1}, {"path": "out/a.csv", "rows": [1]}),
}


def test_the_stored_cards_are_those_of_the_functions() -> None:
    assert read_cards(CARDS) == cards_from_functions(loads(Folder(Path())), KIND)
    assert {name: (card.effect, card.reach) for name, card in read_cards(CARDS).items()} == {
        "file.list": ("read", "local"),
        "file.read": ("read", "local"),
        "file.rows": ("read", "local"),
        "file.write": ("idempotent", "local"),
    }


@pytest.mark.parametrize("law", CAPABILITY_LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", GOOD)
async def test_each_obeys_the_laws_of_capabilities(name: str, law: Law, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    known = {one.card.name: one for one in file_capabilities(Folder(tmp_path), Threads())}
    await law(CapabilityWorld(known[name], GOOD[name], BAD[name]))


def test_nothing_of_them_is_imported_before_the_first_call() -> None:
    program = (
        "import sys; from batuta.capabilities.workspace import open_catalog;"
        "print([n for n in ('markdown_it', 'batuta.capabilities.report.html', 'batuta.capabilities.files.rows')"
        " if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=240
    )
    assert done.stdout.strip() == "[]"

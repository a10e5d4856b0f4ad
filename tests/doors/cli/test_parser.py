"""Help: complete, aligned, and fast because it imports nothing heavy."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from batuta.doors.cli.words import COMMANDS
from tests.doors.cli.command import WAIT_S, Folder
from tests.nursery import surroundings

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"

# What costs more than the whole help may.
HEAVY = {
    "apsw", "asyncio", "batuta.app", "batuta.config", "cel_expr_python", "httpx", "jsonschema_rs", "msgspec",
    "rich", "uvloop", "yaml",
}  # fmt: skip


def test_help_lists_every_command_with_examples_and_exit_codes(folder: Folder) -> None:
    said = folder.batuta("--help")
    assert (said.code, said.err) == (0, "")
    assert [name for name in COMMANDS if f"\n  {name} " not in said.out] == []
    assert "exit codes" in said.out
    assert "examples" in said.out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_fits_eighty_columns_and_has_examples(folder: Folder, name: str) -> None:
    said = folder.batuta(name, "--help", COLUMNS="80")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"usage: batuta {name}")
    assert f"\nexamples\n  batuta {name}" in said.out
    assert [line for line in said.out.splitlines() if len(line) > 90] == []


def test_help_imports_nothing_heavy(folder: Folder) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "batuta", "--help"],
        cwd=folder.path,
        env=surroundings(),
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_S,
        check=True,
    )
    imported = set(re.findall(r"\|\s+([\w.]+)$", ended.stderr, re.MULTILINE))
    assert imported & HEAVY == set()


def test_the_version_is_said(folder: Folder) -> None:
    said = folder.batuta("--version")
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r"batuta (\d+\.\d+\.\d+\S*|\(not installed.*\))\n", said.out)
    assert list(folder.batuta("--version", "--json").document) == ["version"]


def test_the_reference_documents_every_command_and_option() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"## `batuta {name}" not in text] == []
    cli = Path(sys.modules["batuta.doors.cli.words"].__file__ or "").parents[1]
    files = [cli / "parser.py", *sorted((cli / "words").glob("*.py"))]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    options = set(re.findall(r'"(--[a-z-]+)"', source))
    assert {option for option in options if f"`{option}" not in text} == set()

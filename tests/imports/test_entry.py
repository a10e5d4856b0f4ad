"""An entry comes into a workspace file, and everything else in it stays to the letter."""

import pytest

from batuta.config import workspace_from_yaml
from batuta.errors import InputError, WorkspaceError
from batuta.imports.entry import with_entry
from batuta.reading.source import tree_from_text

ENTRY = {"command": ["npx", "-y", "@m/server"], "environment": {"TOKEN": "env:MY_TOKEN"}}
BLOCK = """\
  files:
    command: ["npx", "-y", "@m/server"]
    environment:
      TOKEN: "env:MY_TOKEN"
"""


def added(text: str) -> str:
    return with_entry(text, "mcp", "files", ENTRY, "batuta.yaml")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"mcp:\n{BLOCK}"),
        ("# mine\n", f"# mine\n\nmcp:\n{BLOCK}"),
        ("limits: {calls: 3}  # three", f"limits: {{calls: 3}}  # three\n\nmcp:\n{BLOCK}"),
        ("mcp:\n", f"mcp:\n{BLOCK}"),
        ("mcp: # none yet\nlimits: {}\n", f"mcp: # none yet\n{BLOCK}limits: {{}}\n"),
        (
            "mcp:\n  # ours\n  crm: {url: https://crm.example}  # old\n\n# bounds\nlimits: {calls: 3}\n",
            f"mcp:\n  # ours\n  crm: {{url: https://crm.example}}  # old\n{BLOCK}\n# bounds\nlimits: {{calls: 3}}\n",
        ),
        (
            "mcp:\n  crm:\n    url: https://crm.example\n  # the end of the list",
            f"mcp:\n  crm:\n    url: https://crm.example\n  # the end of the list\n{BLOCK}",
        ),
        (
            "mcp:\n    crm: {url: https://crm.example}\n",
            "mcp:\n    crm: {url: https://crm.example}\n" + BLOCK.replace("  ", "    ", 1)
            .replace("\n    ", "\n      ").replace("\n        TOKEN", "\n        TOKEN"),
        ),
    ],
)  # fmt: skip
def test_it_stands_behind_the_others_and_comments_stay(before: str, after: str) -> None:
    assert added(before) == after


@pytest.mark.parametrize(
    "before",
    [
        "mcp: {}\n",
        "mcp: {crm: {url: https://crm.example}}  # one\nlimits: {calls: 2}\n",
        "mcp: {\n  crm: {url: https://crm.example},\n}\n",
        '{"mcp": {"crm": {"url": "https://crm.example"}}, "limits": {"calls": 2}}',
        '{\n  "limits": {"calls": 2}\n}\n',
        "{}",
        "limits:\n  calls: 2\r\nmcp:\r\n  crm: {url: https://crm.example}\r\n",
        '"mcp":\n  "crm": {"url": "https://crm.example"}\n',
        "---\nlimits: {calls: 2}\n",
        "mcp:\n  crm:\n    url: >-\n      https://crm.example\n\n\n",
        "limits: &l {calls: 2}\nmcp:\n  crm: {url: https://crm.example}\nretention: {days: 3}\n",
    ],
)
def test_every_form_says_what_it_said_and_the_entry(before: str) -> None:
    old, _ = tree_from_text(before, "batuta.yaml")
    new, report = tree_from_text(added(before), "batuta.yaml")
    assert old is not None
    assert new is not None
    assert report.findings == []
    assert new.data() == {**old.data(), "mcp": {**(old.data().get("mcp") or {}), "files": ENTRY}}
    assert workspace_from_yaml(added(before)).mcp["files"].command == tuple(ENTRY["command"])


def test_line_ends_stay_those_of_the_file() -> None:
    assert "\n" not in added("limits: {calls: 2}\r\n").replace("\r\n", "")


def test_a_byte_order_mark_stays_where_it_is() -> None:
    assert added("\ufeffmcp:\n") == f"\ufeffmcp:\n{BLOCK}"


def test_a_name_that_is_there_already_is_refused() -> None:
    with pytest.raises(InputError, match="files under mcp already"):
        added("mcp: {files: {command: [x]}}\n")


@pytest.mark.parametrize("text", ["limits: {calls: 2}\n...\n", "- a\n", "mcp: 7\n", "seven"])
def test_where_nothing_can_be_added_the_lines_are_in_the_remedy(text: str) -> None:
    with pytest.raises(InputError) as error:
        added(text)
    assert "command:" in error.value.remedy


def test_a_text_that_cannot_be_read_is_refused_with_its_place() -> None:
    with pytest.raises(WorkspaceError) as error:
        added("a: {\n")
    assert error.value.place is not None

"""What is asked for in words, and a workspace whose plans do it."""

from collections.abc import Mapping

from tests.doors.cli.command import Folder

__all__ = ["BOTH", "REPORT", "TWO", "with_plans"]

REPORT = """
name: weekly-report
description: Write a report of this week's tickets with figures by topic.
steps: {write: {use: value, with: {value: written}}}
result: ${steps.write}
"""
# Two wishes, and the plan that is composed for them.
TWO = "refund order 17 with 5 EUR and write me the weekly report of tickets"
BOTH = "plan-refund-order-plan-weekly-report"


def with_plans(folder: Folder, plans: Mapping[str, str]) -> Folder:
    """`folder` with registered plans, by the names of their files."""
    (folder.path / "plans").mkdir()
    for name, text in plans.items():
        (folder.path / "plans" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder

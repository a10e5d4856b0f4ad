"""A plan in the editor of whoever asks, until it has no flaws or they have had enough."""

import asyncio
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from batuta.desk import Desk
from batuta.doors.cli.failures import report
from batuta.doors.cli.requests.form import asks_here, says_yes
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.errors import InputError, PlanError
from batuta.planning.understood import Understood
from batuta.plans.build import plan_to_yaml

__all__ = ["edited"]


async def edited(understood: Understood, desk: Desk, screen: Screen) -> Understood:
    """`understood` with its plan as somebody leaves it in their editor; the same if they leave it as it is.

    Raises:
        InputError: there is no plan, no editor, or it ended badly, or flaws are left. PlanError: they are, and
            nobody is at a terminal.
    """
    if understood.sourced is None:
        raise InputError("there is no plan that could be edited", remedy=understood.why)
    command = _editor()
    before = plan_to_yaml(understood.sourced.plan)
    with tempfile.TemporaryDirectory(prefix="batuta-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, f"{understood.plan}.yaml")
        await asyncio.to_thread(path.write_text, before, encoding="utf-8")
        while True:
            text = await _left(command, path, screen)
            if text == before:
                return understood
            try:
                return desk.edited(understood, text, str(path))
            except PlanError as error:
                if not asks_here(screen):
                    raise
                report(error, screen)
                if not says_yes(screen, "Edit it again?"):
                    raise InputError("nothing runs: the plan has flaws") from None


async def _left(command: list[str], path: Path, screen: Screen) -> str:
    """What `path` holds when the editor has ended. Where a document is printed, the editor may not print into it."""
    out = sys.stderr if screen.json else None
    try:
        # Not started by the loop: see batuta.outbound.child.
        code = await asyncio.to_thread(subprocess.call, [*command, str(path)], stdout=out)
        if code == 0:
            return await asyncio.to_thread(path.read_text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(
            f"the editor {one_line(command[0], 80)!r} does not start: {error}",
            remedy="set EDITOR to a command that opens a file and ends when it is closed",
        ) from None
    raise InputError(
        f"the editor ended with {code}, and nothing runs", remedy="leave it without an error"
    )


def _editor() -> list[str]:
    said = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        command = shlex.split(said)
    except ValueError:
        command = []
    if not command:
        raise InputError(
            "no editor is known",
            remedy="set EDITOR, or write the plan with --out FILE and edit that",
        )
    return command

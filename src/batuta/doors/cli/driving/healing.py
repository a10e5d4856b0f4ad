"""A run that failed may be followed by another one, which does the rest by another plan."""

from typing import Any

from batuta.app import App
from batuta.doors.cli.driving.drive import Driving
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.errors import BatutaError, JournalError

__all__ = ["driven", "followed", "unfollowed"]


async def driven(
    app: App,
    run_id: str,
    screen: Screen,
    weather: Weather,
    *,
    let_go: bool = False,
    **how: Any,
) -> tuple[dict[str, Any], bool]:
    """Take a run, and those that go on in its place, as far as they go now; `how`: as `Driving.go` has it.

    The document of the last of them, and whether a signal made us let go.
    """
    driving = Driving(app, run_id, screen, weather, let_go=let_go)
    document = await driving.go(**how)
    while not driving.interrupted and document["status"] == "failed":
        by = await followed(app, document, screen)
        if not by:
            # Why nothing goes on is in the log by now.
            return await app.show(document["run"]), False
        screen.run = by
        driving = Driving(app, by, screen, weather, let_go=let_go)
        document = await driving.go(follow=how.get("follow", True))
    return document, driving.interrupted


async def followed(app: App, document: dict[str, Any], screen: Screen) -> str:
    """The run that goes on in place of the failed one of `document`; "" if none does."""
    if not document.get("routed") or not app.workspace.planning.replan:
        return ""  # nobody had asked for it in words
    from batuta.desk import Desk  # 50 ms, for those whose plan was made

    try:
        by = await Desk(app).follow(document["run"])
    except JournalError:
        raise
    except BatutaError as error:
        if not screen.json:
            screen.say(f"the rest cannot be planned again now: {one_line(error.message, 300)}")
        return ""
    if by and not screen.json:
        failed = document["error"]
        at = one_line(failed["path"] or "the result", 80)
        screen.say(f"{at} failed, and the rest is planned again: {by} goes on")
    return by


async def unfollowed(app: App) -> list[str]:
    """Runs that failed lately, and for which nobody has looked yet what goes on in their place."""
    if not app.workspace.planning.replan or not await app.runs(status="failed", limit=1):
        return []
    from batuta.desk import Desk

    return await Desk(app).unfollowed()

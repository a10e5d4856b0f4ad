"""A run that failed, or was told more, may be followed by another one, which does the rest by another plan."""

from typing import Any

from batuta.app import App
from batuta.doors.cli.driving.drive import Driving
from batuta.doors.cli.driving.weather import Weather
from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line
from batuta.errors import BatutaError, JournalError

__all__ = ["driven", "followed", "may_go_on", "unfollowed"]


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
    while not driving.interrupted and may_go_on(document):
        by = await followed(app, document, screen)
        if not by:
            # Why nothing goes on is in the log by now.
            return await app.show(document["run"]), False
        screen.run = by
        driving = Driving(app, by, screen, weather, let_go=let_go)
        document = await driving.go(follow=how.get("follow", True))
    return document, driving.interrupted


def may_go_on(document: dict[str, Any]) -> bool:
    """True for the document of a run in whose place another one may go on."""
    return document["status"] == "failed" or "told" in document


async def followed(app: App, document: dict[str, Any], screen: Screen) -> str:
    """The run that goes on in place of the one of `document`, which has ended; "" if none does."""
    planning = app.workspace.planning
    asked = document.get("routed") or "told" in document or document["plan"] in planning.also
    if not asked or not planning.replan:
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
        why = f"{one_line(failed['path'] or 'the result', 80)} failed"
        why = "more was said" if "told" in document else why
        screen.say(f"{why}, and the rest is planned again: {by} goes on")
    return by


async def unfollowed(app: App) -> list[str]:
    """Runs that failed or were told more lately, and for which nobody has looked what goes on in their place."""
    ended = ("failed", "cancelled")
    if not app.workspace.planning.replan or not await app.runs(status=ended, limit=1):
        return []
    from batuta.desk import Desk

    return await Desk(app).unfollowed()

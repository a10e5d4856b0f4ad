"""What a search found, as far as that is told alike whatever was searched."""

from collections.abc import Mapping
from typing import Any

from batuta.doors.cli.terminal.screen import Screen
from batuta.doors.cli.terminal.text import one_line

__all__ = ["tell_search"]


def tell_search(found: Mapping[str, Any], screen: Screen) -> bool:
    """Tell the note of `found`, and whether there is nothing. True if nothing is left to be told."""
    if screen.json:
        screen.document(found)
        return True
    if "note" in found:
        screen.say(one_line(found["note"], 600))
    if found["none"]:
        screen.out("nothing relevant")
    return found["none"]

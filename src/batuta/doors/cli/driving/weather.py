"""What running calls report of themselves: shown while it is fresh, never recorded."""

from collections.abc import Mapping
from typing import Any, cast

from batuta.doors.cli.terminal.text import json_text, one_line
from batuta.ports import Progress

__all__ = ["Weather"]

# Longer reports are cut: they have one line, beside the step.
_CHARS_MAX = 200


class Weather:
    """A `Sink` that remembers the last report of every instance, by run and path.

    Of a text that comes in pieces, `{"text": …}`, it is the end so far.
    """

    def __init__(self) -> None:
        self._said: dict[str, dict[str, str]] = {}
        self._texts: dict[tuple[str, str], str] = {}
        self.changed = False

    def __call__(self, progress: Progress) -> None:
        said = self._said.setdefault(progress.run, {})
        self.changed = True
        place = (progress.run, progress.path)
        if progress.reset:
            said.pop(progress.path, None)
            self._texts.pop(place, None)
            return
        piece = _piece(progress.data)
        if piece:
            # Lines of unlike length would jump: all of it as one, of which the end is seen.
            self._texts[place] = (self._texts.get(place, "") + piece)[-_CHARS_MAX:]
            said[progress.path] = one_line(self._texts[place], _CHARS_MAX)
        else:
            self._texts.pop(place, None)
            said[progress.path] = _words(progress.data)

    def of(self, run: str) -> Mapping[str, str]:
        """The last reports of `run`, by path."""
        return self._said.get(run, {})


def _piece(data: Any) -> str:
    if not isinstance(data, dict):
        return ""
    text = cast("dict[str, Any]", data).get("text")
    return text if isinstance(text, str) and len(cast("dict[str, Any]", data)) == 1 else ""


def _words(data: Any) -> str:
    if isinstance(data, dict):
        known = cast("dict[str, Any]", data)
        data = known.get("message", known)
    if not isinstance(data, str):
        try:
            data = json_text(data)
        except Exception:  # a sink must never raise, and a report may be anything
            return ""
    return one_line(data[: 4 * _CHARS_MAX], _CHARS_MAX)

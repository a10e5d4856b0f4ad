"""What running calls report of themselves: shown while it is fresh, never recorded."""

from collections.abc import Mapping
from typing import Any, cast

from batuta.doors.cli.terminal.text import json_text, one_line
from batuta.ports import Progress

__all__ = ["Weather"]

# Longer reports are cut: they have one line, beside the step.
_CHARS_MAX = 200


class Weather:
    """A `Sink` that remembers the last report of every instance, by run and path."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, str]] = {}
        self.changed = False

    def __call__(self, progress: Progress) -> None:
        said = self._said.setdefault(progress.run, {})
        self.changed = True
        if progress.reset:
            said.pop(progress.path, None)
            return
        said[progress.path] = _words(progress.data)

    def of(self, run: str) -> Mapping[str, str]:
        """The last reports of `run`, by path."""
        return self._said.get(run, {})


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

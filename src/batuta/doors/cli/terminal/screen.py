"""Standard output and error: what goes where, in which encoding, with colours or without.

Standard output carries what was asked for and nothing else: with `--json` exactly one document. Everything said
beside it (progress, questions, errors) goes to standard error.
"""

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO, cast

from batuta.doors.cli.terminal.table import Span, coloured
from batuta.doors.cli.terminal.text import json_text, terminal_width
from batuta.errors import JournalError

__all__ = ["Screen", "quiet_exit"]


class Screen:
    """Where a command speaks.

    Attributes:
        json: one document on standard output, and no words of ours.
        run: the run the command is about, once it is known; error documents carry it.
    """

    def __init__(self, *, json: bool) -> None:
        self.json = json
        self.run: str | None = None
        self.documented = False
        _fill_gaps()
        self._out = _stream(sys.stdout)
        self._err = _stream(sys.stderr)
        self._out_colour = _has_colour(self._out)
        self._err_colour = _has_colour(self._err)

    @property
    def live(self) -> bool:
        """True if somebody watches: standard error is a terminal that can redraw, and no document was asked for."""
        return not self.json and self._err.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def err(self) -> TextIO:
        """Standard error."""
        return self._err

    @property
    def err_colour(self) -> bool:
        """True if standard error is a terminal with colours."""
        return self._err_colour

    @property
    def out_is_terminal(self) -> bool:
        """True if somebody reads standard output as it is."""
        return self._out.isatty()

    @property
    def width(self) -> int:
        """The columns of standard output; wide where it is no terminal and COLUMNS does not say otherwise."""
        return terminal_width(self._out.fileno(), 120)

    def document(self, data: Any) -> None:
        """Print the one JSON document: indented for eyes, on one line for programs."""
        assert not self.documented, "one document only"
        text = json_text(data, indent=2 if self.out_is_terminal else 0)
        self.documented = (
            True  # not before: what cannot be printed is an error, and that has a document too
        )
        self._write(text + "\n")

    def out(self, *lines: str | Sequence[Span]) -> None:
        """Print lines of what was asked for."""
        self._write("".join(_line(line, self._out_colour) for line in lines))

    def say(self, *lines: str | Sequence[Span]) -> None:
        """Print lines beside it, on standard error; a terminal that is gone is no reason to stop."""
        with contextlib.suppress(OSError, ValueError):
            self._err.write("".join(_line(line, self._err_colour) for line in lines))
            self._err.flush()

    def leave(self, words: str) -> None:
        """The last words before the process is gone: the cursor comes back, wherever it stood."""
        self.say(("\x1b[?25h\n" if self.live else "") + words)

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:
            _to_nowhere(self._out)
        except OSError as error:
            _to_nowhere(self._out)
            raise JournalError(
                f"standard output cannot be written: {error.strerror or error}",
                remedy="what was recorded is safe: `batuta runs` lists it",
            ) from None


def _line(line: str | Sequence[Span], colour: bool) -> str:
    return (line if isinstance(line, str) else coloured(line, colour=colour)) + "\n"


def _fill_gaps() -> None:
    """A descriptor of the first three that was closed before we began must not become a journal or a pipe."""
    while (taken := os.open(os.devnull, os.O_RDWR)) <= 2:
        continue
    os.close(taken)


def _stream(stream: TextIO | None) -> TextIO:
    """`stream` in UTF-8, whatever the locale says; one that was closed before we began swallows everything."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    known: object = stream
    if isinstance(known, io.TextIOWrapper):
        cast("io.TextIOWrapper", known).reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def _has_colour(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return False
    # Older consoles of Windows print the codes instead of obeying them.
    return sys.platform != "win32" or "WT_SESSION" in os.environ or "TERM" in os.environ


def _to_nowhere(stream: TextIO) -> None:
    """Nobody reads: what is still buffered must not fail again when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def quiet_exit() -> None:
    """Flush both streams; failures of that have been spoken of, or nobody listens."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                _to_nowhere(stream)

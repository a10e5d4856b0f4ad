"""What was found while reading one document."""

from bisect import bisect_right
from collections.abc import Iterable

from batuta.errors import Finding, Place

__all__ = ["FINDINGS_MAX", "Report", "dotted", "line_starts"]

# Nobody reads more, and a file of the wrong kind has a flaw in every line.
FINDINGS_MAX = 200


class Report:
    """Collects findings about one text. `path` is where in the document the reader is, for messages."""

    def __init__(self, text: str = "", file: str = "") -> None:
        self.text = text
        self.file = file
        self.path: list[str | int] = []
        self.findings: list[Finding] = []
        self._lines: list[int] | None = None

    def place(self, at: int) -> Place:
        """The place of position `at` (characters, from 0; negative: somewhere in the file)."""
        if at < 0:
            return Place(self.file)
        if self._lines is None:
            self._lines = line_starts(self.text)
        line = bisect_right(self._lines, at)
        return Place(self.file, line, at - self._lines[line - 1] + 1)

    @property
    def full(self) -> bool:
        """True if nothing more will be kept."""
        return len(self.findings) >= FINDINGS_MAX

    def flaw(self, code: str, message: str, *, at: int, remedy: str = "") -> None:
        """Add a finding about what stands at position `at`."""
        if self.full:
            return
        if self.path:
            message = f"{self.where()}: {message}"
        self.add(code, message, self.place(at), remedy)

    def add(self, code: str, message: str, place: Place, remedy: str = "") -> None:
        """Add a finding; the first `FINDINGS_MAX` are kept."""
        if not self.full:
            self.findings.append(Finding(code, message, place=place, remedy=remedy))

    def in_order(self) -> list[Finding]:
        """The findings in the order of the text."""
        return sorted(self.findings, key=lambda it: (it.place.line, it.place.column))

    def where(self) -> str:
        """The path as people write it."""
        return dotted(self.path)


def dotted(path: Iterable[str | int]) -> str:
    """A path as people write it: `steps.pay.after[1]`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part[:64]}" for part in path]
    return "".join(parts).removeprefix(".")


def line_starts(text: str) -> list[int]:
    """The position of the first character of every line."""
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts

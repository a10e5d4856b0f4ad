"""What was found, with its place. Places are looked up when there is a flaw, never before."""

from batuta.errors import Finding, Place
from batuta.plans.rules import is_warning
from batuta.reading.places import Places
from batuta.reading.report import FINDINGS_MAX, dotted

__all__ = ["Flaws", "Path"]

Path = tuple[str | int, ...]


class Flaws:
    """Collects the findings about one plan; of flaws and of warnings the first `FINDINGS_MAX` each."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.errors: list[Finding] = []
        self.warnings: list[Finding] = []
        self._stopped = False

    @property
    def full(self) -> bool:
        """True if nobody would read more flaws."""
        return self._stopped or len(self.errors) >= FINDINGS_MAX

    def stop(self) -> None:
        """Look no further: what follows would take too long."""
        self._stopped = True

    @property
    def tired(self) -> bool:
        """True if nobody would read more warnings."""
        return len(self.warnings) >= FINDINGS_MAX

    def at(self, code: str, message: str, path: Path, remedy: str) -> None:
        """A flaw of the value at `path`."""
        if not self._closed(code):
            self._add(code, message, path, self.places.at(*path), remedy)

    def key(self, code: str, message: str, path: Path, remedy: str) -> None:
        """A flaw of the key that ends `path`."""
        if not self._closed(code):
            self._add(code, message, path, self.places.key(*path), remedy)

    def inside(
        self, code: str, message: str, path: Path, within: tuple[str, int], remedy: str
    ) -> None:
        """A flaw inside the text at `path`: `within` has the words and the character of them (from 0)."""
        if not self._closed(code):
            self._add(code, message, path, self.places.inside(path, *within), remedy)

    def in_order(self) -> list[Finding]:
        """All of them in the order of the text."""
        found = self.errors + self.warnings
        found.sort(key=lambda finding: (finding.place.line, finding.place.column))
        return found

    def _closed(self, code: str) -> bool:
        """True if no more of the kind is kept; asked first, because to find a place takes time."""
        return self.tired if is_warning(code) else self.full

    def _add(self, code: str, message: str, path: Path, place: Place, remedy: str) -> None:
        if not place.line:
            # Without a text to point into, the message says where.
            message = f"{dotted(path)}: {message}"
        warning = is_warning(code)
        kept = self.warnings if warning else self.errors
        advice = self.places.advice(code, remedy)
        kept.append(Finding(code, message, place=place, remedy=advice, warning=warning))

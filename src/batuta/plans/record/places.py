"""Where the parts of a recorded plan stand in Python files."""

from batuta.errors import Place
from batuta.plans.record.remedies import in_python
from batuta.plans.record.source import Selector, Spot
from batuta.reading.places import Places
from batuta.reading.report import Report

__all__ = ["Origin", "PlacedReport", "RecordedPlaces"]

Path = tuple[str | int, ...]


class Origin:
    """A call in somebody's file, or one of its arguments; its place is looked for when somebody asks."""

    __slots__ = ("selector", "spot")

    def __init__(self, spot: Spot, selector: Selector = None) -> None:
        self.spot = spot
        self.selector = selector


class RecordedPlaces(Places):
    """Places by path, like those of a text: what is inside of an argument stands where the argument does."""

    def __init__(self, origins: dict[Path, Origin], whole: Spot) -> None:
        super().__init__()
        self._origins = origins
        self._whole = Origin(whole)
        self._remarks: Report | None = None

    @property
    def text(self) -> str:
        """The function's lines where they stand in the file, with all code made unreadable: its comments are left."""
        if self._remarks is None:
            self._remarks = Report(self._whole.spot.comments(), self._whole.spot.place().file)
        return self._remarks.text

    def position(self, at: int) -> Place:
        """Where that character of `text` stands."""
        return self._remarks.place(at) if self.text and self._remarks else Place()

    def at(self, *path: str | int) -> Place:
        """Where the value at `path` was given."""
        for length in range(len(path), 0, -1):
            found = self._origins.get(path[:length])
            if found is not None:
                return found.spot.place(found.selector)
        return self._whole.spot.place()

    def key(self, *path: str | int) -> Place:
        """Where the value whose key ends `path` was given."""
        return self.at(*path)

    def inside(self, path: Path, words: str, offset: int) -> Place:
        """Where the value at `path` was given: expressions are written in Python, not as these words."""
        return self.at(*path)

    def advice(self, code: str, remedy: str, /) -> str:
        """The remedy for somebody who writes Python."""
        return in_python(code, remedy)


class PlacedReport(Report):
    """A report of what is read from recorded data: its places are those of the Python file."""

    def __init__(self, places: RecordedPlaces) -> None:
        super().__init__()
        self._places = places

    def place(self, at: int) -> Place:
        """The place of what is being read."""
        return self._places.at(*self.path)

    def add(self, code: str, message: str, place: Place, remedy: str = "") -> None:
        """Add a finding, with the remedy for somebody who writes Python."""
        super().add(code, message, place, in_python(code, remedy))

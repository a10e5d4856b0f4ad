"""What of a source must not be called: what is not as it was when a person accepted it. Pure."""

from collections.abc import Iterator, Mapping

from batuta.imports.difference import Change, Comparison
from batuta.imports.manifest import Manifest, hashes
from batuta.imports.pin import Pin

__all__ = ["quarantined"]


def quarantined(pin: Pin, live: Manifest) -> Mapping[str, Change]:
    """Entries of `pin` that differ in `live`, or have gone, by name, each with what is different.

    Nothing in most cases, and then only hashes are compared. What is new in `live` is in no catalogue, and so cannot
    be called either. `quarantined(pin, live)["x"].text` is for the message of the failure.
    """
    now = hashes(live)
    names = [name for name in pin.names if now.get(name) != pin.entry_hash(name)]
    return _Quarantine(pin, live, names) if names else {}


class _Quarantine(Mapping[str, Change]):
    """Looks for what is different where somebody asks: a server may change ten thousand entries at once."""

    def __init__(self, pin: Pin, live: Manifest, names: list[str]) -> None:
        self._pin, self._live = pin, live
        self._names = dict.fromkeys(names)
        self._comparison: Comparison | None = None

    def __getitem__(self, name: str) -> Change:
        if name not in self._names:
            raise KeyError(name)
        if self._comparison is None:
            self._comparison = Comparison(self._pin.manifest, self._live)
        # By its hash it is different, and so it stays, whatever the comparison finds.
        return self._comparison.change(name) or Change(name, "changed")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

"""What of a source must not be called: what is not as it was when a person accepted it. Pure."""

from collections.abc import Mapping

from batuta.imports.difference import Change, difference
from batuta.imports.manifest import Manifest, hashes
from batuta.imports.pin import Pin

__all__ = ["quarantined"]


def quarantined(pin: Pin, live: Manifest) -> Mapping[str, Change]:
    """Entries of `pin` that differ in `live`, or have gone, by name, each with what is different.

    Nothing in most cases, and then only hashes are compared. What is new in `live` is in no catalogue, and so cannot
    be called either. `quarantined(pin, live)["x"].text` is for the message of the failure.
    """
    now = hashes(live)
    names = {name for name in pin.names if now.get(name) != pin.entry_hash(name)}
    if not names:
        return {}
    return {one.name: one for one in difference(pin.manifest, live) if one.name in names}

"""A key that stands twice in one map of JSON: decoders take the last one without a word, and nobody means that."""

import json
from typing import Any

__all__ = ["repeated_key"]


class _Repeated(Exception):
    """Such a key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> None:
    """Nothing is kept of a map. Raises `_Repeated`."""
    if len(dict(pairs)) == len(pairs):
        return
    known: set[str] = set()
    for key, _ in pairs:
        if key in known:
            raise _Repeated(key)
        known.add(key)


# One for all: to make one takes longer than to read what a request brings (5 µs).
_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def repeated_key(text: bytes) -> str | None:
    """The first key that stands twice in one map of `text`, which is JSON and not nested deep; None if none does."""
    if b"{" not in text:
        return None
    try:
        _DECODER.decode(text.decode())
    except _Repeated as found:
        return found.key
    return None

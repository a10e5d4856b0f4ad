"""Foreign names in the letters of ours: `find note/all` is `find_note_all`. Pure."""

import re
from collections import Counter
from collections.abc import Iterable

from batuta.spec.value import digest

__all__ = ["NAME_CHARS_MAX", "local_names"]

# With the name of the source before it, a name has 128 characters at most.
NAME_CHARS_MAX = 63
_FOREIGN = re.compile(r"[^A-Za-z0-9_.-]+")
# Of the digest that tells two names apart: six hex digits.
_MARK_CHARS = 6


def local_names(foreign: Iterable[str]) -> dict[str, str]:
    """The name that each of `foreign` has with us, by the foreign one.

    What is made of our letters keeps its name. In all others each run of foreign characters is a `_`; where that
    would give two the same name, and where a name is too long, a mark made of the foreign name goes behind it.
    The order of `foreign` does not matter.
    """
    names = list(dict.fromkeys(foreign))
    plain = {name: _FOREIGN.sub("_", name).strip(".") or "_" for name in names}
    taken = Counter(plain.values())
    return {
        name: ours
        if ours == name and len(ours) <= NAME_CHARS_MAX
        else _marked(ours, name)
        if taken[ours] > 1 or len(ours) > NAME_CHARS_MAX
        else ours
        for name, ours in plain.items()
    }


def _marked(ours: str, foreign: str) -> str:
    mark = digest(foreign.encode("utf-8", "replace"))[:_MARK_CHARS]
    return f"{ours[: NAME_CHARS_MAX - _MARK_CHARS - 1]}_{mark}"

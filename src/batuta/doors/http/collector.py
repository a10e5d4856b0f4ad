"""When Python looks for objects that hold each other, while a process serves: all requests wait for that."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["short_pauses"]

# New objects until the young ones are looked at: a millisecond or two, where 100,000 take 50 to 300 at once.
_YOUNG_OBJECTS_MAX = 2_000


@contextmanager
def short_pauses() -> Generator[None]:
    """While the block runs, look often and at little, and no more at what is there by now: modules and plans."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS_MAX, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

"""Time that passes when a test says so: what is late is late because of the test, not because of the machine."""

import asyncio

__all__ = ["LATER_S", "hurry"]

# Longer than any call may take that a test hurries along: no machine is so slow that one ends too early (seconds).
LATER_S = 3_600.0
# What a caller subtracts from the time it has is less than that (seconds).
_MORE_S = 1.0


def hurry(loop: asyncio.AbstractEventLoop | None = None, by_s: float = LATER_S) -> None:
    """Whatever is due within `by_s` on the event loop is due now. Call it in the thread of the loop."""
    loop = loop or asyncio.get_running_loop()
    now = loop.time
    loop.time = lambda: now() + by_s + _MORE_S

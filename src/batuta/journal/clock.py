"""The time of the system, for whoever was given no other clock."""

import time

__all__ = ["SystemClock"]


class SystemClock:
    """Seconds of the Unix epoch, by the system."""

    def now(self) -> float:
        """The time now."""
        return time.time()

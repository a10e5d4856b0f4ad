"""The time of the system, for whoever was given no other clock."""

import time

__all__ = ["SystemClock"]


class SystemClock:
    """Seconds of the Unix epoch, by the system, in tenths of milliseconds: a time stands in every fact."""

    def now(self) -> float:
        """The time now."""
        return int(time.time() * 1e4) / 1e4

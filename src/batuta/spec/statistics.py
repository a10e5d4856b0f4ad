"""What a workspace's own log has measured of its capabilities. Pure data; `batuta.observe` makes it."""

import msgspec

__all__ = ["Measured", "Statistics"]


class Measured(msgspec.Struct, frozen=True, gc=False):
    """The recent calls of one capability, or of one step of one plan.

    Attributes:
        calls: how many attempts ended (succeeded or failed); the figures below are of these.
        failed: how many of them failed.
        p50_s: median time of a successful attempt in seconds, from its `Started` to its end, waiting for people
            left out; None if none succeeded.
        p95_s: 95th percentile of the same.
        cost_nusd: mean cost of an attempt in nano-dollars; None if it is not metered.
        capability: what was called; a step of a plan may have called another one in older runs, which do not count.
    """

    calls: int
    failed: int = 0
    p50_s: float | None = None
    p95_s: float | None = None
    cost_nusd: int | None = None
    capability: str = ""


class Statistics(msgspec.Struct, frozen=True):
    """Figures by capability, and by (plan name, step name), out of the newest `runs` runs of a workspace."""

    runs: int = 0
    capabilities: dict[str, Measured] = {}
    steps: dict[tuple[str, str], Measured] = {}

"""What a workspace's own log has measured of its capabilities. Pure data; `batuta.observe` makes it."""

import msgspec

__all__ = ["TIMES_S", "Measured", "Statistics"]

# The upper bounds of the classes by which times are counted, in seconds; what takes longer is in one more class.
TIMES_S = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 300.0
)  # fmt: skip


class Measured(msgspec.Struct, frozen=True, gc=False):
    """The recent calls of one capability, or of one step of one plan.

    Attributes:
        calls: how many attempts ended (succeeded or failed); the figures below are of these.
        failed: how many of them failed.
        p50_s: median time of a successful attempt in seconds, from its `Started` to its end, waiting for people
            left out; None if none succeeded.
        p95_s, p99_s: 95th and 99th percentile of the same.
        cost_nusd: mean cost of an attempt in nano-dollars; None if it is not metered.
        capability: what was called; a step of a plan may have called another one in older runs, which do not count.
    """

    calls: int
    failed: int = 0
    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    cost_nusd: int | None = None
    capability: str = ""


class Statistics(msgspec.Struct, frozen=True):
    """Figures by capability, and by (plan name, step name), out of the newest `runs` runs of a workspace.

    `times`: by capability, how many successful attempts took up to each of `TIMES_S`, and how many longer.
    """

    runs: int = 0
    capabilities: dict[str, Measured] = {}
    steps: dict[tuple[str, str], Measured] = {}
    times: dict[str, tuple[int, ...]] = {}

"""The workloads of the engine benchmark as data: sizes, rounds, metrics, goals."""

from dataclasses import dataclass

__all__ = ["METRICS_OF_GOALS", "WORKLOADS", "Metric", "Workload"]


@dataclass(frozen=True)
class Metric:
    """One figure of a workload; smaller is better."""

    key: str
    title: str
    unit: str
    digits: int
    goal: float | None = None  # for Batuta, durable, at the full size; in `unit`
    goal_floor: float | None = (
        None  # the floor of the machine for which the goal was set; in `unit`
    )
    over_floor: bool = True  # False where the floor is nothing, so that a ratio says nothing


@dataclass(frozen=True)
class Workload:
    """`name` is the method a system defines; `size` is handed to it."""

    name: str
    title: str  # {size} is filled in
    size: int
    quick_size: int
    rounds: int
    quick_rounds: int
    metrics: tuple[Metric, ...]
    repeats: int = 1  # measured calls per round; the round's value is their median
    fresh: bool = False  # a new process per round (not with --quick): memory is measured
    quick_warm: bool = True  # False: --quick takes its first sample unwarmed, it costs too much
    warm_size: int = 0  # an unmeasured call of this size before a process is first measured

    def sized(self, quick: bool) -> int:
        return self.quick_size if quick else self.size

    def rounded(self, quick: bool) -> int:
        return self.quick_rounds if quick else self.rounds


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="chain",
        title="chain of {size} no-op read steps, 200-byte results",
        size=100,
        quick_size=100,
        rounds=11,
        quick_rounds=4,
        repeats=3,
        warm_size=100,
        metrics=(Metric("step_us", "time per step", "µs", 1, goal=60.0, goal_floor=3.2),),
    ),
    Workload(
        name="writes",
        title="chain of {size} write steps: intent durable before, outcome after",
        size=100,
        quick_size=100,
        rounds=11,
        quick_rounds=4,
        warm_size=20,
        metrics=(Metric("step_us", "time per step", "µs", 1, goal=800.0, goal_floor=560.0),),
    ),
    Workload(
        name="fanout",
        title="one source, {size} parallel steps, one sink",
        size=1000,
        quick_size=1000,
        rounds=7,
        quick_rounds=2,
        warm_size=20,
        metrics=(Metric("total_ms", "time", "ms", 1, goal=40.0, goal_floor=2.5),),
    ),
    Workload(
        name="diamonds",
        title="{size} concurrent runs of a 5-step diamond",
        size=1000,
        quick_size=50,
        rounds=5,
        quick_rounds=2,
        warm_size=20,
        metrics=(Metric("total_s", "time", "s", 3, goal=0.25, goal_floor=0.02),),
    ),
    Workload(
        name="parked",
        title="{size} runs parked on a person, then all answered",
        size=2000,
        quick_size=100,
        rounds=3,
        quick_rounds=1,
        fresh=True,
        warm_size=20,
        metrics=(
            Metric("rss_kb", "memory per parked run", "KB", 1, goal=0.0, over_floor=False),
            Metric("disk_kb", "disk per parked run", "KB", 2, goal=2.5),
            Metric("resume_s", "all answered, all ended", "s", 3, goal=0.4),
        ),
    ),
    Workload(
        name="cold",
        title="cold start: a process that runs one 5-step plan",
        size=1,
        quick_size=1,
        rounds=9,
        quick_rounds=3,
        warm_size=1,
        quick_warm=False,
        metrics=(Metric("cold_ms", "process start to exit", "ms", 0, goal=250.0, goal_floor=60.0),),
    ),
    Workload(
        name="help",
        title="batuta --help",
        size=1,
        quick_size=1,
        rounds=9,
        quick_rounds=3,
        warm_size=1,
        metrics=(Metric("help_ms", "process start to exit", "ms", 0, goal=150.0),),
    ),
    Workload(
        name="check",
        title="check of a plan of {size} steps",
        size=1000,
        quick_size=1000,
        rounds=9,
        quick_rounds=3,
        warm_size=20,
        metrics=(Metric("check_ms", "time", "ms", 2, goal=10.0),),
    ),
    Workload(
        name="agent",
        title="agent of {size} turns: bytes journaled ÷ distinct message bytes",
        size=50,
        quick_size=50,
        rounds=1,
        quick_rounds=1,
        metrics=(
            Metric("ratio", "answers of 2,300 bytes", "×", 3, goal=1.3),
            Metric("long_ratio", "answers of 10,000 bytes", "×", 3, goal=1.3),
        ),
    ),
)

METRICS_OF_GOALS: tuple[tuple[Workload, Metric], ...] = tuple(
    (workload, metric)
    for workload in WORKLOADS
    for metric in workload.metrics
    if metric.goal is not None
)

"""What the figures were measured on, and the latency of its disk."""

import os
import platform
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

__all__ = ["Machine", "fsync_ms", "look"]

_FSYNC_COUNT = 100  # writes; their median is stable to about a tenth


@dataclass(frozen=True)
class Machine:
    """The line above every table. `fsync_ms`: median of a 4 KiB write and fsync, in ms."""

    cores: int
    cpu: str
    system: str
    python: str
    fsync_ms: float
    load: float  # processes that wanted the CPU in the last minute, before we began

    def line(self) -> str:
        return (
            f"{self.cores} cores ({self.cpu}) · {self.system} · Python {self.python}"
            f" · fsync {self.fsync_ms:.2f} ms · load {self.load:.1f}"
        )

    def data(self) -> dict[str, object]:
        return asdict(self)


def look(room: Path) -> Machine:
    """Look at this machine; the fsync is measured in `room`."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Machine(
        cores=usable or 1,
        cpu=_cpu(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        fsync_ms=round(fsync_ms(room), 3),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0,
    )


def fsync_ms(room: Path) -> float:
    """Median time to append 4 KiB to a file in `room` and fsync it (ms)."""
    block = os.urandom(4096)
    samples: list[float] = []
    with tempfile.TemporaryFile(dir=room) as file:
        for _ in range(_FSYNC_COUNT):
            started = perf_counter()
            file.write(block)
            file.flush()
            os.fsync(file.fileno())
            samples.append(perf_counter() - started)
    return median(samples) * 1e3


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

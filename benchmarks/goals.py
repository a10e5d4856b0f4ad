"""What was measured beside what it should be, and what others have: one line for each figure, met or missed."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

__all__ = ["Goal", "load", "spread", "table", "write"]


class Goal(NamedTuple):
    """A figure. `least` or `most`: what it is to be at least, or at most; neither: it is only told.

    `reference`: what others have, in words.
    """

    what: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None
    reference: str = ""

    @property
    def met(self) -> bool | None:
        """None if there is no goal. As it is shown: nobody sees the fourth digit."""
        shown = float(f"{self.value:.3g}")
        if self.least is not None:
            return shown >= self.least
        return None if self.most is None else shown <= self.most

    @property
    def goal(self) -> str:
        """In words; "" if there is none."""
        if self.least is not None:
            return f"≥ {self.least:g}"
        return "" if self.most is None else f"≤ {self.most:g}"


def spread(times: Sequence[float]) -> tuple[float, float]:
    """The median, and what 95 of 100 do not exceed."""
    ordered = sorted(times)
    return median(ordered), ordered[int(0.95 * (len(ordered) - 1))]


def load() -> str:
    """How busy the machine is."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def table(goals: Sequence[Goal]) -> str:
    """Every figure with its goal, whether it is met, and what others have."""
    rows = [f"{f'goals ({load()})':62}{'measured':>10}{'goal':>10}"]
    for one in goals:
        said = "" if one.met is None else "met" if one.met else "MISSED"
        row = f"{one.what:62}{f'{one.value:.3g} {one.unit}'.strip():>10}{one.goal:>10}  {said:8}{one.reference}"
        rows.append(row.rstrip())
    return "\n".join(rows)


def write(path: Path | None, lines: Mapping[str, Any], goals: Sequence[Goal]) -> None:
    """The lines of a table, and the goals, as JSON; nothing without a path."""
    if path is None:
        return
    told = [{**one._asdict(), "met": one.met} for one in goals]
    document = {"lines": {n: one._asdict() for n, one in lines.items()}, "goals": told}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

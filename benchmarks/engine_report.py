"""Samples -> medians, ratios, aligned tables, the JSON document."""

from dataclasses import dataclass, field
from statistics import median

from engine_harness import Values
from engine_rivals import Entry
from engine_workloads import METRICS_OF_GOALS, Metric, Workload

__all__ = ["Measured", "document", "goals_table", "table"]


@dataclass
class Measured:
    """One workload: per system its samples (one per round) or why there are none."""

    workload: Workload
    size: int
    samples: dict[Entry, list[Values]] = field(default_factory=dict[Entry, list[Values]])
    failures: dict[Entry, str] = field(default_factory=dict[Entry, str])

    def figures(self, metric: Metric) -> dict[Entry, list[float]]:
        """The samples of one metric, in the order of the systems."""
        return {
            entry: [sample[metric.key] for sample in samples if metric.key in sample]
            for entry, samples in self.samples.items()
            if any(metric.key in sample for sample in samples)
        }

    def medians(self, metric: Metric) -> dict[Entry, float]:
        return {entry: median(values) for entry, values in self.figures(metric).items()}

    def goal_counts(self, quick: bool) -> bool:
        """Goals hold for the full size only."""
        return not quick or self.size == self.workload.size


def _floor(medians: dict[Entry, float]) -> float | None:
    return min((value for entry, value in medians.items() if entry.group == "floor"), default=None)


def _best_rival(medians: dict[Entry, float], kind: str) -> float | None:
    rivals = (v for entry, v in medians.items() if entry.group == "rival" and entry.kind == kind)
    return min(rivals, default=None)


def _ratio(value: float, anchor: float | None) -> str:
    if anchor is None or anchor <= 0:
        return "–"
    ratio = value / anchor
    return f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:,.0f} ×"


def _met(value: float, metric: Metric) -> bool:
    assert metric.goal is not None
    # A goal of nothing means nothing that can be told from noise: less than half a unit.
    return round(value) <= 0 if metric.goal == 0 else value <= metric.goal


def align(rows: list[list[str]]) -> list[str]:
    """First column to the left, the others to the right, two blanks between."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def table(measured: Measured) -> str:
    """One workload as text: a block per metric, a row per system."""
    lines = [f"{measured.workload.name}: {measured.workload.title.format(size=measured.size)}"]
    for metric in measured.workload.metrics:
        lines += ["", *("  " + line for line in _metric_rows(measured, metric))]
    lines += [f"  {entry.label}: failed: {why}" for entry, why in measured.failures.items()]
    return "\n".join(lines)


def _metric_rows(measured: Measured, metric: Metric) -> list[str]:
    medians = measured.medians(metric)
    floor = _floor(medians) if metric.over_floor else None
    title = f"{metric.title}, {metric.unit}"
    rows = [[title, "median", "min", "max", "rounds", "÷ floor", "÷ best rival"]]
    for entry, values in measured.figures(metric).items():
        figures = [f"{v:,.{metric.digits}f}" for v in (median(values), min(values), max(values))]
        rival = None if entry.group == "floor" else _best_rival(medians, entry.kind)
        ratios = [_ratio(medians[entry], floor), _ratio(medians[entry], rival)]
        rows.append([entry.label, *figures, str(len(values)), *ratios])
    return align(rows)


def goals_table(all_measured: list[Measured], quick: bool) -> str | None:
    """Batuta, durable, against the goals; None if it was not measured.

    A goal was set for a quiet machine. What carries over to another one is how often it is the floor there.
    """
    title = ["goals (Batuta, durable)", "", "goal", "measured", ""]
    rows = [[*title, "goal ÷ floor", "measured ÷ floor", "best durable", "best memory"]]
    by_name = {measured.workload.name: measured for measured in all_measured}
    for workload, metric in METRICS_OF_GOALS:
        measured = by_name.get(workload.name)
        medians = measured.medians(metric) if measured else {}
        ours = [v for e, v in medians.items() if e.group == "ours" and e.kind == "durable"]
        if measured is None or not ours or metric.goal is None:
            continue
        verdict = "other size"
        if measured.goal_counts(quick):
            verdict = "met" if _met(ours[0], metric) else "MISSED"
        rivals = [_best_rival(medians, kind) for kind in ("durable", "memory")]
        rows.append(
            [
                f"{workload.name}: {metric.title}",
                metric.unit,
                f"≤ {metric.goal:g}",
                f"{ours[0]:,.{metric.digits}f}",
                verdict,
                f"≤ {_ratio(metric.goal, metric.goal_floor)}" if metric.goal_floor else "–",
                _ratio(ours[0], _floor(medians) if metric.over_floor else None),
                *("–" if r is None else f"{r:,.{metric.digits}f}" for r in rivals),
            ]
        )
    return "\n".join(align(rows)) if len(rows) > 1 else None


def document(all_measured: list[Measured]) -> dict[str, object]:
    """The figures as JSON data: workload -> metric -> system -> figures."""
    workloads: dict[str, object] = {}
    for measured in all_measured:
        metrics: dict[str, object] = {}
        for metric in measured.workload.metrics:
            medians = measured.medians(metric)
            anchors = {"floor": _floor(medians)}
            for kind in ("memory", "durable"):
                anchors[f"best_rival_{kind}"] = _best_rival(medians, kind)
            metrics[metric.key] = {
                "unit": metric.unit,
                "goal": metric.goal,
                **anchors,
                "systems": {
                    entry.key: {
                        "median": median(values),
                        "min": min(values),
                        "max": max(values),
                        "samples": values,
                    }
                    for entry, values in measured.figures(metric).items()
                },
            }
        workloads[measured.workload.name] = {
            "title": measured.workload.title.format(size=measured.size),
            "size": measured.size,
            "metrics": metrics,
            "failures": {entry.key: why for entry, why in measured.failures.items()},
        }
    return workloads

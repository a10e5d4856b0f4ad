"""An explanation as the JSON document of `batuta plan`: money in dollars, times in seconds, null for unknown."""

from typing import Any

import msgspec

from batuta.doors.cli.failures import finding_data
from batuta.plans.explanation import Explanation, Forecast, StepExplained
from batuta.spec.budget import usd

__all__ = ["explanation_data"]


def explanation_data(explanation: Explanation) -> dict[str, Any]:
    """The document."""
    totals = explanation.totals
    return {
        "plan": explanation.plan.name,
        "digest": explanation.digest,
        "planner": explanation.planner,
        "sampled_runs": explanation.sampled_runs,
        "budget": None if explanation.budget is None else msgspec.to_builtins(explanation.budget),
        "exceeded": list(explanation.exceeded),
        "totals": _forecast(totals.forecast)
        | {
            "critical_path": list(totals.critical_path),
            "width": totals.width,
            "waves": [list(wave) for wave in totals.waves],
        },
        "questions": [msgspec.to_builtins(one) for one in explanation.questions],
        "steps": [_step(step) for step in explanation.steps],
        "findings": [finding_data(one) for one in explanation.findings],
        "changes": [msgspec.to_builtins(one) for one in explanation.changes],
    }


def _step(step: StepExplained) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(step, inner=None))
    data["inner"] = None if step.inner is None else explanation_data(step.inner)
    measured = step.measured
    data |= _forecast(step.forecast)
    del data["forecast"]
    if measured is not None:
        cost = None if measured.cost_nusd is None else usd(measured.cost_nusd)
        del data["measured"]["cost_nusd"]
        data["measured"]["cost_usd"] = cost
    return data


def _forecast(one: Forecast) -> dict[str, Any]:
    return {
        "calls": {"expected": one.calls_expected, "worst": one.calls_worst},
        "cost_usd": {
            "expected": _dollars(one.cost_expected_nusd),
            "worst": _dollars(one.cost_worst_nusd),
        },
        "time_s": {"expected": one.time_expected_s, "worst": one.time_worst_s},
    }


def _dollars(nusd: int | None) -> float | None:
    return None if nusd is None else usd(nusd)

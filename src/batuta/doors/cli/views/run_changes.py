"""What is different between two runs, from their documents."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from batuta.plans.difference import Change, value_changes

__all__ = ["StepTime", "run_changes", "step_times"]

# Fields of a step that say how it went; its key, its times and its attempts' verdicts are of its own run.
_COMPARED = ("state", "use", "attempts", "error", "inputs", "output", "cost_usd")


class StepTime(msgspec.Struct, frozen=True):
    """How long one step instance took in two runs, in seconds."""

    path: str
    before: float
    after: float


def run_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """How the run of the document `after` differs from that of `before`: inputs, status, error, result, cost, steps."""
    found: list[Change] = []
    for name in ("inputs", "status", "error", "result", "cost_usd", "calls"):
        found += value_changes(before.get(name), after.get(name), name)
    found += _step_changes(_steps(before), _steps(after))
    return found


def step_times(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[StepTime]:
    """How long the steps took that ran in both, the greatest difference first."""
    old, new = _steps(before), _steps(after)
    found = [
        StepTime(path, _seconds(old[path]), _seconds(new[path]))
        for path in old
        if path in new and _ran(old[path]) and _ran(new[path])
    ]
    return sorted(found, key=lambda time: -abs(time.before - time.after))


def _steps(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["path"]: step for step in document["steps"]}


def _ran(step: Mapping[str, Any]) -> bool:
    return bool(step["started_at"] and step["ended_at"])


def _seconds(step: Mapping[str, Any]) -> float:
    return max(step["ended_at"] - step["started_at"], 0.0)


def _step_changes(
    before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]
) -> Iterator[Change]:
    for path in dict.fromkeys([*before, *after]):
        where = f"steps.{path}"
        if path not in after:
            yield Change(where, "removed", before[path]["state"])
        elif path not in before:
            yield Change(where, "added", None, after[path]["state"])
        else:
            one, other = dict(before[path]), dict(after[path])
            if one.get("taken_over") or other.get("taken_over"):
                # A fork calls nothing for it: how it was called is in the other run.
                one["attempts"] = other["attempts"]
                one["inputs"] = other["inputs"]
                one["cost_usd"] = other["cost_usd"]
            for name in _COMPARED:
                yield from value_changes(one.get(name), other.get(name), f"{where}.{name}")

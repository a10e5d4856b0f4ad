"""In which order the steps of a plan run, which of them never do, and which of them a run waits for."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from batuta.plans.explanation import Forecast
from batuta.plans.graph import in_order, longest_path
from batuta.plans.partly import Known
from batuta.spec.plan import Plan

__all__ = ["conditional", "critical_path", "lost_with", "never_run", "wanting", "waves"]

# Of the steps that are skipped with one that fails, so many are named.
LOST_MAX = 100


def waves(waits_for: Mapping[str, Collection[str]]) -> dict[str, int]:
    """For every step, in the order of the plan, one more than the latest of those it waits for; 0 for none.

    What is on a circle, or behind one, comes after everything else.
    """
    found: dict[str, int] = {}
    for name in in_order(waits_for):
        found[name] = max((found[other] + 1 for other in waits_for[name]), default=0)
    last = max(found.values(), default=-1) + 1
    return {name: found.get(name, last) for name in waits_for}


def never_run(
    plan: Plan, waits_for: Mapping[str, Mapping[str, bool]], order: Sequence[str], known: Known
) -> dict[str, str]:
    """The steps that never run, and why: their condition is false in any case, or what they need is skipped."""
    found: dict[str, str] = {}
    for name in order:
        step = plan.steps[name]
        lost = [other for other, needed in waits_for[name].items() if needed and other in found]
        if lost and step.join == "all":
            found[name] = f"{lost[0]} is skipped"
        elif step.when is not None and known.condition(step.when) is False:
            found[name] = "its condition is false"
    return found


def conditional(
    plan: Plan, waits_for: Mapping[str, Mapping[str, bool]], order: Iterable[str]
) -> set[str]:
    """The steps that may be skipped: by their condition, or for want of one that may be skipped, or may fail."""
    found: set[str] = set()
    for name in order:
        step = plan.steps[name]
        wants = (
            other for other, needed in waits_for[name].items() if needed and step.join == "all"
        )
        if step.when or any(other in found or plan.steps[other].may_fail for other in wants):
            found.add(name)
    return found


def wanting(plan: Plan, waits_for: Mapping[str, Mapping[str, bool]]) -> dict[str, list[str]]:
    """For every step those that cannot do without its value."""
    found: dict[str, list[str]] = {name: [] for name in waits_for}
    for name, others in waits_for.items():
        if plan.steps[name].join == "all":
            for other, needed in others.items():
                if needed:
                    found[other].append(name)
    return found


def lost_with(name: str, wants: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The steps that are skipped if step `name` has no value, the nearest first, and not more than are read."""
    found = {name: None}
    pending = [name]
    for one in pending:  # grows while it is walked through
        for other in wants[one]:
            if other not in found and len(found) <= LOST_MAX:
                found[other] = None
                pending.append(other)
    return tuple(found)[1:]


def critical_path(
    waits_for: Mapping[str, Collection[str]], forecasts: Mapping[str, Forecast]
) -> tuple[tuple[str, ...], float | None]:
    """The longest chain by expected time, and that time; by the number of steps where one of them is not known."""
    times = {name: one.time_expected_s for name, one in forecasts.items()}
    known = {name: time_s for name, time_s in times.items() if time_s is not None}
    if len(known) == len(times):
        expected_s, chain = longest_path(waits_for, known)
        return chain, expected_s
    return longest_path(waits_for, dict.fromkeys(times, 1.0))[1], None

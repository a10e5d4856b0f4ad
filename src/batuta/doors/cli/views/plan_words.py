"""Figures and questions of an explanation as people read them. Pure."""

from batuta.doors.cli.terminal.text import one_line
from batuta.plans.explanation import Asked, StepExplained
from batuta.spec.budget import Budget
from batuta.spec.figures import dollars, duration, plural

__all__ = [
    "ask_mark",
    "budget_text",
    "calls_cell",
    "calls_text",
    "cost_cell",
    "cost_text",
    "question_text",
    "time_cell",
    "time_text",
]

UNBOUNDED = "∞"


def calls_text(calls: int | None, *, bound: bool = False) -> str:
    """`12 calls`, `? calls`; `any number of calls` where a bound is missing."""
    if calls is None:
        return "any number of calls" if bound else "? calls"
    return plural(calls, "call")


def cost_text(nusd: int | None, *, bound: bool = False) -> str:
    """`$0.0123`, `$?`, `free of charge`; `any amount` where a bound is missing."""
    if nusd is None:
        return "any amount" if bound else "$?"
    return dollars(nusd) if nusd else "free of charge"


def time_text(seconds: float | None, *, bound: bool = False) -> str:
    """`1.2 s`, `? s`; `any time` where a bound is missing."""
    if seconds is None:
        return "any time" if bound else "? s"
    return duration(seconds)


def budget_text(budget: Budget) -> str:
    """`$5.00, 500 calls, 2 h 00 min`: what is bounded of it; "" if nothing is."""
    parts = [
        "" if budget.limit_nusd is None else dollars(budget.limit_nusd),
        "" if budget.calls is None else plural(budget.calls, "call"),
        "" if budget.seconds is None else duration(budget.seconds),
    ]
    return ", ".join(filter(None, parts))


def calls_cell(step: StepExplained) -> str:
    """`1`, `1–3` (expected and at worst), `≤ 40`, `1–∞`."""
    worst, expected = step.forecast.calls_worst, step.forecast.calls_expected
    if worst is None:
        return f"1–{UNBOUNDED}" if expected is None else f"{expected:,}–{UNBOUNDED}"
    if expected is None:
        return f"≤ {worst:,}"
    return f"{worst:,}" if expected == worst else f"{expected:,}–{worst:,}"


def cost_cell(step: StepExplained, *, narrow: bool = False) -> str:
    """`$0.02–$0.06` (expected and at worst), `≤ $0.06`, `–` where nothing is charged."""
    worst, expected = step.forecast.cost_worst_nusd, step.forecast.cost_expected_nusd
    if worst == 0:
        return "–"
    at_worst = UNBOUNDED if worst is None else dollars(worst)
    if expected is None:
        return "?" if worst is None else f"≤ {at_worst}"
    if narrow and worst is not None:
        return f"≤ {at_worst}"
    return at_worst if expected == worst else f"{dollars(expected)}–{at_worst}"


def time_cell(step: StepExplained, *, narrow: bool = False) -> str:
    """`12 ms / 40 ms (120)`: median, 95th percentile, and out of how many; `?` if it was never measured."""
    one = step.measured
    if one is None or one.p50_s is None or one.p95_s is None:
        return "?"
    p50, p95 = duration(one.p50_s), duration(one.p95_s)
    return p50 if narrow else f"{p50} / {p95} ({one.calls:,})"


def ask_mark(step: StepExplained) -> str:
    """What people have to do with it, in one or two words; "" for nothing."""
    if step.skipped:
        return "skipped"
    if step.denied:
        return "denied"
    own = [one for one in step.asks if not one.step.endswith("/undo")]
    if not own:
        undo = "undo asks" if step.asks else ""
        return "may be denied" if step.denied_maybe and not undo else undo
    most = max(one.at_most for one in own)
    word = "asks" if any(one.certain for one in own) else "may ask"
    exact = step.items_known is not None and step.rounds is None
    return word if most == 1 else f"{word} {'' if exact else '≤ '}{most:,}×"


def question_text(asked: Asked, when: str = "") -> str:
    """One question in words: who is asked what, why and how often. `when`: the condition of its step."""
    only = f", only when {one_line(when, 80)}" if when else ""
    times = only + ("" if asked.at_most == 1 else f", up to {asked.at_most:,} times")
    who = f" of {', '.join(one_line(name, 40) for name in asked.who[:6])}" if asked.who else ""
    if asked.kind == "answer":
        if asked.certain:
            words = f"“{one_line(asked.why, 120)}”" if asked.why else "its question"
            return f"{asked.step}: {words}{who}{times}"
        return f"{asked.step}: maybe, {one_line(asked.why, 120)}{who}{times}"
    # What the engine asks by itself says all in its reason.
    rule = f" by {asked.rule}" if asked.rule.startswith("policy") else ""
    why = f": {one_line(asked.why, 160)}" if asked.why else ""
    maybe = "" if asked.certain else "maybe "
    return f"{asked.step}: {maybe}an approval{who}{rule}{why}{times}"

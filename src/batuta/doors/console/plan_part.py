"""A plan before it runs, for a page: its drawing, its EXPLAIN table, what it comes to, and what it will ask."""

from typing import Any

from markupsafe import Markup

from batuta.doors.cli.views.plan_words import (
    ask_mark,
    calls_cell,
    calls_text,
    cost_cell,
    cost_text,
    question_text,
    time_cell,
    time_text,
)
from batuta.doors.console.drawing import DRAWN_WHOLE_MAX, Drawings, plan_svg_of
from batuta.plans.draw.of_plan import picture_of_plan
from batuta.plans.explanation import Explanation, StepExplained

__all__ = ["plan_parts"]

_QUESTIONS_MAX = 50
# Rows that a page begins with; whoever wants the others asks for them.
_ROWS_MAX = 100
_FINDINGS_MAX = 20
_CHAIN_MAX = 30


def plan_parts(
    explanation: Explanation, drawings: Drawings, *, every: bool = False
) -> dict[str, Any]:
    """What `plan_part.html` shows. A large drawing is kept in `drawings`. `every`: all rows of the table."""
    picture = picture_of_plan(explanation)
    large = len(picture.boxes) > DRAWN_WHOLE_MAX
    forecast = explanation.totals.forecast
    worst = (
        calls_text(forecast.calls_worst, bound=True),
        cost_text(forecast.cost_worst_nusd, bound=True),
        time_text(forecast.time_worst_s, bound=True),
    )
    expected = (
        calls_text(forecast.calls_expected),
        # What costs nothing at worst costs nothing.
        worst[1] if forecast.cost_worst_nusd == 0 else cost_text(forecast.cost_expected_nusd),
        time_text(forecast.time_expected_s),
    )
    shown = explanation.steps if every else explanation.steps[:_ROWS_MAX]
    chain, findings = explanation.totals.critical_path, explanation.findings
    return {
        "drawing": "" if large else Markup(plan_svg_of(picture)),
        "drawn_at": f"/drawings/{drawings.keep(picture)}" if large else "",
        "large": large,
        "every": every,
        "steps": [_row(step) for step in shown],
        "more_steps": len(explanation.steps) - len(shown),
        "questions": [question_text(asked) for asked in explanation.questions[:_QUESTIONS_MAX]],
        "findings": [finding.message for finding in findings[:_FINDINGS_MAX]],
        "more_findings": max(len(findings) - _FINDINGS_MAX, 0),
        "chain": chain[:_CHAIN_MAX],
        "more_chain": max(len(chain) - _CHAIN_MAX, 0),
        "expected": expected,
        "known": [text for text in expected if "?" not in text],
        "worst": worst,
        "sampled": explanation.sampled_runs,
        "exceeded": explanation.exceeded,
        "planner": explanation.planner,
        "digest": explanation.digest,
        "plan_name": explanation.plan.name,
        "description": explanation.plan.description,
    }


def _row(step: StepExplained) -> dict[str, Any]:
    return {
        "name": step.name,
        "use": step.use,
        "effect": step.effect or "?",
        "declared": step.declared,
        "reach": step.reach,
        "calls": calls_cell(step),
        "cost": cost_cell(step),
        "time": time_cell(step),
        "asks": ask_mark(step),
        "denied": bool(step.denied),
        "critical": step.critical,
    }

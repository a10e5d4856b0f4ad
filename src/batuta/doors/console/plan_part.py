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
from batuta.doors.console.drawing import DRAWN_WHOLE_MAX
from batuta.plans.draw.live import LivePicture
from batuta.plans.draw.of_plan import picture_of_plan
from batuta.plans.draw.paint.text import safe
from batuta.plans.draw.picture import Box
from batuta.plans.explanation import Explanation, StepExplained

__all__ = ["plan_parts"]

_QUESTIONS_MAX = 50


def plan_parts(explanation: Explanation) -> dict[str, Any]:
    """What `plan.html` shows."""
    picture = picture_of_plan(explanation)
    one = explanation.totals.forecast
    svg = LivePicture(picture, _address).svg(picture)
    return {
        "drawing": Markup(svg),
        "large": len(picture.boxes) > DRAWN_WHOLE_MAX,
        "steps": [_row(step) for step in explanation.steps],
        "questions": [question_text(asked) for asked in explanation.questions[:_QUESTIONS_MAX]],
        "findings": [finding.message for finding in explanation.findings],
        "chain": explanation.totals.critical_path,
        "expected": (
            calls_text(one.calls_expected),
            cost_text(one.cost_expected_nusd),
            time_text(one.time_expected_s),
        ),
        "worst": (
            calls_text(one.calls_worst, bound=True),
            cost_text(one.cost_worst_nusd, bound=True),
            time_text(one.time_worst_s, bound=True),
        ),
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


def _address(box: Box) -> str:
    return f'href="#step-{safe(box.name)}" aria-label="{safe(box.says)}"'

"""The plans that an evaluation runs."""

import pytest

from batuta.errors import SuiteError
from batuta.evaluation.plans import CasePlaces, case_plan, is_of_suite, suite_plan
from batuta.evaluation.suite import suite_from_text
from batuta.plans.build import plan_to_yaml
from batuta.plans.check import check
from batuta.spec.card import Card
from tests.evaluation.suites import SUITE


def test_names_of_a_suite_become_those_of_a_plan_wherever_they_are_meant() -> None:
    text = SUITE.replace(
        'text: "${output}"',
        'text: "a case: ${[1].map(case, case + size(output))} ${case.question}"',
    )
    plan = case_plan(suite_from_text(text).suite)
    assert plan.steps["score_short"].with_ == {
        "text": "a case: ${[1].map(case, case + size(steps.output))} ${inputs.case.question}"
    }
    assert plan.steps["output"].with_ == {"value": "${steps.target.text}"}


def test_without_output_the_value_itself_is_scored() -> None:
    plan = case_plan(suite_from_text(SUITE.replace('output: "${value.text}"\n', "")).suite)
    assert "output" not in plan.steps
    assert plan.steps["score_short"].with_ == {"text": "${steps.target}"}


def test_every_step_of_a_case_may_fail() -> None:
    assert all(one.may_fail for one in case_plan(suite_from_text(SUITE).suite).steps.values())


def test_a_judge_is_asked_about_what_the_target_was_asked() -> None:
    text = SUITE.replace("right: {contains", "good: {judge: quality}\n  right: {contains")
    plan = case_plan(suite_from_text(text).suite)
    assert plan.steps["score_good"].with_ == {
        "task": {"sum": "${inputs.case.question}"},
        "candidates": ["${steps.output}"],
    }


def test_the_whole_goes_over_all_trials_under_the_budget_of_the_suite() -> None:
    plan = suite_plan(suite_from_text(SUITE + "limit: 3\nbudget: {usd: 2}\n").suite)
    assert "limit: 3" in plan_to_yaml(plan)
    assert plan.budget is not None
    assert plan.budget.limit_nusd == 2_000_000_000


def test_the_plan_of_a_whole_suite_is_told_from_others() -> None:
    suite = suite_from_text(SUITE).suite
    assert (is_of_suite(suite_plan(suite)), is_of_suite(case_plan(suite))) == (True, False)


CARDS = {
    "add": Card(
        "add",
        input={
            "type": "object",
            "properties": {"sum": {"type": "string"}},
            "required": ["sum"],
            "additionalProperties": False,
        },
    ),
    "brevity": Card("brevity"),
    "value": Card("value"),
    "eval.contains": Card("eval.contains"),
}


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("use: add", "use: ad", 2, "B101"),
        ("use: brevity", "use: brevty", 7, "B101"),
        ("{sum:", "{som:", 2, "B110"),
        ("use: add", "plan: add", 2, "B101"),
    ],
)
def test_a_flaw_of_the_plan_is_told_at_its_place_in_the_suite(
    old: str, new: str, line: int, code: str
) -> None:
    sourced = suite_from_text(SUITE.replace(old, new), "s.yaml")
    found = check(case_plan(sourced.suite), CARDS, CasePlaces(sourced.places), warnings=False)
    assert (found[0].code, found[0].place.file, found[0].place.line) == (code, "s.yaml", line)


def test_a_suite_that_no_plan_can_say_is_refused() -> None:
    with pytest.raises(SuiteError):
        suite_from_text(SUITE.replace("{use: add", "{use: 'a b'"))

"""EXPLAIN: everything that is known of a plan before it runs."""

from typing import Any

import pytest

from batuta.errors import PlanError
from batuta.governance.forecast import forecaster
from batuta.plans.build import plan_from_yaml
from batuta.plans.explain import Premises, explain, explain_sound
from batuta.plans.explanation import Explanation, StepExplained
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.statistics import Measured, Statistics
from tests.governance.rules import rules_from

CENT = 10_000_000
CARDS = {
    card.name: card
    for card in (
        Card("look", effect="pure", reach="local", timeout_s=10, output={"type": "integer"}),
        Card("ask_model", effect="read", reach="egress", price_nusd=CENT, timeout_s=20),
        Card("human", effect="read", reach="local", kind="human", waits=True, timeout_s=1),
        Card("think", effect="read", reach="egress", expands=True),
        Card("pay", effect="write", reach="irreversible", declared=False),
        Card("keyless", effect="read", price_nusd=CENT, missing="there is no KEY"),
    )
}
QUIET = Premises(CARDS, forecaster(rules_from(None)))
DIAMOND = """
  a: {use: look}
  b: {use: ask_model, with: {x: "${steps.a}"}}
  c: {use: look, after: [a]}
  d: {use: look, with: {x: "${steps.b}"}, after: [c, b]}
"""


def explained(steps: str, *rules: dict[str, Any], head: str = "", **known: Any) -> Explanation:
    """The explanation of a plan with these `steps`, written in YAML, under `rules`."""
    sourced = plan_from_yaml(f"name: p\n{head}steps:\n{steps}")
    inputs = known.pop("inputs", None)
    premises = Premises(CARDS, forecaster(rules_from(list(rules))), **known)
    return explain(sourced.plan, premises, inputs=inputs)


def step(explanation: Explanation, name: str) -> StepExplained:
    return next(one for one in explanation.steps if one.name == name)


def test_waves_are_what_starts_together() -> None:
    totals = explained(DIAMOND).totals
    assert totals.waves == (("a",), ("b", "c"), ("d",))
    assert totals.width == 2
    assert explained(DIAMOND, head="limit: 1\n").totals.width == 1


def test_what_is_skipped_with_a_step_that_may_fail_is_named_and_not_certain() -> None:
    one = explained(
        """
  a: {use: look, may_fail: true}
  b: {use: look, with: {x: "${steps.a}"}}
  c: {use: look, with: {x: "${steps.b}"}}
  d: {use: look, with: {x: "${errors.a}", y: "${steps.c != null}"}}
"""
    )
    assert (step(one, "a").may_fail, step(one, "a").lost) == (True, ("b", "c"))
    assert [s.name for s in one.steps if s.conditional] == ["b", "c"]
    assert step(one, "d").needs == ("a", "c")


def test_a_list_whose_items_may_fail_has_nulls_in_it() -> None:
    one = explained('  a: {use: look, each: "${[1]}", may_fail: true}')
    assert step(one, "a").output == "list of (integer or null)"


def test_data_and_mere_order_are_told_apart() -> None:
    one = explained(DIAMOND)
    assert [(s.needs, s.after) for s in one.steps] == [
        ((), ()),
        (("a",), ()),
        ((), ("a",)),
        (("b",), ("c",)),
    ]


def test_without_measurements_nothing_is_expected_of_time_and_money() -> None:
    one = explained(DIAMOND)
    total = one.totals.forecast
    assert (total.calls_expected, total.calls_worst) == (4, 4)
    assert (total.cost_expected_nusd, total.cost_worst_nusd) == (None, CENT)
    assert (total.time_expected_s, total.time_worst_s) == (None, 40)
    assert [s.measured for s in one.steps] == [None] * 4
    assert one.sampled_runs == 0


def test_the_critical_path_goes_by_number_of_steps_until_all_times_are_known() -> None:
    assert explained(DIAMOND).totals.critical_path == ("a", "b", "d")
    slow = {"look": Measured(9, p50_s=5.0, p95_s=6.0), "ask_model": Measured(9, p50_s=1.0)}
    measured = Statistics(runs=9, capabilities=slow)
    one = explained(DIAMOND, statistics=measured)
    assert one.totals.critical_path == ("a", "c", "d")
    assert one.totals.forecast.time_expected_s == 15.0
    assert [s.name for s in one.steps if s.critical] == ["a", "c", "d"]
    assert one.sampled_runs == 9


def test_figures_of_the_very_step_come_before_those_of_its_capability() -> None:
    own = Measured(3, p50_s=2.0, p95_s=3.0, capability="look")
    other = Measured(5, p50_s=7.0, p95_s=8.0, capability="look")
    statistics = Statistics(9, {"look": other}, {("p", "a"): own})
    one = explained("  a: {use: look}\n  b: {use: look}\n", statistics=statistics)
    assert [s.measured for s in one.steps] == [own, other]


def test_figures_of_a_step_that_called_something_else_do_not_count() -> None:
    old = Measured(3, p50_s=2.0, p95_s=3.0, capability="other")
    statistics = Statistics(9, {}, {("p", "a"): old})
    assert step(explained("  a: {use: look}\n", statistics=statistics), "a").measured is None


def test_costs_are_expected_from_what_calls_did_cost() -> None:
    statistics = Statistics(9, {"ask_model": Measured(9, p50_s=1.0, cost_nusd=CENT // 2)})
    items = "  a: {use: ask_model, each: '${[1, 2, 3]}', limit: 2, retry: 1}\n"
    found = step(explained(items, statistics=statistics), "a").forecast
    assert (found.calls_expected, found.calls_worst) == (3, 6)
    assert (found.cost_expected_nusd, found.cost_worst_nusd) == (3 * CENT // 2, 6 * CENT)
    assert found.time_expected_s == 2.0
    # Calls that all failed, without a key say, have cost nothing; what one costs that works is not known from that.
    failed = Statistics(9, {"ask_model": Measured(9, failed=9, cost_nusd=0)})
    assert step(explained(items, statistics=failed), "a").forecast.cost_expected_nusd is None


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("{use: look, each: '${inputs.rows}'}", None),
        ("{use: look, repeat: {until: 'false', at_most: 3}}", None),
        ("{use: look, repeat: {until: 'false', at_most: 1}}", 1),
        ("{use: human, with: {question: Well?}}", 1),
        ("{use: think}", None),
        ("{use: nothing}", None),
    ],
)
def test_calls_are_expected_only_where_their_number_is_known(text: str, calls: int | None) -> None:
    one = explained(f"  a: {text}\n", head="inputs: {rows: list}\n")
    assert step(one, "a").forecast.calls_expected == calls


def test_a_plan_that_may_grow_has_no_bound_but_its_budget() -> None:
    assert explained("  a: {use: think}\n").totals.forecast.calls_worst is None
    one = explained("  a: {use: think}\n", budget=Budget(usd=2.0, calls=5))
    assert (one.totals.forecast.calls_worst, one.budget) == (5, Budget(usd=2.0, calls=5))


def test_a_budget_that_what_is_expected_exceeds_is_named() -> None:
    steps = '  a: {use: look, each: "${inputs.rows}"}\n'
    head = "inputs: {rows: list}\n"
    budget = Budget(usd=1.0, calls=2)
    assert explained(steps, head=head, budget=budget).exceeded == ()
    assert explained(steps, head=head, budget=budget, inputs={"rows": [1, 2]}).exceeded == ()
    three = explained(steps, head=head, budget=budget, inputs={"rows": [1, 2, 3]})
    assert three.exceeded == ("calls",)


def test_steps_that_never_run_with_these_inputs_are_said_and_cost_nothing() -> None:
    steps = """
  a: {use: ask_model, when: inputs.n > 5}
  b: {use: ask_model, with: {x: "${steps.a}"}}
  c: {use: ask_model, after: [a]}
"""
    one = explained(steps, head="inputs: {n: integer}\n", inputs={"n": 1})
    assert [s.skipped for s in one.steps] == ["its condition is false", "a is skipped", ""]
    assert one.totals.forecast.calls_worst == 1
    open_question = explained(steps, head="inputs: {n: integer}\n")
    assert [s.skipped for s in open_question.steps] == ["", "", ""]


def test_a_join_that_can_do_without_is_not_skipped() -> None:
    steps = """
  a: {use: look, when: inputs.n > 5}
  b: {use: look}
  c: {use: look, with: {x: "${steps.a}", y: "${steps.b}"}, join: first}
"""
    one = explained(steps, head="inputs: {n: integer}\n", inputs={"n": 1})
    assert [bool(s.skipped) for s in one.steps] == [True, False, False]


def test_questions_come_in_the_order_in_which_the_plan_gets_there() -> None:
    steps = """
  last: {use: pay, after: [first]}
  first: {use: human, with: {question: Well?}}
"""
    one = explained(steps, {"effect": "write", "verdict": "ask"})
    assert [(q.step, q.kind) for q in one.questions] == [("first", "answer"), ("last", "approval")]
    assert step(one, "last").asks == one.questions[1:]


def test_what_changes_something_is_asked_about_where_that_is_supervised() -> None:
    told = explained(
        "  a: {use: look}\n  b: {use: pay, after: [a], undo: {use: pay}}\n", supervised=True
    )
    assert [(one.step, one.rule, one.certain) for one in told.questions] == [
        ("b", "supervised", True)
    ]
    refused = explained("  a: {use: pay}\n", {"verdict": "deny"}, supervised=True)
    assert (refused.questions, step(refused, "a").denied) == (
        (),
        "policy[0]: it holds for every call",
    )


def test_a_fallback_of_a_write_may_be_asked_about_for_what_raised_may_have_been_done() -> None:
    told = explained(
        "  a: {use: pay, fallback: look}\n"
        "  b: {use: look, fallback: pay}\n"
        "  c: {use: pay, fallback: {use: pay, with: {x: 1}}}\n"
    )
    (asked,) = told.questions
    assert (asked.step, asked.kind, asked.rule, asked.certain) == ("c", "approval", "raised", False)
    assert asked.why == "if it falls back to pay because pay raised"


def test_values_have_types_in_words() -> None:
    steps = "  a: {use: look}\n  b: {use: look, each: '${[1]}'}\n  c: {use: pay}\n"
    assert [s.output for s in explained(steps).steps] == ["integer", "list of integer", "any"]


def test_a_step_says_all_that_the_plan_says_of_it() -> None:
    text = (
        "  a: {use: look, fallback: [ask_model], undo: pay, when: 'true', each: '${[1, 2]}', "
        "repeat: {until: 'index > 1', at_most: 3}}\n"
    )
    sourced = plan_from_yaml("name: p\nsteps:\n" + text)
    one = explain(sourced.plan, QUIET, places=sourced.places)
    found = one.steps[0]
    assert (found.kind, found.when, found.until, found.line) == ("each", "true", "index > 1", 3)
    assert (found.fallback, found.undo, found.use) == (("ask_model",), "pay", "look")
    assert (found.items, found.items_known, found.rounds) == (2, 2, 3)
    assert one.digest == sourced.plan.digest()
    assert (found.why, one.planner) == ("named by the plan", "written by hand")


def test_what_cannot_be_called_now_is_not_counted_where_a_fallback_serves() -> None:
    found = step(explained("  a: {use: keyless, fallback: [look]}\n"), "a")
    assert (found.use, found.instead_of, found.why) == ("look", "keyless", "there is no KEY")
    assert (found.forecast.cost_worst_nusd, found.forecast.calls_worst, found.metered) == (
        0,
        1,
        False,
    )
    alone = step(explained("  a: {use: keyless}\n"), "a")
    assert (alone.use, alone.instead_of, alone.forecast.cost_worst_nusd) == ("keyless", "", CENT)


def test_the_policy_is_asked_of_what_serves() -> None:
    rules = {"capability": "keyless", "verdict": "deny"}, {"capability": "look", "verdict": "ask"}
    found = step(explained("  a: {use: keyless, fallback: [look]}\n", *rules), "a")
    assert (found.denied, [ask.certain for ask in found.asks]) == ("", [True])
    assert step(explained("  a: {use: keyless}\n", *rules), "a").denied


def test_an_empty_plan_is_explained() -> None:
    one = explained("  {}\n")
    assert (one.steps, one.questions, one.totals.waves, one.totals.width) == ((), (), (), 0)
    assert one.totals.forecast.calls_worst == 0


def test_circles_and_unknown_capabilities_do_not_stop_it() -> None:
    steps = "  a: {use: nothing, after: [b]}\n  b: {use: look, after: [a]}\n  c: {use: look}\n"
    one = explained(steps)
    assert one.totals.waves == (("c",), ("a", "b"))
    assert (step(one, "a").card_kind, step(one, "a").declared) == ("?", False)


def test_a_plan_with_flaws_is_refused_with_all_of_them() -> None:
    sourced = plan_from_yaml("name: p\nsteps: {a: {use: lok}, b: {use: look, after: [c]}}\n")
    with pytest.raises(PlanError) as caught:
        explain_sound(sourced.plan, QUIET, places=sourced.places)
    codes = [one.code for one in caught.value.findings if not one.warning]
    assert codes == ["B101", "B112"]


def test_inputs_that_do_not_fit_are_refused_and_missing_ones_are_not() -> None:
    plan = plan_from_yaml(
        "name: p\ninputs: {n: integer, m: integer}\n"
        "steps: {a: {use: look, with: {n: '${inputs.n + inputs.m}'}}}\nresult: ${steps.a}\n"
    ).plan
    assert explain_sound(plan, QUIET, inputs={"n": 1}).totals.forecast.calls_worst == 1
    with pytest.raises(PlanError) as caught:
        explain_sound(plan, QUIET, inputs={"n": "x", "k": 1})
    assert {one.code for one in caught.value.findings} >= {"B107", "B108"}


def test_warnings_and_what_a_rewrite_would_change_come_with_it() -> None:
    plan = plan_from_yaml(
        "name: p\nsteps: {a: {use: look}, b: {use: look}, c: {use: pay}}\n"
        "result: {a: '${steps.a}', b: '${steps.b}'}\n"
    ).plan
    one = explain_sound(plan, QUIET)
    assert "B190" in {finding.code for finding in one.findings}
    assert [(change.rule, change.steps) for change in one.changes] == [("common", ("a", "b"))]

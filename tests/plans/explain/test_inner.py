"""A step that carries out a plan is explained by that plan."""

from pathlib import Path
from typing import Any

import msgspec

from batuta import App
from batuta.governance.forecast import forecaster
from batuta.plans.build import plan_from_yaml
from batuta.plans.explain import Premises, explain
from batuta.plans.explanation import Explanation, StepExplained
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.statistics import Measured, Statistics
from tests.governance.rules import rules_from

CENT = 10_000_000
LOOK = Card("look", effect="pure", reach="local", timeout_s=10)
PAY = Card("pay", effect="write", reach="egress", price_nusd=CENT, timeout_s=20, in_doubt="ask")
HUMAN = Card("human", effect="read", reach="local", kind="human", waits=True, timeout_s=1)
SETTLE = """
name: settle
inputs: {cents: integer, limit: {type: integer, default: 100}}
steps:
  read: {use: look}
  ask: {use: human, when: "inputs.cents > inputs.limit", with: {question: "Pay?"}, after: [read]}
  pay: {use: pay, with: {cents: "${inputs.cents}"}, after: [ask]}
"""


def inside(**texts: str) -> Premises:
    """Premises with registered plans of these texts."""
    plans = {f"plan.{name}": plan_from_yaml(text).plan for name, text in texts.items()}
    cards = {one.name: one for one in (LOOK, PAY, HUMAN)} | {
        name: Card(name, effect="pure", reach="local", kind="plan", expands=True, plan=one.digest())
        for name, one in plans.items()
    }
    return Premises(cards, forecaster(rules_from(None)), plan_of=plans.get)


def explained(step: str, premises: Premises, **known: Any) -> Explanation:
    return explain(plan_from_yaml(f"name: outer\nsteps:\n  one: {step}").plan, premises, **known)


def only(explanation: Explanation) -> StepExplained:
    (step,) = explanation.steps
    return step


def test_it_does_and_reaches_what_its_steps_do() -> None:
    one = only(explained("{use: plan.settle, with: {cents: 5}}", inside(settle=SETTLE)))
    assert (one.effect, one.reach, one.metered, one.expands) == ("write", "egress", True, False)
    assert one.inner is not None
    assert [step.name for step in one.inner.steps] == ["read", "ask", "pay"]


def test_its_bounds_are_those_of_the_plan_and_the_call_that_asks_for_it() -> None:
    premises = inside(settle=SETTLE)
    alone = explain(premises.plan_of("plan.settle") or Plan("none"), premises).totals.forecast
    one = only(explained("{use: plan.settle, with: {cents: 500}}", premises)).forecast
    assert alone.calls_worst is not None and alone.time_worst_s is not None
    assert (one.calls_worst, one.cost_worst_nusd) == (1 + alone.calls_worst, CENT)
    each = "{use: plan.settle, each: '[1, 2, 3]', with: {cents: '${item}'}}"
    three = only(explained(each, premises)).forecast
    assert (three.calls_worst, three.cost_worst_nusd) == (3 * (1 + alone.calls_worst), 3 * CENT)


def test_what_is_known_of_the_arguments_is_known_inside() -> None:
    premises = inside(settle=SETTLE)
    small = only(explained("{use: plan.settle, with: {cents: 5}}", premises))
    large = only(explained("{use: plan.settle, with: {cents: 500}}", premises))
    assert small.asks == ()
    assert [(one.step, one.at_most) for one in large.asks] == [("one/ask", 1)]


def test_a_list_that_is_written_out_bounds_the_plan_inside_whatever_its_items_will_be() -> None:
    many = """
name: many
inputs: {all: list}
steps:
  pay: {use: pay, each: "${inputs.all}", at_most: 20, with: {cents: "${item}"}}
"""
    premises = inside(settle=SETTLE, many=many)
    plan = """
name: outer
steps:
  read: {use: look}
  two: {use: plan.many, with: {all: ["${steps.read.a}", "${steps.read.b}"]}}
  any: {use: plan.many, with: {all: "${steps.read.all}"}}
  known: {use: plan.many, with: {all: [1, 2, 3]}}
"""
    steps = {one.name: one for one in explain(plan_from_yaml(plan).plan, premises).steps}
    costs = {name: steps[name].forecast.cost_worst_nusd for name in ("two", "any", "known")}
    assert costs == {"two": 2 * CENT, "any": 20 * CENT, "known": 3 * CENT}
    inner = steps["two"].inner
    assert inner is not None
    # Who carries it out may leave nulls out.
    assert (inner.steps[0].items, inner.steps[0].items_known) == (2, None)


def test_questions_inside_are_asked_for_every_item() -> None:
    each = "{use: plan.settle, each: '[1, 2]', with: {cents: '${item}'}}"
    (asked,) = explained(each, inside(settle=SETTLE)).questions
    assert (asked.step, asked.certain, asked.at_most) == ("one/ask", False, 2)
    assert asked.why == "Pay?, only when inputs.cents > inputs.limit"


def test_what_the_policy_refuses_inside_is_told_outside() -> None:
    premises = inside(settle=SETTLE)
    rules = rules_from([{"capability": "pay", "verdict": "deny", "reason": "closed"}])
    premises = premises._replace(forecaster=forecaster(rules))
    one = only(explained("{use: plan.settle, with: {cents: 5}}", premises))
    assert one.denied_maybe == "policy[0]: closed (in pay)"


def test_what_was_measured_inside_is_expected_outside() -> None:
    flat = "name: flat\ninputs: {n: integer}\nsteps: {a: {use: look}, b: {use: look, after: [a]}}"
    log = Statistics(3, {"look": Measured(3, p50_s=2.0, p95_s=2.0)}, {})
    premises = inside(flat=flat)._replace(statistics=log)
    each = "{use: plan.flat, each: '[1, 2, 3]', limit: 2, with: {n: '${item}'}}"
    one = only(explained(each, premises)).forecast
    assert (one.calls_expected, one.cost_expected_nusd, one.time_expected_s) == (9, 0, 8.0)


def test_a_plan_that_calls_itself_has_no_bound() -> None:
    loop = "name: loop\nsteps: {a: {use: look}, again: {use: plan.loop, after: [a]}}"
    one = only(explained("{use: plan.loop}", inside(loop=loop)))
    assert (one.expands, one.forecast.calls_worst) == (True, None)


def test_plans_in_plans_are_explained_all_the_way() -> None:
    middle = "name: middle\nsteps: {pay: {use: plan.settle, with: {cents: 500}}}"
    one = only(explained("{use: plan.middle}", inside(middle=middle, settle=SETTLE)))
    assert [asked.step for asked in one.asks] == ["one/pay/ask"]
    assert one.effect == "write"


async def test_a_run_stays_within_what_was_told(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "batuta.yaml").touch()
    (tmp_path / "plans" / "pair.yaml").write_text(
        "name: pair\ninputs: {n: integer}\nsteps:\n"
        "  a: {use: value, with: {value: '${inputs.n}'}}\n"
        "  b: {use: value, with: {value: '${steps.a * 2}'}}\nresult: '${steps.b}'\n"
    )
    outer = plan_from_yaml(
        "name: outer\ninputs: {ns: list}\nsteps:\n"
        "  each: {use: plan.pair, each: '${inputs.ns}', with: {n: '${item}'}}\n"
        "result: '${steps.each}'"
    ).plan
    async with await App.open(tmp_path) as app:
        told = await app.explain(outer, {"ns": [1, 2, 3]})
        document = await app.run(outer, {"ns": [1, 2, 3]})
    assert document["result"] == [2, 4, 6]
    assert told.totals.forecast.calls_worst == told.totals.forecast.calls_expected == 9
    assert document["calls"] == 9


def test_an_explanation_can_be_written_as_json() -> None:
    one = explained("{use: plan.settle, with: {cents: 5}}", inside(settle=SETTLE))
    assert b'"inner":{' in msgspec.json.encode(one.steps[0])

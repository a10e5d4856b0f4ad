"""What is only wanted if a condition holds is only called if it holds."""

import pytest

from tests.plans.rewrite.cards import changes, read, steps_of

FED = '  a: {{use: {use}}}\n  b: {{use: put, when: inputs.n > 1, with: {{x: "${{steps.a}}"}}}}'


@pytest.mark.parametrize("use", ["calc", "look", "fetch", "model", "scan"])
def test_an_input_of_a_conditional_step_asks_the_condition_itself(use: str) -> None:
    plan = read(FED.format(use=use))
    assert steps_of(plan, "condition") == "a?inputs.n > 1 b?inputs.n > 1"


@pytest.mark.parametrize("use", ["put", "pay", "ask", "think"])
def test_what_may_do_something_is_called_as_before(use: str) -> None:
    plan = read(FED.format(use=use))
    assert steps_of(plan, "condition") == "a b?inputs.n > 1"


def test_a_whole_chain_asks() -> None:
    plan = read(
        """
  a: {use: look}
  b: {use: calc, with: {x: "${steps.a}"}}
  c: {use: put, when: inputs.n > 1, with: {x: "${steps.b}"}}
"""
    )
    assert steps_of(plan, "condition") == "a?inputs.n > 1 b?inputs.n > 1 c?inputs.n > 1"


@pytest.mark.parametrize(
    "other",
    [
        'use: put, when: inputs.n > 2, with: {x: "${steps.a}"}',
        'use: put, with: {x: "${steps.a}"}',
        "use: put, after: [a]",
        'use: put, each: "[1, 2]", when: item > 1, with: {x: "${steps.a}"}',
        'use: put, join: first, when: inputs.n > 1, with: {x: "${steps.a}"}',
        'use: put, when: inputs.n > 1, with: {x: "${steps.a}"}, may_fail: true',
    ],
)
def test_all_that_use_it_must_ask_the_same_once(other: str) -> None:
    plan = read(
        f'  a: {{use: look}}\n  b: {{use: put, when: inputs.n > 1, with: {{x: "${{steps.a}}"}}}}'
        f"\n  c: {{{other}}}"
    )
    assert steps_of(plan, "condition").startswith("a b?")


def test_what_the_result_shows_is_called_as_before() -> None:
    plan = read(FED.format(use="look"), '"${steps.a}"')
    assert steps_of(plan, "condition") == "a b?inputs.n > 1"


def test_a_condition_that_fails_fails_where_it_did() -> None:
    plan = read(
        '  a: {use: look, may_fail: true}\n  b: {use: put, when: inputs.n > 1, with: {x: "${steps.a}"}}'
    )
    assert steps_of(plan, "condition") == "a b?inputs.n > 1"


def test_what_the_result_says_of_a_failure_may_still_happen() -> None:
    plan = read(FED.format(use="look"), '"${errors.a}"')
    assert steps_of(plan, "condition") == "a b?inputs.n > 1"


def test_a_condition_that_looks_at_the_step_itself_comes_after_it() -> None:
    plan = read('  a: {use: look}\n  b: {use: put, when: steps.a.ok, with: {x: "${steps.a}"}}')
    assert steps_of(plan, "condition") == "a b?steps.a.ok"


def test_a_condition_that_hangs_on_the_step_by_way_of_others_comes_after_it() -> None:
    plan = read(
        """
  a: {use: look}
  q: {use: put, with: {x: "${steps.a}"}}
  b: {use: put, when: steps.q.ok, with: {x: "${steps.a}"}}
"""
    )
    assert steps_of(plan, "condition") == "a q b?steps.q.ok"


@pytest.mark.parametrize(("use", "asks"), [("calc", ""), ("look", ""), ("fetch", "?steps.q.ok")])
def test_waiting_for_a_condition_is_worth_it_only_for_what_leaves_or_costs(
    use: str, asks: str
) -> None:
    plan = read(
        f"""
  q: {{use: look}}
  a: {{use: {use}}}
  b: {{use: put, when: steps.q.ok, with: {{x: "${{steps.a}}"}}}}
"""
    )
    assert steps_of(plan, "condition") == f"q a{asks} b?steps.q.ok"


def test_nobody_asks_what_would_not_have_been_asked() -> None:
    # b is skipped with o, and its condition would fail: an index that is not there.
    plan = read(
        """
  o: {use: look, when: inputs.n > 5}
  q: {use: look}
  a: {use: model}
  b: {use: put, when: "steps.q.rows[7] > 1", with: {x: "${steps.a}", y: "${steps.o}"}}
"""
    )
    assert "a b?" in steps_of(plan, "condition")


def test_it_is_said_who_asks() -> None:
    plan = read(FED.format(use="model"))
    assert [change.says for change in changes(plan, "condition")] == [
        "a is called only if `inputs.n > 1`: that is asked by all that use it (b)"
    ]

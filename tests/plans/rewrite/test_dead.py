"""What nothing needs, and what changes nothing, is not called."""

import pytest

from tests.plans.rewrite.cards import changes, read, steps_of


@pytest.mark.parametrize("use", ["calc", "look", "fetch", "model", "scan"])
def test_a_step_that_nothing_mentions_goes_if_it_changes_nothing(use: str) -> None:
    plan = read(f"  a: {{use: {use}}}\n  b: {{use: calc}}", '"${steps.b}"')
    assert steps_of(plan, "dead") == "b"


@pytest.mark.parametrize("use", ["put", "pay", "ask", "think"])
def test_a_step_that_may_change_something_stays(use: str) -> None:
    plan = read(f"  a: {{use: {use}}}\n  b: {{use: calc}}", '"${steps.b}"')
    assert steps_of(plan, "dead") == "a b"


def test_what_only_the_dead_have_used_is_dead() -> None:
    plan = read(
        """
  a: {use: look}
  b: {use: calc, with: {x: "${steps.a}"}}
  c: {use: calc, after: [b]}
  d: {use: look}
""",
        '"${steps.d}"',
    )
    assert steps_of(plan, "dead") == "d"


def test_what_somebody_waits_for_is_not_dead() -> None:
    plan = read("  verify: {use: look}\n  pay: {use: pay, after: [verify]}")
    assert steps_of(plan, "dead") == "verify pay(verify)"


def test_what_a_compensation_looks_at_is_not_dead() -> None:
    plan = read(
        "  a: {use: look}\n  b: {use: pay, after: [a], undo: {use: put, with: {x: '${steps.a}'}}}"
    )
    assert steps_of(plan, "dead") == "a b(a)"


def test_what_has_a_compensation_or_an_effect_to_fall_back_on_stays() -> None:
    plan = read("  a: {use: look, undo: put}\n  b: {use: look, fallback: put}")
    assert steps_of(plan, "dead") == "a b"


def test_a_step_stays_if_only_joins_would_be_left_to_bear_a_failure() -> None:
    plan = read(
        """
  a: {use: put}
  b: {use: put}
  j: {use: calc, join: first, with: {x: "${steps.a}", y: "${steps.b}"}}
  d: {use: calc, with: {x: "${steps.a}"}}
""",
        '"${steps.j}"',
    )
    assert steps_of(plan, "dead") == "a b j d"


def test_a_step_whose_error_is_read_is_not_dead() -> None:
    one = "  a: {use: look, may_fail: true}\n  b: {use: put, with: {why: '${errors.a}'}}"
    assert steps_of(read(one), "dead") == "a b"
    assert steps_of(read("  a: {use: look, may_fail: true}", '"${errors.a}"'), "dead") == "a"


def test_who_only_asks_why_others_failed_is_dead_like_any_other() -> None:
    plan = read("  a: {use: put, may_fail: true}\n  b: {use: look, with: {why: '${errors.a}'}}")
    assert steps_of(plan, "dead") == "a"


def test_it_is_said_why() -> None:
    plan = read("  a: {use: look}\n  b: {use: calc}")
    assert [change.says for change in changes(plan, "dead")] == [
        "b is not called: nothing uses its value, and it is pure",
        "a is not called: nothing uses its value, and it only reads",
    ]

"""Two steps that do the same with the same are one, unless that could be noticed."""

import pytest

from batuta.plans.rewrite import rewritten
from tests.plans.rewrite.cards import CARDS, changes, read, said

TWINS = """
  a: {{use: {use}, with: {{x: "${{inputs.n}}"}}}}
  b: {{use: {use}, with: {{x: "${{inputs.n}}"}}}}
"""
BOTH = '["${steps.a}", "${steps.b}"]'


@pytest.mark.parametrize("use", ["calc", "look", "fetch", "scan"])
def test_equal_steps_are_called_once(use: str) -> None:
    plan = read(TWINS.format(use=use), BOTH)
    after = rewritten(plan, CARDS, ["common"]).plan
    assert (list(after.steps), after.result) == (["a"], ["${steps.a}", "${steps.a}"])


@pytest.mark.parametrize("use", ["model", "put", "pay", "ask", "think"])
def test_what_may_answer_otherwise_or_does_something_is_called_twice(use: str) -> None:
    assert said(read(TWINS.format(use=use), BOTH), "common") == []


def test_everything_that_mentions_the_second_speaks_of_the_first() -> None:
    plan = read(
        """
  a: {use: calc}
  b: {use: calc}
  c:
    use: put
    each: "${steps.b.rows}"
    when: has(steps.b.ok) && steps . b . ok
    after: [b]
    with: {t: "of ${steps.b.x}, ${steps['b'].y}", item: "${item}", keep: {deep: ["${steps.b}"]}}
    undo: {use: put, with: {x: "${steps.b.id}"}}
    fallback: {use: put, with: {x: "${steps.b.id + steps.b.id}"}}
""",
        '{b: "${steps.b}", c: "${steps.c}"}',
    )
    after = rewritten(plan, CARDS, ["common"]).plan
    assert after == read(
        """
  a: {use: calc}
  c:
    use: put
    each: "${steps.a.rows}"
    when: has(steps.a.ok) && steps . a . ok
    after: [a]
    with: {t: "of ${steps.a.x}, ${steps['a'].y}", item: "${item}", keep: {deep: ["${steps.a}"]}}
    undo: {use: put, with: {x: "${steps.a.id}"}}
    fallback: {use: put, with: {x: "${steps.a.id + steps.a.id}"}}
""",
        '{b: "${steps.a}", c: "${steps.c}"}',
    )


def test_what_is_equal_because_of_what_is_equal_is_one_too() -> None:
    plan = read(
        """
  a: {use: look}
  b: {use: look}
  c: {use: calc, with: {x: "${steps.a}"}}
  d: {use: calc, with: {x: "${steps.b}"}}
""",
        '["${steps.c}", "${steps.d}"]',
    )
    assert said(plan, "common") == [("a", "b"), ("c", "d")]


def test_rounds_that_look_at_themselves_are_equal_too() -> None:
    plan = read(
        """
  a: {use: calc, repeat: {until: steps.a.ok, at_most: 3}, with: {p: "${previous}"}}
  b: {use: calc, repeat: {until: steps.b.ok, at_most: 3}, with: {p: "${previous}"}}
""",
        BOTH,
    )
    assert said(plan, "common") == [("a", "b")]


@pytest.mark.parametrize(
    "other",
    [
        "use: look, with: {x: 2}",
        "use: look, when: inputs.n > 1",
        "use: look, retry: 2",
        "use: look, timeout: 3s",
        "use: look, fallback: fetch",
        "use: look, budget: {calls: 3}",
        "use: look, each: '[1]'",
        "use: look, may_fail: true",
    ],
)
def test_what_differs_in_anything_is_not_the_same(other: str) -> None:
    assert said(read(f"  a: {{use: look}}\n  b: {{{other}}}", BOTH), "common") == []


def test_reads_are_two_if_a_write_may_come_between() -> None:
    plan = read("  a: {use: look}\n  w: {use: pay, after: [a]}\n  b: {use: look}", BOTH)
    assert said(plan, "common") == []


def test_reads_are_one_if_every_write_comes_before_or_after_both() -> None:
    plan = read(
        """
  v: {use: pay}
  a: {use: look, after: [v]}
  b: {use: look, after: [v]}
  w: {use: pay, after: [a, b]}
""",
        BOTH,
    )
    assert said(plan, "common") == [("a", "b")]


def test_what_is_pure_is_one_whoever_writes() -> None:
    plan = read("  a: {use: calc}\n  w: {use: pay, after: [a]}\n  b: {use: calc}", BOTH)
    assert said(plan, "common") == [("a", "b")]


def test_a_step_that_waits_for_more_is_not_the_same() -> None:
    plan = read("  a: {use: calc}\n  w: {use: pay}\n  b: {use: calc, after: [w]}", BOTH)
    assert said(plan, "common") == []


def test_what_is_joined_is_left_alone() -> None:
    plan = read(
        """
  a: {use: look}
  b: {use: look}
  j: {use: calc, join: first, with: {x: "${steps.a}", y: "${steps.b}"}}
""",
        '"${steps.j}"',
    )
    assert said(plan, "common") == []


def test_errors_of_the_second_are_those_of_the_first() -> None:
    plan = read(
        "  a: {use: calc, may_fail: true}\n  b: {use: calc, may_fail: true}\n"
        '  c: {use: calc, with: {x: "${steps.b}", why: "${errors.b.code}"}}',
        "'${errors[\"b\"].code + steps.c}'",
    )
    after = rewritten(plan, CARDS, ["common"]).plan
    assert after.steps["c"].with_ == {"x": "${steps.a}", "why": "${errors.a.code}"}
    assert after.result == '${errors["a"].code + steps.c}'


def test_it_is_said_which_is_which() -> None:
    plan = read(TWINS.format(use="look"), BOTH)
    assert [change.says for change in changes(plan, "common")] == [
        "b does the same as a with the same arguments: it is done once"
    ]

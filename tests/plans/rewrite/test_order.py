"""Needless order goes; the order that counts stays."""

from tests.plans.rewrite.cards import changes, read, steps_of


def test_after_is_needless_where_data_says_the_same() -> None:
    plan = read("  a: {use: pay}\n  b: {use: put, after: [a], with: {x: '${steps.a}'}}")
    assert steps_of(plan, "order") == "a b"


def test_after_is_needless_where_somebody_between_waits_already() -> None:
    plan = read("  a: {use: pay}\n  b: {use: pay, after: [a]}\n  c: {use: pay, after: [a, b]}")
    assert steps_of(plan, "order") == "a b(a) c(b)"


def test_what_is_skipped_at_once_holds_nobody_up_so_its_order_is_not_enough() -> None:
    plan = read(
        """
  q: {use: calc, when: inputs.n > 1}
  a: {use: pay}
  b: {use: put, after: [a], with: {x: "${steps.q}"}}
  c: {use: pay, after: [a, b]}
"""
    )
    assert steps_of(plan, "order") == "q?inputs.n > 1 a b(a) c(a,b)"


def test_two_reads_need_no_order() -> None:
    plan = read("  a: {use: look}\n  b: {use: fetch, after: [a]}", '["${steps.a}", "${steps.b}"]')
    assert steps_of(plan, "order") == "a b"


def test_a_read_goes_on_waiting_for_a_write_and_a_write_for_a_read() -> None:
    plan = read(
        "  a: {use: look}\n  b: {use: pay, after: [a]}\n  c: {use: look, after: [b]}",
        '["${steps.a}", "${steps.c}"]',
    )
    assert steps_of(plan, "order") == "a b(a) c(b)"


def test_a_write_waits_itself_for_what_a_freed_step_has_waited_for() -> None:
    plan = read(
        """
  w: {use: put}
  a: {use: look, after: [w]}
  b: {use: look, after: [a]}
  p: {use: pay, with: {x: "${steps.b}"}}
""",
        '"${steps.a}"',
    )
    assert steps_of(plan, "order") == "w a(w) b(w) p(a)"


def test_what_costs_money_waits_for_the_check_before_it() -> None:
    plan = read("  a: {use: look}\n  b: {use: model, after: [a]}", '["${steps.a}", "${steps.b}"]')
    assert steps_of(plan, "order") == "a b(a)"


def test_a_step_that_is_only_waited_for_is_a_gate() -> None:
    plan = read("  verify: {use: look}\n  b: {use: look, after: [verify]}", '"${steps.b}"')
    assert steps_of(plan, "order") == "verify b(verify)"


def test_joins_are_left_alone() -> None:
    plan = read(
        """
  a: {use: look}
  b: {use: look}
  j: {use: calc, join: first, after: [a, b], with: {x: "${steps.a}"}}
""",
        '["${steps.b}", "${steps.j}"]',
    )
    assert steps_of(plan, "order") == "a b j(a,b)"


def test_a_failure_that_would_be_tolerated_without_it_keeps_its_order() -> None:
    plan = read(
        """
  a: {use: look}
  b: {use: look}
  j: {use: calc, join: first, with: {x: "${steps.a}", y: "${steps.b}"}}
  c: {use: look, after: [a]}
""",
        '["${steps.j}", "${steps.c}"]',
    )
    assert steps_of(plan, "order") == "a b j c(a)"


def test_who_is_asked_why_he_failed_is_waited_for_anyway() -> None:
    plan = read(
        '  a: {use: pay, may_fail: true}\n  b: {use: put, after: [a], with: {why: "${errors.a}"}}',
        '"${steps.a}"',
    )
    assert steps_of(plan, "order") == "a b"


def test_an_after_that_makes_a_failure_fatal_stays_though_the_step_is_asked_about() -> None:
    plan = read(
        """
  a: {use: look}
  b: {use: look}
  j: {use: calc, join: first, with: {x: "${steps.a}", y: "${steps.b}"}}
  c: {use: look, after: [a], with: {why: "${errors.a}"}}
""",
        '["${steps.j}", "${steps.c}"]',
    )
    assert steps_of(plan, "order") == "a b j c(a)"


def test_nobody_waits_himself_for_what_a_join_may_do_without() -> None:
    plan = read(
        """
  a: {use: put}
  b: {use: look}
  j: {use: calc, join: first, with: {x: "${steps.a}", y: "${steps.b}"}}
  c: {use: look, with: {why: "${errors.a}"}}
  d: {use: look, after: [c]}
""",
        '["${steps.j}", "${steps.c}", "${steps.d}"]',
    )
    assert steps_of(plan, "order") == "a b j c d(c)"


def test_what_is_skipped_with_a_step_that_may_fail_holds_nobody_up() -> None:
    plan = read(
        """
  q: {use: calc, may_fail: true}
  a: {use: pay}
  b: {use: put, after: [a], with: {x: "${steps.q}"}}
  c: {use: pay, after: [a, b]}
"""
    )
    assert steps_of(plan, "order") == "q a b(a) c(a,b)"


def test_what_a_compensation_looks_at_stays_named() -> None:
    plan = read(
        """
  a: {use: look}
  m: {use: look, with: {x: "${steps.a}"}}
  b: {use: pay, after: [a], with: {y: "${steps.m}"}, undo: {use: put, with: {x: "${steps.a}"}}}
"""
    )
    assert steps_of(plan, "order") == "a m b(a)"


def test_it_is_said_who_need_not_wait_and_who_waits_instead() -> None:
    plan = read(
        """
  a: {use: look}
  b: {use: look, after: [a]}
  p: {use: pay, after: [a], with: {x: "${steps.b}"}}
  q: {use: pay, after: [a, p]}
""",
        '"${steps.a}"',
    )
    assert [change.says for change in changes(plan, "order")] == [
        "b need not wait for a: neither has an effect",
        "q need not name a: it waits for that anyway",
    ]

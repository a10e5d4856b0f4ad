"""What a run can come to at most; that no run passes it is in test_explain_laws."""

from typing import Any

import pytest

from batuta.plans.bounds import Bounds, Worst, bounds, links
from batuta.plans.build import plan_from_yaml
from batuta.plans.partly import known_inputs
from batuta.spec.card import Card

CENT = 10_000_000
CARDS = {
    card.name: card
    for card in (
        Card("free", effect="pure", reach="local", timeout_s=10),
        Card("paid", effect="read", reach="egress", price_nusd=CENT, timeout_s=20),
        Card("human", effect="read", reach="local", kind="human", waits=True, timeout_s=1),
        Card("agent", effect="read", price_nusd=CENT, waits=True, timeout_s=3),
        Card("think", effect="read", reach="egress", price_nusd=CENT, expands=True),
        Card("write", effect="write", timeout_s=5, in_doubt="ask"),
        Card("again", effect="write", timeout_s=5, in_doubt="retry", price_nusd=CENT),
        Card("sure", effect="write", timeout_s=5, in_doubt="reconcile"),
        Card("narrow", effect="pure", reach="local", timeout_s=10, concurrency=2),
        Card("same", effect="pure", reach="local", timeout_s=10, concurrency=2, shares="narrow"),
    )
}


def bounded(steps: str, head: str = "", **known: object) -> Bounds:
    """The bounds of a plan with these `steps`, written in YAML."""
    plan = plan_from_yaml(f"name: p\n{head}steps:\n{steps}").plan
    return bounds(plan, CARDS, **known)  # pyright: ignore[reportArgumentType]


def knowing(steps: str, head: str, inputs: dict[str, Any]) -> Bounds:
    """The same for a run with these `inputs`."""
    plan = plan_from_yaml(f"name: p\n{head}steps:\n{steps}").plan
    return bounds(plan, CARDS, known_inputs(plan, inputs))


def test_a_call_costs_at_most_its_price_and_takes_at_most_its_time_out() -> None:
    assert bounded("  a: {use: paid}\n").worst == Worst(1, CENT, 20)
    assert bounded("  a: {use: paid, timeout: 3}\n").worst == Worst(1, CENT, 3)


def test_retries_repeat_all_of_it_and_add_their_pauses() -> None:
    one = bounded("  a: {use: paid, retry: {at_most: 3, backoff: 1, factor: 10, ceiling: 50}}\n")
    assert one.worst == Worst(4, 4 * CENT, 4 * 20 + 1 + 10 + 50)


def test_fallbacks_come_after_all_retries_each_with_retries_of_its_own() -> None:
    one = bounded("  a: {use: paid, fallback: [free], retry: {at_most: 1, backoff: 2}}\n")
    assert one.worst == Worst(4, 2 * CENT, 2 * 20 + 2 * 10 + 2 * 2)


def test_a_call_that_asks_takes_its_time_twice_and_counts_once() -> None:
    assert bounded("  a: {use: human}\n").worst == Worst(1, 0, 2)
    assert bounded("  a: {use: agent}\n").worst == Worst(1, 2 * CENT, 6)


def test_what_is_in_doubt_is_sent_again_as_often_as_its_card_may() -> None:
    assert bounded("  a: {use: write}\n").worst.calls == 1
    assert bounded("  a: {use: again}\n").worst == Worst(11, 11 * CENT, 55)
    assert bounded("  a: {use: sure}\n").worst == Worst(11, 0, 11 * (5 + 60))


def test_an_answer_that_is_a_plan_has_no_bound_but_budgets() -> None:
    assert bounded("  a: {use: think}\n").worst == Worst(None, None, None)
    capped = bounded("  a: {use: think, budget: {usd: 1, calls: 7, seconds: 9}}\n")
    assert capped.steps["a"].free == Worst(None, None, None)
    assert capped.worst == Worst(7, 100 * CENT, 9.0)


def test_items_are_many_at_once_and_rounds_one_after_the_other() -> None:
    each = bounded("  a: {use: free, each: '${[1, 2, 3, 4, 5]}', limit: 2}\n")
    assert each.worst == Worst(5, 0, 30)
    rounds = bounded("  a: {use: free, repeat: {until: 'false', at_most: 4, wait: 7}}\n")
    assert rounds.worst == Worst(4, 0, 4 * 10 + 3 * 7)


def test_items_without_a_limit_of_their_own_wait_for_lanes() -> None:
    steps = "  a: {use: free, each: '${[1, 2, 3, 4, 5]}'}\n"
    assert bounded(steps).worst.time_s == 10
    assert bounded(steps, at_once=2).worst.time_s == 10 + 5 * 10 / 2
    assert bounded(steps, head="limit: 1\n").worst.time_s == 10 + 5 * 10
    narrow = bounded(steps.replace("free", "narrow"))
    assert narrow.worst.time_s == 10 + 5 * 10 / 2
    both = bounded("  a: {use: narrow}\n  b: {use: same}\n  c: {use: same}\n")
    assert both.worst.time_s == 10 + 3 * 10 / 2


@pytest.mark.parametrize(
    ("each", "head", "items", "known"),
    [
        ("[1, 2]", "", 2, 2),
        ("inputs.rows", "inputs: {rows: list}\n", 10_000, None),
        ("inputs.rows", "inputs: {rows: {type: list, maxItems: 40}}\n", 40, None),
        ("inputs.rows", "inputs: {rows: {type: list, default: [1]}}\n", 10_000, None),
        ("inputs.rows.map(r, r + 1)", "inputs: {rows: {type: list, maxItems: 40}}\n", 40, None),
        ("inputs.rows.filter(r, r > 1)", "inputs: {rows: {type: list, maxItems: 40}}\n", 40, None),
        ("inputs.rows", "inputs: {rows: {type: list, minItems: 7, maxItems: 7}}\n", 7, 7),
        ("inputs.rows + [1, 2]", "inputs: {rows: {type: list, maxItems: 40}}\n", 42, None),
        ("has(inputs.one) ? [inputs.one] : []", "inputs: {one: any}\n", 1, None),
        ("inputs.rows.map(r, r)", "inputs: {rows: {type: list, minItems: 10001}}\n", 0, 0),
    ],
)
def test_lists_are_as_long_as_constants_and_types_say(
    each: str, head: str, items: int, known: int | None
) -> None:
    one = bounded(f"  a: {{use: free, each: '${{{each}}}'}}\n", head).steps["a"]
    assert (one.items, one.items_known) == (items, known)


def test_inputs_that_are_given_and_defaults_beside_them_are_known() -> None:
    head = "inputs: {rows: list, more: {type: list, default: [7]}}\n"
    steps = (
        "  a: {use: free, each: '${inputs.rows}'}\n"
        "  b: {use: free, each: '${inputs.more}'}\n"
        "  c: {use: free, each: '${steps.a}'}\n"
        "  d: {use: free, each: '${inputs.rows}', at_most: 1}\n"
    )
    found = knowing(steps, head, {"rows": [1, 2, 3]}).steps
    assert {name: (one.items, one.items_known) for name, one in found.items()} == {
        "a": (3, 3),
        "b": (1, 1),
        "c": (3, 3),
        "d": (0, 0),  # too many: the step fails before anything is called
    }


def test_what_is_made_of_the_results_of_items_is_as_long_as_these() -> None:
    steps = (
        "  a: {use: free, each: '${inputs.rows}'}\n"
        "  b: {use: free, each: '${steps.a.filter(r, r.good)}'}\n"
        "  c: {use: free, each: '${steps.b.map(r, r.id)}'}\n"
        "  d: {use: free, each: '${steps.a.map(r, r.id)}'}\n"
        "  e: {use: free, each: '${steps.f}'}\n"
        "  f: {use: free, each: '${steps.e}'}\n"
    )
    found = knowing(steps, "inputs: {rows: list}\n", {"rows": [1, 2, 3]}).steps
    assert {name: (one.items, one.items_known) for name, one in found.items()} == {
        "a": (3, 3),
        "b": (3, None),
        "c": (3, None),
        "d": (3, 3),
        "e": (10_000, None),
        "f": (10_000, None),
    }


def test_nobody_knows_how_many_items_will_fail() -> None:
    steps = (
        "  a: {use: free, each: '${[1, 2]}', may_fail: true}\n"
        "  b: {use: free, each: '${errors.a.filter(e, e != null)}', at_most: 7}\n"
        "  c: {use: free, each: '${steps.a.filter(one, one != null)}'}\n"
    )
    found = bounded(steps).steps
    assert [(found[name].items, found[name].items_known) for name in "abc"] == [
        (2, 2), (7, None), (2, None),
    ]  # fmt: skip


def test_compensations_are_one_per_effect_and_one_after_the_other() -> None:
    one = bounded(
        "  a: {use: free, each: '${[1, 2, 3]}', undo: paid, retry: {at_most: 1, backoff: 0}}\n"
    )
    assert one.undo == Worst(6, 6 * CENT, 6 * 20)
    assert one.worst == Worst(6 + 6, 6 * CENT, 20 + 120)


def test_a_budget_bounds_what_is_done_and_not_what_takes_it_back() -> None:
    steps = "  a: {use: paid, each: '${[1, 2, 3]}', undo: paid}\n"
    one = bounded(steps, head="budget: {usd: 0.01, calls: 2}\n")
    assert (one.free.calls, one.free.cost_nusd) == (3, 3 * CENT)
    # Two calls leave two effects at most.
    assert (one.worst.calls, one.worst.cost_nusd) == (2 + 2, CENT + 2 * CENT)
    tight = bounded(steps, head="budget: {calls: 1}\n")
    assert tight.worst.calls == 1 + 1


def test_so_many_calls_take_no_longer_than_the_slowest_of_them_with_the_pauses_between() -> None:
    steps = "  a: {use: paid, repeat: {until: 'false', at_most: 100, wait: 7}}\n  b: {use: free}\n"
    assert bounded(steps, head="budget: {calls: 3}\n").worst == Worst(3, 3 * CENT, 3 * (20 + 7))
    inside = bounded("  a: {use: paid, each: '${inputs.x}', limit: 1, budget: {calls: 3}}\n")
    assert inside.worst == Worst(3, 3 * CENT, 3 * 20)
    assert bounded("  a: {use: think, budget: {calls: 3}}\n").worst == Worst(3, None, None)


def test_so_few_calls_of_a_step_leave_so_few_effects_of_it() -> None:
    one = bounded("  a: {use: free, each: '${[1, 2, 3]}', undo: paid, budget: {calls: 2}}\n")
    assert one.undo == Worst(2, 2 * CENT, 2 * 20)


def test_time_is_that_of_the_slowest_chain() -> None:
    steps = (
        "  a: {use: free}\n"
        "  b: {use: paid, timeout: 5}\n"
        "  c: {use: free, with: {x: '${steps.a}'}}\n"
        "  d: {use: free, after: [b, c]}\n"
    )
    one = bounded(steps)
    assert (one.worst.time_s, one.slowest) == (30, ("a", "c", "d"))


def test_a_time_limit_ends_the_run_and_what_pauses_by_then() -> None:
    steps = "  a: {use: paid, retry: {at_most: 9, backoff: 3, ceiling: 3}}\n"
    assert bounded(steps, head="timeout: 60\n").worst.time_s == 60 + 3


def test_a_plan_with_flaws_is_bounded_as_far_as_it_is_understood() -> None:
    steps = (
        "  a: {use: nothing}\n"
        "  b: {use: free, with: {x: '${steps.c + }'}}\n"
        "  c: {use: free, with: {x: '${steps.d}'}}\n"
        "  d: {use: free, with: {x: '${steps.c}', y: '${steps.gone}'}, each: '${1 +}'}\n"
    )
    one = bounded(steps)
    assert one.worst == Worst(None, None, None)
    assert one.steps["b"].worst == Worst(1, 0, 10)


def test_links_are_the_order_that_the_engine_keeps() -> None:
    text = (
        "name: p\nsteps:\n"
        "  a: {use: free}\n"
        "  b: {use: free}\n"
        "  c: {use: free, when: 'steps.b != null', with: {x: '${steps.a}'}, after: [a, d]}\n"
        "  d: {use: free, undo: {use: free, with: {x: '${steps.b}'}}}\n"
    )
    assert links(plan_from_yaml(text).plan) == {
        "a": {},
        "b": {},
        "c": {"b": False, "a": True, "d": False},
        "d": {},
    }

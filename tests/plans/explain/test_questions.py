"""Which questions a run will ask; that all of it comes true is in test_explain_laws."""

from typing import Any

from batuta.governance.forecast import forecaster
from batuta.plans.bounds import bounds
from batuta.plans.build import plan_from_yaml
from batuta.plans.explain.premises import Premises
from batuta.plans.explain.questions import Expected, Questions
from batuta.plans.explanation import Asked
from batuta.plans.partly import known_inputs
from batuta.spec.card import Card
from tests.governance.rules import rules_from

CARDS = {
    card.name: card
    for card in (
        Card("pay", effect="write", reach="egress"),
        Card("back", effect="write", reach="egress"),
        Card("look", effect="read", reach="local"),
        Card("human", effect="read", reach="local", kind="human", waits=True),
        Card("form", effect="read", reach="local", waits=True),
    )
}
OVER = {"capability": "pay", "when": "args.amount > 100.0", "verdict": "ask", "who": ["ops"]}
HEAD = "inputs: {amount: number, rows: list}\n"


def expected(
    steps: str, *rules: dict[str, Any], inputs: dict[str, Any] | None = None
) -> dict[str, Expected]:
    """What is foreseen of each of `steps`, written in YAML, under `rules`."""
    plan = plan_from_yaml(f"name: p\n{HEAD}steps:\n{steps}").plan
    known = known_inputs(plan, inputs)
    found = bounds(plan, CARDS, known)
    questions = Questions(plan, Premises(CARDS, forecaster(rules_from(list(rules)))), known)
    return {name: questions.of(name, found.steps[name]) for name in plan.steps}


def asks(steps: str, *rules: dict[str, Any], **inputs: Any) -> list[tuple[str, str, bool, int]]:
    """Of whom something is asked: step, kind, if that is certain, and how often at most."""
    found = expected(steps, *rules, inputs=inputs or None)
    return [
        (one.step, one.kind, one.certain, one.at_most) for e in found.values() for one in e.asks
    ]


def test_where_no_rule_asks_nobody_is_asked() -> None:
    assert expected("  a: {use: pay}\n") == {"a": Expected()}


def test_a_question_has_its_rule_its_reason_and_who_is_asked() -> None:
    found = expected("  a: {use: pay, with: {amount: '${inputs.amount}'}}\n", OVER)
    assert found["a"].asks == (
        Asked(
            step="a",
            kind="approval",
            certain=False,
            rule="policy[0]",
            why="depends on args.amount (capability: pay; when: args.amount > 100.0)",
            who=("ops",),
        ),
    )


def test_constants_and_known_inputs_decide() -> None:
    constant = "  a: {use: pay, with: {amount: 500.0}}\n  b: {use: pay, with: {amount: 5.0}}\n"
    assert asks(constant, OVER) == [("a", "approval", True, 1)]
    given = "  a: {use: pay, with: {amount: '${inputs.amount * 2.0}'}}\n"
    assert asks(given, OVER, amount=51.0) == [("a", "approval", True, 1)]
    assert asks(given, OVER, amount=50.0) == []


def test_an_input_that_is_not_given_is_not_known() -> None:
    given = "  a: {use: pay, with: {amount: '${inputs.amount}'}}\n"
    assert asks(given, OVER, rows=[]) == [("a", "approval", False, 1)]


def test_values_of_steps_are_not_known() -> None:
    steps = "  a: {use: look}\n  b: {use: pay, with: {amount: '${steps.a.total}'}}\n"
    assert asks(steps, OVER) == [("b", "approval", False, 1)]


def test_items_are_asked_about_one_by_one_where_they_are_known() -> None:
    steps = "  a: {use: pay, each: '${inputs.rows}', with: {amount: '${item}'}, at_most: 40}\n"
    assert asks(steps, OVER) == [("a", "approval", False, 40)]
    assert asks(steps, OVER, rows=[1.0, 200.0, 300.0]) == [("a", "approval", True, 2)]
    assert asks(steps, OVER, rows=[1.0]) == []


def test_items_that_are_left_out_are_not_asked_about() -> None:
    steps = (
        "  a: {use: pay, each: '${inputs.rows}', when: 'item < 250.0', with: {amount: '${item}'}}\n"
    )
    assert asks(steps, OVER, rows=[1.0, 200.0, 300.0]) == [("a", "approval", True, 1)]


def test_every_round_asks() -> None:
    steps = "  a: {use: pay, with: {amount: 500.0}, repeat: {until: 'false', at_most: 3}}\n"
    assert asks(steps, OVER) == [("a", "approval", True, 3)]


def test_a_fallback_asks_only_if_it_comes_to_that() -> None:
    steps = "  a: {use: look, with: {amount: 500.0}, fallback: [pay]}\n"
    found = expected(steps, OVER)["a"].asks
    assert [(one.certain, one.why.split(" (")[0]) for one in found] == [
        (False, "if it falls back to pay")
    ]


def test_a_compensation_asks_for_itself() -> None:
    steps = "  a: {use: look, undo: {use: back}}\n"
    assert asks(steps, {"effect": "write", "verdict": "ask"}) == [("a/undo", "approval", True, 1)]


def test_a_person_is_asked_for_certain_and_other_askers_maybe() -> None:
    steps = (
        "  a: {use: human, with: {question: 'Go on with ${inputs.amount}?', who: [boss]}}\n"
        "  b: {use: form, retry: 2}\n"
    )
    found = expected(steps)
    assert found["a"].asks == (
        Asked("a", "answer", why="Go on with ${inputs.amount}?", who=("boss",)),
    )
    assert found["b"].asks == (Asked("b", "answer", certain=False, at_most=3, why="form may ask"),)


def test_the_policy_may_ask_before_a_person_is_asked() -> None:
    steps = "  a: {use: human, with: {question: 'Well?'}}\n"
    assert asks(steps, {"capability": "human", "verdict": "ask"}) == [
        ("a", "approval", True, 1),
        ("a", "answer", True, 1),
    ]


def test_what_is_refused_for_certain_asks_nobody() -> None:
    deny = {"verdict": "deny", "reason": "not from here"}
    steps = "  a: {use: human, with: {question: 'Well?'}, undo: back, fallback: [pay]}\n"
    assert expected(steps, {**deny, "capability": "human"}) == {
        "a": Expected(denied="policy[0]: not from here")
    }


def test_what_may_be_refused_says_so_and_asks_nobody_for_certain() -> None:
    deny = {"verdict": "deny", "reason": "too much", "when": "args.show == 1"}
    steps = "  a: {use: human, with: {question: 'Well?', show: '${inputs.amount}'}}\n"
    found = expected(steps, deny)["a"]
    assert (found.denied, found.denied_maybe) == ("", "policy[0]: too much")
    assert [one.certain for one in found.asks] == [False]


def test_an_item_that_is_refused_for_certain_is_named() -> None:
    deny = {"verdict": "deny", "when": "args.amount > 900.0", "reason": "too much"}
    steps = "  a: {use: pay, each: '${inputs.rows}', with: {amount: '${item}'}}\n"
    found = expected(steps, deny, OVER, inputs={"rows": [1.0, 200.0, 1000.0]})["a"]
    assert found.denied == "policy[0]: too much (item 2)"
    assert [(one.certain, one.at_most) for one in found.asks] == [(True, 1)]


def test_rules_about_the_step_know_its_path() -> None:
    rule = {"verdict": "ask", "when": "step == 'b'"}
    assert asks("  a: {use: pay}\n  b: {use: pay}\n", rule) == [("b", "approval", True, 1)]
    items = "  b: {use: pay, each: '${inputs.rows}'}\n"
    last = {"verdict": "ask", "when": "step == 'b.2'"}
    assert asks(items, last, rows=[1, 2, 3]) == [("b", "approval", True, 1)]
    assert asks(items, last) == [("b", "approval", False, 10_000)]


def test_capabilities_that_are_not_there_are_asked_about_by_the_checker() -> None:
    assert expected("  a: {use: nothing, undo: nothing, fallback: [nothing]}\n") == {
        "a": Expected()
    }


def test_items_of_very_many_lists_are_not_looked_at_one_by_one() -> None:
    steps = "".join(
        f"  s{n}: {{use: pay, each: '${{inputs.rows}}', with: {{amount: '${{item}}'}}}}\n"
        for n in range(30)
    )
    found = asks(steps, OVER, rows=[500.0] * 1_000)
    assert found[0] == ("s0", "approval", True, 1_000)
    assert found[-1] == ("s29", "approval", False, 1_000)

"""What the policy will say, from what is known of a call; that it is right is in tests/plans."""

from typing import Any

import pytest

from batuta.governance.forecast import forecaster
from batuta.spec.card import Card
from batuta.spec.foreseen import UNKNOWN, Foreseen, Ruling
from tests.governance.rules import rules_from

PAY = Card("pay", effect="write", reach="egress")
ASK = {"verdict": "ask", "who": ["ops"], "reason": "because"}
ASKED = Ruling("ask", "policy[0]", "because", ("ops",))


def foreseen(
    *rules: dict[str, Any], args: Any = UNKNOWN, path: Any = UNKNOWN, card: Card = PAY
) -> Foreseen:
    return forecaster(rules_from(list(rules)))(card, args, path)


def test_without_a_rule_everything_is_allowed() -> None:
    assert foreseen() == Foreseen((Ruling(),))


def test_rules_about_the_card_alone_are_certain() -> None:
    assert foreseen({**ASK, "effect": "write"}, {"verdict": "deny"}) == Foreseen((ASKED,))
    assert foreseen({**ASK, "when": "card.reach == 'egress'"}) == Foreseen((ASKED,))
    assert foreseen({**ASK, "effect": "read"}) == Foreseen((Ruling(),))


def test_what_depends_on_an_unknown_argument_may_be_either() -> None:
    rules = {**ASK, "when": "args.amount > 100.0"}, {"verdict": "deny", "reason": "never"}
    assert foreseen(*rules, args={"amount": UNKNOWN}) == Foreseen(
        (ASKED, Ruling("deny", "policy[1]", "never")), ("args.amount",)
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"amount": 500.0}, ["ask"]),
        ({"amount": 5.0}, ["allow"]),
        ({"amount": 500.0, "to": UNKNOWN}, ["ask"]),
        ({"amount": "much"}, ["ask"]),  # what cannot be evaluated fails to the safe side
        ({}, ["ask"]),
        ({"amount": UNKNOWN}, ["ask", "allow"]),
        (UNKNOWN, ["ask", "allow"]),
    ],
)
def test_what_is_known_decides(args: Any, words: list[str]) -> None:
    said = foreseen({**ASK, "when": "args.amount > 100.0"}, args=args)
    assert [one.word for one in said.rulings] == words


@pytest.mark.parametrize(
    ("when", "args", "word"),
    [
        ("args.a > 1 || args.b > 1", {"a": 5, "b": UNKNOWN}, "ask"),
        ("args.a > 1 && args.b > 1", {"a": 0, "b": UNKNOWN}, "allow"),
        ("has(args.a)", {"b": UNKNOWN}, "allow"),
        ("has(args.a)", {"a": 1, "b": UNKNOWN}, "ask"),
        ("args.a.b == null", {"a": {"c": UNKNOWN}}, "ask"),
        ("args.rows[0] == 1", {"rows": [1, UNKNOWN]}, "ask"),
        ("args.rows.exists(x, x == 1)", {"rows": [1, 2]}, "ask"),
    ],
)
def test_what_does_not_depend_on_the_unknown_is_certain(when: str, args: Any, word: str) -> None:
    said = foreseen({**ASK, "when": when}, args=args)
    assert ([one.word for one in said.rulings], said.depends) == ([word], ())


@pytest.mark.parametrize(
    ("when", "args"),
    [
        ("has(args.a)", {"a": UNKNOWN}),  # it may be null
        ("has(args.a.b)", {"a": UNKNOWN}),
        ("args.rows.exists(x, x == 1)", {"rows": [1, UNKNOWN]}),
        ("size(args) > 1", UNKNOWN),
        ("args.a == null", {"a": UNKNOWN}),
    ],
)
def test_what_depends_on_the_unknown_is_never_taken_for_certain(when: str, args: Any) -> None:
    said = foreseen({**ASK, "when": when}, args=args)
    assert [one.word for one in said.rulings] == ["ask", "allow"]


def test_the_path_of_a_step_counts_where_it_is_known() -> None:
    rule = {**ASK, "when": "step.startsWith('pay')"}
    assert foreseen(rule, path="pay").all_say("ask")
    assert foreseen(rule, path="mail").all_say("allow")
    assert foreseen(rule).depends == ("step",)


def test_rules_behind_one_that_is_certain_do_not_count() -> None:
    said = foreseen(
        {"verdict": "allow", "when": "args.a == 1"},
        {**ASK, "effect": "write"},
        {"verdict": "deny", "when": "args.b == 1"},
    )
    assert [one.word for one in said.rulings] == ["allow", "ask"]
    assert (said.depends, said.asking()) == (("args.a",), (said.rulings[1],))

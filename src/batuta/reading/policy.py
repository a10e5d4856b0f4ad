"""The policy of a workspace: ordered rules, each with a verdict; the first that matches decides.

B201  a `when` is wrong             B204  a rule that can never apply
"""

from typing import Any, Literal, cast

import msgspec

from batuta.errors import ExpressionError
from batuta.reading.condition import read_condition
from batuta.reading.places import Places
from batuta.reading.report import Report
from batuta.reading.shapes import (
    FLAWED,
    choice,
    form_of,
    formed,
    matching,
    one_or_more,
    record,
    sequence,
    text,
)
from batuta.reading.tree import Node
from batuta.spec.card import Card
from batuta.spec.expr import compile_expression

__all__ = ["POLICY_ROOTS", "Rule", "read_policy"]

# What the `when` of a rule may speak of: the card, the arguments, and the path of the step.
POLICY_ROOTS = frozenset({"args", "card", "step"})
_CARD_FIELDS = tuple(Card(name="any").shown())

RULES_MAX = 1_000
WORDS_MAX = 100


class Rule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One rule of the policy; the first that matches decides. What is not given matches everything.

    Attributes:
        when: condition over `card`, `args` and `step`, without `${…}`.
        capability: names, or patterns with `*`.
        scope: a scope that the card asks for.
        who: who is asked, if the verdict is `ask`.
    """

    verdict: Literal["allow", "ask", "deny"]
    when: str | None = None
    capability: tuple[str, ...] = ()
    effect: tuple[str, ...] = ()
    reach: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    reason: str = ""


def _when(node: Node, report: Report) -> Any:
    condition = read_condition(node, report)
    if condition is FLAWED:
        return FLAWED
    try:
        expression = compile_expression(condition, POLICY_ROOTS)
        for one in expression.references:
            if one.root == "card" and one.path and one.path[0] not in _CARD_FIELDS:
                raise ExpressionError(
                    f"{one} is nothing that a card has",
                    remedy=f"a card has {', '.join(_CARD_FIELDS)}",
                    offset=one.offset,
                )
    except ExpressionError as error:
        place = Places(node, report.text, report.file).inside((), condition, error.offset or 0)
        remedy = error.remedy or "correct it here; expressions are written in CEL"
        report.add("B201", f"{report.where()}: {error.message}", place, remedy)
        return FLAWED
    return condition


formed(_when, *form_of(read_condition))

_read_rule_record = record(
    Rule,
    {
        "verdict": choice("allow", "ask", "deny"),
        "when": _when,
        "capability": one_or_more(
            matching(r"[A-Za-z0-9_.*?-]{1,128}", "a name or pattern of capabilities", "mail.*"),
            WORDS_MAX,
        ),
        "effect": one_or_more(choice("pure", "read", "idempotent", "write"), 4),
        "reach": one_or_more(choice("local", "egress", "irreversible"), 3),
        "scope": one_or_more(text(1, 256), WORDS_MAX),
        "who": one_or_more(text(1, 256), WORDS_MAX),
        "reason": text(0, 4_096),
    },
    required=("verdict",),
    what="a rule: a map with at least `verdict`",
)


def _rule(node: Node, report: Report) -> Any:
    rule = _read_rule_record(node, report)
    if isinstance(rule, Rule) and rule.who and rule.verdict != "ask":
        report.flaw(
            "B204",
            f"`who` is asked, and the verdict is `{rule.verdict}`",
            at=cast("dict[str, Node]", node.map)["who"].start,
            remedy="write `verdict: ask`, or take `who` out",
        )
        return FLAWED
    return rule


formed(_rule, "any", _read_rule_record)


read_policy = sequence(_rule, RULES_MAX)

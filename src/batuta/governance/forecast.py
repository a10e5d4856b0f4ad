"""What the policy will say of a call before it is made, from what is known of its arguments by then. Pure.

Where nothing unknown decides, the answer is the verdict itself. Where something does, every rule that may still
apply is named, in their order, with what it depends on.
"""

from typing import Any

from batuta.errors import ExpressionError
from batuta.governance.verdict import Policy
from batuta.ports import Verdict
from batuta.spec.card import Card
from batuta.spec.expr import evaluate_condition
from batuta.spec.foreseen import (
    UNKNOWN,
    Forecaster,
    Foreseen,
    Ruling,
    Unknown,
    known_in,
    touches_unknown,
)

__all__ = ["forecaster"]


def forecaster(policy: Policy) -> Forecaster:
    """The forecaster of `policy`; see `batuta.spec.foreseen`.

    An expression that may fail fails to the safe side, as in `Policy`: what is not known counts as either.
    """

    def foresee(card: Card, args: Any, path: str | Unknown = UNKNOWN) -> Foreseen:
        return _foresee(policy, card, args, path)

    return foresee


def _foresee(policy: Policy, card: Card, args: Any, path: str | Unknown) -> Foreseen:
    known = policy.known_of(card)
    values = {"card": known.shown, "args": args, "step": path}
    possible: list[Ruling] = []
    depends: dict[str, None] = {}
    for rule, conditional in known.rules:
        if not conditional or rule.when is None:
            return Foreseen((*possible, _ruling(rule.verdict)), tuple(depends))
        withheld = [
            str(one)
            for one in rule.when.references
            if touches_unknown(values.get(one.root, UNKNOWN), one.path)
        ]
        if withheld:
            try:
                holds = evaluate_condition(rule.when, known_in(values))
            except ExpressionError:
                possible.append(_ruling(rule.verdict))
                depends |= dict.fromkeys(withheld)
                continue
            verdict = rule.verdict if holds else None
        else:
            verdict = rule.decide(values)
        if verdict is not None:
            return Foreseen((*possible, _ruling(verdict)), tuple(depends))
    return Foreseen((*possible, Ruling()), tuple(depends))


def _ruling(verdict: Verdict) -> Ruling:
    return Ruling(verdict.word, verdict.rule, verdict.reason, verdict.who)

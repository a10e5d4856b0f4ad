"""The policy: ordered rules that say of a call `allow`, `ask` or `deny`. Pure; the first rule that matches decides.

    policy:
      - {when: "card.name == 'refund' && args.amount > 100.0", verdict: ask, who: [ops]}
      - {capability: "pay*", effect: write, verdict: allow}
      - {reach: irreversible, verdict: deny, reason: "not from here"}

A rule matches if everything it states does: `capability` (a name, or a pattern with `*` and `?`), `effect`, `reach`,
`scope` (each one or a list of which one must fit), and `when`, an expression over `card`, `args` and `step` (the
path of the step). A rule that states nothing matches every call. Without a matching rule a call is allowed: the plan
was written, or approved, by somebody who may.

An expression that cannot be evaluated (it asks for an argument that is not there, or compares a text with a number)
fails to the safe side: the rule then matches if it says `ask` or `deny`, and does not if it says `allow`.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from batuta.errors import ExpressionError, Finding, Place
from batuta.ports import Verdict
from batuta.reading.policy import POLICY_ROOTS, Rule
from batuta.spec.card import Card
from batuta.spec.expr import (
    Expression,
    Reference,
    compile_condition,
    evaluate_condition,
    resolve,
)

__all__ = ["KnownCard", "Policy", "PolicyRule"]

_ALLOWED = Verdict()


class PolicyRule:
    """One rule, ready to be asked."""

    __slots__ = ("_capability", "_effects", "_reaches", "_scopes", "id", "verdict", "when")

    def __init__(self, stated: Rule, index: int) -> None:
        self.id = f"policy[{index}]"
        patterns = [fnmatch.translate(name) for name in stated.capability]
        self._capability = re.compile("|".join(patterns)) if patterns else None
        self._effects = frozenset(stated.effect)
        self._reaches = frozenset(stated.reach)
        self._scopes = frozenset(stated.scope)
        self.when = compile_condition(stated.when, POLICY_ROOTS) if stated.when else None
        self.verdict = Verdict(
            word=stated.verdict,
            rule=self.id,
            reason=stated.reason or _described(stated),
            who=stated.who,
        )

    def fits(self, card: Card) -> bool:
        """True if nothing the rule states about the card speaks against it; `when` is not asked."""
        return (
            (self._capability is None or self._capability.match(card.name) is not None)
            and (not self._effects or card.effect in self._effects)
            and (not self._reaches or card.reach in self._reaches)
            and (not self._scopes or not self._scopes.isdisjoint(card.scopes))
        )

    def decide(self, facts: Mapping[str, Any]) -> Verdict | None:
        """The verdict if `when` holds of `facts` (or is not stated), else None."""
        if self.when is None:
            return self.verdict
        try:
            return self.verdict if evaluate_condition(self.when, _lookup(facts)) else None
        except ExpressionError as error:
            if self.verdict.word == "allow":
                return None
            why = f"{self.verdict.reason} (it could not be evaluated: {error.message})"
            return msgspec.structs.replace(self.verdict, reason=why)


class KnownCard(msgspec.Struct, frozen=True):
    """What is known of a card: itself as expressions see it, and the rules that may still hold, in order.

    The flag of a rule says that its `when` has to be asked at every call.
    """

    card: Card
    shown: Mapping[str, Any]
    rules: tuple[tuple[PolicyRule, bool], ...]


class Policy:
    """Ordered rules, those of a workspace; a `batuta.ports.Judge`.

    Raises `ExpressionError` for a rule with a wrong `when`, which was then not read from a file.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = tuple(PolicyRule(rule, index) for index, rule in enumerate(rules))
        # What rules state about a card is asked once per card, not once per call (0.6 µs instead of 18 each).
        self._known: dict[str, KnownCard] = {}

    def __call__(self, card: Card, args: Any, path: str) -> Verdict:
        """What the rules say of calling `card` with `args` for the step instance `path`."""
        if not self._rules:
            return _ALLOWED
        known = self.known_of(card)
        for rule, conditional in known.rules:
            verdict = rule.verdict
            if conditional:
                verdict = rule.decide({"card": known.shown, "args": args, "step": path})
            if verdict is not None:
                return verdict
        return _ALLOWED

    def known_of(self, card: Card) -> KnownCard:
        """What can be said of `card` before it is called."""
        known = self._known.get(card.name)
        if known is None or known.card is not card:
            known = self._known[card.name] = self._look_at(card)
        return known

    def _look_at(self, card: Card) -> KnownCard:
        shown = card.shown()
        rules: list[tuple[PolicyRule, bool]] = []
        for rule in self._rules:
            holds = rule.fits(card) and (rule.when is None or _settled(rule.when, shown))
            if holds is not False:
                rules.append((rule, holds is None))
        return KnownCard(card, shown, tuple(rules))

    def idle(
        self, cards: Mapping[str, Card], locate: Callable[[int], Place] | None = None
    ) -> list[Finding]:
        """A warning for every rule that fits none of `cards`: most likely a name is misspelt.

        `locate` gives the place of the rule of an index.
        """
        return [
            Finding(
                "B611",
                f"{rule.id} fits no capability of this workspace",
                place=locate(index) if locate is not None else None,
                remedy="compare its names with those of your capabilities",
                warning=True,
            )
            for index, rule in enumerate(self._rules)
            if not any(rule.fits(card) for card in cards.values())
        ]


def _lookup(facts: Mapping[str, Any]) -> Callable[[Reference], Any]:
    return lambda reference: resolve(facts[reference.root], reference.path)


def _settled(when: Expression, card: Mapping[str, Any]) -> bool | None:
    """What `when` is for every call of `card`, if that can be told without arguments and step; else None.

    They are withheld, which makes every use of them an error. A result in spite of it does not depend on them, as
    in `card.name == 'pay' && args.amount > 5` for another card. An expression that asks whether an argument is
    there takes no for an answer instead of failing, and says nothing about calls where it is.
    """
    if any(one.optional and one.root != "card" for one in when.references):
        return None
    try:
        return evaluate_condition(when, _lookup({"card": card}))
    except ExpressionError:
        return None


def _described(stated: Rule) -> str:
    """A rule in words, for whoever is asked or refused and was given no reason."""
    said = {
        "capability": stated.capability,
        "effect": stated.effect,
        "reach": stated.reach,
        "scope": stated.scope,
        "when": (stated.when,) if stated.when else (),
    }
    parts = [f"{field}: {' or '.join(names)}" for field, names in said.items() if names]
    return "; ".join(parts) or "it holds for every call"

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
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

import msgspec

from batuta.errors import ExpressionError, Finding, Place, WorkspaceError
from batuta.ports import Verdict
from batuta.spec.budget import usd
from batuta.spec.card import Card, Effect, Reach
from batuta.spec.expr import (
    Expression,
    Reference,
    compile_condition,
    evaluate_condition,
    resolve,
)

__all__ = ["KnownCard", "Policy", "PolicyRule", "rules_from"]

# More rules than this are a program, and nobody can say what it does.
RULES_MAX = 1_000

Names: TypeAlias = str | tuple[str, ...]

_ROOTS = frozenset({"card", "args", "step"})
_ALLOWED = Verdict()


class _Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule as it is written."""

    verdict: Literal["allow", "ask", "deny"]
    capability: Names = ()
    effect: Effect | tuple[Effect, ...] = ()
    reach: Reach | tuple[Reach, ...] = ()
    scope: Names = ()
    when: str = ""
    who: Names = ()
    reason: str = ""


class PolicyRule:
    """One rule, ready to be asked."""

    __slots__ = ("_capability", "_effects", "_reaches", "_scopes", "id", "verdict", "when")

    def __init__(self, stated: _Stated, index: int) -> None:
        self.id = f"policy[{index}]"
        patterns = [fnmatch.translate(name) for name in _tuple(stated.capability)]
        self._capability = re.compile("|".join(patterns)) if patterns else None
        self._effects = frozenset(_tuple(stated.effect))
        self._reaches = frozenset(_tuple(stated.reach))
        self._scopes = frozenset(_tuple(stated.scope))
        self.when = _compiled(stated.when, self.id) if stated.when else None
        self.verdict = Verdict(
            word=stated.verdict,
            rule=self.id,
            reason=stated.reason or _described(stated),
            who=_tuple(stated.who),
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
    """Ordered rules; a `batuta.ports.Judge`. Make one with `rules_from`."""

    def __init__(self, rules: Sequence[PolicyRule] = ()) -> None:
        self._rules = tuple(rules)
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
        shown = _shown(card)
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


def rules_from(data: Any, *, locate: Callable[[int], Place] | None = None) -> Policy:
    """The policy that `data` states: the list under `policy:` in `batuta.yaml`, or None.

    `locate` gives the place of the rule of an index, for messages.

    Raises:
        WorkspaceError: lists every rule that is wrong.
    """
    if data is None:
        return Policy()
    if not isinstance(data, list | tuple):
        raise WorkspaceError(
            "policy: expected a list of rules", remedy="- {effect: write, verdict: ask}"
        )
    given = cast("Sequence[Any]", data)
    if len(given) > RULES_MAX:
        raise WorkspaceError(f"policy: {len(given):,} rules, at most {RULES_MAX:,}")
    rules: list[PolicyRule] = []
    findings: list[Finding] = []
    for index, one in enumerate(given):
        try:
            rules.append(PolicyRule(_stated(one, index), index))
        except WorkspaceError as error:
            place = locate(index) if locate else None
            findings.append(Finding("B610", error.message, place=place, remedy=error.remedy))
    if findings:
        first = findings[0]
        raise WorkspaceError(
            first.message, remedy=first.remedy, place=first.place, findings=findings
        )
    return Policy(rules)


def _stated(one: Any, index: int) -> _Stated:
    try:
        stated = msgspec.convert(one, _Stated, strict=True)
    except msgspec.ValidationError as error:
        text = str(error).replace("`", "").replace("Object contains unknown field", "unknown key")
        what, _, where = text.partition(" - at $")
        raise WorkspaceError(
            f"policy[{index}]{where}: {what[:1].lower()}{what[1:]}",
            remedy=f"a rule states {', '.join(_Stated.__struct_fields__)}",
        ) from None
    if stated.who and stated.verdict != "ask":
        raise WorkspaceError(
            f"policy[{index}].who: nobody is asked where the verdict is {stated.verdict}",
            remedy="leave it out, or write verdict: ask",
        )
    return stated


def _compiled(text: str, rule: str) -> Expression:
    try:
        expression = compile_condition(text, _ROOTS)
    except ExpressionError as error:
        where = "" if error.offset is None else f" at character {error.offset + 1}"
        raise WorkspaceError(
            f"{rule}.when: {error.message}{where}",
            remedy=error.remedy or "it may use card, args and step",
        ) from None
    fields = _shown(Card(name="any")).keys()
    for reference in expression.references:
        if reference.root == "card" and reference.path and reference.path[0] not in fields:
            raise WorkspaceError(
                f"{rule}.when: {reference} is nothing that a card has",
                remedy=f"a card has {', '.join(fields)}",
            )
    return expression


def _shown(card: Card) -> dict[str, Any]:
    """What `card` is in an expression."""
    return {
        "name": card.name,
        "kind": card.kind,
        "effect": card.effect,
        "reach": card.reach,
        "scopes": list(card.scopes),
        "price_usd": usd(card.price_nusd),
        "metered": card.metered,
        "declared": card.declared,
        "waits": card.waits,
    }


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


def _described(stated: _Stated) -> str:
    """A rule in words, for whoever is asked or refused and was given no reason."""
    said = {
        "capability": _tuple(stated.capability),
        "effect": _tuple(stated.effect),
        "reach": _tuple(stated.reach),
        "scope": _tuple(stated.scope),
        "when": _tuple(stated.when),
    }
    parts = [f"{field}: {' or '.join(names)}" for field, names in said.items() if names]
    return "; ".join(parts) or "it holds for every call"


def _tuple(names: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(names, str):
        return (names,) if names else ()
    return names

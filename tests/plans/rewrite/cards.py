"""Capabilities of every kind, and plans that use them, for tables of examples."""

from batuta.plans.build import plan_from_yaml
from batuta.plans.check import check
from batuta.plans.explanation import Change
from batuta.plans.rewrite import rewritten
from batuta.spec.card import Card
from batuta.spec.plan import Plan

__all__ = ["CARDS", "changes", "read", "said", "steps_of"]

CARDS = {
    card.name: card
    for card in (
        Card("calc", effect="pure", reach="local"),
        Card("look", effect="read", reach="local"),
        Card("fetch", effect="read", reach="egress"),
        Card("model", effect="read", reach="egress", price_nusd=1_000_000),
        Card("scan", effect="pure", reach="egress", price_nusd=1_000_000),
        Card("put", effect="idempotent", reach="egress"),
        Card("pay", effect="write", reach="irreversible"),
        Card("ask", effect="read", reach="local", waits=True),
        Card("think", effect="read", reach="local", expands=True),
    )
}


def read(steps: str, result: str = "null") -> Plan:
    """A plan of YAML lines, without flaws."""
    text = f"name: test\ninputs: {{n: integer}}\nsteps:\n{steps}\nresult: {result}\n"
    plan = plan_from_yaml(text).plan
    assert [finding for finding in check(plan, CARDS) if not finding.warning] == []
    return plan


def said(plan: Plan, rule: str) -> list[tuple[str, ...]]:
    """The steps that each change of one rule has touched."""
    return [change.steps for change in changes(plan, rule)]


def changes(plan: Plan, rule: str) -> tuple[Change, ...]:
    """What one rule changes."""
    return rewritten(plan, CARDS, [rule]).changes


def steps_of(plan: Plan, rule: str) -> str:
    """The plan after one rule, as `name(after)?when` for each step."""
    after = rewritten(plan, CARDS, [rule]).plan
    shown: list[str] = []
    for name, step in after.steps.items():
        waits = f"({','.join(step.after)})" if step.after else ""
        shown.append(name + waits + (f"?{step.when}" if step.when else ""))
    return " ".join(shown)

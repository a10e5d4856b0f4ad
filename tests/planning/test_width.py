"""Whether a plan may do more than another one: by capability, inside of plans too, in scopes and in price."""

import pytest

from batuta.planning.width import wider
from batuta.plans.build import plan_from_data
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from batuta.spec.shape import PlanShape

CARDS = {
    card.name: card
    for card in (
        Card("look", effect="read", reach="local"),
        Card("ask", effect="read", reach="egress"),
        Card("keep", effect="write", reach="local"),
        Card("send", effect="write", reach="egress"),
        Card("cheap", effect="read", reach="egress", price_nusd=1_000),
        Card("dear", effect="read", reach="egress", price_nusd=2_000),
        Card("unknown", effect="read", reach="egress", priced=False),
        Card("scoped", effect="read", reach="local", scopes=("hr",)),
        Card("plan.inner", effect="pure", reach="local", plan="x"),
        Card("agent", effect="pure", reach="local", calls=("send",)),
    )
}


def shape(*uses: str) -> PlanShape:
    steps = {f"s{at}": {"use": use} for at, use in enumerate(uses)}
    return PlanShape(plan_from_data({"name": "p", "steps": steps}).plan)


def inner(name: str) -> Plan | None:
    return shape("keep").plan if name == "plan.inner" else None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (["look"], ["look"], []),
        (["ask"], ["look"], []),
        (["look"], ["ask"], ["ask goes further: effect read, reach egress"]),
        (["keep"], ["keep", "look"], []),
        # Each does only one of both.
        (["keep", "ask"], ["send"], ["send goes further: effect write, reach egress"]),
        (["send"], ["keep", "ask"], []),
        (["look"], ["plan.inner"], ["keep goes further: effect write, reach local"]),
        (["plan.inner"], ["keep"], []),
        (["keep"], ["agent"], ["send goes further: effect write, reach egress"]),
        (["look"], ["scoped"], ["scoped wants hr"]),
        (["scoped"], ["scoped"], []),
        (["dear"], ["cheap"], []),
        (["cheap"], ["dear"], ["it may cost $0.000002, and the plan before $0.000001"]),
        (["cheap"], ["unknown"], ["nobody knows what it may cost"]),
        (["unknown"], ["dear"], []),
    ],
)
def test_what_goes_further_is_named(before: list[str], after: list[str], said: list[str]) -> None:
    assert wider(shape(*before), shape(*after).steps.values(), CARDS, inner) == said

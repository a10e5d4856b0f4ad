"""Whatever stands in a plan or on a card: findings with a place, never an exception."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batuta.errors import Finding, PlanError
from batuta.plans.build import plan_from_yaml
from batuta.plans.check import check
from batuta.plans.rules import RULES
from batuta.spec.budget import Budget
from batuta.spec.card import Card
from batuta.spec.plan import Plan
from tests.plans.plans import plans
from tests.plans.test_corpus import CARDS, CASES

PIECES = [
    *"{}[]:,#$.'\"&|!<>=+-*?() \n0a",
    "${",
    "steps.",
    "inputs.",
    "item",
    "previous",
    "index",
    "null",
    "true",
    "has(",
    "size(",
    ".map(r, r.",
    "# batuta: allow B133 x",
    "when: ",
    "each: ",
    "repeat: {until: true, at_most: 3}",
    "join: first",
    "budget: {usd: 0, calls: 0}",
    "\ud800",
    "😀",
]
edits = st.lists(
    st.tuples(st.integers(0, 2_000), st.integers(0, 6), st.sampled_from(PIECES)), max_size=4
)
words = st.sampled_from(
    "type properties required items $ref anyOf allOf enum const $defs additionalProperties minimum maxItems"
    " object array string #/$defs/a #".split()
)
schemas: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
cards = st.builds(
    Card,
    name=st.just("c"),
    input=st.dictionaries(words, schemas, max_size=4),
    output=st.none() | st.dictionaries(words, schemas, max_size=4),
    effect=st.sampled_from(["pure", "read", "idempotent", "write"]),
    reach=st.sampled_from(["local", "egress", "irreversible"]),
    price_nusd=st.integers(0, 10**12),
    kind=st.sampled_from(["function", "human"]),
    waits=st.booleans(),
    declared=st.booleans(),
)


def look(findings: list[Finding], lines: int) -> None:
    for finding in findings:
        assert finding.code in RULES
        assert finding.remedy
        assert 1 <= finding.place.line <= lines + 1
        assert finding.place.column >= 1


@given(st.sampled_from(CASES), edits)
def test_a_wrong_plan_that_is_edited_gets_findings(
    case: Any, changes: list[tuple[int, int, str]]
) -> None:
    text: str = case.text
    for position, length, new in changes:
        begin = position % (len(text) + 1)
        text = text[:begin] + new + text[begin + length :]
    try:
        plan, places = plan_from_yaml(text, "p.yaml")
    except PlanError as error:
        look(list(error.findings), text.count("\n") + 1)
    else:
        look(check(plan, CARDS, places, budget=Budget(usd=1, calls=5)), text.count("\n") + 1)


@given(plans, cards)
def test_a_card_with_any_schema_is_compared_with_any_plan(plan: Plan, card: Card) -> None:
    used = {step.use for step in plan.steps.values()}
    used |= {other.use for step in plan.steps.values() for other in step.fallback}
    used |= {step.undo.use for step in plan.steps.values() if step.undo is not None}
    for finding in check(plan, dict.fromkeys(used, card), inputs={}):
        assert finding.code in RULES

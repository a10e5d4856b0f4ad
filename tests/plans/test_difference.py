"""What is different between plans, values and cards: field by field, in the words of people."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.plans.difference import Change, card_changes, plan_changes, value_changes
from batuta.spec.card import Card
from batuta.spec.plan import Plan, Repeat, Retry, Step
from batuta.spec.value import canonical

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


class TestValues:
    @given(JSON)
    def test_a_value_is_like_itself(self, value: Any) -> None:
        assert value_changes(value, value) == []

    @given(JSON, JSON)
    def test_values_differ_exactly_if_their_json_does(self, one: Any, other: Any) -> None:
        assert bool(value_changes(one, other)) == (canonical(one) != canonical(other))

    @given(JSON, JSON)
    def test_the_way_back_is_the_way_there_backwards(self, one: Any, other: Any) -> None:
        turned = {"added": "removed", "removed": "added", "changed": "changed"}
        there = {(c.path, c.kind, repr(c.before), repr(c.after)) for c in value_changes(one, other)}
        back = {
            (c.path, turned[c.kind], repr(c.after), repr(c.before))
            for c in value_changes(other, one)
        }
        assert there == back

    @pytest.mark.parametrize(
        ("before", "after", "changes"),
        [
            (1, True, [("", "changed", 1, True)]),
            (1, 1.0, [("", "changed", 1, 1.0)]),
            ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", "changed", 1, 2)]),
            ({"a": [1, 2]}, {"a": [1]}, [("a[1]", "removed", 2, None)]),
            ({"a": None}, {}, [("a", "removed", None, None)]),
            ([], {}, [("", "changed", [], {})]),
        ],
    )
    def test_places_are_named(self, before: Any, after: Any, changes: list[Any]) -> None:
        assert value_changes(before, after) == [Change(*change) for change in changes]

    def test_very_many_differences_and_very_deep_ones_are_bounded(self) -> None:
        assert len(value_changes(list(range(10_000)), [])) == 200
        deep: Any = 1
        for _ in range(200):
            deep = {"a": deep}
        (change,) = value_changes(deep, {"a": {"a": 1}})
        assert change.path == "a.a"


PLAN = Plan(
    "p",
    inputs={"n": {"type": "integer"}},
    steps={
        "a": Step("look", {"n": "${inputs.n}"}, retry=Retry(2)),
        "b": Step("pay", {"of": "${steps.a}"}, when="inputs.n > 1"),
    },
    result="${steps.b}",
)


def changed(**fields: Any) -> list[tuple[Any, ...]]:
    other = Plan(**{name: getattr(PLAN, name) for name in PLAN.__struct_fields__} | fields)
    return [(c.kind, c.path, c.before, c.after) for c in plan_changes(PLAN, other)]


class TestPlans:
    def test_an_equal_plan_has_no_changes(self) -> None:
        assert changed() == []

    def test_what_is_of_the_whole_plan_is_named(self) -> None:
        assert changed(limit=3, result=None, inputs={"n": {"type": "string"}, "m": {}}) == [
            ("changed", "inputs.n.type", "integer", "string"),
            ("added", "inputs.m", None, {}),
            ("added", "limit", None, 3),
            ("changed", "result", "${steps.b}", None),
        ]

    def test_steps_are_compared_field_by_field(self) -> None:
        a = Step("look", {"n": 4}, retry=Retry(3, 1.0), timeout_s=5.0)
        b = Step("pay", {"of": "${steps.a}"}, repeat=Repeat("true", 2))
        assert changed(steps={"a": a, "b": b}) == [
            ("changed", "steps.a.with.n", "${inputs.n}", 4),
            ("changed", "steps.a.retry.at_most", 2, 3),
            ("added", "steps.a.retry.backoff", None, 1.0),
            ("added", "steps.a.timeout", None, 5.0),
            ("removed", "steps.b.when", "inputs.n > 1", None),
            ("added", "steps.b.repeat", None, {"until": "true", "at_most": 2}),
        ]

    def test_steps_that_are_new_gone_or_have_another_name_are_told_apart(self) -> None:
        steps = {"a2": PLAN.steps["a"], "c": Step("tell")}
        assert [change[:2] for change in changed(steps=steps)] == [
            ("renamed", "steps.a"),
            ("removed", "steps.b"),
            ("added", "steps.c"),
        ]


def fields(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


class TestCards:
    BEFORE = Card("pay", input=fields(("n",), n={"type": "integer"}, to={"type": "string"}))

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"description": "other words"}, []),
            ({"effect": "read"}, ["effect: write → read"]),
            ({"reach": "local", "scopes": ("pay",)}, ["reach: egress → local", "scopes: none → pay"]),
            ({"price_nusd": 1_500_000_000, "timeout_s": 5.0}, ["price: $0 → $1.5", "timeout: 300 s → 5 s"]),
            ({"declared": False, "waits": True}, ["declared: yes → no", "waits: no → yes"]),
            ({"output": {"type": "string"}}, ["output: any → string"]),
            ({"input": {}}, ["input: {n: integer, to?: string, …} → any"]),
            ({"input": fields(("n",), n={"type": "string"}, to={"type": "string"})}, ["input.n: integer → string"]),
            ({"input": fields(("n", "to"), n={"type": "integer"}, to={"type": "string"})},
             ["input.to: optional → required"]),
            ({"input": fields(("n",), n={"type": "integer"})}, ["input.to: gone"]),
            ({"input": fields(("n", "x"), n={"type": "integer"}, to={"type": "string"}, x={"type": "null"})},
             ["input.x: new, required null"]),
            ({"input": fields(("n",), n={"type": "integer", "maximum": 3}, to={"type": "string"})},
             ["input.n: integer → integer <= 3"]),
            ({"input": fields(("n",), n={"type": "integer", "x-unit": "m"}, to={"type": "string"})},
             ["input.n: other constraints"]),
            ({"input": fields(("n",), n={"type": "integer", "title": "N"}, to={"type": "string"})},
             ["input: other constraints"]),
        ],
    )  # fmt: skip
    def test_each_change_has_its_words(self, changes: dict[str, Any], said: list[str]) -> None:
        kept = {name: getattr(self.BEFORE, name) for name in Card.__struct_fields__}
        assert card_changes(self.BEFORE, Card(**kept | changes)) == said

    def test_what_a_run_is_pinned_to_has_words_whenever_it_changes(self) -> None:
        kept = {name: getattr(self.BEFORE, name) for name in Card.__struct_fields__}
        for name, value in kept.items():
            after = Card(**kept | {name: _other(name, value)})
            assert bool(card_changes(self.BEFORE, after)) == (
                after.digest() != self.BEFORE.digest()
            )


def _other(name: str, value: Any) -> Any:
    """Another value for a field of a card."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return {"input": {}, "output": {"type": "null"}, "scopes": ("s",)}.get(name, "x")

"""The shape of a plan: who depends on whom, and which values are needed."""

import pytest

from batuta.spec.plan import Alternative, Plan, Repeat, Step, Undo
from batuta.spec.shape import PlanShape, step_roots


def shape_of(**steps: Step) -> PlanShape:
    return PlanShape(Plan("p", steps={"a": Step("x"), "b": Step("x"), **steps}))


def test_a_reference_is_a_dependency_and_its_value_is_needed() -> None:
    step = shape_of(c=Step("x", {"n": "${steps.a.n + steps.b.n}"})).steps["c"]
    assert (step.deps, step.needs) == (("a", "b"), frozenset({"a", "b"}))


@pytest.mark.parametrize(
    "text", ["${has(steps.a.n)}", "${steps.a == null}", "${steps.a != null ? 1 : 2}"]
)
def test_asking_whether_it_is_there_is_a_dependency_without_need(text: str) -> None:
    step = shape_of(c=Step("x", {"n": text})).steps["c"]
    assert (step.deps, step.needs) == (("a",), frozenset())


def test_after_is_a_dependency_without_need() -> None:
    step = shape_of(c=Step("x", after=("b",))).steps["c"]
    assert (step.deps, step.needs) == (("b",), frozenset())


def test_conditions_lists_and_fallbacks_are_looked_at_too() -> None:
    step = shape_of(
        c=Step(
            "x",
            when="steps.a.ok",
            each="${steps.b.list}",
            fallback=(Alternative("y", {"d": "${steps.d}"}),),
        ),
        d=Step("x"),
    ).steps["c"]
    assert (set(step.deps), step.needs) == ({"a", "b", "d"}, frozenset({"a", "b", "d"}))


def test_what_only_the_compensation_mentions_is_not_waited_for() -> None:
    step = shape_of(c=Step("x", undo=Undo("y", {"n": "${steps.a.n}"}))).steps["c"]
    assert step.deps == ()


def test_its_own_value_in_until_is_no_dependency() -> None:
    step = shape_of(c=Step("x", repeat=Repeat("steps.c.done && steps.a.ok", 3))).steps["c"]
    assert step.deps == ("a",)


def test_dependants_are_the_reverse_of_dependencies() -> None:
    shape = shape_of(c=Step("x", {"n": "${steps.a}"}), d=Step("x", after=("a", "c")))
    assert shape.dependants == {"a": ("c", "d"), "b": (), "c": ("d",), "d": ()}


@pytest.mark.parametrize(
    ("when", "per_item"),
    [("item > 1", True), ("index == 0", True), ("steps.a.ok", False), ("inputs.item == 1", False)],
)
def test_a_condition_that_mentions_the_item_is_asked_per_item(when: str, per_item: bool) -> None:
    step = shape_of(c=Step("x", each="[1]", when=when)).steps["c"]
    assert step.when_per_item is per_item


@pytest.mark.parametrize(
    ("result", "whole"),
    [
        ("${steps.a}", "a"), ("${ steps.a }", "a"), ("${steps.a.n}", None), ("x ${steps.a}", None),
        ({"a": "${steps.a}"}, None), (None, None),
    ],
)  # fmt: skip
def test_a_result_that_is_just_a_step_names_it(result: object, whole: str | None) -> None:
    shape = PlanShape(Plan("p", steps={"a": Step("x")}, result=result))
    assert shape.whole_result == whole
    assert shape.in_result == (frozenset({"a"}) if result else frozenset())


def test_every_capability_is_known_before_the_run_begins() -> None:
    shape = shape_of(c=Step("y", fallback=(Alternative("z"),), undo=Undo("w")))
    assert shape.capabilities == {"x", "y", "z", "w"}


def test_who_asks_why_a_step_failed_waits_for_it_and_does_not_need_it() -> None:
    shape = shape_of(
        c=Step("x", {"why": "${errors.a.code}", "b": "${steps.b}"}, after=("a",)),
        d=Step("x", {"why": "${errors.a}", "b": "${steps.b}"}, join="first"),
    )
    c, d = shape.steps["c"], shape.steps["d"]
    assert (c.deps, c.needs, c.asks) == (("a", "b"), {"b"}, frozenset())
    assert (d.deps, d.needs, d.asks, d.joined) == (("a", "b"), {"b"}, {"a"}, ("b",))
    assert (shape.dependants["a"], shape.users["a"]) == (("c", "d"), ("c",))


def test_an_error_in_the_result_is_no_value_in_it() -> None:
    shape = PlanShape(Plan("p", steps={"a": Step("x")}, result="${errors.a}"))
    assert (shape.in_result, shape.whole_result) == (frozenset(), None)


def test_names_depend_on_what_the_step_repeats_over() -> None:
    outer = {"errors", "inputs", "steps"}
    assert step_roots(Step("x")) == outer
    assert step_roots(Step("x", each="[]")) == outer | {"item", "index"}
    assert step_roots(Step("x", repeat=Repeat("true", 1))) == outer | {
        "index", "previous", "rounds",
    }  # fmt: skip


def test_a_fallback_without_arguments_has_those_of_the_step() -> None:
    step = shape_of(c=Step("x", {"n": 1}, fallback=(Alternative("y"), Alternative("z", {"m": 2}))))
    own, same, other = step.steps["c"].arguments
    assert own is same
    assert other is not own

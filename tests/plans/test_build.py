"""A plan is the same object whoever wrote it, and comes back equal from YAML and JSON."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from batuta.errors import InputError, NotFound, PlanError
from batuta.plans.build import (
    plan_from_data,
    plan_from_file,
    plan_from_yaml,
    plan_to_yaml,
)
from batuta.spec.budget import Budget
from batuta.spec.plan import Alternative, Plan, Repeat, Retry, Step, Undo
from tests.plans.plans import as_json, plans

TICKET = """\
name: answer-ticket
inputs:  {ticket: string}
steps:
  topic:    {use: classify, with: {text: "${inputs.ticket}", labels: [billing, bug, how-to]}}
  passages: {use: handbook.search, with: {query: "${inputs.ticket}", limit: 5}}
  draft:    {use: writer, with: {ticket: "${inputs.ticket}", passages: "${steps.passages.hits}"}}
  review:   {use: human, when: "steps.topic.label == 'billing'",
              with: {question: "Send this?", show: "${steps.draft.text}"}}
result: "${steps.draft.text}"
"""


@given(plans)
def test_a_plan_comes_back_equal_from_yaml_json_and_python_with_the_same_digest(plan: Plan) -> None:
    for again in (
        plan_from_yaml(plan_to_yaml(plan), "p.yaml").plan,
        plan_from_yaml(as_json(plan), "p.json").plan,
        plan_from_data(plan).plan,
        plan_from_data(json.loads(as_json(plan))).plan,
    ):
        assert again == plan
        assert again.digest() == plan.digest()


def test_the_plan_of_the_design_is_read_as_it_would_be_built_in_python() -> None:
    built = Plan(
        name="answer-ticket",
        inputs={"ticket": {"type": "string"}},
        steps={
            "topic": Step(
                use="classify",
                with_={"text": "${inputs.ticket}", "labels": ["billing", "bug", "how-to"]},
            ),
            "passages": Step(
                use="handbook.search", with_={"query": "${inputs.ticket}", "limit": 5}
            ),
            "draft": Step(
                use="writer",
                with_={"ticket": "${inputs.ticket}", "passages": "${steps.passages.hits}"},
            ),
            "review": Step(
                use="human",
                when="steps.topic.label == 'billing'",
                with_={"question": "Send this?", "show": "${steps.draft.text}"},
            ),
        },
        result="${steps.draft.text}",
    )
    plan, places = plan_from_yaml(TICKET, "ticket.yaml")
    assert plan == built
    assert plan.digest() == built.digest()
    assert str(places.at("steps", "review", "with", "show")) == "ticket.yaml:8:52"


def test_examples_are_a_text_or_a_list_and_nothing_in_them_is_evaluated() -> None:
    one = plan_from_yaml('name: x\nexamples: "weather in {city} ${steps.none}"', "p.yaml").plan
    more = plan_from_yaml("name: x\nexamples: [a, b]", "p.yaml").plan
    assert (one.examples, more.examples) == (("weather in {city} ${steps.none}",), ("a", "b"))
    assert plan_to_yaml(Plan("x", "what", limit=2, examples=("a",))).splitlines() == [
        "name: x",
        "description: what",
        "examples:",
        "  - a",
        "limit: 2",
    ]
    with pytest.raises(PlanError, match="examples"):
        plan_from_yaml("name: x\nexamples: {a: b}", "p.yaml")


def test_shorthands_become_the_long_form() -> None:
    short = """
        name: x
        inputs: {a: list, b: any, c: {type: object, properties: {d: {type: list, items: {type: any}}}}}
        steps:
          one: {use: a, retry: 3, timeout: 30s, fallback: b, undo: c, after: two, when: "${ inputs.b }"}
          two:
            use: a
            each: "${inputs.a}"
            repeat: {until: "${steps.two.ok}", at_most: 5, wait: 500ms}
            fallback: [b, {use: c, with: {x: 1}}]
            join: any( 2 )
            budget: {usd: 5, seconds: 2h}
          three: {use: a, when: true, each: "inputs.a", retry: {at_most: 2, backoff: 1s, ceiling: 5m}}
        timeout: 1d
    """
    assert plan_from_yaml(short).plan == Plan(
        name="x",
        inputs={
            "a": {"type": "array"},
            "b": {},
            "c": {"type": "object", "properties": {"d": {"type": "array", "items": {}}}},
        },
        steps={
            "one": Step(
                use="a",
                retry=Retry(at_most=3),
                timeout_s=30.0,
                fallback=(Alternative(use="b"),),
                undo=Undo(use="c"),
                after=("two",),
                when="inputs.b",
            ),
            "two": Step(
                use="a",
                each="inputs.a",
                repeat=Repeat(until="steps.two.ok", at_most=5, wait_s=0.5),
                fallback=(Alternative(use="b"), Alternative(use="c", with_={"x": 1})),
                join="any(2)",
                budget=Budget(usd=5.0, seconds=7200.0),
            ),
            "three": Step(
                use="a",
                when="true",
                each="inputs.a",
                retry=Retry(at_most=2, backoff_s=1.0, ceiling_s=300.0),
            ),
        },
        timeout_s=86_400.0,
    )


def test_a_plan_made_in_python_is_normalised_so_that_equal_plans_have_equal_digests() -> None:
    loose = Plan(
        name="x",
        steps={
            "a": Step(use="b", timeout_s=30, when="${inputs.x}", with_={"n": (1, Decimal("1.5"))})
        },
    )
    exact = Plan(
        name="x",
        steps={"a": Step(use="b", timeout_s=30.0, when="inputs.x", with_={"n": [1, "1.5"]})},
    )
    assert plan_from_data(loose).plan.digest() == exact.digest()


def test_a_plan_made_in_python_that_is_no_plain_data_is_refused() -> None:
    for value in (object(), float("nan"), {1, object()}):
        with pytest.raises(PlanError):
            plan_from_data(Plan(name="x", result=value))


def test_numbers_survive() -> None:
    text = "name: x\nsteps: {a: {use: b, with: {i: 123456789012345678, f: 12.50, d: '12.50', z: 01234}}}"
    assert plan_from_yaml(text).plan.steps["a"].with_ == {
        "i": 123456789012345678,
        "f": 12.5,
        "d": "12.50",
        "z": "01234",
    }


def test_a_plan_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ticket.yaml"
    path.write_text(TICKET, encoding="utf-8")
    assert plan_from_file(path).plan == plan_from_yaml(TICKET).plan


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no plan"):
        plan_from_file(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        plan_from_file(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        plan_from_file("a\0b")
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(64 * 1_024 * 1_024)
    with pytest.raises(InputError, match="more than"):
        plan_from_file(large)


def test_all_flaws_are_told_at_once_in_the_order_of_the_text() -> None:
    text = """\
name: x
stepz: {}
steps:
  undo: {use: 1}
  a-b: {wit: 1, timeout: abc, retry: 101, join: any(0), each: [1]}
  a: {use: x, repeat: {at_most: 10001}, when: "", undo: {with: 1}, fallback: [5]}
  a: {use: y}
inputs: {b: strng, c: {type: integer, default: x}, d: {minimum: y}, null: string}
"""
    with pytest.raises(PlanError) as caught:
        plan_from_yaml(text, "p.yaml")
    assert [f"{finding.code} {finding.place}" for finding in caught.value.findings] == [
        "B020 p.yaml:2:1",
        "B026 p.yaml:4:3",
        "B022 p.yaml:4:15",
        "B025 p.yaml:5:3",
        "B021 p.yaml:5:8",
        "B020 p.yaml:5:9",
        "B022 p.yaml:5:26",
        "B023 p.yaml:5:38",
        "B024 p.yaml:5:49",
        "B022 p.yaml:5:63",
        "B021 p.yaml:6:23",
        "B023 p.yaml:6:33",
        "B023 p.yaml:6:47",
        "B021 p.yaml:6:57",
        "B022 p.yaml:6:64",
        "B022 p.yaml:6:79",
        "B005 p.yaml:7:3",
        "B024 p.yaml:8:13",
        "B028 p.yaml:8:48",
        "B027 p.yaml:8:55",
        "B006 p.yaml:8:69",
    ]
    assert [f for f in caught.value.findings if not f.remedy] == []
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("{use: a, retry: -1}", "B023"),
        ("{use: a, retry: 1.5}", "B022"),
        ("{use: a, timeout: 0}", "B023"),
        ("{use: a, timeout: -1s}", "B022"),
        ("{use: a, at_most: 100001}", "B023"),
        ("{use: a, with: [1]}", "B022"),
        ("{use: a, with: text}", "B022"),
        ("{use: a, budget: {usd: -1}}", "B023"),
        ("{use: a b}", "B025"),
        ("{use: a, after: {b: c}}", "B022"),
        ("{use: a, join: any}", "B024"),
        ("{use: a, repeat: {until: x, at_most: 0}}", "B023"),
        ("a", "B022"),
        ("null", "B022"),
        ("[]", "B022"),
    ],
)
def test_a_setting_out_of_its_bounds_is_told(step: str, code: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_from_yaml(f"name: x\nsteps:\n  s: {step}\n")
    assert [finding.code for finding in caught.value.findings] == [code]


def test_too_many_steps_are_refused() -> None:
    steps = "".join(f"  s{i}: {{use: a}}\n" for i in range(10_001))
    with pytest.raises(PlanError, match="10,001 entries are more than 10,000"):
        plan_from_yaml(f"name: x\nsteps:\n{steps}")


def test_ten_thousand_steps_are_a_plan() -> None:
    steps = {f"s{i}": Step(use="a", with_={"x": f"${{steps.s{i - 1}.v}}"}) for i in range(10_000)}
    plan = Plan(name="x", steps=steps)
    assert plan_from_yaml(plan_to_yaml(plan)).plan == plan


@pytest.mark.parametrize(
    "each", ["inputs.rows}", "${ ${x} }", "${a} ${b}", "${", "$${a}", "}", "'}'"]
)
def test_even_an_expression_that_is_wrong_comes_back_equal(each: str) -> None:
    plan = plan_from_data(Plan(name="x", steps={"a": Step(use="b", each=each, when=each)})).plan
    assert plan_from_yaml(plan_to_yaml(plan)).plan == plan

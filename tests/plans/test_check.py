"""A plan is checked against the capabilities there are: all flaws at once, each with a code, place and remedy."""

import time

import pytest

from batuta.errors import Finding
from batuta.plans.build import plan_from_data, plan_from_yaml
from batuta.plans.check import check
from batuta.spec.card import Card
from batuta.spec.plan import Plan, Step

CARDS = {
    "look": Card(
        name="look",
        effect="idempotent",
        input={"type": "object", "properties": {"id": {}, "q": {}}, "required": ["id"]},
    ),
    "open": Card(name="open", effect="idempotent"),
    "loose": Card(
        name="loose",
        effect="idempotent",
        input={"type": "object", "properties": {"id": {}}, "additionalProperties": True},
    ),
    "strict": Card(
        name="strict", effect="idempotent", input={"properties": {}, "additionalProperties": False}
    ),
    "vague": Card(name="vague", declared=False),
}


def findings(text: str) -> list[Finding]:
    plan, places = plan_from_yaml(text, "p.yaml")
    return check(plan, CARDS, places)


def told(steps: str, result: str = "result: ${inputs}") -> list[tuple[str, str, str]]:
    """The findings as code, what stands at their place up to the next space, and message."""
    text = f"name: x\ninputs: {{rows: list, who: string}}\nsteps:\n{steps}\n{result}"
    lines = text.split("\n")
    return [
        (
            finding.code,
            lines[finding.place.line - 1][finding.place.column - 1 :].split(" ")[0],
            finding.message,
        )
        for finding in findings(text)
    ]


def test_a_plan_without_flaws_has_no_findings() -> None:
    assert (
        told(
            """
  a: {use: look, with: {id: "${inputs.who}"}}
  b:
    {use: open, when: inputs.who == "b", each: "${inputs.rows}", with: {x: "${item.id} ${index}"},
     limit: 3, at_most: 10}
  c: {use: open, repeat: {until: "steps.c.ok && index > 1", at_most: 3}, with: {p: "${previous}"}}
  d: {use: loose, with: {id: 1, more: 2}, join: any(2), after: [a, b, c]}
  e: {use: look, with: "${steps.a}", undo: {use: open, with: {id: "${steps.e.id} ${steps.a}"}}}
  f: {use: open, when: "has(steps.b) || steps.c == null"}
  g: {use: look, each: "inputs.rows", with: "${item}"}""",
            result='result: ["${steps.a}", {x: "$${not an expression}"}]',
        )
        == []
    )


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{use: lok}", [("B101", "lok}", "there is no capability 'lok'")]),
        ("{use: open, fallback: lok}", [("B101", "lok}", "there is no capability 'lok'")]),
        (
            "{use: open, fallback: [open, {use: lok}]}",
            [("B101", "lok}]}", "there is no capability 'lok'")],
        ),
        ("{use: open, undo: {use: lok}}", [("B101", "lok}}", "there is no capability 'lok'")]),
        (
            '{use: open, with: {x: "a ${steps.zz} and ${inputs.zz}"}}',
            [
                ("B102", "steps.zz}", "there is no step 'zz'"),
                ("B103", 'inputs.zz}"}}', "there is no input 'zz'"),
            ],
        ),
        (
            '{use: open, with: {x: "${steps}"}}',
            [("B102", 'steps}"}}', "`steps` alone is no value")],
        ),
        ("{use: open, when: inputs.zz == 1}", [("B103", "inputs.zz", "there is no input 'zz'")]),
        ("{use: open, after: [zz]}", [("B112", "zz]}", "there is no step 'zz'")]),
        ("{use: open, after: zz}", [("B112", "zz}", "there is no step 'zz'")]),
        ("{use: open, after: [a, a]}", [("B113", "a]}", "`after` names 'a' twice")]),
        ("{use: open, after: [s]}", [("B105", "s]}", "step 's' waits for itself")]),
        (
            '{use: open, with: {x: "${steps.s.y}"}}',
            [("B105", 'steps.s.y}"}}', "step 's' uses its own value, which is not there yet")],
        ),
        (
            "{use: open, join: any(2), after: [a]}",
            [
                (
                    "B114",
                    "any(2),",
                    "`join: any(2)` wants 2 of the steps that 's' uses, and it uses 1",
                )
            ],
        ),
        (
            "{use: open, join: first}",
            [("B114", "first}", "`join: first` wants 1 of the steps that 's' uses, and it uses 0")],
        ),
        (
            "{use: open, with: {x: ['${item.y}']}}",
            [("B116", "item.y}']}}", "there is no `item` in step 's'")],
        ),
        (
            "{use: open, each: '${item.rows}'}",
            [
                (
                    "B116",
                    "item.rows}'}",
                    "there is no `item` in `each` itself, which is asked before there are items",
                )
            ],
        ),
        (
            "{use: open, each: inputs.rows, when: previous == null}",
            [("B116", "previous", "there is no `previous` in step 's'")],
        ),
        (
            # It is asked once, before there are rounds.
            "{use: open, repeat: {until: steps.s.ok, at_most: 2}, when: 0 < index}",
            [("B116", "index}", "there is no `index` in step 's'")],
        ),
        (
            "{use: open, limit: 3}",
            [("B117", "limit:", "`limit` says how many items at once, and there is no `each`")],
        ),
        (
            "{use: open, at_most: 3}",
            [("B117", "at_most:", "`at_most` says how many items in all, and there is no `each`")],
        ),
        (
            '{use: open, undo: {use: open, with: {x: "${steps.a}"}}}',
            [("B118", 'steps.a}"}}}', "`undo` of 's' uses step 'a', which 's' does not wait for")],
        ),
        ("{use: look}", [("B109", "look}", "step 's': 'look' needs the argument 'id'")]),
        (
            "{use: look, with: {id: 1, di: 2}}",
            [("B110", "di:", "step 's': 'look' has no argument 'di'")],
        ),
        ("{use: strict, with: {x: 2}}", [("B110", "x:", "step 's': 'strict' has no argument 'x'")]),
        (
            "{use: look, with: {id: 1}, undo: {use: strict}}",
            [("B110", "{use:", "step 's': 'strict' has no argument 'id'")],
        ),
        (
            "{use: vague}",
            [
                (
                    "B190",
                    "vague}",
                    "'vague' does not say what it does to the world, so it counts as a write that leaves this machine",
                )
            ],
        ),
    ],
)
def test_a_flaw_of_a_step_is_told_where_it_stands(
    step: str, expected: list[tuple[str, str, str]]
) -> None:
    assert told(f"  s: {step}\n  a: {{use: open}}") == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (
            '{use: open, with: {x: "${1 +}"}}',
            [("B111", '}"}}', "syntax error: mismatched input the end")],
        ),
        (
            "{use: open, when: inputs.who +}",
            [("B111", "}", "syntax error: mismatched input the end")],
        ),
        ('{use: open, with: {x: "${foo(1)}"}}', [("B111", 'foo(1)}"}}', "unknown function foo()")]),
        (
            '{use: open, with: {x: "${inputs.who"}}',
            [("B111", '${inputs.who"}}', "`${` is not closed")],
        ),
        (
            '{use: open, with: {"${x}": 1}}',
            [("B111", '"${x}":', "an expression cannot be part of the key '${x}'")],
        ),
        ('{use: open, each: "inputs.rows && nope"}', [("B111", 'nope"}', "unknown name nope")]),
    ],
)
def test_an_expression_that_is_wrong_is_told_inside_of_its_text(
    step: str, expected: list[tuple[str, str, str]]
) -> None:
    # The words of the compiler are its own.
    assert [flaw[:2] for flaw in told(f"  s: {step}")] == [flaw[:2] for flaw in expected]


def test_the_result_is_checked_like_a_step() -> None:
    assert told("  a: {use: open}", result='result: {x: "${steps.b}", y: "${item}"}') == [
        ("B102", 'steps.b}",', "there is no step 'b'"),
        ("B116", 'item}"}', "there is no `item` in the result"),
    ]


def test_steps_that_wait_for_each_other_are_named_in_their_order() -> None:
    assert told(
        """\
  a: {use: open, after: b}
  b: {use: open, with: {x: "${steps.c.y}"}}
  c: {use: open, when: steps.a.z == 1}
  d: {use: open, after: a}
  e: {use: open, after: f}
  f: {use: open, after: e}"""
    ) == [
        ("B104", "a:", "steps wait for each other: a → b → c → a"),
        ("B104", "e:", "steps wait for each other: e → f → e"),
    ]


def test_a_remedy_names_what_was_meant() -> None:
    remedies = {
        finding.code: finding.remedy
        for finding in findings(
            "name: x\ninputs: {ticket: string}\nsteps:\n"
            '  topic: {use: lok, with: {x: "${inputs.tiket} ${steps.topik}"}, after: topc}\n'
            "  topik2: {use: look, with: {id: 1, qq: 1}}\n"
        )
    }
    assert remedies == {
        "B101": "did you mean 'look'?",
        "B102": "did you mean 'topik2'?",
        "B103": "did you mean 'ticket'?",
        "B110": "did you mean 'q'?",
        "B112": "did you mean 'topic'?",
    }


def test_every_finding_has_a_remedy_and_only_the_hint_is_a_warning() -> None:
    found = findings(
        "name: x\nsteps:\n  a: {use: lok, after: [a, q], join: any(3), limit: 2}\n"
        '  b: {use: vague, with: {x: "${steps} ${item} ${inputs.z}"}, each: "${foo()}"}\n'
    )
    assert [str(finding) for finding in found if not finding.remedy] == []
    assert [finding.code for finding in found if finding.warning] == ["B190"]


def test_an_undeclared_capability_is_told_once() -> None:
    assert len(told("  a: {use: vague}\n  b: {use: vague}")) == 1


def test_inputs_are_checked_if_they_are_given() -> None:
    plan, places = plan_from_yaml(
        "name: x\ninputs: {a: string, b: {type: integer, default: 1}, c: list}\nresult: ${inputs}\n",
        "p.yaml",
    )
    assert check(plan, {}, places) == []
    found = check(plan, {}, places, {"a": 1, "d": 2})
    assert [f"{f.code} {f.place} {f.message}" for f in found] == [
        "B107 p.yaml:2:9 the plan has no input 'd'",
        "B108 p.yaml:2:13 input 'a': expected a string, got an integer",
        "B106 p.yaml:2:56 the input 'c' is missing",
    ]


def test_a_plan_made_in_python_is_checked_with_paths_instead_of_places() -> None:
    plan = plan_from_data(
        Plan(name="x", steps={"a": Step(use="b", with_={"x": "${steps.c}"})})
    ).plan
    assert [str(finding).split("\n")[0] for finding in check(plan, {})] == [
        "<plan>: B102 steps.a.with.x: there is no step 'c'",
        "<plan>: B101 steps.a.use: there is no capability 'b'",
    ]


def test_a_join_that_no_text_could_have_is_told() -> None:
    plan = Plan(name="x", steps={"a": Step(use="open", join="any")})
    assert [finding.code for finding in check(plan, CARDS)] == ["B024"]


def test_too_many_steps_are_refused_before_anything_is_compiled() -> None:
    plan = Plan(name="x", steps={f"s{i}": Step(use="${") for i in range(10_001)})
    assert [finding.code for finding in check(plan, {})] == ["B115"]


def test_a_thousand_steps_are_checked_in_milliseconds() -> None:
    steps = {
        f"s{i}": Step(use="open", with_={"x": f"${{steps.s{i - 1}.v}}", "y": "${inputs.k}"})
        for i in range(1, 1_000)
    }
    plan = Plan(name="x", inputs={"k": {}}, steps={"s0": Step(use="open"), **steps})
    assert check(plan, CARDS) == []
    fastest = min(_seconds(plan) for _ in range(5))
    assert fastest < 0.1  # 0.008 on an idle machine


def _seconds(plan: Plan) -> float:
    begin = time.thread_time()
    check(plan, CARDS)
    return time.thread_time() - begin

"""Whatever stands in a plan, a workspace or an input: only our errors come out, and soon."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.config import workspace_from_yaml
from batuta.errors import InputError, PlanError, WorkspaceError
from batuta.plans.assignments import parse_inputs
from batuta.plans.build import plan_from_data, plan_from_yaml, plan_to_yaml
from batuta.plans.check import check
from batuta.spec.plan import Plan
from tests.plans.plans import plans

SOURCE = """\
name: refunds
inputs: {rows: list, limit: {type: number, default: 100.0}}
steps:
  look: {use: ledger.look, each: "${inputs.rows}", with: {id: "${item.id}"}, limit: 8, retry: 3}
  ask:
    use: human
    when: |
      steps.look != null &&
        inputs.limit > 1.5
    with: {question: "Pay ${inputs.limit}?", show: &all "${steps.look}"}
    timeout: 2h
  pay: {use: pay, after: [ask], with: {rows: *all}, undo: {use: unpay}, join: any(1)}
result: {paid: "${steps.pay}", 'it''s': "\\u00e9"}
"""
CONFIG = """\
python: [tools.py]
capabilities: {approve: {kind: human, who: [ops]}}
policy: [{when: "card.name == 'refund' && args.amount > 100.0", verdict: ask}]
budget: {usd: 5, calls: 500}
network: {allow_private: [localhost, 10.0.0.0/8]}
"""
CHARACTERS = "{}[]:,&*!|>'\"%@`#-?~<=$\\ \t\n\r\x00\x07\x85\u2028\ufeff\ud800é😀0129eExo._+anull"

edits = st.lists(
    st.tuples(
        st.integers(0, 2_000), st.integers(0, 3), st.text(CHARACTERS, min_size=0, max_size=4)
    ),
    max_size=4,
)


def edited(text: str, changes: list[tuple[int, int, str]]) -> str:
    for position, length, new in changes:
        begin = position % (len(text) + 1)
        text = text[:begin] + new + text[begin + length :]
    return text


def read(text: str | bytes, file: str = "") -> None:
    """Read and check; every error must be ours, with a place in the text and something to do."""
    try:
        plan, places = plan_from_yaml(text, file)
    except PlanError as error:
        _look(error.findings, text)
    else:
        _look(check(plan, {}, places), text)
        assert plan_from_yaml(plan_to_yaml(plan)).plan == plan


def _look(findings: Any, text: str | bytes) -> None:
    lines = (text.count("\n") if isinstance(text, str) else text.count(b"\n")) + 1
    for finding in findings:
        assert 1 <= finding.place.line <= lines
        assert finding.place.column >= 1
        assert str(finding)


def configure(text: str | bytes) -> None:
    try:
        workspace_from_yaml(text)
    except WorkspaceError as error:
        _look(error.findings, text)


@given(st.text() | st.text(CHARACTERS) | st.binary())
def test_random_text_is_refused_or_read(text: str | bytes) -> None:
    read(text)
    read(text, "p.json")
    configure(text)


@given(edits)
def test_a_plan_with_typing_errors_is_refused_or_read(changes: list[tuple[int, int, str]]) -> None:
    read(edited(SOURCE, changes))


@given(edits)
def test_a_workspace_with_typing_errors_is_refused_or_read(
    changes: list[tuple[int, int, str]],
) -> None:
    configure(edited(CONFIG, changes))


@given(plans, edits)
def test_any_plan_with_typing_errors_is_refused_or_read(
    plan: Plan, changes: list[tuple[int, int, str]]
) -> None:
    read(edited(plan_to_yaml(plan), changes))
    read(edited(plan.encode().decode(), changes), "p.json")


def test_a_plan_that_is_cut_off_at_any_byte_is_refused_or_read() -> None:
    for text in (SOURCE.encode(), plan_from_yaml(SOURCE).plan.encode()):
        for end in range(len(text)):
            read(text[:end])


def test_a_workspace_that_is_cut_off_at_any_byte_is_refused_or_read() -> None:
    for end in range(len(CONFIG)):
        configure(CONFIG[:end].encode())


_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.builds(object),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "steps", "use", "with", "each", "retry", "inputs", "type", "default"]
            )
            | st.integers(),
            inner,
            max_size=4,
        )
    ),
)


@given(_data)
def test_any_python_data_is_refused_or_read(data: Any) -> None:
    with contextlib.suppress(PlanError):
        plan_from_data(data)
    with contextlib.suppress(PlanError):
        plan_from_data(
            {
                "name": "x",
                "inputs": {"a": data},
                "steps": {"s": data, "t": {"use": "u", "with": data}},
            }
        )


@given(
    st.sampled_from(["string", "integer", "number", "boolean", "list", "object", "any"]),
    st.text() | st.from_regex(r"[-\[\]{}\",:0-9eE.@ntf]*"),
)
def test_any_input_from_the_command_line_is_refused_or_read(kind: str, value: str) -> None:
    plan = plan_from_yaml(f"name: x\ninputs: {{a: {kind}}}\n").plan
    with contextlib.suppress(InputError):
        parse_inputs(plan, [f"a={value}"])
    with contextlib.suppress(InputError):
        parse_inputs(plan, [value])


@pytest.mark.parametrize(
    "text",
    [
        "name: x\nsteps: {a: {use: b, each: '${" + "(" * 5_000 + "'}}",
        "name: x\nsteps: {a: {use: b, when: '" + "!" * 5_000 + "'}}",
        "name: x\nsteps: {a: {use: b, with: {x: '" + "${" * 20_000 + "'}}}",
        "name: x\nsteps: {a: {use: b, with: {x: '" + "${inputs.a}" * 10_000 + "'}}}",
        "name: x\nsteps: {a: {use: b, with: {x: '" + "$${" * 50_000 + "'}}}",
        "name: x\nsteps: {a: {use: b, with: {x: '${" + "{" * 50_000 + "'}}}",
        "name: x\ninputs: {a: {type: string, pattern: '" + "(a+)+" * 10_000 + "'}}",
        "name: x\ninputs: {a: {$ref: '#'}}",
        "name: x\ninputs: {a: {$ref: '#', default: 1}}",
        "name: x\ninputs: {a: {allOf: [{$ref: '#'}], default: 1}}",
    ],
)
def test_hostile_expressions_and_schemas_are_refused_or_read(text: str) -> None:
    read(text)

"""Machine-made plans of any size are checked in bounded time, and at most so many findings are told."""

import time

import pytest

from batuta.plans.build import plan_from_yaml
from batuta.plans.check import check
from batuta.plans.check.walk import FORMULAS_MAX
from batuta.reading.report import FINDINGS_MAX
from batuta.spec.card import Card

CARDS = {
    "look": Card(
        name="look",
        effect="read",
        input={"type": "object", "properties": {"id": {"type": "string"}}},
        output={"type": "object", "properties": {"x": {}}, "additionalProperties": False},
    ),
    "pay": Card(name="pay", effect="write"),
}
N = 10_000
# Some tenths of a second each on an idle machine; whatever grows with the square of it takes minutes.
SECONDS_MAX = 20.0


def steps(*lines: str) -> str:
    return "name: x\ninputs: {n: integer}\nsteps:\n" + "".join(f"  {line}\n" for line in lines)


PLANS = {
    "capabilities that are not there": steps(*(f"s{i}: {{use: lok{i}}}" for i in range(N))),
    "values that nobody uses": steps(*(f"s{i}: {{use: look}}" for i in range(N))),
    "one long circle": steps(*(f"s{i}: {{use: pay, after: s{(i + 1) % N}}}" for i in range(N))),
    "one long chain of writes": steps(
        "s0: {use: pay}", *(f"s{i}: {{use: pay, after: s{i - 1}}}" for i in range(1, N))
    ),
    "one step that waits for all": steps(
        *(f"s{i}: {{use: look}}" for i in range(N - 1)),
        "z: {use: look, with: {all: [" + ",".join(f"'${{steps.s{i}.x}}'" for i in range(N - 1)) + "]}}",
    ),
    "everybody waits for everybody before": steps(
        *(
            f"s{i}: {{use: pay, with: {{a: [" + ",".join(f"'${{steps.s{j}}}'" for j in range(i)) + "]}}"
            for i in range(250)
        )
    ),
    "conditions that exclude each other": steps(
        "s0: {use: look}",
        *(
            f"s{i}: {{use: look, when: inputs.n == {i % 50}, with: {{id: '${{steps.s{i - 1}.x}}'}}}}"
            for i in range(1, 2_000)
        ),
    ),
    "names that are not there in one text": "name: x\nresult: '" + "${inputs.a} " * 90_000 + "'\n",
    "names that are there in one text": "name: x\ninputs: {a: string}\nresult: '"
    + "${inputs.a} " * 90_000
    + "'\n",
    "comments": "name: x\n" + "# batuta: allow B133 because\n" * 50_000,
    "a text of a megabyte": "name: x\nresult: '" + "${" * 500_000 + "'\n",
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_it_is_checked_in_bounded_time(name: str) -> None:
    plan, places = plan_from_yaml(PLANS[name], "p.yaml")
    begin = time.process_time()
    found = check(plan, CARDS, places)
    assert time.process_time() - begin < SECONDS_MAX
    assert len(found) <= 2 * FINDINGS_MAX + 1


def test_more_expressions_than_anybody_would_compile_are_refused() -> None:
    calls = ",".join(["'${1 + 1}'"] * (FORMULAS_MAX + 1))
    plan, places = plan_from_yaml(f"name: x\nresult: [{calls}]\n", "p.yaml")
    assert [one.code for one in check(plan, CARDS, places)] == ["B115"]


def test_fifty_thousand_steps_are_refused_before_they_are_read_to_the_end() -> None:
    text = steps(*(f"s{i}: {{use: look}}" for i in range(50_000)))
    begin = time.process_time()
    with pytest.raises(Exception, match="more than 20,000 keys"):
        plan_from_yaml(text, "p.yaml")
    assert time.process_time() - begin < SECONDS_MAX

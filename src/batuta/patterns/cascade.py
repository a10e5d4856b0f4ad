"""Cascade: the cheap one first; what does not pass goes to the next.

After FrugalGPT (Chen, Zaharia, Zou 2023, arXiv:2305.05176). With n members and checks of c calls each, a run makes at
most n + (n - 1) · c calls, and 1 + c when the first answer passes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.patterns.members import Who, ask, chosen, gave, seated, unlike
from batuta.patterns.verify import Verify
from batuta.patterns.writing import written
from batuta.spec.plan import Plan

__all__ = ["cascade"]


def cascade(
    members: Sequence[Who],
    verify: Verify,
    *,
    schema: Mapping[str, Any] | None = None,
    name: str = "cascade",
) -> Plan:
    """A plan that asks `members` in their order until an answer passes.

    The answer of the last one is taken as it is: there is nobody left to ask. One that fails, or whose check fails,
    counts as not passed. With a `schema` the answer is the value that fits it, else the text.

    Inputs: task. Result: `{answer, by, passed, flaws}`: who answered, whether the answer passed, and by member what
    was wrong with the others.

    Raises:
        InputError: there are fewer than two members.
    """
    seats = seated(members, at_least=2)
    *checked, last = seats
    for seat in checked:
        unlike(f"{seat}_check", seats)
    field = "text" if schema is None else "value"
    steps: dict[str, Any] = {}
    failed: list[str] = []  # conditions: none of those before has passed
    for seat, member in seats.items():
        step = ask(member, "${inputs.task}", schema=schema)
        steps[seat] = step | ({"when": " && ".join(failed)} if failed else {})
        if seat == last:
            break
        steps[seat]["may_fail"] = True
        check = f"{seat}_check"
        steps[check] = verify.step(f"steps.{seat}.{field}") | {"may_fail": True}
        failed.append(f"!({_passed(verify, seat)})")
    passed = {seat: _passed(verify, seat) for seat in checked}
    answers = [(passed[seat], f"steps.{seat}.{field}") for seat in checked]
    names = [(passed[seat], f"'{seat}'") for seat in checked]
    flaws = {seat: f"${{{verify.verdict(f'{seat}_check').flaws}}}" for seat in checked}
    return written(
        name,
        "Ask the cheap one first, and the next one if its answer does not pass.",
        steps,
        {
            "answer": f"${{{chosen(answers, gave(last, field))}}}",
            "by": f"${{{chosen(names, repr(last))}}}",
            "passed": "${" + " || ".join(passed.values()) + "}",
            "flaws": flaws,
        },
    )


def _passed(verify: Verify, seat: str) -> str:
    check = f"{seat}_check"
    return f"steps.{seat} != null && steps.{check} != null && {verify.verdict(check).passed}"

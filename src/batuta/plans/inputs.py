"""The inputs of a run against what the plan declares."""

from collections.abc import Mapping
from typing import Any, cast

from batuta.errors import Finding, InputError
from batuta.reading.nearest import did_you_mean
from batuta.reading.places import NOWHERE, Places
from batuta.reading.schema import kind_of, problems
from batuta.spec.file import is_file_schema
from batuta.spec.plan import Plan
from batuta.spec.value import plain

__all__ = ["input_findings", "validate_inputs"]


def input_findings(
    plan: Plan, inputs: Mapping[str, Any], places: Places = NOWHERE
) -> list[Finding]:
    """What is wrong with `inputs`: unknown, missing, or not what the plan declares."""
    findings: list[Finding] = []
    for name, value in inputs.items():
        schema = plan.inputs.get(name)
        if schema is None:
            findings.append(
                Finding(
                    "B107",
                    f"the plan has no input {name!r}",
                    place=places.at("inputs"),
                    remedy=did_you_mean(name, plan.inputs, "inputs"),
                )
            )
            continue
        findings += [
            Finding(
                "B108",
                f"input {name!r}: {problem}",
                place=places.at("inputs", name),
                remedy="give a value of the type that the plan declares",
            )
            for problem in _problems(schema, value)
        ]
    findings += [
        Finding(
            "B106",
            f"the input {name!r} is missing",
            place=places.at("inputs", name),
            remedy=places.advice(
                "B106", f"give it (--input {name}=…), or declare a default in the plan"
            ),
        )
        for name, schema in plan.inputs.items()
        if name not in inputs and "default" not in schema
    ]
    return findings


def _problems(schema: dict[str, Any], value: Any) -> list[str]:
    found = problems(schema, value)
    if found and is_file_schema(schema):
        return [f"expected a file, got {kind_of(value)}"]
    return found


def validate_inputs(plan: Plan, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`inputs` as plain JSON with the defaults of the plan, in the plan's order.

    Raises:
        InputError: inputs are unknown, missing or do not fit; the message lists all of them.
    """
    given = cast("dict[str, Any]", plain(dict(inputs)))
    findings = input_findings(plan, given)
    if findings:
        raise InputError(
            "; ".join(finding.message for finding in findings), remedy=findings[0].remedy
        )
    return {
        name: given[name] if name in given else plain(schema["default"])
        for name, schema in plan.inputs.items()
    }

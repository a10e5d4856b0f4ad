"""A plan that asks a person for what it has to be told, where nobody fills in a form before it begins. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from batuta.plans.rewrite.names import Unclear, fresh, renamed_in_result, renamed_in_step
from batuta.spec.plan import Plan, Step

__all__ = ["HUMAN", "asking"]

# Who is asked.
HUMAN = "human"


def asking(plan: Plan, missing: Sequence[str]) -> Plan | None:
    """`plan` with a question for its inputs `missing`; None if one of them is used in a way that cannot be changed."""
    name = fresh("ask", plan.steps)
    names = {f"inputs.{one}": f"steps.{name}.{one}" for one in missing}
    form = {one: _field(plan.inputs[one]) for one in missing}
    text = f"What has to be known for the rest: {', '.join(missing)}"
    asked = Step(HUMAN, {"question": text, "form": form})
    try:
        steps = {one: renamed_in_step(step, names) for one, step in plan.steps.items()}
        result = renamed_in_result(plan.result, names)
    except Unclear:
        return None
    return msgspec.structs.replace(
        plan,
        inputs={one: schema for one, schema in plan.inputs.items() if one not in missing},
        steps={name: asked, **steps},
        result=result,
    )


def _field(schema: Mapping[str, Any]) -> dict[str, Any]:
    if schema.get("format") == "file":
        said = schema.get("description", "")
        return {"type": "string", "description": f"the path of a file; {said}".rstrip("; ")}
    return dict(schema)

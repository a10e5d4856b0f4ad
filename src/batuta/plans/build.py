"""Plans from YAML, JSON and Python, and back: one form, whoever wrote it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from batuta.errors import InputError, PlanError
from batuta.plans.read import read_plan
from batuta.reading.condition import unwrapped
from batuta.reading.kinds import is_another
from batuta.reading.places import Places
from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED
from batuta.reading.source import read_bytes, tree_from_data, tree_from_text
from batuta.reading.to_yaml import yaml_text
from batuta.reading.tree import Node
from batuta.spec.file import FILE_SCHEMA
from batuta.spec.plan import Plan
from batuta.spec.value import plain

__all__ = [
    "Sourced",
    "plan_from_data",
    "plan_from_file",
    "plan_from_yaml",
    "plan_to_yaml",
]


class Sourced(NamedTuple):
    """A plan, and where its parts stand in the text it was read from."""

    plan: Plan
    places: Places


def plan_from_yaml(text: str | bytes, file: str = "") -> Sourced:
    """The plan in a YAML or JSON text. `file` is the name that messages use.

    Raises:
        PlanError: the text has flaws; the error lists all of them, with places.
    """
    root, report = tree_from_text(text, file)
    return _sourced(root, report)


def plan_from_file(path: str | Path) -> Sourced:
    """The plan in a file.

    Raises:
        NotFound: there is no such file.
        InputError: it cannot be read.
        PlanError: it has flaws.
    """
    return plan_from_yaml(read_bytes(Path(path), "plan"), str(path))


def plan_from_data(data: Mapping[str, Any] | Plan) -> Sourced:
    """The plan in a map of the same keys as the YAML form, or a `Plan` made in Python, normalised and bounded alike.

    Raises:
        PlanError: it has flaws; the error lists all of them.
    """
    try:
        keys = plain(data) if isinstance(data, Plan) else data
    except InputError as error:
        raise PlanError(error.message, remedy=error.remedy) from error
    return _sourced(*tree_from_data(keys))


def plan_to_yaml(plan: Plan) -> str:
    """The plan as YAML that reads back as an equal plan."""
    return yaml_text(_data(plan))


def _sourced(root: Node | None, report: Report) -> Sourced:
    plan = FLAWED
    if root is not None and not is_another(root, report, "plan"):
        plan = read_plan(root, report)
    if report.findings or not isinstance(plan, Plan):
        count = len(report.findings)
        assert count, "what is flawed has a finding"
        raise PlanError(
            f"the plan has {count} flaws" if count > 1 else report.findings[0].message,
            place=report.findings[0].place,
            findings=report.in_order(),
        )
    return Sourced(plan, Places(root, report.text, report.file))


_TOLD = ("description", "examples")


def _data(plan: Plan) -> Any:
    data: dict[str, Any] = plain(plan)
    if "examples" in data:
        # Beside the description, as people write it.
        data = {
            "name": data.pop("name"),
            **{key: data.pop(key) for key in _TOLD if key in data},
            **data,
        }
    inputs = data.get("inputs", {})
    for name, schema in inputs.items():
        if schema.items() >= FILE_SCHEMA.items():
            rest = {key: one for key, one in schema.items() if key not in FILE_SCHEMA}
            inputs[name] = {"type": "file", **rest} if rest else "file"
    for step in data.get("steps", {}).values():
        # As the tutorial writes it; both forms read alike, unless the expression is wrong.
        if "each" in step and unwrapped(braced := f"${{{step['each']}}}") == step["each"]:
            step["each"] = braced
        if step.get("retry", {}).keys() == {"at_most"}:
            step["retry"] = step["retry"]["at_most"]
    return data

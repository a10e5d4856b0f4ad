"""JSON Schema of plans, of `batuta.yaml` and of suites, for editors. `python -m batuta.doors.schemas` publishes them.

They lie in the package as files, so that reading one costs nothing and a tool can point to it.
"""

import inspect
import re
from pathlib import Path
from typing import Any, cast

import msgspec

from batuta.capabilities.catalog import KINDS
from batuta.capabilities.http import HttpSettings
from batuta.capabilities.human import HumanSettings
from batuta.capabilities.judge.capability import JudgeSettings
from batuta.config import read_workspace
from batuta.doors.hover import PLAN, SUITE, WORKSPACE
from batuta.evaluation.suite import KINDS as SCORER_KINDS
from batuta.evaluation.suite import WITH_KIND, read_suite
from batuta.plans.input_types import INPUT_WORDS
from batuta.plans.read import read_plan
from batuta.reading.capability import CAPABILITY_KIND
from batuta.reading.json_schema import schema_of

__all__ = ["SCHEMAS", "plan_schema", "publish", "suite_schema", "workspace_schema"]

SCHEMAS = ("plan", "workspace", "suite")
_SETTINGS: dict[str, type[msgspec.Struct]] = {
    "human": HumanSettings,
    "http": HttpSettings,
    "judge": JudgeSettings,
}
_ID = "urn:batuta:schema:{}"
_FIELD = re.compile(r"^ +(\w+(?:, \w+)*): (.*(?:\n {8,}.*)*)", re.MULTILINE)


def plan_schema() -> dict[str, Any]:
    """Of a plan, in YAML or JSON."""
    return schema_of(
        read_plan,
        id=_ID.format("plan"),
        title="A plan of Batuta",
        hovers=PLAN,
        defs={"InputSchema": _input_schema()},
    )


def workspace_schema() -> dict[str, Any]:
    """Of `batuta.yaml`."""
    return schema_of(
        read_workspace,
        id=_ID.format("workspace"),
        title="batuta.yaml",
        hovers=WORKSPACE,
        defs=_capabilities(),
    )


def suite_schema() -> dict[str, Any]:
    """Of a suite of `batuta eval`."""
    schema = schema_of(
        read_suite,
        id=_ID.format("suite"),
        title="A suite of Batuta",
        hovers=SUITE,
        defs={},
    )
    suite, target, scorer = (schema["$defs"][name] for name in ("Suite", "Target", "Scorer"))
    _one_of(suite, "data", "cases")
    suite["properties"]["scorers"]["minProperties"] = 1
    _one_of(target, "use", "plan")
    _one_of(scorer, *SCORER_KINDS)
    scorer["properties"]["check"]["type"] = "object"
    scorer["dependentRequired"] = {key: [kind] for key, kind in WITH_KIND.items()}
    return schema


def _one_of(schema: dict[str, Any], *keys: str) -> None:
    """Let it have one of these keys, and no two. Where not every value will do, null and an empty list are none."""
    there: dict[str, Any] = {"not": {"enum": [None, []]}}
    typed = {key for key in keys if "type" in schema["properties"][key]}
    schema["oneOf"] = [
        {"required": [key], **({"properties": {key: there}} if key in typed else {})}
        for key in keys
    ]


def publish(folder: Path) -> None:
    """Write all files."""
    schemas = (plan_schema(), workspace_schema(), suite_schema())
    for name, schema in zip(SCHEMAS, schemas, strict=True):
        (folder / f"{name}.schema.json").write_text(_text(schema), encoding="utf-8")


def _text(schema: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _input_schema() -> dict[str, Any]:
    """A JSON Schema in which types may have their short names; what is in it, the reader checks."""
    words = {"enum": [*INPUT_WORDS]}
    return {
        "type": "object",
        "description": "A JSON Schema. With a `default`, the input may be left out.",
        "properties": {
            "type": {"anyOf": [words, {"type": "array", "items": words}]},
            "default": {"description": "The value if none is given."},
            "description": {"type": "string", "description": "For people and planners."},
            "enum": {"type": "array", "description": "The values that it may have."},
            "items": {"description": "The schema of each item of a list."},
            "properties": {"type": "object", "description": "The schemas of the fields of a map."},
            "required": {"type": "array", "items": {"type": "string"}},
            "minimum": {"type": "number"},
            "maximum": {"type": "number"},
        },
        "examples": [{"type": "integer", "minimum": 1, "default": 10}],
    }


def _capabilities() -> dict[str, Any]:
    """One entry of `capabilities`; what its adapter reads beside `kind`, as far as the adapter is ours."""
    assert set(_SETTINGS) == set(KINDS), "every adapter that can be configured has settings"
    kind = {
        "type": "string",
        "pattern": f"^{CAPABILITY_KIND}$",
        "description": "The adapter that serves it.",
        "examples": [*KINDS],
    }
    defs: dict[str, Any] = {}
    cases: list[Any] = []
    for name, settings in _SETTINGS.items():
        schema = msgspec.json.schema(settings, ref_template="#/$defs/{name}")
        found = cast("dict[str, Any]", schema.pop("$defs"))
        _say(found[settings.__name__], settings)
        for other in found.values():
            other["description"] = cast("str", other.get("description", "")).split("\n")[0]
        defs |= found
        is_it = {"properties": {"kind": {"const": name}}, "required": ["kind"]}
        cases.append({"if": is_it, "then": {"$ref": f"#/$defs/{settings.__name__}"}})
    one = {"type": "object", "properties": {"kind": kind}, "required": ["kind"], "allOf": cases}
    return {"Capability": one, **defs}


def _say(schema: dict[str, Any], settings: type[msgspec.Struct]) -> None:
    """Put what the docstring says of each field to the field."""
    said = inspect.getdoc(settings) or ""
    schema["description"] = said.split("\n")[0]
    for names, text in _FIELD.findall(said):
        for name in names.split(", "):
            if name in schema["properties"]:
                schema["properties"][name]["description"] = " ".join(text.split())


if __name__ == "__main__":
    publish(Path(__file__).parents[1] / "schemas")

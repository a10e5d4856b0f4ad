"""The files of a workspace with a pattern in it: its plans, made by its function, models, and what to type.

Plans are written down here and nowhere else, so that the YAML form and the Python form cannot differ.
"""

import re
import shlex
from collections.abc import Mapping

from batuta.errors import NotFound
from batuta.patterns.examples import PATTERNS, Pattern
from batuta.plans.build import plan_to_yaml
from batuta.reading.nearest import did_you_mean
from batuta.reading.to_yaml import yaml_text
from batuta.spec.plan import Plan

__all__ = ["workspace_files"]

_SCHEMA_LINE = "# yaml-language-server: $schema={}.schemas/{}.schema.json\n"
_MODELS = """\
# The models, by the names that the plans use. Keys are in the environment and never here: `batuta doctor` names what is
# missing.
models:
  # cheap and quick
  fast: {provider: openai, model: gpt-5-mini, key: "env:OPENAI_API_KEY"}
  # dear and thorough
  strong: {provider: anthropic, model: claude-sonnet-5-5, key: "env:ANTHROPIC_API_KEY"}
  # on this machine, for nothing:
  # fast: {provider: openai-compatible, url: "http://127.0.0.1:11434/v1", model: llama3.2, prices: free}
"""
_BUDGET = (
    "\n# Of each run; what a call may cost is set aside before it leaves.\nbudget: {usd: 10}\n"
)
_STEP = re.compile(r"  (\w+):")


def workspace_files(name: str) -> dict[str, str]:
    """The files of the pattern `name` by their names, batuta.yaml last. Raises `NotFound`."""
    pattern = PATTERNS.get(name)
    if pattern is None:
        raise NotFound(
            f"there is no pattern {name[:64]!r}", remedy=did_you_mean(name, PATTERNS, "patterns")
        )
    plans = pattern.plans()
    files = {f"plans/{plan.name}.yaml": _commented(plan, pattern.comments) for plan in plans}
    return {
        "README.md": _readme(name, pattern, plans[0]),
        **files,
        "batuta.yaml": _workspace(pattern),
    }


def _commented(plan: Plan, comments: Mapping[str, str]) -> str:
    """The plan as YAML, with a comment above each step that there is one for."""
    lines = [_SCHEMA_LINE.format("../", "plan").rstrip("\n")]
    section = ""
    for line in plan_to_yaml(plan).splitlines():
        if line and not line.startswith(" "):
            section = line
        step = _STEP.fullmatch(line)
        if section == "steps:" and step is not None and step[1] in comments:
            lines.append(f"  # {comments[step[1]]}")
        lines.append(line)
    return "\n".join(lines) + "\n"


def _workspace(pattern: Pattern) -> str:
    parts = [_SCHEMA_LINE.format("", "workspace"), "plans: [plans/*.yaml]\n\n", _MODELS]
    if pattern.judge:
        parts.append("\n" + yaml_text({"capabilities": {"quality": dict(pattern.judge)}}))
    return "".join([*parts, _BUDGET])


def _readme(name: str, pattern: Pattern, plan: Plan) -> str:
    given = " ".join(
        f"--input {shlex.quote(f'{key}={value}')}" for key, value in pattern.inputs.items()
    )
    title = name.replace("-", " ").capitalize()
    return (
        f"# {title}\n\n{pattern.says[0].upper()}{pattern.says[1:]}.\n"
        "Put keys into the environment, or other models into `batuta.yaml`.\n\n"
        f"```console\n$ batuta check\n$ batuta plan {plan.name} {given}\n"
        f"$ batuta run --plan {plan.name} {given}\n```\n"
    )

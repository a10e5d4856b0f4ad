"""The YAML form of a plan as readers: keys, shorthands and bounds, one table per noun."""

import re
from typing import Any

from batuta.plans.input_types import read_input
from batuta.reading.budget import YEAR_S, read_budget
from batuta.reading.condition import read_condition
from batuta.reading.report import Report
from batuta.reading.shapes import (
    FLAWED,
    anything,
    boolean,
    choice,
    duration,
    form_of,
    formed,
    got,
    integer,
    mapping,
    matching,
    number,
    one_or_more,
    record,
    text,
    wrong,
)
from batuta.reading.tree import Node
from batuta.spec.plan import FANOUT_MAX, Alternative, Plan, Repeat, Retry, Step, Undo

__all__ = ["RESERVED_STEPS", "STEPS_MAX", "read_plan"]

# Steps of one plan: what a person, a planner or a page of a console can still hold.
STEPS_MAX = 10_000
INPUTS_MAX = 1_000
# Phrasings of one plan: more of them teach nothing new.
EXAMPLES_MAX = 1_000
EXAMPLE_CHARS_MAX = 2_000
RETRIES_MAX = 100
ROUNDS_MAX = 10_000
ALTERNATIVES_MAX = 16
# At once: more calls than a process has file handles for.
LIMIT_MAX = 100_000

# Names that mean something else inside an expression or a path.
RESERVED_STEPS = frozenset({"index", "item", "previous", "undo"})
# Words that the expression language does not take for a field.
_KEYWORDS = frozenset({"true", "false", "null", "in"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# What people may write as the type of an input.
_JOIN = re.compile(r"any\( *([0-9]{1,9}) *\)")

read_capability = matching(
    r"[A-Za-z_][A-Za-z0-9_.-]{0,127}", "the name of a capability", "mail.send"
)


def _name(noun: str, reserved: frozenset[str]) -> Any:
    def read(node: Node, report: Report) -> Any:
        name = node.value
        if not isinstance(name, str):
            return wrong(node, report, f"the name of {noun}", "write one name")
        if not _NAME.fullmatch(name):
            report.flaw(
                "B025",
                f"{got(node).removeprefix('the text ')} cannot be the name of {noun}",
                at=node.start,
                remedy="use a-z, A-Z, 0-9 and _, no digit first, 64 at most",
            )
            return FLAWED
        if name in reserved:
            report.flaw(
                "B026",
                f"{name!r} cannot be the name of {noun}: the word has a meaning of its own",
                at=node.start,
                remedy=f"choose another name, for example {name}_1",
            )
            return FLAWED
        return name

    shape = {"type": "string", "pattern": f"^{_NAME.pattern}$"}
    return formed(read, "json", {**shape, "not": {"enum": sorted(reserved)}} if reserved else shape)


_read_step_name = _name("a step", RESERVED_STEPS | _KEYWORDS)
_read_input_name = _name("an input", _KEYWORDS)


def _list_expression(node: Node, report: Report) -> Any:
    if not isinstance(node.value, str):
        return wrong(
            node, report, "an expression that gives a list", 'write for example: "${inputs.rows}"'
        )
    return read_condition(node, report)


formed(_list_expression, "json", {"type": "string", "minLength": 1})


def _arguments(node: Node, report: Report) -> Any:
    value = node.value
    whole = isinstance(value, str) and value.strip().startswith("${")
    if isinstance(value, dict) or whole:
        return node.data()
    return wrong(
        node,
        report,
        "a map of arguments",
        "write `with: {name: value}`, or one ${…} that gives a map",
    )


formed(
    _arguments,
    "json",
    {"anyOf": [{"type": "object"}, {"type": "string", "pattern": r"^\s*\$\{"}]},
)


def _retry(node: Node, report: Report) -> Any:
    if isinstance(node.value, dict):
        return _retry_record(node, report)
    if isinstance(node.value, bool) or not isinstance(node.value, int):
        return wrong(
            node,
            report,
            "a number of retries or a map",
            "write `retry: 3` or `retry: {at_most: 3}`",
        )
    count = integer(0, RETRIES_MAX)(node, report)
    return FLAWED if count is FLAWED else Retry(at_most=count)


_retry_record = record(
    Retry,
    {
        "at_most": integer(0, RETRIES_MAX),
        "backoff": duration(0, 86_400),
        "factor": number(1, 100),
        "ceiling": duration(0, 86_400),
        "jitter": number(0, 1),
    },
)

formed(_retry, "any", integer(0, RETRIES_MAX), _retry_record)

_repeat = record(
    Repeat,
    {
        "until": read_condition,
        "at_most": integer(1, ROUNDS_MAX),
        "wait": duration(0, YEAR_S),
    },
    required=("until", "at_most"),
)


def _use_and_with(kind: type[Alternative] | type[Undo]) -> Any:
    read_record = record(kind, {"use": read_capability, "with": _arguments}, required=("use",))

    def read(node: Node, report: Report) -> Any:
        if isinstance(node.value, dict):
            return read_record(node, report)
        name = read_capability(node, report)
        return FLAWED if name is FLAWED else kind(use=name)

    return formed(read, "any", read_capability, read_record)


def _join(node: Node, report: Report) -> Any:
    value = node.value
    if isinstance(value, str):
        found = _JOIN.fullmatch(value.strip())
        if found and 1 <= int(found[1]) <= STEPS_MAX:
            return f"any({int(found[1])})"
        if value.strip() in ("all", "first"):
            return value.strip()
    return choice("all", "first", "any(2)")(node, report)


formed(
    _join,
    "json",
    {
        "anyOf": [
            {"enum": ["all", "first"]},
            {"type": "string", "pattern": rf"^\s*{_JOIN.pattern}\s*$"},
        ]
    },
)

_step = record(
    Step,
    {
        "use": read_capability,
        "with": _arguments,
        "when": read_condition,
        "after": one_or_more(_name("a step", frozenset()), STEPS_MAX),
        "each": _list_expression,
        "limit": integer(0, LIMIT_MAX),
        "at_most": integer(0, FANOUT_MAX),
        "repeat": _repeat,
        "retry": _retry,
        "timeout": duration(0.001, YEAR_S),
        "fallback": one_or_more(_use_and_with(Alternative), ALTERNATIVES_MAX),
        "join": _join,
        "undo": _use_and_with(Undo),
        "budget": read_budget,
        "may_fail": boolean,
    },
    required=("use",),
    what="a step: a map with at least `use`",
)


_read_steps = mapping(_read_step_name, _step, STEPS_MAX)


def _steps(node: Node, report: Report) -> Any:
    """The steps; a step whose keys stand beside its name, and not below it, is told as that."""
    before: tuple[str, Node] | None = None
    for name, child in (node.map or {}).items():
        if name == "use" and before is not None and before[1].value is None:
            report.flaw(
                "B022",
                f"`use` stands beside step {before[0][:64]!r}, which is empty, and not below it",
                at=node.keys.get(name, -1),
                remedy=f"indent what belongs to {before[0][:64]!r} by two more spaces",
            )
            return FLAWED
        before = name, child
    return _read_steps(node, report)


formed(_steps, *form_of(_read_steps))

read_plan = record(
    Plan,
    {
        "name": matching(
            r"\w[\w.-]{0,127}", "a name of letters, digits, `_`, `.` and `-`", "answer-ticket"
        ),
        "description": text(0, 65_536),
        "examples": one_or_more(text(1, EXAMPLE_CHARS_MAX), EXAMPLES_MAX),
        "inputs": mapping(_read_input_name, read_input, INPUTS_MAX),
        "steps": _steps,
        "result": anything,
        "limit": integer(0, LIMIT_MAX),
        "budget": read_budget,
        "timeout": duration(0.001, YEAR_S),
    },
    required=("name",),
    what="a plan: a map with `name` and `steps`",
)

"""The published schemas: up to date, complete, and of one mind with the readers about every shape."""

import copy
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from batuta.capabilities.catalog import build_catalog
from batuta.config import read_workspace, workspace_from_yaml
from batuta.doors.cli.commands.schema import published
from batuta.doors.hover import PLAN, SUITE, WORKSPACE
from batuta.doors.schemas import SCHEMAS, publish
from batuta.errors import FindingsError
from batuta.evaluation.suite import read_suite, suite_from_text
from batuta.plans.build import plan_from_yaml
from batuta.plans.read import read_plan
from batuta.reading.shapes import form_of
from batuta.reading.source import tree_from_text
from tests.plans.test_corpus import cases

ROOT = Path(__file__).parents[2]
VALIDATORS = {
    name: jsonschema_rs.Draft202012Validator(msgspec.json.decode(published(name)))
    for name in SCHEMAS
}
READERS: dict[str, Any] = {
    "plan": plan_from_yaml,
    "suite": suite_from_text,
    # What an adapter can be told, it says itself when the catalog is made.
    "workspace": lambda text: build_catalog(
        {
            n: {"kind": c.kind, **c.settings}
            for n, c in workspace_from_yaml(text).capabilities.items()
        }
    ),
}

PLAN_DATA: dict[str, Any] = {
    "name": "refunds",
    "description": "x",
    "inputs": {"rows": "list", "n": {"type": "integer", "minimum": 1, "default": 3}},
    "steps": {
        "a": {
            "use": "pay.now",
            "with": {"x": "${item}"},
            "when": "inputs.n > 1",
            "after": ["b"],
            "each": "${inputs.rows}",
            "limit": 2,
            "at_most": 5,
            "retry": {"at_most": 3, "backoff": "500ms", "factor": 2, "ceiling": 10, "jitter": 0.5},
            "timeout": "30s",
            "fallback": ["other", {"use": "third", "with": {"x": 1}}],
            "join": "any(1)",
            "undo": {"use": "back", "with": {"x": "${steps.a}"}},
            "budget": {"usd": 1.5, "calls": 3, "seconds": 60},
        },
        "b": {
            "use": "poll",
            "repeat": {"until": "steps.b.ok", "at_most": 3, "wait": 1},
            "undo": "back",
        },
    },
    "result": {"a": ["${steps.a}"]},
    "limit": 3,
    "budget": {"usd": 5},
    "timeout": 3600,
}
WORKSPACE_DATA: dict[str, Any] = {
    "python": ["tools.py"],
    "plans": "plans/**/*.yaml",
    "capabilities": {
        "approve": {"kind": "human", "who": ["ops"]},
        "x": {"kind": "http", "url": "https://example.org/{a}", "method": "POST"},
    },
    "policy": [
        {
            "verdict": "ask",
            "when": "args.n > 1",
            "capability": "mail.*",
            "effect": ["write"],
            "who": "ops",
        },
        {"verdict": "deny", "reach": "egress", "scope": "payroll", "reason": "closed"},
    ],
    "budget": {"usd": 5, "calls": 500, "seconds": "2h"},
    "retention": {"days": 30},
    "limits": {"calls": 64},
    "network": {"allow_private": ["localhost:8080"]},
    "knowledge": {"handbook": {"paths": ["docs/**"], "description": "x", "embedder": "wordllama"}},
    "sql": {
        "orders": {
            "url": "env:ORDERS_URL",
            "tables": ["orders"],
            "queries": {
                "late": {
                    "sql": "select :a",
                    "description": "x",
                    "params": {"a": "string"},
                    "output": {"a": {"type": "string"}},
                    "write": True,
                }
            },
            "free_query": True,
            "reach": "local",
            "rows_max": 10,
            "bytes_max": 100,
            "timeout": "10s",
            "write": True,
        }
    },
}
SUITE_DATA: dict[str, Any] = {
    "name": "answers",
    "description": "x",
    "cases": [{"question": "1+1", "answer": 2}],
    "target": {"use": "fast", "with": {"prompt": "${case.question}"}, "retry": 1, "timeout": "30s"},
    "title": "${case.question}",
    "output": "${value.text}",
    "scorers": {
        "right": {"exact": "${case.answer}", "pass": 0.9},
        "near": {"similar": "${case.answer}"},
        "formed": {"check": {"matches": "^[0-9]"}},
        "good": {"judge": "quality", "task": "${case.question}", "reference": "${case.answer}"},
        "short": {"use": "brevity", "with": {"text": "${output}"}},
    },
    "repeats": 3,
    "limit": 4,
    "budget": {"usd": 1.5},
}
SAMPLES = {"plan": PLAN_DATA, "workspace": WORKSPACE_DATA, "suite": SUITE_DATA}
ODD = (
    None,
    True,
    7,
    -1,
    10**12,
    0.5,
    "",
    "a b",
    "x" * 200,
    "é",
    "${x}",
    [],
    ["x", 3],
    {},
    {"odd": 1},
)
# What no schema of this size says: how long a duration in words is, which addresses there are, that an expression
# compiles, and what an adapter does with its settings.
READERS_ONLY = re.compile(
    r"seconds are|B111|B802|B6|B2\d\d|B027|B028|is not a plan|is not a Python file|has no parameter|not to be written"
)


def told(kind: str, data: Any) -> list[str]:
    """What the reader says of `data`."""
    try:
        READERS[kind](msgspec.json.encode(data).decode())
    except FindingsError as error:
        return [f"{finding.code} {finding.message}" for finding in error.findings]
    return []


def paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from paths(data[key], (*path, key))


def mutants(data: Any) -> Iterator[Any]:
    """`data` with something odd in one place, a key more, and a key less."""
    for path, odd in itertools.product([p for p in paths(data) if p], (*ODD, ..., "+")):
        changed = copy.deepcopy(data)
        at = changed
        for part in path[:-1]:
            at = at[part]
        if odd is ...:
            del at[path[-1]]
        elif odd == "+":
            if not isinstance(at[path[-1]], dict):
                continue
            at[path[-1]]["odd key"] = 1
        else:
            at[path[-1]] = odd
        yield changed


def test_the_published_files_are_what_the_readers_say(tmp_path: Path) -> None:
    publish(tmp_path)
    for name in SCHEMAS:
        made = (tmp_path / f"{name}.schema.json").read_text()
        assert published(name) == made, (
            "run `python -m batuta.doors.schemas` and commit what it writes"
        )


@pytest.mark.parametrize(
    ("read", "hovers"), [(read_plan, PLAN), (read_workspace, WORKSPACE), (read_suite, SUITE)]
)
def test_every_key_has_a_text_and_every_text_a_key(read: Any, hovers: dict[str, Any]) -> None:
    places: set[str] = set()
    pending: list[Any] = [read]
    while pending:
        form = form_of(pending.pop())
        if form[0] == "record":
            places |= {form[1].__name__, *(f"{form[1].__name__}.{key}" for key in form[2])}
            pending += form[2].values()
        elif form[0] in ("any", "sequence", "mapping"):
            pending += [part for part in form[1:] if callable(part)]
    assert set(hovers) == places


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_is_one_and_takes_what_the_reader_takes(kind: str) -> None:
    jsonschema_rs.meta.validate(msgspec.json.decode(published(kind)))
    assert (told(kind, SAMPLES[kind]), list(VALIDATORS[kind].iter_errors(SAMPLES[kind]))) == (
        [],
        [],
    )


@pytest.mark.parametrize("kind", SCHEMAS)
def test_reader_and_schema_agree_about_every_odd_shape(kind: str) -> None:
    refused = 0
    for data in mutants(SAMPLES[kind]):
        said, valid = told(kind, data), VALIDATORS[kind].is_valid(data)
        if valid:
            assert [one for one in said if not READERS_ONLY.search(one)] == [], data
        else:
            refused += 1
            assert said, (data, [error.message for error in VALIDATORS[kind].iter_errors(data)])
    assert refused > 300


def shipped() -> list[tuple[str, str, str]]:
    """Every plan and workspace of the templates, the examples and the docs: kind, where, text."""
    found: list[tuple[str, str, str]] = []
    for folder in ("src/batuta/doors/cli/templates", "examples"):
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            kind = "workspace" if path.name == "batuta.yaml" else "plan"
            text = path.read_text()
            # What describes a service has a schema of its own.
            if not re.search(r"^openapi: \d", text, re.MULTILINE):
                found.append((kind, str(path.relative_to(ROOT)), text))
    return found


@pytest.mark.parametrize(("kind", "where", "text"), shipped(), ids=lambda value: str(value)[:60])
def test_what_is_shipped_is_valid(kind: str, where: str, text: str) -> None:
    root, _ = tree_from_text(text, where)
    assert root is not None
    assert [error.message for error in VALIDATORS[kind].iter_errors(root.data())] == []


def test_what_is_wrong_in_the_corpus_by_shape_is_refused_by_the_schema_too() -> None:
    by_shape = {"B020", "B021", "B022", "B023", "B024", "B025", "B026"}
    wrong = [case for case in cases() if case.code in by_shape]
    missed: list[str] = []
    for case in wrong:
        root, _ = tree_from_text(case.text, "")
        assert root is not None
        if VALIDATORS["plan"].is_valid(root.data()):
            missed.append(case.name)
    assert (len(wrong) > 10, missed) == (True, [])


def test_what_is_wrong_in_the_corpus_otherwise_is_not_for_a_schema_to_say() -> None:
    later = [case for case in cases() if case.code > "B100"]
    for case in later:
        root, _ = tree_from_text(case.text, "")
        assert root is not None and VALIDATORS["plan"].is_valid(root.data()), case.name

"""Checks."""

import time
from pathlib import Path
from typing import Any

import pytest

from batuta import App, plan_from_yaml
from batuta.capabilities.check import check
from batuta.errors import CallFailed

ORDER = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}


@pytest.mark.parametrize(
    ("value", "asked", "flaws"),
    [
        ({"total": 3}, {"schema": ORDER}, []),
        ({"total": "3"}, {"schema": ORDER}, [("schema", 'at total: "3" is not of type "number"')]),
        ("order A-1042", {"matches": r"[A-Z]-\d{4}"}, []),
        ("order A-1042", {"matches": r"^\d+$"}, [("matches", r"has no ^\d+$")]),
        (7, {"matches": "7"}, [("matches", "is no text")]),
        ({"total": 3}, {"that": "value.total < 5"}, []),
        ({"total": 3}, {"that": "${value.total < 5}"}, []),
        ([1, 2], {"that": "value.all(x, x > 1)"}, [("that", "not true: value.all(x, x > 1)")]),
        (None, {"that": "value == null"}, []),
        (None, {}, []),
        (
            {"total": 3},
            {"schema": ORDER, "matches": "x", "that": ["value.total > 5", "has(value.total)"]},
            [("matches", "is no text"), ("that", "not true: value.total > 5")],
        ),
        (
            {"tota": 3},
            {"that": "value.total > 5"},
            [("that", "value.total > 5: value.total is missing: value has tota")],
        ),
        (
            {"total": 3},
            {"that": "value.total"},
            [("that", "value.total: a condition is true or false, this is an int")],
        ),
    ],
)
def test_all_that_is_wrong_is_told(
    value: Any, asked: dict[str, Any], flaws: list[tuple[str, str]]
) -> None:
    told = check(value, **asked)
    assert [(one["check"], one["says"]) for one in told["flaws"]] == flaws
    assert told["passed"] == (not flaws)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"schema": {"type": "nubmer"}}, "schema: "),
        ({"schema": {"$ref": "https://a.example/b.json"}}, "schema: .*another document"),
        ({"matches": "(a"}, "matches: "),
        ({"matches": r"(?=a)b"}, "matches: "),
        ({"that": "value.total >"}, "that: "),
        ({"that": "steps.other"}, "that: unknown name steps"),
    ],
)
def test_a_check_that_is_wrong_itself_fails_the_call(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(CallFailed, match=message) as caught:
        check("text", **asked)
    assert caught.value.code == "invalid"


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ("a" * 100_000 + "!", {"matches": "^(a+)+$"}),
        ("a" * 100_000, {"matches": "^(a|aa)+b$"}),
        ([*range(3_000)], {"that": "value.all(x, value.all(y, x + y < 10000))"}),
    ],
)
def test_what_would_take_for_ever_is_stopped(value: Any, asked: dict[str, Any]) -> None:
    began = time.process_time()
    assert not check(value, **asked)["passed"]
    assert time.process_time() - began < 2.0


GATE = """\
name: gate
steps:
  draft:
    use: draft
    repeat: {until: steps.draft.checked.passed, at_most: 5}
    with: {round: "${index}"}
result: "${steps.draft.text}"
"""
DRAFT = """\
name: draft
inputs: {round: integer}
steps:
  text: {use: value, with: {value: "draft ${inputs.round}"}}
  checked: {use: check, with: {value: "${steps.text}", matches: "[2-9]$"}}
result: {text: "${steps.text}", checked: "${steps.checked}"}
"""


async def test_a_gate_lets_pass_what_is_right(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "batuta.yaml").touch()
    (tmp_path / "plans" / "draft.yaml").write_text(DRAFT)
    plan = plan_from_yaml(GATE.replace("use: draft", "use: plan.draft")).plan
    async with await App.open(tmp_path) as app:
        document = await app.run(plan, {})
    assert document["result"] == "draft 2"

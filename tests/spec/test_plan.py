"""Plans as data: one digest wherever they were written, and it names everything that matters."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from batuta.spec.budget import Budget
from batuta.spec.plan import Alternative, Plan, Repeat, Retry, Step, Undo
from tests.plans.plans import steps

PLAN = Plan("p", steps={"a": Step("echo"), "b": Step("echo", {"x": "${steps.a}", "y": 1})})


def test_equal_plans_have_equal_digests_whatever_the_order_they_were_written_in() -> None:
    other = Plan("p", steps={"b": Step("echo", {"y": 1, "x": "${steps.a}"}), "a": Step("echo")})
    assert other.digest() == PLAN.digest()


@pytest.mark.parametrize(
    "change",
    [
        {"use": "other"}, {"with_": {"x": 1}}, {"when": "true"}, {"after": ("b",)}, {"each": "[1]"},
        {"limit": 1}, {"at_most": 5}, {"repeat": Repeat("true", 1)}, {"retry": Retry(1)},
        {"timeout_s": 1.0}, {"fallback": (Alternative("x"),)}, {"join": "first"},
        {"undo": Undo("x")}, {"budget": Budget(calls=1)},
    ],
)  # fmt: skip
def test_the_digest_changes_with_every_setting_of_a_step(change: dict[str, Any]) -> None:
    changed = msgspec.structs.replace(PLAN.steps["a"], **change)
    other = msgspec.structs.replace(PLAN, steps={**PLAN.steps, "a": changed})
    assert other.digest() != PLAN.digest()


@given(steps)
def test_a_step_is_read_back_as_it_was_written(step: Step) -> None:
    plan = Plan("p", steps={"a": step})
    read = msgspec.json.decode(plan.encode(), type=Plan)
    assert read == plan
    assert read.digest() == plan.digest()


def test_settings_are_written_under_the_keys_of_the_yaml_form() -> None:
    step = Step("echo", {"x": 1}, repeat=Repeat("true", 2, 3.0), timeout_s=4.0, retry=Retry(1, 2.0))
    assert msgspec.to_builtins(step) == {
        "use": "echo",
        "with": {"x": 1},
        "repeat": {"until": "true", "at_most": 2, "wait": 3.0},
        "retry": {"at_most": 1, "backoff": 2.0},
        "timeout": 4.0,
    }


@pytest.mark.parametrize(
    ("join", "quorum"), [("all", 0), ("first", 1), ("any(1)", 1), ("any(25)", 25)]
)
def test_a_join_says_how_many_must_succeed(join: str, quorum: int) -> None:
    assert Step("echo", join=join).quorum == quorum

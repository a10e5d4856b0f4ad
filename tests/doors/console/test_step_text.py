"""One step in the text of a plan: shown by itself, and another in its place."""

import pytest

from batuta.doors.console.step_text import part_of, with_part
from batuta.errors import InputError
from batuta.plans.build import plan_from_yaml, plan_to_yaml

PLAN = plan_from_yaml(
    """
name: two
inputs: {text: string}
steps:
  first: {use: value, with: {value: "a\\nb: c"}}
  last: {use: value, with: {value: {deep: "${steps.first}"}}}
result: "${steps.last}"
"""
).plan
TEXT = plan_to_yaml(PLAN)


def test_a_step_is_taken_out_and_put_back_as_it_was() -> None:
    for name in ("first", "last"):
        part = part_of(TEXT, name)
        assert part.startswith(f"{name}:\n")
        assert with_part(TEXT, name, part) == TEXT


def test_another_takes_its_place_or_none_or_stands_behind_all() -> None:
    changed = with_part(TEXT, "first", "other:\n  use: value\n  with: {value: 1}\n")
    assert list(plan_from_yaml(changed).plan.steps) == ["other", "last"]
    assert list(plan_from_yaml(with_part(TEXT, "first", " \n")).plan.steps) == ["last"]
    more = with_part(TEXT, "", "    third:\n      use: value\n      with: {value: 1}")
    assert list(plan_from_yaml(more).plan.steps) == ["first", "last", "third"]
    assert plan_from_yaml(more).plan.result == PLAN.result


def test_a_step_that_is_not_there_is_told() -> None:
    for work in (lambda: part_of(TEXT, "none"), lambda: with_part(TEXT, "none", "")):
        with pytest.raises(InputError, match="no step 'none'"):
            work()

"""The type of an input is a word or a schema, and its default fits it."""

import pytest

from batuta.errors import PlanError
from batuta.plans.build import plan_from_yaml
from batuta.spec.file import FILE_SCHEMA

FILES = plan_from_yaml("""
name: x
inputs:
  table: file
  rules: {type: file, default: rules.txt, description: what counts}
  more: {type: list, items: {type: file}, default: []}
""").plan


def test_a_file_is_declared_by_one_word_wherever_a_type_stands() -> None:
    table, rules, more = FILES.inputs.values()
    assert table == FILE_SCHEMA
    assert rules == {**FILE_SCHEMA, "default": "rules.txt", "description": "what counts"}
    assert more["items"] == FILE_SCHEMA


@pytest.mark.parametrize("default", ["5", "' '", "{path: a.csv}"])
def test_the_default_of_a_file_is_a_path(default: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan_from_yaml(f"name: x\ninputs: {{a: {{type: file, default: {default}}}}}")
    assert [finding.code for finding in caught.value.findings] == ["B028"]

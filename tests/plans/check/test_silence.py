"""A comment silences one warning where it stands, says why, and is told itself where it silences nothing."""

import pytest

from batuta.plans.build import plan_from_yaml
from batuta.plans.check import check


def told(text: str, file: str = "p.yaml") -> list[str]:
    plan, places = plan_from_yaml(text, file)
    return [f"{one.code}:{one.place.line}:{one.place.column}" for one in check(plan, {}, places)]


@pytest.mark.parametrize(
    "text",
    [
        "name: x\ninputs: {a: string} # batuta: allow B134 the next version uses it\n",
        "name: x\n# batuta: allow B134 the next version uses it\ninputs: {a: string}\n",
        "name: x\ninputs:\n  # batuta: allow B134 - the next version uses it\n\n  # more words\n  a: string\n",
        "name: x\ninputs:\n  a: string #batuta: ALLOW b134: the next version uses it\n",
        "name: x\r\n# batuta: allow B134 the next version uses it\r\ninputs: {a: string}\r\n",
    ],
)
def test_a_warning_is_silenced_on_its_line_or_from_the_line_above(text: str) -> None:
    assert told(text.replace("# batuta", "# nothing").replace("#batuta", "# nothing")) != []
    assert told(text) == []


def test_all_warnings_of_a_code_on_one_line_take_one_comment() -> None:
    text = "name: x\ninputs: {a: string, b: string}"
    assert told(text + "\n") == ["B134:2:10", "B134:2:21"]
    assert told(text + " # batuta: allow B134 kept\n") == []


def test_a_comment_at_the_end_of_a_line_is_not_about_the_next_one() -> None:
    text = "name: x # batuta: allow B134 kept\ninputs: {a: string}\n"
    assert told(text) == ["B152:1:9", "B134:2:10"]


def test_what_stands_in_a_text_or_a_block_is_no_comment() -> None:
    text = (
        "name: x\n"
        'description: "# batuta: allow B134 kept"\n'
        "inputs: {a: string}\n"
        "result: |\n"
        "  # batuta: allow B134 kept\n"
        "  the end\n"
    )
    assert told(text) == ["B134:3:10"]


def test_json_has_no_comments() -> None:
    text = '{"name": "x", "description": "# batuta: allow B134 kept", "inputs": {"a": "string"}}'
    assert told(text, "p.json") == ["B134:1:70"]


def test_a_reason_of_nothing_but_marks_is_none() -> None:
    assert told("name: x\ninputs: {a: string} # batuta: allow B134 --- ...\n") == [
        "B134:2:10",
        "B150:2:21",
    ]


def test_a_flaw_is_told_in_spite_of_a_comment() -> None:
    text = "name: x\nresult: ${inputs.a} # batuta: allow B103 it comes later\n"
    assert told(text) == ["B103:2:11", "B151:2:21"]

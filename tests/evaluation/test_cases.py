"""Cases: out of a file or out of the suite, with every field that is asked for; and which of them are wanted."""

import json
from pathlib import Path

import pytest

from batuta.capabilities.files.folder import Folder
from batuta.errors import InputError, SuiteError
from batuta.evaluation.cases import Case, cases_of, chosen
from batuta.evaluation.suite import CASES_MAX, suite_from_text

SUITE = """\
name: sums
{cases}
target: {{use: small, with: {{prompt: "${{case.question}}${{has(case.hint) ? case.hint : ''}}"}}}}
scorers:
  right: {{exact: "${{case.answer}}"}}
"""


def cases(folder: Path, written: str) -> list[Case]:
    return cases_of(suite_from_text(SUITE.format(cases=written), "s.yaml"), Folder(folder))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.csv", "question,answer\n1+1,2\n2+2,4\n"),
        ("c.json", '[{"question": "1+1", "answer": 2}, {"question": "2+2", "answer": 4}]'),
        ("c.jsonl", '{"question": "1+1", "answer": 2}\n{"question": "2+2", "answer": 4}\n'),
    ],
)
def test_each_row_of_a_file_is_a_case(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert cases(tmp_path, f"data: {name}") == [
        Case(1, {"question": "1+1", "answer": 2}),
        Case(2, {"question": "2+2", "answer": 4}),
    ]


def test_cases_may_stand_in_the_suite(tmp_path: Path) -> None:
    found = cases(tmp_path, "cases: [{question: 1+1, answer: [2]}]")
    assert found == [Case(1, {"question": "1+1", "answer": [2]})]


def test_a_case_without_a_field_is_told_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        cases(tmp_path, "cases:\n  - {question: a, answer: b}\n  - {question: a, anwser: b}")
    (finding,) = caught.value.findings
    assert (finding.code, finding.place.line) == ("B803", 4)
    assert finding.message == "case 2: no field 'answer', which scorers.right.exact asks for"
    assert "anwser" in finding.remedy


def test_a_field_that_no_case_has_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("qestion,answer\n" + "1+1,2\n" * 30)
    with pytest.raises(SuiteError) as caught:
        cases(tmp_path, "data: c.csv")
    assert [one.message for one in caught.value.findings] == [
        "no case has a field 'question', which target.with asks for"
    ]


def test_many_cases_without_a_field_are_counted(tmp_path: Path) -> None:
    rows = [{"question": "a", **({"answer": 1} if at % 2 else {})} for at in range(20)]
    (tmp_path / "c.json").write_text(json.dumps(rows))
    with pytest.raises(SuiteError, match="cases 1, 3, 5, 7, 9 and 5 more: no field 'answer'"):
        cases(tmp_path, "data: c.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no file"),
        ("question,answer\n", "has no rows"),
        ('question,answer\n"1', "c.csv:2: a quote is opened"),
        ("question,answer\n" + "1,2\n" * (CASES_MAX + 1), "more than 10,000 cases"),
    ],
)
def test_a_file_without_cases_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "c.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        cases(tmp_path, "data: c.csv")


@pytest.mark.parametrize("path", ["/etc/passwd", "../c.csv", ".batuta/c.csv"])
def test_data_stand_in_the_folder_of_the_workspace(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="data: ") as caught:
        cases(tmp_path, f"data: {path}")
    assert caught.value.place is not None


CASES = [Case(n, {"topic": "even" if n % 2 == 0 else "odd", "n": n}) for n in range(1, 11)]


@pytest.mark.parametrize(
    ("only", "numbers"),
    [
        ("3", [3]),
        ("1-3, 7,9-99", [1, 2, 3, 7, 9, 10]),
        ("case.topic == 'even' && case.n > 4", [6, 8, 10]),
        ("${case.n == 2}", [2]),
    ],
)
def test_some_are_chosen_by_number_or_by_what_they_are(only: str, numbers: list[int]) -> None:
    assert [one.number for one in chosen(CASES, only)] == numbers


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ("11", "leaves none of 10 cases"),
        ("1" * 5_000, "--only '1111"),
        ("case.n > 10", "leaves none of 10 cases"),
        ("case.m > 10", "case.m is missing"),
        ("topic == 'even'", "unknown name topic"),
        ("case.n", "a condition is true or false"),
    ],
)
def test_a_choice_that_is_none_is_refused(only: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        chosen(CASES, only)

"""Suites as they are written, and all that can be wrong with one."""

from pathlib import Path

import pytest

from batuta.errors import NotFound, SuiteError
from batuta.evaluation.suite import load_suite, suite_from_text, written_in

SUITE = """\
name: sums
cases: [{question: 1+1, answer: 2}]
target: {use: small, with: {prompt: "${case.question}"}}
output: "${value.text}"
scorers:
  right: {contains: "${case.answer}", pass: 0.9}
  shape: {check: {matches: '[0-9]'}}
  good: {judge: quality, task: "${case.question}", reference: "${case.answer}"}
  own: {use: mine, with: {text: "${output}", all: "${value}"}}
"""


def flaws(text: str) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        suite_from_text(text, "s.yaml")
    return [f"{one.place.line}: {one.code} {one.message}" for one in caught.value.findings]


def test_a_suite_has_cases_a_target_and_scorers() -> None:
    suite = suite_from_text(SUITE).suite
    assert {name: (one.kind, one.pass_) for name, one in suite.scorers.items()} == {
        "right": ("contains", 0.9),
        "shape": ("check", None),
        "good": ("judge", None),
        "own": ("use", None),
    }
    assert (suite.repeats, suite.limit, suite.cases[0]["answer"]) == (1, 8, 2)


def test_null_may_be_what_is_expected() -> None:
    suite = suite_from_text(SUITE + "  none: {exact: null}\n").suite
    assert (suite.scorers["none"].kind, suite.scorers["none"].exact) == ("exact", None)


def test_every_shape_with_expressions_says_which_names_it_may_use() -> None:
    roots = {one.path: sorted(one.roots) for one in written_in(suite_from_text(SUITE).suite)}
    assert roots["target", "with"] == ["case"]
    assert roots["output",] == ["case", "value"]
    assert roots["scorers", "own", "with"] == ["case", "output", "value"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: sums\n", "", ["1: B021 the key 'name' is missing"]),
        ("output:", "outptu:", ["4: B020 there is no key 'outptu'"]),
        ("use: small", "use: small, plan: other", ["3: B801 target: both `use` and `plan`"]),
        ("use: small, ", "", ["3: B801 target: neither `use` nor `plan`"]),
        ("cases:", "data: c.csv\ncases:", ["1: B801 both `data` and `cases`"]),
        ("cases: [{question: 1+1, answer: 2}]\n", "", ["1: B801 no cases"]),
        (
            "contains: ",
            "exact: 1, contains: ",
            ["6: B801 scorers.right: exact and contains at once"],
        ),
        ('contains: "${case.answer}", ', "", ["6: B801 scorers.right: it does not say how"]),
        ("pass: 0.9", "pass: 9", ["6: B023 scorers.right.pass: 9 is above 1"]),
        (
            "judge: quality, ",
            "use: quality, ",
            [
                "8: B801 scorers.good: `task` goes with `judge`, not with `use`",
                "8: B801 scorers.good: `reference` goes with `judge`, not with `use`",
            ],
        ),
        ("{matches: '[0-9]'}", "digits", ["7: B801 scorers.shape.check: expected a map"]),
        (
            '${case.question}"}}',
            '${cse.question}"}}',
            ["3: B802 target.with.prompt: unknown name cse"],
        ),
        ("${value.text}", "${output}", ["4: B802 output: unknown name output"]),
        (
            'all: "${value}"',
            'all: ["${value +}"]',
            ["9: B802 scorers.own.with.all.0: syntax error"],
        ),
    ],
)
def test_a_flaw_is_told_at_its_place(old: str, new: str, expected: list[str]) -> None:
    assert old in SUITE
    told = flaws(SUITE.replace(old, new))
    assert [one.startswith(two) for one, two in zip(told, expected, strict=True)] == [
        True for _ in expected
    ], told


def test_all_flaws_are_told_at_once() -> None:
    text = SUITE.replace("use: small", "use: 3").replace("pass: 0.9", "pas: 1")
    assert len(flaws(text)) == 2


def test_what_is_no_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_suite(tmp_path / "s.yaml")
    (tmp_path / "s.yaml").write_text("[1, 2")
    with pytest.raises(SuiteError):
        load_suite(tmp_path / "s.yaml")
    (tmp_path / "s.yaml").write_text("")
    with pytest.raises(SuiteError, match="nothing in it"):
        load_suite(tmp_path / "s.yaml")

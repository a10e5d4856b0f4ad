"""Suites in runs: failures cost their case alone, what was interrupted goes on, and what is wrong is told before."""

from pathlib import Path

import pytest

from batuta import App
from batuta.capabilities.judge.capability import JudgeCapability
from batuta.errors import InputError, NotFound, SuiteError
from batuta.evaluation.evaluation import Evaluation, baseline_of, evaluated_in
from batuta.evaluation.result import about
from batuta.evaluation.suite import suite_from_text
from tests.evaluation.suites import FUNCTIONS, SUITE, ready, result_of


async def test_a_case_that_fails_counts_as_nothing_and_the_others_go_on(tmp_path: Path) -> None:
    result = await result_of(tmp_path)
    right = result.scorers[0]
    assert (result.cases, result.failed, result.outcome) == (3, 1, "missed")
    assert (right.mean, right.cases, right.unscored, right.passed) == (
        pytest.approx(1 / 3, abs=1e-6),
        3,
        0,
        False,
    )
    by_number = {one.number: one for one in result.items}
    (broken,) = by_number[3].trials
    assert broken.error == {"code": "invalid", "message": "broken is no sum"}
    assert by_number[3].scores == {"right": 0.0, "short": 0.0}


async def test_a_scorer_that_fails_leaves_its_case_out(tmp_path: Path) -> None:
    result = await result_of(
        tmp_path, SUITE.replace('{text: "${output}"}}', '{text: "${output}"}, pass: 0}')
    )
    short = result.scorers[1]
    (moody,) = next(one for one in result.items if one.number == 2).trials
    assert (moody.scores["short"].score, moody.scores["short"].why) == (
        None,
        "moody: I do not like 4",
    )
    # What could not be scored might have been bad, so even a pass of 0 is not reached.
    assert (short.cases, short.unscored, short.mean, short.passed) == (2, 1, 0.25, False)


async def test_the_worst_cases_come_first(tmp_path: Path) -> None:
    result = await result_of(tmp_path)
    assert [(one.number, one.title) for one in result.items] == [
        (3, "broken"),
        (2, "2+2"),
        (1, "1+1"),
    ]


async def test_repeats_ask_each_case_again_and_count_it_once(tmp_path: Path) -> None:
    result = await result_of(tmp_path, SUITE + "repeats: 3\n")
    assert (result.cases, result.repeats, result.failed) == (3, 3, 3)
    assert [len(one.trials) for one in result.items] == [3, 3, 3]
    assert result.scorers[0].cases == 3


async def test_what_was_interrupted_goes_on_with_the_same_cases_only(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").touch()
    evaluation, other = ready(), ready(SUITE.replace("1+1", "1+2"))
    functions = [*FUNCTIONS, *evaluation.functions]
    async with await App.open(tmp_path, functions=functions) as app:
        first = await evaluation.begin(app)
    async with await App.open(tmp_path, functions=functions) as app:
        assert await evaluation.begin(app) == (first.run, True)
        await app.resume(first.run)
        assert (await evaluated_in(app, first.run)).cases == 3
        again = await evaluation.begin(app)
        assert (again.goes_on, again.run == first.run) == (False, False)
        assert not (await other.begin(app)).goes_on


async def test_another_scorer_is_another_evaluation(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").touch()
    evaluation, other = ready(), ready(SUITE.replace("contains", "exact"))
    async with await App.open(tmp_path, functions=[*FUNCTIONS, *evaluation.functions]) as app:
        await evaluation.begin(app)
    async with await App.open(tmp_path, functions=[*FUNCTIONS, *other.functions]) as app:
        assert not (await other.begin(app)).goes_on


async def test_the_newest_evaluation_is_the_baseline(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").touch()
    async with await App.open(tmp_path) as app:
        with pytest.raises(NotFound, match="no earlier evaluation of sums"):
            await baseline_of(app, "sums")
    result = await result_of(tmp_path)
    async with await App.open(tmp_path) as app:
        assert (await baseline_of(app, "sums")).run == result.run


async def test_what_it_calls_has_to_be_there_and_to_take_what_it_is_given(tmp_path: Path) -> None:
    text = SUITE.replace("use: add", "use: ad").replace("{text:", "{words:")
    with pytest.raises(SuiteError) as caught:
        await result_of(tmp_path, text)
    told = {(one.code, one.place.line) for one in caught.value.findings}
    assert ("B101", 2) in told
    assert any(line == 7 for _, line in told)


async def test_flaws_are_told_in_the_words_of_the_suite(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        await result_of(tmp_path, SUITE.replace("{text:", "{words:"))
    told = {(one.place.line, one.message) for one in caught.value.findings}
    assert told == {
        (7, "scorers.short: 'brevity' needs the argument 'text'"),
        (7, "scorers.short: 'brevity' has no argument 'words'"),
    }


async def test_a_plan_is_evaluated_like_a_capability(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "sum.yaml").write_text(
        "name: sum\ninputs: {sum: string}\nsteps: {a: {use: add, with: {sum: '${inputs.sum}'}}}\nresult: '${steps.a}'"
    )
    result = await result_of(tmp_path, SUITE.replace("use: add", "plan: sum"))
    assert (result.target, result.scorers[0].mean) == ("plan.sum", pytest.approx(1 / 3, abs=1e-6))
    assert result.figures.seconds_median is not None


async def test_the_budget_of_a_suite_holds(tmp_path: Path) -> None:
    result = await result_of(tmp_path, SUITE + "limit: 1\nbudget: {calls: 6}\n")
    assert {t.error["code"] for one in result.items for t in one.trials if t.error} >= {"budget"}


def test_more_than_a_run_can_hold_is_refused() -> None:
    cases = "[" + "{question: 1+1, answer: 2}, " * 600 + "]"
    text = SUITE[: SUITE.index("cases:")] + f"cases: {cases}\nrepeats: 100\n"
    sourced = suite_from_text(text)
    from batuta.evaluation.cases import Case

    many = [Case(at, one) for at, one in enumerate(sourced.suite.cases)]
    with pytest.raises(InputError, match="600 cases, 100 times each, are more than 20,000"):
        Evaluation(sourced, many)


async def test_what_a_scorer_does_has_a_digest_that_what_is_wanted_of_it_does_not_change(
    tmp_path: Path,
) -> None:
    definitions = [
        [one.definition for one in (await result_of(tmp_path, text)).scorers]
        for text in (
            SUITE,
            SUITE.replace("pass: 0.5", "pass: 0.1"),
            SUITE.replace("contains", "exact"),
        )
    ]
    first, second, third = definitions
    assert first == second
    assert (third[0] == first[0], third[1] == first[1]) == (False, True)


def test_a_judge_with_another_rubric_is_another_scorer() -> None:
    suite = suite_from_text(SUITE.replace("  short:", "  good: {judge: quality}\n  short:")).suite

    def definitions(rubric: str) -> list[str]:
        judge = JudgeCapability("quality", {"kind": "judge", "model": "m", "rubric": rubric})
        told = about(suite, "", {"quality": judge.card})
        return [definition for _, _, definition in told["scorers"].values()]

    first, again, other = map(definitions, ("It is right.", "It is right.", "It is short."))
    assert first == again
    assert [a == b for a, b in zip(first, other, strict=True)] == [True, False, True]

"""The report of an evaluation: readable with many cases, and inert whatever is in them."""

from pathlib import Path

from batuta.capabilities.report.html import html_page
from batuta.evaluation.comparing import against
from batuta.evaluation.page import page_of
from batuta.evaluation.result import Evaluated, Figures, Item, ScoreOf, Scoring, Trial
from tests.evaluation.suites import SUITE, result_of


def many(count: int, answer: str = "an answer") -> Evaluated:
    items = [
        Item(
            number,
            f"case {number}",
            {"question": f"What is {number}?"},
            {"right": number / count},
            [Trial(answer, None, {"right": ScoreOf(number / count, "why not")}, 0.001, 0.1)],
        )
        for number in range(1, count + 1)
    ]
    scoring = Scoring("right", "similar", 0.5, 0.4, 0.6, "bootstrap", count, 0, 0.6, False)
    figures = Figures(0.1, 0.2, 0.001, 0.1, 0.2)
    return Evaluated("s", "r1", "t", "missed", 0.0, 1.0, count, 1, 0, [scoring], figures, items)


def html(result: Evaluated, before: Evaluated | None = None) -> str:
    title, subtitle, sections = page_of(result, None if before is None else against(before, result))
    return html_page(title, subtitle, sections, "Run r1", "en")


def test_a_thousand_cases_are_one_page_of_less_than_half_a_megabyte() -> None:
    page = html(many(1_000))
    assert len(page.encode()) < 500_000
    assert page.count("<details>") == 25
    assert "1,000 cases" in page
    assert ">case 1000<" in page


def test_it_says_what_is_missed_and_how_that_is_known() -> None:
    page = html(many(20))
    assert "right is not good enough" in page
    assert "95 %: 0.400 to 0.600, wanted 0.6" in page
    assert "the bootstrap over cases" in page
    assert "$0.1000 in all, and $0.2000 for scoring" in page


def test_a_comparison_says_what_so_many_cases_can_show() -> None:
    page = html(many(20), many(20))
    assert "Against before" in page
    assert "the same on all 20 cases" in page
    assert "A case cost $0.0010, and costs $0.0010" in page


def test_what_answers_say_does_nothing() -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:alert(1)) ](x)"
    page = html(many(3, hostile))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_failures_are_told_with_their_reason(tmp_path: Path) -> None:
    page = html(await result_of(tmp_path, SUITE + "repeats: 2\n"))
    assert "#3 · broken · failed" in page
    assert "failed: invalid: broken is no sum" in page
    assert "A case counts once, with the mean of its answers." in page
    assert "moody: I do not like 4" in page
    assert "does not reach what is wanted of it" in page

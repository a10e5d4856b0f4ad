"""Debate: it ends when all agree, and else a vote or a judge ends it."""

from pathlib import Path
from typing import Any

import pytest

from batuta.errors import InputError
from batuta.patterns import debate, debate_round
from batuta.testing.providers import Asked
from tests.patterns.team import JUDGE, judged, team

NAMES = ["fast", "strong", "best"]
CHOOSING = debate_round(NAMES, labels=["left", "right"])
TALKING = debate_round(["fast", "strong"], name="talking")


def arguing(**answers: list[str | None]) -> Any:
    """Members who answer so, round by round; None: it is down. `+` before an answer: it agrees."""

    def says(asked: Asked) -> Any:
        said = answers[asked.model].pop(0)
        if said is None:
            return None
        return {"answer": said.lstrip("+"), "why": "so", "agrees": said.startswith("+")}

    return says


async def test_it_ends_when_all_agree(tmp_path: Path) -> None:
    says = arguing(fast=["left", "right"], strong=["right", "right"], best=["right", "right"])
    async with team(tmp_path, says, [CHOOSING]) as those:
        result = await those.run(debate(CHOOSING), task="where?")
        assert len(those.asked) == 6
        seen = '"strong":{"agrees":false,"answer":"right","why":"so"}'
        assert all(seen in question.replace(" ", "") for question in those.questions[3:])
    assert (result["answer"], result["agreed"]) == ("right", True)


async def test_if_they_never_agree_more_than_half_decide(tmp_path: Path) -> None:
    says = arguing(fast=["left"] * 2, strong=["right"] * 2, best=["left"] * 2)
    async with team(tmp_path, says, [CHOOSING]) as those:
        result = await those.run(debate(CHOOSING, at_most=2), task="where?")
    assert (result["answer"], result["agreed"]) == ("left", False)
    assert result["answers"]["strong"]["answer"] == "right"


async def test_a_member_that_fails_abstains_for_a_round(tmp_path: Path) -> None:
    says = arguing(fast=[None, "left"], strong=["left", "left"], best=["right", "left"])
    async with team(tmp_path, says, [CHOOSING]) as those:
        result = await those.run(debate(CHOOSING), task="where?")
    assert (result["answer"], result["agreed"]) == ("left", True)


async def test_in_free_words_they_say_themselves_that_they_agree(tmp_path: Path) -> None:
    says = arguing(fast=["+a long way", "+to the left"], strong=["+no", "+to the left"])
    async with team(tmp_path, says, [TALKING], JUDGE) as those:
        result = await those.run(debate(TALKING, judge="quality"), task="where?")
        assert len(those.asked) == 4
    assert (result["answer"], result["agreed"]) == ("to the left", True)


async def test_a_judge_ends_a_debate_that_does_not_end(tmp_path: Path) -> None:
    members = arguing(fast=["aa"], strong=["bb"])
    says = judged({"aa": 1, "bb": 2}, members)
    plan = debate(TALKING, judge="quality", at_most=1)
    async with team(tmp_path, says, [TALKING], JUDGE) as those:
        result = await those.run(plan, task="where?")
    assert (result["answer"], result["agreed"]) == ("bb", False)


async def test_it_costs_at_most_what_its_page_says(tmp_path: Path) -> None:
    async with team(tmp_path, lambda _: "", [CHOOSING, TALKING], JUDGE) as those:
        for rounds in (1, 3):
            explained, asked = await those.explained(debate(CHOOSING, at_most=rounds))
            assert asked == rounds * 3
            assert explained.totals.forecast.calls_worst == rounds * (3 + 3)
            assert explained.findings == ()
            judged_ = debate(TALKING, judge="quality", at_most=rounds)
            explained, asked = await those.explained(judged_)
            # The judge is asked about two answers, up to three times each.
            assert asked == rounds * 2 + 2 * 3
            assert explained.findings == ()


async def test_if_nobody_answers_the_run_fails(tmp_path: Path) -> None:
    async with team(tmp_path, lambda _: None, [CHOOSING]) as those:
        run = await those.app.run(debate(CHOOSING), {"task": "where?"})
    assert (run["status"], run["error"]["code"]) == ("failed", "join")


def test_somebody_has_to_be_able_to_end_it() -> None:
    with pytest.raises(InputError, match="nobody can end a debate in free words"):
        debate(TALKING)
